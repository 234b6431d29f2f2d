package io.heddle.datapath.port;

import io.heddle.datapath.buffer.TunnelMetadata;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.GeneveView;
import io.heddle.flow.packet.GreView;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.UdpView;
import io.heddle.flow.packet.VxlanView;
import java.lang.foreign.MemorySegment;

/**
 * Writes what stands between the outer IP header and the frame.
 *
 * <pre>
 *   vxlan    | UDP 8 | VXLAN 8 |
 *   geneve   | UDP 8 | Geneve 8 | options |
 *   gre      | GRE 4, checksum 4, key 4, sequence number 4 |
 * </pre>
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
final class TunnelHeaders {
    /** Octets of the longest header. */
    static final int MAX_LENGTH = UdpView.LENGTH + GeneveView.LENGTH + TunnelOptions.MAX_ENCODED;

    private static final int OAM = 1;

    private final PortSpec.Tunnel spec;
    private final int greFlags;
    private int sequence;

    TunnelHeaders(PortSpec.Tunnel spec) {
        this.spec = spec;
        greFlags = (spec.outer().checksum() ? GreView.CHECKSUM : 0)
                | (spec.key().isSent() ? GreView.KEY : 0)
                | (spec.outer().sequence() ? GreView.SEQUENCE : 0);
    }

    /** Octets of the header of a packet. */
    int length(TunnelMetadata tunnel, TunnelOptions options) {
        return switch (spec.protocol()) {
            case VXLAN -> UdpView.LENGTH + VxlanView.LENGTH;
            case GENEVE ->
                UdpView.LENGTH
                        + GeneveView.LENGTH
                        + (tunnel.hasOptions() ? options.encodedLength(tunnel.options()[0]) : 0);
            case GRE -> GreView.length(greFlags);
        };
    }

    /**
     * Writes the header of a packet, without checksum.
     *
     * @param frameLength octets of the frame
     * @return octets of the header
     */
    int write(
            MemorySegment memory,
            long at,
            int sourcePort,
            TunnelMetadata tunnel,
            TunnelOptions options,
            int frameLength) {
        int key = spec.key().isFromFlow() ? (int) tunnel.id() : spec.key().value();
        if (!spec.protocol().isUdp()) {
            return GreView.write(
                    memory,
                    at,
                    greFlags,
                    EtherTypes.TRANSPARENT_ETHERNET,
                    key,
                    (greFlags & GreView.SEQUENCE) != 0 ? sequence++ : 0);
        }
        int length = UdpView.LENGTH;
        if (spec.protocol() == TunnelProtocol.VXLAN) {
            VxlanView.write(memory, at + length, key);
            length += VxlanView.LENGTH;
        } else {
            length += writeGeneve(memory, at + length, tunnel, options, key);
        }
        UdpView.setSrc(memory, at, sourcePort);
        UdpView.setDst(memory, at, spec.udpPort());
        UdpView.setLength(memory, at, length + frameLength);
        UdpView.setChecksum(memory, at, 0);
        return length;
    }

    private static int writeGeneve(
            MemorySegment memory, long at, TunnelMetadata tunnel, TunnelOptions options, int key) {
        int octets = 0;
        int flags = (tunnel.flags() & OAM) != 0 ? GeneveView.CONTROL : 0;
        if (tunnel.hasOptions()) {
            octets = options.encode(tunnel.options(), memory, at + GeneveView.LENGTH);
            flags |= options.hasCritical(tunnel.options()[0]) ? GeneveView.CRITICAL : 0;
        }
        GeneveView.write(memory, at, octets, flags, EtherTypes.TRANSPARENT_ETHERNET, key);
        return GeneveView.LENGTH + octets;
    }

    /** Says whether a checksum is to be written that the kernel does not write. */
    boolean hasOwnChecksum(boolean isIpv6) {
        return spec.outer().checksum() && !(isIpv6 && spec.protocol().isUdp());
    }

    /**
     * Writes the checksum of a header and its frame.
     *
     * @param source IPv4 address of the outer packet, for UDP
     * @param destination IPv4 address of the outer packet, for UDP
     */
    void writeChecksum(
            MemorySegment memory,
            long at,
            int length,
            MemorySegment frame,
            long frameAt,
            int frameLength,
            int source,
            int destination) {
        long sum = (long) Checksums.sum(memory, at, length) + Checksums.sum(frame, frameAt, frameLength);
        if (!spec.protocol().isUdp()) {
            Octets.put16(memory, at + GreView.CHECKSUM_OFFSET, Checksums.invert(sum));
            return;
        }
        sum += Checksums.sum32(source);
        sum += Checksums.sum32(destination);
        int checksum = Checksums.invert(sum + spec.protocol().ipProtocol() + length + frameLength);
        UdpView.setChecksum(memory, at, checksum == 0 ? 0xffff : checksum);
    }
}
