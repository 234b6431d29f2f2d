package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Writes the ICMP or ICMPv6 error that answers an IP packet which cannot be forwarded.
 *
 * <pre>
 *   | Ethernet, tags as in the offending frame | IP | ICMP, 8 octets | offending packet from its IP header on, cut |
 * </pre>
 *
 * <p>A switch has no address of its own: the answer comes from the address that the packet was sent to.
 *
 * <p>No answer is given (RFC 1122 section 3.2.2, RFC 1812 section 4.3.2.7, RFC 4443 section 2.4 e) to an ICMP error, a later fragment,
 * a packet to a group address of either layer, or one from an address that is not one host's (0/8, 127/8, ::, ::1, multicast,
 * broadcast). RFC 4443 allows "packet too big" for an IPv6 group, but a group cannot be its source. "Fragmentation needed" is sent
 * only to an IPv4 packet that has "don't fragment" set (RFC 1191 section 4).
 *
 * <p>Rates are limited by the caller. Allocates nothing. Thread safety: stateless.
 */
public final class IcmpErrors {
    /** The most octets that an answer has: 1280 of IPv6 (RFC 4443 section 2.4 c), Ethernet header and tag. */
    public static final int MAX_LENGTH = 1280 + EthernetView.LENGTH + VlanView.LENGTH;

    /** Octets of an IPv4 answer, IP header and all (RFC 1812 section 4.3.2.3). */
    private static final int MAX_IPV4 = 576;

    private static final int MAX_IPV6 = 1280;

    private IcmpErrors() {}

    /**
     * Writes "fragmentation needed" (RFC 1191) or "packet too big" (RFC 4443 section 3.2).
     *
     * @param memory that holds the offending frame, which is only read
     * @param frame offset of its first octet
     * @param length of it in octets
     * @param mtu longest IP packet in octets that would have passed
     * @param to memory with {@link #MAX_LENGTH} octets from {@code at}
     * @return octets of the answer; 0 when none must be sent
     */
    public static int tooBig(MemorySegment memory, long frame, int length, int mtu, MemorySegment to, long at) {
        long layers = PacketLayers.parse(memory, frame, length);
        if (PacketLayers.isIpv6(layers)) {
            return answerV6(memory, frame, layers, IcmpView.V6_PACKET_TOO_BIG, Math.max(mtu, MAX_IPV6), to, at);
        }
        long l3 = frame + PacketLayers.l3(layers);
        if (!PacketLayers.isIpv4(layers) || (Ipv4View.flagsAndOffset(memory, l3) & Ipv4View.DONT_FRAGMENT) == 0) {
            return 0;
        }
        int typeAndCode = IcmpView.UNREACHABLE << 8 | IcmpView.FRAGMENTATION_NEEDED;
        return answerV4(memory, frame, layers, typeAndCode, mtu & 0xffff, to, at);
    }

    /**
     * Writes "time exceeded" (RFC 792, RFC 4443 section 3.3). Arguments and result as in {@link #tooBig}.
     */
    public static int timeExceeded(MemorySegment memory, long frame, int length, MemorySegment to, long at) {
        long layers = PacketLayers.parse(memory, frame, length);
        if (PacketLayers.isIpv6(layers)) {
            return answerV6(memory, frame, layers, IcmpView.V6_TIME_EXCEEDED, 0, to, at);
        }
        return PacketLayers.isIpv4(layers)
                ? answerV4(memory, frame, layers, IcmpView.TIME_EXCEEDED << 8, 0, to, at)
                : 0;
    }

    private static int answerV4(
            MemorySegment memory, long frame, long layers, int typeAndCode, int rest, MemorySegment to, long at) {
        int header = PacketLayers.l3(layers);
        long l3 = frame + header;
        int src = Ipv4View.src(memory, l3);
        int dst = Ipv4View.dst(memory, l3);
        boolean isGroup = EthernetView.isGroup(EthernetView.dst(memory, frame)) || dst >>> 28 >= 14;
        boolean isHost = src >>> 24 != 0 && src >>> 24 != 127 && src >>> 28 < 14;
        if (isGroup || !isHost || PacketLayers.fragment(layers) == 3 || isErrorV4(memory, frame, layers)) {
            return 0;
        }
        int quoted = Math.min(Ipv4View.totalLength(memory, l3), MAX_IPV4 - Ipv4View.MIN_LENGTH - IcmpView.LENGTH);
        writeEthernet(memory, frame, header, to, at);
        long ip = at + header;
        long icmp = ip + Ipv4View.MIN_LENGTH;
        Ipv4View.setVersionAndHeaderLength(to, ip, Ipv4View.MIN_LENGTH);
        Ipv4View.setTos(to, ip, 0xc0); // internetwork control (RFC 1812 section 4.3.2.5)
        Ipv4View.setTotalLength(to, ip, Ipv4View.MIN_LENGTH + IcmpView.LENGTH + quoted);
        Ipv4View.setId(to, ip, Ipv4View.id(memory, l3));
        Ipv4View.setFlagsAndOffset(to, ip, 0);
        Ipv4View.setTtl(to, ip, 64);
        Ipv4View.setProtocol(to, ip, IpProtocols.ICMP);
        Ipv4View.setSrc(to, ip, dst);
        Ipv4View.setDst(to, ip, src);
        Ipv4View.setChecksum(to, ip, Checksums.ipv4Header(to, ip));
        Octets.put16(to, icmp, typeAndCode);
        IcmpView.setChecksum(to, icmp, 0);
        IcmpView.setRest(to, icmp, rest);
        MemorySegment.copy(memory, l3, to, icmp + IcmpView.LENGTH, quoted);
        IcmpView.setChecksum(to, icmp, Checksums.invert(Checksums.sum(to, icmp, IcmpView.LENGTH + (long) quoted)));
        return header + Ipv4View.MIN_LENGTH + IcmpView.LENGTH + quoted;
    }

