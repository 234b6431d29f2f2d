package io.heddle.controller.packet;

import io.heddle.flow.packet.PacketBuilder;

/** Frames that the controller makes. */
public final class Frames {
    private Frames() {}

    /** Begins a frame; {@code vlan} is the tag to add, 0 for none. */
    static PacketBuilder ethernet(long dst, long src, int vlan) {
        PacketBuilder builder = PacketBuilder.ethernet(src, dst);
        return vlan == 0 ? builder : builder.vlan(vlan);
    }

    /**
     * A UDP datagram over IPv4 with right checksums, which may be fragmented on its way.
     *
     * @param vlan tag to add, 0 for none
     */
    public static Frame udp(
            long dst, long src, int vlan, int ipSrc, int ipDst, int udpSrc, int udpDst, byte[] payload) {
        return Frame.of(ethernet(dst, src, vlan)
                .ipv4(ipSrc, ipDst)
                .fragment(0, 0)
                .udp(udpSrc, udpDst)
                .payload(payload)
                .build());
    }
}
