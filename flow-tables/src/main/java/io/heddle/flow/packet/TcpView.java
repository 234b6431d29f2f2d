package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a TCP header in place.
 *
 * <pre>
 *   0       2       4               8               12      14      16      18      20  octets, big-endian
 *   +-------+-------+---------------+---------------+-------+-------+-------+-------+
 *   |  src  |  dst  |   sequence    |  acknowledge  |off|flg|window | cksum |urgent |
 *   +-------+-------+---------------+---------------+-------+-------+-------+-------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9293">RFC 9293 section 3.1</a>
 */
public final class TcpView {
    /** Octets of a header without options. */
    public static final int MIN_LENGTH = 20;

    /** Where the checksum lies in the header, in octets. */
    public static final int CHECKSUM_OFFSET = 16;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int CWR = 0x80;

    private TcpView() {}

    /** Says whether the header, options included, lies within {@code available} octets. */
    public static boolean check(MemorySegment memory, long offset, int available) {
        if (available < MIN_LENGTH) {
            return false;
        }
        int length = headerLength(memory, offset);
        return length >= MIN_LENGTH && length <= available;
    }

    public static int src(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset);
    }

    public static int dst(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    public static int sequence(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 4);
    }

    public static int acknowledgement(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset + 8);
    }

    /** Octets of the header, options included. */
    public static int headerLength(MemorySegment memory, long offset) {
        return (Octets.u8(memory, offset + 12) >>> 4) * 4;
    }

    /** The twelve bits after the data offset: FIN is bit 0. */
    public static int flags(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 12) & 0xfff;
    }

    public static int window(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 14);
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

    public static void setSequence(MemorySegment memory, long offset, int sequence) {
        Octets.put32(memory, offset + 4, sequence);
    }

    public static void setAcknowledgement(MemorySegment memory, long offset, int number) {
        Octets.put32(memory, offset + 8, number);
    }

    /** Sets header length in octets and the twelve flag bits. */
    public static void setLengthAndFlags(MemorySegment memory, long offset, int headerLength, int flags) {
        Octets.put16(memory, offset + 12, headerLength / 4 << 12 | flags & 0xfff);
    }

    public static void setFlags(MemorySegment memory, long offset, int flags) {
        Octets.put16(memory, offset + 12, Octets.u16(memory, offset + 12) & 0xf000 | flags & 0xfff);
    }

    public static void setWindow(MemorySegment memory, long offset, int window) {
        Octets.put16(memory, offset + 14, window);
    }

    public static void setChecksum(MemorySegment memory, long offset, int checksum) {
        Octets.put16(memory, offset + CHECKSUM_OFFSET, checksum);
    }
}
