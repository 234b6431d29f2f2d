package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a VXLAN header in place.
 *
 * <pre>
 *   0   1           4           7   8  octets
 *   +---+-----------+-----------+---+
 *   |flg| reserved  |    vni    |res|   flags: bit 3 (0x08, "I") says that the VNI is valid
 *   +---+-----------+-----------+---+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348 section 5</a>
 */
public final class VxlanView {
    /** Octets of the header. */
    public static final int LENGTH = 8;

    /** UDP port that IANA assigned. */
    public static final int UDP_PORT = 4789;

    private static final int VALID = 0x08;

    private VxlanView() {}

    /** Says whether the I flag is set; all other flags are reserved and ignored on receipt. */
    public static boolean hasVni(MemorySegment memory, long offset) {
        return (Octets.u8(memory, offset) & VALID) != 0;
    }

    public static int vni(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 4) >>> 8;
    }

    /** Writes the whole header: I flag, VNI, reserved bits 0. */
    public static void write(MemorySegment memory, long offset, int vni) {
        Octets.put64(memory, offset, (long) VALID << 56 | (long) (vni & 0xffffff) << 8);
    }
}
