package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a UDP header in place.
 *
 * <pre>
 *   0       2       4       6       8  octets, all fields big-endian
 *   +-------+-------+-------+-------+
 *   |  src  |  dst  | length| cksum |   checksum 0 = none (IPv4; IPv6 tunnels)
 *   +-------+-------+-------+-------+
 * </pre>
 *
 * <p>Accessors do no validation: call {@link #check} once, when the header is first reached, and no accessor will then read outside
 * the packet. A {@code check} is undone by {@link #setLength}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc768">RFC 768</a>
 */
public final class UdpView {
    /** Octets of the header. */
    public static final int LENGTH = 8;

    /** Where the checksum lies in the header, in octets. */
    public static final int CHECKSUM_OFFSET = 6;

    private UdpView() {}

    /**
     * Says whether header and payload are there.
     *
     * @param available octets from {@code offset} to the end of the IP payload; Ethernet padding after it does not count
     * @return true when the header is complete and its length field is in {@code [8, available]}
     */
    public static boolean check(MemorySegment memory, long offset, int available) {
        if (available < LENGTH) {
            return false;
        }
        int length = length(memory, offset);
        return length >= LENGTH && length <= available;
    }

    public static int src(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset);
    }

    public static int dst(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    /** Octets of header and payload. */
    public static int length(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 4);
    }

    public static int checksum(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + CHECKSUM_OFFSET);
    }

    public static void setSrc(MemorySegment memory, long offset, int port) {
        Octets.put16(memory, offset, port);
    }

    public static void setDst(MemorySegment memory, long offset, int port) {
        Octets.put16(memory, offset + 2, port);
    }

    public static void setLength(MemorySegment memory, long offset, int length) {
        Octets.put16(memory, offset + 4, length);
    }

    public static void setChecksum(MemorySegment memory, long offset, int checksum) {
        Octets.put16(memory, offset + CHECKSUM_OFFSET, checksum);
    }
}
