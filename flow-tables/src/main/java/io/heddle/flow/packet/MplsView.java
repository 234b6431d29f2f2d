package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes MPLS label stack entries in place. An entry is an int:
 *
 * <pre>
 *   31                  12 11   9  8  7     0
 *   +---------------------+------+---+-------+
 *   |        label        |  tc  |bos|  ttl  |   bos = 1: the last entry of the stack
 *   +---------------------+------+---+-------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3032">RFC 3032 section 2.1</a>
 */
public final class MplsView {
    /** Octets of an entry. */
    public static final int LENGTH = 4;

    private MplsView() {}

    public static int entry(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset);
    }

    public static void setEntry(MemorySegment memory, long offset, int entry) {
        Octets.put32(memory, offset, entry);
    }

    public static int label(int entry) {
        return entry >>> 12;
    }

    public static int trafficClass(int entry) {
        return entry >>> 9 & 7;
    }

    public static boolean isBottom(int entry) {
        return (entry & 0x100) != 0;
    }

    public static int ttl(int entry) {
        return entry & 0xff;
    }

    public static int entryOf(int label, int trafficClass, boolean isBottom, int ttl) {
        return label << 12 | (trafficClass & 7) << 9 | (isBottom ? 0x100 : 0) | ttl & 0xff;
    }
}
