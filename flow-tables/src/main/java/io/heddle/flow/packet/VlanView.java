package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a VLAN tag in place.
 *
 * <pre>
 *   0       2       4  octets; offset is that of the TPID
 *   +-------+-------+
 *   | tpid  |  tci  |   tci: priority 3, drop eligible 1, VLAN id 12
 *   +-------+-------+
 * </pre>
 *
 * <p>In a match, bit 12 of the TCI means "there is a tag" ({@link #PRESENT}) and does not show the drop eligible bit.
 *
 * @see <a href="https://standards.ieee.org/ieee/802.1Q/10323/">IEEE 802.1Q section 9</a>
 */
public final class VlanView {
    /** Octets of a tag. */
    public static final int LENGTH = 4;

    /** Bit 12 of a TCI in a key (OFPVID_PRESENT). */
    public static final int PRESENT = 0x1000;

    private VlanView() {}

    public static int tpid(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset);
    }

    public static int tci(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    public static void setTpid(MemorySegment memory, long offset, int tpid) {
        Octets.put16(memory, offset, tpid);
    }

    public static void setTci(MemorySegment memory, long offset, int tci) {
        Octets.put16(memory, offset + 2, tci);
    }

    public static int id(int tci) {
        return tci & 0xfff;
    }

    public static int priority(int tci) {
        return tci >>> 13 & 7;
    }
}
