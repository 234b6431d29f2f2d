package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the tag control information of an 802.1ah backbone service instance tag (I-TAG) in place.
 *
 * <pre>
 *   31  28 27  26   24 23              0   the four octets after the TPID 0x88e7; the inner Ethernet header follows
 *   +---+-+---+-------+-----------------+
 *   |pcp|d|uca|  res  |      I-SID      |   uca = use customer addresses
 *   +---+-+---+-------+-----------------+
 * </pre>
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1Q/10323/">IEEE 802.1Q section 9.7</a>
 */
public final class PbbView {
    /** Octets of the tag after its TPID. */
    public static final int LENGTH = 4;

    private static final int UCA = 1 << 27;

    private PbbView() {}

    public static int tag(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset);
    }

    public static void setTag(MemorySegment memory, long offset, int tag) {
        Octets.put32(memory, offset, tag);
    }

    public static int serviceId(int tag) {
        return tag & 0xffffff;
    }

    public static boolean isUseCustomerAddresses(int tag) {
        return (tag & UCA) != 0;
    }
}
