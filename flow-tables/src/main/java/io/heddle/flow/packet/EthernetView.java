package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an Ethernet header in place.
 *
 * <pre>
 *   0           6           12      14  octets
 *   +-----------+-----------+-------+
 *   |    dst    |    src    | type  |   type < 0x0600 is the length of an 802.3 frame
 *   +-----------+-----------+-------+
 * </pre>
 *
 * <p>Addresses are the lower 48 bits of a {@code long}, first octet on the wire most significant. Nothing is validated: the frame
 * must hold {@link #LENGTH} octets from {@code offset}.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.3/10422/">IEEE 802.3 section 3</a>
 */
public final class EthernetView {
    /** Octets of the header. */
    public static final int LENGTH = 14;

    /** The broadcast address. */
    public static final long BROADCAST = 0xffff_ffff_ffffL;

    private static final long GROUP_BIT = 1L << 40;

    private EthernetView() {}

    public static long dst(MemorySegment memory, long offset) {
        return Octets.u48(memory, offset);
    }

    public static long src(MemorySegment memory, long offset) {
        return Octets.u48(memory, offset + 6);
    }

    public static int type(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 12);
    }

    public static void setDst(MemorySegment memory, long offset, long address) {
        Octets.put48(memory, offset, address);
    }

    public static void setSrc(MemorySegment memory, long offset, long address) {
        Octets.put48(memory, offset + 6, address);
    }

    public static void setType(MemorySegment memory, long offset, int type) {
        Octets.put16(memory, offset + 12, type);
    }

    /** Says whether an address is a group address (multicast or broadcast). */
    public static boolean isGroup(long address) {
        return (address & GROUP_BIT) != 0;
    }

    /** Prints an address as {@code 02:00:00:00:00:01}. */
    public static String text(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift != 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