    private static int answerV6(
            MemorySegment memory, long frame, long layers, int type, int rest, MemorySegment to, long at) {
        int header = PacketLayers.l3(layers);
        long l3 = frame + header;
        long srcHigh = Ipv6View.srcHigh(memory, l3);
        long srcLow = Ipv6View.srcLow(memory, l3);
        boolean isGroup =
                EthernetView.isGroup(EthernetView.dst(memory, frame)) || Ipv6View.dstHigh(memory, l3) >>> 56 == 0xff;
        boolean isHost = srcHigh >>> 56 != 0xff && (srcHigh | srcLow >>> 1) != 0; // :: and ::1 are no host's
        if (!isHost || isGroup || PacketLayers.fragment(layers) == 3 || isErrorV6(memory, frame, layers)) {
            return 0;
        }
        int quoted = Math.min(
                Ipv6View.LENGTH + Ipv6View.payloadLength(memory, l3), MAX_IPV6 - Ipv6View.LENGTH - IcmpView.LENGTH);
        writeEthernet(memory, frame, header, to, at);
        long ip = at + header;
        long icmp = ip + Ipv6View.LENGTH;
        int icmpLength = IcmpView.LENGTH + quoted;
        Ipv6View.setVersionClassLabel(to, ip, 0, 0);
        Ipv6View.setPayloadLength(to, ip, icmpLength);
        Ipv6View.setNextHeader(to, ip, IpProtocols.ICMPV6);
        Ipv6View.setHopLimit(to, ip, 64);
        Ipv6View.setSrc(to, ip, Ipv6View.dstHigh(memory, l3), Ipv6View.dstLow(memory, l3));
        Ipv6View.setDst(to, ip, srcHigh, srcLow);
        Octets.put16(to, icmp, type << 8);
        IcmpView.setChecksum(to, icmp, 0);
        IcmpView.setRest(to, icmp, rest);
        MemorySegment.copy(memory, l3, to, icmp + IcmpView.LENGTH, quoted);
        long sum = (long) Checksums.sum(to, icmp, icmpLength)
                + Checksums.ipv6Pseudo(to, ip, IpProtocols.ICMPV6, icmpLength);
        IcmpView.setChecksum(to, icmp, Checksums.invert(sum));
        return header + Ipv6View.LENGTH + icmpLength;
    }

    /** Copies Ethernet header and tag with the addresses exchanged. */
    private static void writeEthernet(MemorySegment memory, long frame, int header, MemorySegment to, long at) {
        MemorySegment.copy(memory, frame, to, at, header);
        EthernetView.setDst(to, at, EthernetView.src(memory, frame));
        EthernetView.setSrc(to, at, EthernetView.dst(memory, frame));
    }

    private static boolean isErrorV4(MemorySegment memory, long frame, long layers) {
        if (PacketLayers.protocol(layers) != IpProtocols.ICMP) {
            return false;
        }
        if (PacketLayers.l4Length(layers) < 1) {
            return true;
        }
        // Everything but the queries and answers of RFC 792, 950, 1256 is taken for an error.
        int type = IcmpView.type(memory, frame + PacketLayers.l4(layers));
        return type != IcmpView.ECHO_REPLY
                && type != IcmpView.ECHO_REQUEST
                && !(type >= 9 && type <= 10)
                && !(type >= 13 && type <= 18);
    }

    private static boolean isErrorV6(MemorySegment memory, long frame, long layers) {
        return PacketLayers.isL4Known(layers)
                && PacketLayers.protocol(layers) == IpProtocols.ICMPV6
                && (PacketLayers.l4Length(layers) < 1 || IcmpView.type(memory, frame + PacketLayers.l4(layers)) < 128);
    }
}
