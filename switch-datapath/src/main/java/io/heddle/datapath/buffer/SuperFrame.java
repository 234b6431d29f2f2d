package io.heddle.datapath.buffer;

import java.lang.foreign.ValueLayout;

/** Lengths of what a super-frame will be on the wire. Threading: as the packet. */
public final class SuperFrame {
    private SuperFrame() {}

    /** Octets of the headers, up to and with L4. */
    public static int headerLength(Packet packet) {
        int start = packet.checksumStart();
        if (packet.gsoType() == Packet.GSO_UDP_L4) {
            return start + 8;
        }
        if (start + 13 > packet.length()) {
            return start;
        }
        return start + (packet.memory().get(ValueLayout.JAVA_BYTE, packet.offset() + start + 12) >> 4 & 0xf) * 4;
    }

    /** Octets of the longest frame that the packet is on the wire; of a plain frame its own. */
    public static int wireLength(Packet packet) {
        return packet.isGso() ? Math.min(packet.length(), headerLength(packet) + packet.gsoSize()) : packet.length();
    }
}
