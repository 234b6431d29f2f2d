package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;

/**
 * Finds frames whose sender has left the checksum of TCP, UDP or SCTP to somebody else, where nothing but the frame itself tells, and
 * completes it.
 *
 * <p>Such a frame's checksum field holds the sum of the pseudo header alone, for SCTP it is 0. One in 65,536 complete frames happens
 * to have that in the field too: its checksum is right as it is, and is left alone. What is lost is that of the corrupt frames one in
 * 65,536 is taken for an incomplete one.
 *
 * <p>Allocates nothing. Thread safety: none needed; the packet must not be shared.
 */
final class PartialChecksums {
    private static final int SCTP_HEADER_TO_FIELD = 8;

    private PartialChecksums() {}

    /** Completes the packet's L4 checksum if it is not complete. */
    static void complete(Packet packet) {
        MemorySegment memory = packet.memory();
        long frame = packet.offset();
        long layers = PacketLayers.parseBehindTags(memory, frame, packet.length());
        if (!PacketLayers.hasL4Header(layers) || PacketLayers.fragment(layers) != 0) {
            return;
        }
        int protocol = PacketLayers.protocol(layers);
        long l4 = frame + PacketLayers.l4(layers);
        boolean isSuspect = switch (protocol) {
            case IpProtocols.TCP, IpProtocols.UDP ->
                Octets.u16(memory, l4 + Checksums.checksumOffset(protocol)) == Checksums.pseudo(memory, frame, layers);
            case IpProtocols.SCTP ->
                Octets.u16(memory, l4 + SCTP_HEADER_TO_FIELD) == 0
                        && Octets.u16(memory, l4 + SCTP_HEADER_TO_FIELD + 2) == 0;
            default -> false;
        };
        if (isSuspect && !Checksums.isL4Valid(memory, frame, layers)) {
            Checksums.writeL4(memory, frame, layers);
        }
    }
}
