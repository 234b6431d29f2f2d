package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes a neighbour solicitation or advertisement, options included, in place.
 *
 * <pre>
 *   0   1   2       4               8                   24          octets from the ICMPv6 header
 *   +---+---+-------+---------------+-------------------+---+---+-----------+---
 *   |typ| 0 | cksum |flags, reserved|  target, 16 octets|typ|len|  address  | ...
 *   +---+---+-------+---------------+-------------------+---+---+-----------+---
 *                                                        options; len in units of 8 octets
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4861">RFC 4861 sections 4.3, 4.4 and 4.6.1</a>
 */
public final class NeighbourDiscoveryView {
    /** Octets before the first option. */
    public static final int LENGTH = 24;

    public static final int SOLICIT = 135;
    public static final int ADVERT = 136;

    /** Option: link layer address of the sender. */
    public static final int SOURCE_ADDRESS = 1;

    /** Option: link layer address of the target. */
    public static final int TARGET_ADDRESS = 2;

    private NeighbourDiscoveryView() {}

    /** Says whether this is a solicitation or advertisement with its target. */
    public static boolean check(MemorySegment memory, long offset, int available) {
        if (available < LENGTH) {
            return false;
        }
        int typeAndCode = Octets.u16(memory, offset);
        return typeAndCode == SOLICIT << 8 || typeAndCode == ADVERT << 8;
    }

    public static long targetHigh(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 8);
    }

    public static long targetLow(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 16);
    }

    public static void setTarget(MemorySegment memory, long offset, long high, long low) {
        Octets.put64(memory, offset + 8, high);
        Octets.put64(memory, offset + 16, low);
    }

    /**
     * Finds the first link layer address option of a type.
     *
     * @param offset of the ICMPv6 header, for which {@link #check} is true
     * @param available octets from there to the end of the packet
     * @return octets from {@code offset} to the option, whose 8 octets are there; -1 = none, or a broken option before it
     */
    public static int option(MemorySegment memory, long offset, int available, int optionType) {
        int at = LENGTH;
        while (available - at >= 8) {
            int size = Octets.u8(memory, offset + at + 1) * 8;
            if (size == 0 || size > available - at) {
                return -1;
            }
            if (size == 8 && Octets.u8(memory, offset + at) == optionType) {
                return at;
            }
            at += size;
        }
        return -1;
    }
}
