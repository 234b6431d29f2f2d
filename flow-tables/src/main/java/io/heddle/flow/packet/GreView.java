package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of a GRE header in place.
 *
 * <pre>
 *   0           2       4           8       12         16  octets; what a flag does not announce is not there
 *   +-----------+-------+-----------+-------+----------+
 *   |C| |K|S|ver| proto | csum, 0   |  key  | sequence |
 *   +-----------+-------+-----------+-------+----------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2784">RFC 2784</a>, <a href="https://www.rfc-editor.org/rfc/rfc2890">RFC 2890</a>
 */
public final class GreView {
    /** Octets of the header without anything optional. */
    public static final int MIN_LENGTH = 4;

    /** Octets of the header with everything. */
    public static final int MAX_LENGTH = 16;

    /** There is a checksum. */
    public static final int CHECKSUM = 0x8000;

    /** There is a key. */
    public static final int KEY = 0x2000;

    /** There is a sequence number. */
    public static final int SEQUENCE = 0x1000;

    /** Octets from the header's start to the checksum, where there is one. */
    public static final int CHECKSUM_OFFSET = 4;

    private GreView() {}

    /** Flags and version. */
    public static int flags(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset);
    }

    /** Ethernet type of what follows: 0x6558 for an Ethernet frame. */
    public static int protocol(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 2);
    }

    /** Octets of a header with these flags. */
    public static int length(int flags) {
        return MIN_LENGTH
                + ((flags & CHECKSUM) != 0 ? 4 : 0)
                + ((flags & KEY) != 0 ? 4 : 0)
                + ((flags & SEQUENCE) != 0 ? 4 : 0);
    }

    /** Says whether flags and version are those of RFC 2890: no routing (RFC 1701), no version 1 (PPTP). */
    public static boolean isKnown(int flags) {
        return (flags & ~(CHECKSUM | KEY | SEQUENCE)) == 0;
    }

    /** The key; valid iff the flags announce it. */
    public static int key(MemorySegment memory, long offset) {
        int at = (flags(memory, offset) & CHECKSUM) != 0 ? 8 : 4;
        return Octets.s32(memory, offset + at);
    }

    /** Writes a header; a checksum is 0, to be written when the payload is known. Returns its length. */
    public static int write(MemorySegment memory, long offset, int flags, int protocol, int key, int sequence) {
        Octets.put16(memory, offset, flags);
        Octets.put16(memory, offset + 2, protocol);
        long at = offset + MIN_LENGTH;
        if ((flags & CHECKSUM) != 0) {
            Octets.put32(memory, at, 0);
            at += 4;
        }
        if ((flags & KEY) != 0) {
            Octets.put32(memory, at, key);
            at += 4;
        }
        if ((flags & SEQUENCE) != 0) {
            Octets.put32(memory, at, sequence);
            at += 4;
        }
        return (int) (at - offset);
    }
}
