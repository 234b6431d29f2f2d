package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Reads and writes the fields of an IPv6 header in place, and walks its extension headers. An address is two longs, the first
 * octet on the wire being the most significant of {@code high}.
 *
 * <pre>
 *   0               2               4               6       7       8  octets, big-endian
 *   +----+--------+-+---------------+---------------+-------+-------+
 *   | 6  | tclass | flow label 20   |payload length | next  |hop lim|
 *   +----+--------+-----------------+---------------+-------+-------+
 *   |                     src, 16 octets                            |
 *   |                     dst, 16 octets                            |
 *   +---------------------------------------------------------------+
 * </pre>
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8200">RFC 8200 sections 3 and 4</a>
 */
public final class Ipv6View {
    /** Octets of the fixed header. */
    public static final int LENGTH = 40;

    /** Bits of OpenFlow's {@code ipv6_exthdr} (OpenFlow 1.3.5 section 7.2.3.8, enum ofp_ipv6exthdr_flags). */
    public static final int EXTHDR_NO_NEXT = 1;

    public static final int EXTHDR_ESP = 1 << 1;
    public static final int EXTHDR_AUTH = 1 << 2;
    public static final int EXTHDR_DEST = 1 << 3;
    public static final int EXTHDR_FRAG = 1 << 4;
    public static final int EXTHDR_ROUTER = 1 << 5;
    public static final int EXTHDR_HOP = 1 << 6;
    public static final int EXTHDR_UNEXPECTED_REPEAT = 1 << 7;
    public static final int EXTHDR_UNEXPECTED_SEQUENCE = 1 << 8;

    private Ipv6View() {}

    /**
     * Says whether the header at {@code offset} may be read and written through this class.
     *
     * @param available octets from {@code offset} to the end of the frame
     * @return true when {@code 40 + payload length <= available}
     */
    public static boolean check(MemorySegment memory, long offset, int available) {
        return available >= LENGTH && payloadLength(memory, offset) <= available - LENGTH;
    }

