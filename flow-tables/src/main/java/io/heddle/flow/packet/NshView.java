package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a Network Service Header in place.
 *
 * <pre>
 *   0                       2           3       4           7    8                        octets
 *   +-----------------------+-----------+-------+-----------+----+-----------------------+
 *   |ver 2|O|U|ttl 6|length 6|U 4|type 4|  next |    spi    | si | context 4 x 4, or TLVs |
 *   +-----------------------+-----------+-------+-----------+----+-----------------------+
 *   length in units of 4 octets, type 1: four words of context, type 2: any TLVs
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8300">RFC 8300 section 2</a>
 */
public final class NshView {
    /** Octets before the context. */
    public static final int BASE_LENGTH = 8;

    /** Octets of a header with four words of context. */
    public static final int FIXED_LENGTH = 24;

    /** Four words of context. */
    public static final int FIXED = 1;

    /** TLVs. */
    public static final int VARIABLE = 2;

    private static final int TTL_SHIFT = 6;
    private static final int SIX_BITS = 0x3f;
    private static final int FLAGS_SHIFT = 12;
    private static final int FLAGS = 3;

    private NshView() {}

    /**
     * Says whether the header may be read and written.
     *
     * @param available octets from {@code offset} to the end of the frame
     * @return true when the version is 0, and the header is complete and as long as its type asks for
     */
    public static boolean check(MemorySegment memory, long offset, int available) {
        if (available < BASE_LENGTH || Octets.u8(memory, offset) >>> 6 != 0) {
            return false;
        }
        int length = length(memory, offset);
        return length <= available
                && switch (type(memory, offset)) {
                    case FIXED -> length == FIXED_LENGTH;
                    case VARIABLE -> length >= BASE_LENGTH;
                    default -> false;
                };
    }

    /** Octets of the header. */
    public static int length(MemorySegment memory, long offset) {
        return (Octets.u16(memory, offset) & SIX_BITS) * 4;
    }

    /** O (bit 1) and U (bit 0). */
    public static int flags(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset) >>> FLAGS_SHIFT & FLAGS;
    }

    public static int ttl(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset) >>> TTL_SHIFT & SIX_BITS;
    }

    /** {@link #FIXED} or {@link #VARIABLE}. */
    public static int type(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 2) & 0xf;
    }

    /** What follows: 1 IPv4, 2 IPv6, 3 Ethernet, 4 NSH, 5 MPLS. */
    public static int nextProtocol(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 3);
    }

    /** Service path identifier in the upper 24 bits, service index in the last octet. */
    public static int path(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 4);
    }

    public static void setFlags(MemorySegment memory, long offset, int flags) {
        int word = Octets.u16(memory, offset) & ~(FLAGS << FLAGS_SHIFT);
        Octets.put16(memory, offset, word | (flags & FLAGS) << FLAGS_SHIFT);
    }

    public static void setTtl(MemorySegment memory, long offset, int ttl) {
        int word = Octets.u16(memory, offset) & ~(SIX_BITS << TTL_SHIFT);
        Octets.put16(memory, offset, word | (ttl & SIX_BITS) << TTL_SHIFT);
    }

    public static void setPath(MemorySegment memory, long offset, int path) {
        Octets.put32(memory, offset + 4, path);
    }
}
