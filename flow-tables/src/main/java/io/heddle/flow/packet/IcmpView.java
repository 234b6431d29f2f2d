package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an ICMP, ICMPv6 or IGMP header in place: the three share their first four octets.
 *
 * <pre>
 *   0   1   2       4               8  octets
 *   +---+---+-------+---------------+
 *   |typ|cod| cksum |rest of header |   echo: id, sequence; 3/4 and ICMPv6 2: MTU
 *   +---+---+-------+---------------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc792">RFC 792</a>, <a href="https://www.rfc-editor.org/rfc/rfc4443">RFC 4443</a>,
 *     <a href="https://www.rfc-editor.org/rfc/rfc3376">RFC 3376</a>
 */
public final class IcmpView {
    /** Octets of the header. */
    public static final int LENGTH = 8;

    /** Where the checksum lies in the header, in octets. */
    public static final int CHECKSUM_OFFSET = 2;

    public static final int ECHO_REPLY = 0;
    public static final int UNREACHABLE = 3;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;

    /** Code of {@link #UNREACHABLE}: does not fit and may not be fragmented (RFC 1191 section 4). */
    public static final int FRAGMENTATION_NEEDED = 4;

    public static final int V6_PACKET_TOO_BIG = 2;
    public static final int V6_TIME_EXCEEDED = 3;
    public static final int V6_ECHO_REQUEST = 128;
    public static final int V6_ECHO_REPLY = 129;

    private IcmpView() {}

    public static int type(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset);
    }

    public static int code(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 1);
    }

    public static int checksum(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + CHECKSUM_OFFSET);
    }

    /** The four octets after the checksum. */
    public static int rest(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 4);
    }

    public static void setType(MemorySegment memory, long offset, int type) {
        Octets.put8(memory, offset, type);
    }

    public static void setCode(MemorySegment memory, long offset, int code) {
        Octets.put8(memory, offset + 1, code);
    }

    public static void setChecksum(MemorySegment memory, long offset, int checksum) {
        Octets.put16(memory, offset + CHECKSUM_OFFSET, checksum);
    }

    public static void setRest(MemorySegment memory, long offset, int rest) {
        Octets.put32(memory, offset + 4, rest);
    }
}
