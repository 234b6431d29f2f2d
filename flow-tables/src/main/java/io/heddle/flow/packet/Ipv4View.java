package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an IPv4 header in place. Addresses are ints, first octet most significant.
 *
 * <pre>
 *   0       1       2               4               6               8  octets, big-endian
 *   +-------+-------+---------------+---------------+---------------+
 *   |ver|ihl|  tos  | total length  |      id       |flags| frag off|
 *   +-------+-------+---------------+---------------+---------------+
 *   |  ttl  | proto |   checksum    |              src              |
 *   +-------+-------+---------------+-------------------------------+
 *   |              dst              |  options, ihl * 4 - 20 octets
 *   +-------------------------------+
 * </pre>
 *
 * <p>Setters leave the header checksum alone: see {@link Checksums#ipv4Header} and {@link Checksums#update16}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc791">RFC 791 section 3.1</a>
 */
public final class Ipv4View {
    /** Octets of a header without options. */
    public static final int MIN_LENGTH = 20;

    public static final int DONT_FRAGMENT = 0x4000;
    public static final int MORE_FRAGMENTS = 0x2000;

    private Ipv4View() {}

    /**
     * Says whether the header at {@code offset} may be read and written through this class.
     *
     * @param available octets from {@code offset} to the end of the frame
     * @return true when {@code 20 <= header length <= total length <= available}
     */
    public static boolean check(MemorySegment memory, long offset, int available) {
        if (available < MIN_LENGTH) {
            return false;
        }
        int header = headerLength(memory, offset);
        int total = totalLength(memory, offset);
        return header >= MIN_LENGTH && header <= total && total <= available;
    }

    public static int version(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset) >>> 4;
    }

    /** Octets of the header, options included. */
    public static int headerLength(MemorySegment memory, long offset) {
        return (Octets.u8(memory, offset) & 15) * 4;
    }

    public static int tos(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 1);
    }

    /** Octets of header and payload. */
    public static int totalLength(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    public static int id(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 4);
    }

    /** Flags (bits 15-13) and fragment offset in units of 8 octets (bits 12-0). */
    public static int flagsAndOffset(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 6);
    }

    public static boolean isFragment(MemorySegment memory, long offset) {
        return (flagsAndOffset(memory, offset) & 0x3fff) != 0;
    }

    public static int ttl(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 8);
    }

    public static int protocol(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 9);
    }

    public static int checksum(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 10);
    }

    public static int src(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 12);
    }

    public static int dst(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 16);
    }

    public static void setVersionAndHeaderLength(MemorySegment memory, long offset, int headerLength) {
        Octets.put8(memory, offset, 0x40 | headerLength / 4);
    }

    public static void setTos(MemorySegment memory, long offset, int tos) {
        Octets.put8(memory, offset + 1, tos);
    }

    public static void setTotalLength(MemorySegment memory, long offset, int length) {
        Octets.put16(memory, offset + 2, length);
    }

    public static void setId(MemorySegment memory, long offset, int id) {
        Octets.put16(memory, offset + 4, id);
    }

    public static void setFlagsAndOffset(MemorySegment memory, long offset, int value) {
        Octets.put16(memory, offset + 6, value);
    }

    public static void setTtl(MemorySegment memory, long offset, int ttl) {
        Octets.put8(memory, offset + 8, ttl);
    }

    public static void setProtocol(MemorySegment memory, long offset, int protocol) {
        Octets.put8(memory, offset + 9, protocol);
    }

    public static void setChecksum(MemorySegment memory, long offset, int checksum) {
        Octets.put16(memory, offset + 10, checksum);
    }

    public static void setSrc(MemorySegment memory, long offset, int address) {
        Octets.put32(memory, offset + 12, address);
    }

    public static void setDst(MemorySegment memory, long offset, int address) {
        Octets.put32(memory, offset + 16, address);
    }

    /** Prints an address as {@code 10.0.0.1}. */
    public static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }
}
