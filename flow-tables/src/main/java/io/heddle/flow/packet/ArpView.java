package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an ARP or RARP message for IPv4 over Ethernet in place.
 *
 * <pre>
 *   0       2       4   5   6       8           14          18          24          28  octets
 *   +-------+-------+---+---+-------+-----------+-----------+-----------+-----------+
 *   | hrd 1 |pro 800| 6 | 4 |  op   |    sha    |    spa    |    tha    |    tpa    |
 *   +-------+-------+---+---+-------+-----------+-----------+-----------+-----------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc826">RFC 826</a>
 */
public final class ArpView {
    /** Octets of a message. */
    public static final int LENGTH = 28;

    /** hrd, pro, hln and pln of IPv4 over Ethernet, the first six octets. */
    public static final long IPV4_OVER_ETHERNET = 0x0001_0800_0604L;

    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private ArpView() {}

    /** Says whether this is a complete message for IPv4 over Ethernet. */
    public static boolean check(MemorySegment memory, long offset, int available) {
        return available >= LENGTH && Octets.u48(memory, offset) == IPV4_OVER_ETHERNET;
    }

    public static int operation(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 6);
    }

    /** Sender's hardware address. */
    public static long sha(MemorySegment memory, long offset) {
        return Octets.u48(memory, offset + 8);
    }

    /** Sender's IPv4 address. */
    public static int spa(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 14);
    }

    /** Target's hardware address. */
    public static long tha(MemorySegment memory, long offset) {
        return Octets.u48(memory, offset + 18);
    }

    /** Target's IPv4 address. */
    public static int tpa(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 24);
    }

    /** Writes the six octets that say "IPv4 over Ethernet". */
    public static void setIpv4OverEthernet(MemorySegment memory, long offset) {
        Octets.put48(memory, offset, IPV4_OVER_ETHERNET);
    }

    public static void setOperation(MemorySegment memory, long offset, int operation) {
        Octets.put16(memory, offset + 6, operation);
    }

    public static void setSha(MemorySegment memory, long offset, long address) {
        Octets.put48(memory, offset + 8, address);
    }

    public static void setSpa(MemorySegment memory, long offset, int address) {
        Octets.put32(memory, offset + 14, address);
    }

    public static void setTha(MemorySegment memory, long offset, long address) {
        Octets.put48(memory, offset + 18, address);
    }

    public static void setTpa(MemorySegment memory, long offset, int address) {
        Octets.put32(memory, offset + 24, address);
    }
}
