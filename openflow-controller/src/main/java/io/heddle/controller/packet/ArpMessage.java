package io.heddle.controller.packet;

import io.heddle.flow.packet.ArpHeader;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.Octets;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * An ARP message for IPv4 over Ethernet.
 *
 * @param operation 1 request, 2 reply; others are possible
 * @param sha sender's Ethernet address
 * @param spa sender's IPv4 address
 * @param tha target's Ethernet address
 * @param tpa target's IPv4 address
 * @see <a href="https://www.rfc-editor.org/rfc/rfc826">RFC 826</a>
 */
public record ArpMessage(int operation, long sha, int spa, long tha, int tpa) {
    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private static final int LENGTH = 28;
    private static final long IPV4_OVER_ETHERNET = 0x0001_0800_0604L;

    /** Reads a frame; null when it carries no whole ARP message for IPv4 over Ethernet. */
    public static @Nullable ArpMessage of(Frame frame) {
        int at = frame.payload();
        MemorySegment memory = frame.memory();
        if (!frame.isComplete()
                || frame.type() != EtherTypes.ARP
                || frame.length() < at + LENGTH
                || Octets.u48(memory, at) != IPV4_OVER_ETHERNET) {
            return null;
        }
        return new ArpMessage(
                Octets.u16(memory, at + 6),
                Octets.u48(memory, at + 8),
                Octets.s32(memory, at + 14),
                Octets.u48(memory, at + 18),
                Octets.s32(memory, at + 24));
    }

    /** A duplicate-address probe (RFC 5227 section 2.1.1): a request whose sender has no address yet. */
    public boolean isProbe() {
        return operation == REQUEST && spa == 0;
    }

    /** An announcement or gratuitous ARP: about the sender's own address. */
    public boolean isGratuitous() {
        return spa == tpa && spa != 0;
    }

    /** The frame that carries it. */
    public Frame toFrame(long dst, long src, int vlan) {
        return Frame.of(Frames.ethernet(dst & EthernetView.BROADCAST, src, vlan)
                .arpMessage(new ArpHeader(operation, sha, spa, tha, tpa))
                .build());
    }
}
