package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a Geneve header in place.
 *
 * <pre>
 *   0         1           2       4           7   8                            octets
 *   +---------+-----------+-------+-----------+---+-----------------------+
 *   |ver|optl |O|C|  rsvd | proto |    vni    |res| options, 4 * optl     |
 *   +---------+-----------+-------+-----------+---+-----------------------+
 *
 *   option:  class 16 | type 8 | reserved 3, length 5 (of the data, in units of 4 octets) | data
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8926">RFC 8926 sections 3.4 and 3.5</a>
 */
public final class GeneveView {
    /** Octets of the header without options. */
    public static final int LENGTH = 8;

    /** Octets of an option's header. */
    public static final int OPTION_LENGTH = 4;

    /** UDP port that IANA assigned. */
    public static final int UDP_PORT = 6081;

    /** The packet is a control packet (bit O). */
    public static final int CONTROL = 0x80;

    /** An option must be understood (bit C). */
    public static final int CRITICAL = 0x40;

    private GeneveView() {}

    public static int version(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset) >>> 6;
    }

    /** Octets of all options. */
    public static int optionsLength(MemorySegment memory, long offset) {
        return (Octets.u8(memory, offset) & 0x3f) * 4;
    }

    /** {@link #CONTROL} and {@link #CRITICAL}. */
    public static int flags(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 1) & (CONTROL | CRITICAL);
    }

    /** Ethernet type of what follows: 0x6558 for an Ethernet frame. */
    public static int protocol(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    public static int vni(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 4) >>> 8;
    }

    /**
     * Writes the header without options: version 0.
     *
     * @param optionsLength octets of the options that follow, a multiple of 4 up to 252
     * @param flags {@link #CONTROL} and {@link #CRITICAL}
     */
    public static void write(MemorySegment memory, long offset, int optionsLength, int flags, int protocol, int vni) {
        Octets.put16(memory, offset, optionsLength / 4 << 8 | flags);
        Octets.put16(memory, offset + 2, protocol);
        Octets.put32(memory, offset + 4, vni << 8);
    }
}
