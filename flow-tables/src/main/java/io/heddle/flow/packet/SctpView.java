package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an SCTP common header in place.
 *
 * <pre>
 *   0       2       4               8               12  octets
 *   +-------+-------+---------------+---------------+
 *   |  src  |  dst  |verification tg|    CRC-32c    |   the CRC is little-endian (RFC 9260 appendix A)
 *   +-------+-------+---------------+---------------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9260">RFC 9260 section 3.1</a>
 */
public final class SctpView {
    /** Octets of the common header. */
    public static final int LENGTH = 12;

    /** Where the checksum lies in the header, in octets. */
    public static final int CHECKSUM_OFFSET = 8;

    private SctpView() {}

    public static int src(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset);
    }

    public static int dst(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    /** The CRC as the four octets stand on the wire. */
    public static int checksum(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + CHECKSUM_OFFSET);
    }

    public static void setSrc(MemorySegment memory, long offset, int port) {
        Octets.put16(memory, offset, port);
    }

    public static void setDst(MemorySegment memory, long offset, int port) {
        Octets.put16(memory, offset + 2, port);
    }

    public static void setChecksum(MemorySegment memory, long offset, int checksum) {
        Octets.put32(memory, offset + CHECKSUM_OFFSET, checksum);
    }
}
