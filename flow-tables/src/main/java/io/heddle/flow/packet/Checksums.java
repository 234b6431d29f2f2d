package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Internet checksums, their incremental update, and the CRC of SCTP.
 *
 * <p>Two kinds of numbers: a <i>sum</i> is a one's complement sum of big-endian 16-bit words, folded to 16 bits and not inverted; a
 * <i>checksum</i> is its inverse, what a complete header carries. A <i>partial</i> checksum (virtio: needs-csum) is the sum of the
 * pseudo header only, standing in the checksum field until someone completes it.
 *
 * <p>Sums may be added; {@link #fold} brings the result back to 16 bits.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1071">RFC 1071</a>, <a href="https://www.rfc-editor.org/rfc/rfc1624">RFC 1624</a>
 */
public final class Checksums {
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW_32 = 0xffffffffL;
    private static final int CRC32C_POLYNOMIAL = 0x82f63b78;
    private static final int[] CRC32C = crcTable();

    private Checksums() {}

    /** Folds a number of sums, added up, to 16 bits. */
    public static int fold(long sum) {
        long folded = (sum & LOW_32) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) folded;
    }

    /** The checksum that a sum makes. */
    public static int invert(long sum) {
        return ~fold(sum) & 0xffff;
    }

    /**
     * Sums octets.
     *
     * @param length in octets; an odd last octet counts as the high half of a word
     */
    public static int sum(MemorySegment memory, long offset, long length) {
        // The sum does not depend on the byte order of the words, except that the result comes out swapped (RFC 1071
        // section 2).
        long sum = 0;
        long at = offset;
        long end = offset + length;
        for (; at + 16 <= end; at += 16) {
            long first = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            long second = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8);
            sum += (first & LOW_32) + (first >>> 32) + (second & LOW_32) + (second >>> 32);
        }
        for (; at + 2 <= end; at += 2) {
            sum += memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
        }
        if (at < end) {
            int last = memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            sum += SWAP ? last : last << 8;
        }
        int folded = fold(sum);
        return SWAP ? Short.reverseBytes((short) folded) & 0xffff : folded;
    }

    /** The checksum that an IPv4 header should carry, whatever its field says now. */
    public static int ipv4Header(MemorySegment memory, long offset) {
        int sum = sum(memory, offset, Ipv4View.headerLength(memory, offset));
        return invert(sum + (~Ipv4View.checksum(memory, offset) & 0xffffL));
    }

    /** Says whether the checksum of an IPv4 header is right. */
    public static boolean isIpv4HeaderValid(MemorySegment memory, long offset) {
        return sum(memory, offset, Ipv4View.headerLength(memory, offset)) == 0xffff;
    }

    /** Sum of the IPv4 pseudo header (RFC 9293 section 3.1). */
    public static int ipv4Pseudo(MemorySegment memory, long l3, int protocol, int l4Length) {
        return fold((long) sum(memory, l3 + 12, 8) + protocol + l4Length);
    }

    /** Sum of the IPv6 pseudo header (RFC 8200 section 8.1). */
    public static int ipv6Pseudo(MemorySegment memory, long l3, int protocol, int l4Length) {
        return fold((long) sum(memory, l3 + 8, 32) + protocol + (l4Length >>> 16) + (l4Length & 0xffff));
    }

    /**
     * Sum of the pseudo header of a packet; 0 for ICMP over IPv4 and IGMP, which have none.
     *
     * @param layers of the frame at {@code frame}, with a known L4
     */
    public static int pseudo(MemorySegment memory, long frame, long layers) {
        int protocol = PacketLayers.protocol(layers);
        long l3 = frame + PacketLayers.l3(layers);
        int length = PacketLayers.l4Length(layers);
        if (PacketLayers.isIpv6(layers)) {
            return ipv6Pseudo(memory, l3, protocol, length);
        }
        return protocol == IpProtocols.ICMP || protocol == IpProtocols.IGMP
                ? 0
                : ipv4Pseudo(memory, l3, protocol, length);
    }

    /** Where the checksum of a protocol lies in its header, in octets; -1 for a protocol without an Internet checksum. */
    public static int checksumOffset(int protocol) {
        return switch (protocol) {
            case IpProtocols.TCP -> TcpView.CHECKSUM_OFFSET;
            case IpProtocols.UDP -> UdpView.CHECKSUM_OFFSET;
            case IpProtocols.ICMP, IpProtocols.ICMPV6, IpProtocols.IGMP -> IcmpView.CHECKSUM_OFFSET;
            default -> -1;
        };
    }

    /**
     * Writes the L4 checksum of a packet anew: TCP, UDP, ICMP, ICMPv6, IGMP and SCTP. Does nothing for fragments, other protocols and
     * headers that are not complete.
     */
    public static void writeL4(MemorySegment memory, long frame, long layers) {
        if (!PacketLayers.hasL4Header(layers) || PacketLayers.fragment(layers) != 0) {
            return;
        }
        long l4 = frame + PacketLayers.l4(layers);
        int length = PacketLayers.l4Length(layers);
        int protocol = PacketLayers.protocol(layers);
        if (protocol == IpProtocols.SCTP) {
            SctpView.setChecksum(memory, l4, sctp(memory, l4, length));
            return;
        }
        long field = l4 + checksumOffset(protocol);
        Octets.put16(memory, field, 0);
        int checksum = invert((long) sum(memory, l4, length) + pseudo(memory, frame, layers));
        Octets.put16(memory, field, checksum == 0 && protocol == IpProtocols.UDP ? 0xffff : checksum);
    }

    /**
     * Says whether the L4 checksum of a packet is right; true too where there is none to check: fragments, unknown protocols, UDP with
     * checksum 0.
     */
    public static boolean isL4Valid(MemorySegment memory, long frame, long layers) {
        if (!PacketLayers.hasL4Header(layers) || PacketLayers.fragment(layers) != 0) {
            return true;
        }
        long l4 = frame + PacketLayers.l4(layers);
        int length = PacketLayers.l4Length(layers);
        int protocol = PacketLayers.protocol(layers);
        if (protocol == IpProtocols.SCTP) {
            return SctpView.checksum(memory, l4) == sctp(memory, l4, length);
        }
        if (protocol == IpProtocols.UDP && UdpView.checksum(memory, l4) == 0) {
            return true;
        }
        return fold((long) sum(memory, l4, length) + pseudo(memory, frame, layers)) == 0xffff;
    }

    /**
     * Completes a partial checksum as virtio asks for it: sums from {@code start} to the end of the frame, where the field holds the
     * sum of the pseudo header, and writes the checksum there. SCTP (field at 8) gets its CRC.
     *
     * @param start first octet that the checksum covers, from the frame's start ({@code csum_start})
     * @param fieldOffset of the checksum field from there ({@code csum_offset})
     */
    public static void complete(MemorySegment memory, long frame, int length, int start, int fieldOffset) {
        if (start < 0 || fieldOffset < 0 || start + fieldOffset + 2 > length) {
            return;
        }
        long first = frame + start;
        if (fieldOffset == SctpView.CHECKSUM_OFFSET) {
            if (start + SctpView.LENGTH <= length) {
                SctpView.setChecksum(memory, first, sctp(memory, first, length - start));
            }
            return;
        }
        int checksum = invert(sum(memory, first, (long) length - start));
        // As Linux: a computed 0 would mean "none" to UDP, and 0xffff is the same number to everyone else.
        Octets.put16(memory, first + fieldOffset, checksum == 0 ? 0xffff : checksum);
    }

    /** A checksum after one 16-bit word of what it covers changed (RFC 1624 equation 3). */
    public static int update16(int checksum, int oldWord, int newWord) {
        return invert((~checksum & 0xffffL) + (~oldWord & 0xffff) + (newWord & 0xffff));
    }

    /** A checksum after the sum of some of the words that it covers changed. */
    public static int updateSum(int checksum, int oldSum, int newSum) {
        return update16(checksum, oldSum, newSum);
    }

    /** A partial checksum after the sum of some of the words of the pseudo header changed. */
    public static int updatePartial(int partial, int oldSum, int newSum) {
        return fold((partial & 0xffffL) + (~oldSum & 0xffff) + (newSum & 0xffff));
    }

    /** Sum of the two words of 32 bits. */
    public static int sum32(int value) {
        return fold((value >>> 16) + (value & 0xffffL));
    }

    /** Sum of the four words of 64 bits. */
    public static int sum64(long value) {
        return fold((value >>> 48) + (value >>> 32 & 0xffff) + (value >>> 16 & 0xffff) + (value & 0xffff));
    }

    /** The CRC of an SCTP packet, as the four octets should stand on the wire, the field counted as 0. */
    public static int sctp(MemorySegment memory, long l4, int length) {
        int crc = -1;
        for (int i = 0; i < length; i++) {
            int octet = i >= SctpView.CHECKSUM_OFFSET && i < SctpView.LENGTH
                    ? 0
                    : memory.get(ValueLayout.JAVA_BYTE, l4 + i);
            crc = crc >>> 8 ^ CRC32C[(crc ^ octet) & 0xff];
        }
        return Integer.reverseBytes(~crc);
    }

    private static int[] crcTable() {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ CRC32C_POLYNOMIAL : crc >>> 1;
            }
            table[i] = crc;
        }
        return table;
    }
}
