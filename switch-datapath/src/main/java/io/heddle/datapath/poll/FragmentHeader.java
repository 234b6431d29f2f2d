package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;

/**
 * What says which part of which packet a fragment is.
 *
 * <pre>
 *   | Ethernet, tags | IPv4 header or IPv6 headers before the fragment header | fragment header (IPv6) | data |
 *   '------------------------- headerLength ----------------------------------'                        '------ dataStart
 * </pre>
 *
 * <p>Mutable and reused. Thread safety: none.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc791">RFC 791 section 3.2</a>, <a
 *     href="https://www.rfc-editor.org/rfc/rfc8200">RFC 8200 section 4.5</a>
 */
final class FragmentHeader {
    private static final int MAX_DATA = 0xffff;

    boolean isIpv6;
    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int id;
    /** Of IPv4; 0 for IPv6, where the first fragment's counts. */
    int protocol;

    /** Octets before the fragment's data in the packet. */
    int offset;

    /** Octets of data. */
    int length;

    boolean isLast;

    /** Of L3, from the frame's first octet. */
    int l3;

    /** Octets of the frame that the whole packet has too. */
    int headerLength;

    /** Of the data, from the frame's first octet. */
    int dataStart;

    /** What follows the fragment header; valid iff {@link #isIpv6}. */
    int nextHeader;

    /** Of the octet that says that a fragment header follows, from the frame's first octet; valid iff {@link #isIpv6}. */
    int nextHeaderAt;

    /** Reads a packet; returns false if it is no fragment, or says nothing that could be. */
    boolean read(Packet packet) {
        MemorySegment memory = packet.memory();
        long frame = packet.offset();
        long layers = PacketLayers.parseBehindTags(memory, frame, packet.length());
        if (PacketLayers.fragment(layers) == 0) {
            return false;
        }
        l3 = PacketLayers.l3(layers);
        isIpv6 = PacketLayers.isIpv6(layers);
        boolean isSound = isIpv6 ? readIpv6(memory, frame) : readIpv4(memory, frame);
        return isSound && length > 0 && offset + length <= MAX_DATA && (isLast || length % 8 == 0);
    }

    private boolean readIpv4(MemorySegment memory, long frame) {
        long ip = frame + l3;
        int flags = Ipv4View.flagsAndOffset(memory, ip);
        sourceHigh = 0;
        sourceLow = Octets.u32(memory, ip + 12);
        destinationHigh = 0;
        destinationLow = Octets.u32(memory, ip + 16);
        id = Ipv4View.id(memory, ip);
        protocol = Ipv4View.protocol(memory, ip);
        offset = (flags & 0x1fff) * 8;
        isLast = (flags & Ipv4View.MORE_FRAGMENTS) == 0;
        headerLength = l3 + Ipv4View.headerLength(memory, ip);
        dataStart = headerLength;
        length = Ipv4View.totalLength(memory, ip) - (headerLength - l3);
        return Checksums.isIpv4HeaderValid(memory, ip);
    }

    private boolean readIpv6(MemorySegment memory, long frame) {
        long ip = frame + l3;
        sourceHigh = Ipv6View.srcHigh(memory, ip);
        sourceLow = Ipv6View.srcLow(memory, ip);
        destinationHigh = Ipv6View.dstHigh(memory, ip);
        destinationLow = Ipv6View.dstLow(memory, ip);
        protocol = 0;
        int left = Ipv6View.payloadLength(memory, ip);
        int next = Ipv6View.nextHeader(memory, ip);
        int at = l3 + Ipv6View.LENGTH;
        nextHeaderAt = l3 + 6;
        while (next != IpProtocols.FRAGMENT) {
            if (!Ipv6View.isExtension(next) || left < 8) {
                return false;
            }
            int size = Ipv6View.extensionLength(memory, frame + at, next);
            if (size > left) {
                return false;
            }
            nextHeaderAt = at;
            next = Octets.u8(memory, frame + at);
            at += size;
            left -= size;
        }
        if (left < 8) {
            return false;
        }
        headerLength = at;
        nextHeader = Octets.u8(memory, frame + at);
        int flags = Octets.u16(memory, frame + at + 2);
        offset = flags & 0xfff8;
        isLast = (flags & 1) == 0;
        id = Octets.s32(memory, frame + at + 4);
        dataStart = at + 8;
        length = left - 8;
        return true;
    }

    int hash(int zone, int recirculationId, long seed) {
        long h = mix(seed, sourceHigh);
        h = mix(h, sourceLow);
        h = mix(h, destinationHigh);
        h = mix(h, destinationLow);
        h = mix(h, (long) id << 32 | protocol << 16 | zone);
        return (int) (mix(h, recirculationId) >>> 32);
    }

    private static long mix(long hash, long value) {
        long h = (hash ^ value) * 0x9e3779b97f4a7c15L;
        return h ^ h >>> 29;
    }
}