    public static int version(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset) >>> 4;
    }

    public static int trafficClass(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset) >>> 4 & 0xff;
    }

    public static int flowLabel(MemorySegment memory, long offset) {
        return Octets.s32(memory, offset) & 0xfffff;
    }

    /** Octets after the fixed header. */
    public static int payloadLength(MemorySegment memory, long offset) {
        return Octets.u16(memory, offset + 4);
    }

    public static int nextHeader(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 6);
    }

    public static int hopLimit(MemorySegment memory, long offset) {
        return Octets.u8(memory, offset + 7);
    }

    public static long srcHigh(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 8);
    }

    public static long srcLow(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 16);
    }

    public static long dstHigh(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 24);
    }

    public static long dstLow(MemorySegment memory, long offset) {
        return Octets.u64(memory, offset + 32);
    }

    public static void setVersionClassLabel(MemorySegment memory, long offset, int trafficClass, int flowLabel) {
        Octets.put32(memory, offset, 6 << 28 | (trafficClass & 0xff) << 20 | (flowLabel & 0xfffff));
    }

    public static void setTrafficClass(MemorySegment memory, long offset, int trafficClass) {
        Octets.put16(memory, offset, Octets.u16(memory, offset) & 0xf00f | (trafficClass & 0xff) << 4);
    }

    public static void setFlowLabel(MemorySegment memory, long offset, int label) {
        Octets.put32(memory, offset, Octets.s32(memory, offset) & 0xfff00000 | label & 0xfffff);
    }

    public static void setPayloadLength(MemorySegment memory, long offset, int length) {
        Octets.put16(memory, offset + 4, length);
    }

    public static void setNextHeader(MemorySegment memory, long offset, int protocol) {
        Octets.put8(memory, offset + 6, protocol);
    }

    public static void setHopLimit(MemorySegment memory, long offset, int limit) {
        Octets.put8(memory, offset + 7, limit);
    }

    public static void setSrc(MemorySegment memory, long offset, long high, long low) {
        Octets.put64(memory, offset + 8, high);
        Octets.put64(memory, offset + 16, low);
    }

    public static void setDst(MemorySegment memory, long offset, long high, long low) {
        Octets.put64(memory, offset + 24, high);
        Octets.put64(memory, offset + 32, low);
    }

    /** Says whether a next header value stands for an extension header that can be walked over. */
    public static boolean isExtension(int nextHeader) {
        return nextHeader == IpProtocols.HOP_BY_HOP
                || nextHeader == IpProtocols.ROUTING
                || nextHeader == IpProtocols.DESTINATION_OPTIONS
                || nextHeader == IpProtocols.AH
                || nextHeader == IpProtocols.FRAGMENT;
    }

    /**
     * Octets of the extension header at {@code offset}, of which the first two must be readable.
     *
     * @param type for which {@link #isExtension} is true
     */
    public static int extensionLength(MemorySegment memory, long offset, int type) {
        if (type == IpProtocols.FRAGMENT) {
            return 8;
        }
        int length = Octets.u8(memory, offset + 1);
        return type == IpProtocols.AH ? (length + 2) * 4 : (length + 1) * 8;
    }

    /**
     * Finds which extension headers a packet has, and whether each comes once (destination options twice) and in the order of RFC
     * 8200 section 4.1.
     *
     * @param offset of the fixed header, for which {@link #check} is true
     * @return bits {@code EXTHDR_*}; the walk ends at ESP, at an upper layer, at a fragment that is not the first, and where the chain
     *     is broken
     */
    public static int extensionBits(MemorySegment memory, long offset) {
        int left = payloadLength(memory, offset);
        int next = nextHeader(memory, offset);
        long at = offset + LENGTH;
        int bits = 0;
        int rank = -1;
        while (isExtension(next) && left >= 8) {
            int bit = extensionBit(next);
            int place = rankOf(next);
            boolean isFinalDestination = next == IpProtocols.DESTINATION_OPTIONS && (rank >= 1);
            if (isFinalDestination) {
                place = 6;
            }
            if ((bits & bit) != 0 && !(next == IpProtocols.DESTINATION_OPTIONS && rank < 6)) {
                bits |= EXTHDR_UNEXPECTED_REPEAT;
            } else if (place < rank) {
                bits |= EXTHDR_UNEXPECTED_SEQUENCE;
            }
            bits |= bit;
            rank = Math.max(rank, place);
            int size = extensionLength(memory, at, next);
            boolean isLaterFragment = next == IpProtocols.FRAGMENT && (Octets.u16(memory, at + 2) & 0xfff8) != 0;
            if (size > left || isLaterFragment) {
                return bits;
            }
            next = Octets.u8(memory, at);
            at += size;
            left -= size;
        }
        if (next == IpProtocols.ESP) {
            return bits | EXTHDR_ESP | (rank > 5 ? EXTHDR_UNEXPECTED_SEQUENCE : 0);
        }
        return next == IpProtocols.NO_NEXT_HEADER ? bits | EXTHDR_NO_NEXT : bits;
    }

    /**
     * Says whether a routing header still holds the final destination: the checksum of the upper layer then covers that one and not the
     * destination of the fixed header (RFC 8200 section 8.1).
     *
     * @param offset of the fixed header, for which {@link #check} is true
     */
    public static boolean hasPendingRouting(MemorySegment memory, long offset) {
        int left = payloadLength(memory, offset);
        int next = nextHeader(memory, offset);
        long at = offset + LENGTH;
        while (isExtension(next) && left >= 8) {
            if (next == IpProtocols.ROUTING && Octets.u8(memory, at + 3) > 0) {
                return true;
            }
            int size = extensionLength(memory, at, next);
            if (size > left) {
                return false;
            }
            next = Octets.u8(memory, at);
            at += size;
            left -= size;
        }
        return false;
    }

    private static int extensionBit(int type) {
        return switch (type) {
            case IpProtocols.HOP_BY_HOP -> EXTHDR_HOP;
            case IpProtocols.ROUTING -> EXTHDR_ROUTER;
            case IpProtocols.FRAGMENT -> EXTHDR_FRAG;
            case IpProtocols.AH -> EXTHDR_AUTH;
            default -> EXTHDR_DEST;
        };
    }

    private static int rankOf(int type) {
        return switch (type) {
            case IpProtocols.HOP_BY_HOP -> 0;
            case IpProtocols.ROUTING -> 2;
            case IpProtocols.FRAGMENT -> 3;
            case IpProtocols.AH -> 4;
            default -> 1;
        };
    }
}
