package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Where the headers of an Ethernet frame begin, found in one walk and packed into a {@code long}, so that nothing is allocated.
 *
 * <pre>
 *   bits  0-15  payload type: the Ethernet type after the outermost VLAN tag, 0x05ff for 802.3 without SNAP
 *        16-19  offset of the payload from the start of the frame, in units of 2 octets: L3, or the label stack (L2.5)
 *           20  the L4 header of a known protocol is there and sound
 *           21  the payload is IPv4 or IPv6 and its fixed header is sound
 *        22-23  fragment: bit 22 any fragment, bit 23 not the first
 *        24-39  offset of L4 from the start of the frame; 0 = unknown
 *        40-55  octets from there to the end of the IP packet: Ethernet padding does not count
 *        56-63  IP protocol; 44 for an IPv6 fragment that is not the first
 * </pre>
 *
 * <p>Only the outermost VLAN tag is walked over: the payload type of a doubly tagged frame is the inner tag's TPID (as Open
 * vSwitch with its default {@code vlan-limit=1}). The payload of an MPLS frame is not looked into.
 *
 * <p>"Sound" is what Open vSwitch checks: IPv4: header length >= 20, header length <= total length <= octets there; IPv6: 40 +
 * payload length <= octets there; TCP: header length >= 20 and all of it there; other L4: the fixed header is there. The version field is
 * not checked. If the chain of IPv6 extension headers is broken, the packet is sound (its addresses are matched) but {@link #l4} is
 * unknown.
 */
public final class PacketLayers {
    /** Tags that {@link #parseBehindTags} walks over: the offset, SNAP included, then still fits its bits. */
    private static final int MAX_TAGS = 2;

    private static final int OFFSET_SHIFT = 16;
    private static final long L4_HEADER = 1L << 20;
    private static final long IP = 1L << 21;
    private static final int FRAGMENT_SHIFT = 22;
    private static final int L4_SHIFT = 24;
    private static final int L4_LENGTH_SHIFT = 40;
    private static final int PROTOCOL_SHIFT = 56;

    private PacketLayers() {}

    /**
     * Walks the headers of a frame.
     *
     * @param memory that holds the frame
     * @param offset of the frame's first octet
     * @param length of the frame in octets; nothing beyond is read
     * @return the packed layers; 0 when there is no complete Ethernet header
     */
    public static long parse(MemorySegment memory, long offset, int length) {
        return parse(memory, offset, length, 1);
    }

    /**
     * As {@link #parse}, but walks over up to {@value #MAX_TAGS} tags: finds the payload of a frame that tags were pushed on after its key
     * was extracted.
     */
    public static long parseBehindTags(MemorySegment memory, long offset, int length) {
        return parse(memory, offset, length, MAX_TAGS);
    }

    private static long parse(MemorySegment memory, long offset, int length, int maxTags) {
        if (length < EthernetView.LENGTH) {
            return 0;
        }
        int type = Octets.u16(memory, offset + 12);
        int at = EthernetView.LENGTH;
        for (int tags = 0; tags < maxTags && EtherTypes.isVlan(type) && length >= at + VlanView.LENGTH; tags++) {
            type = Octets.u16(memory, offset + at + 2);
            at += VlanView.LENGTH;
        }
        if (type < EtherTypes.MIN) {
            long llc = length >= at + 8 ? Octets.u64(memory, offset + at) : 0;
            if (llc >>> 16 == 0xaaaa03000000L && (llc & 0xffff) >= EtherTypes.MIN) {
                type = (int) (llc & 0xffff);
                at += 8;
            } else {
                type = EtherTypes.NONE;
            }
        }
        long layers = type | (long) at / 2 << OFFSET_SHIFT;
        if (type == EtherTypes.IPV4) {
            return parseIpv4(memory, offset, at, length, layers);
        }
        if (type == EtherTypes.IPV6) {
            return parseIpv6(memory, offset, at, length, layers);
        }
        return layers;
    }

    private static long parseIpv4(MemorySegment memory, long offset, int at, int length, long layers) {
        if (length < at + Ipv4View.MIN_LENGTH) {
            return layers;
        }
        long first = Octets.u64(memory, offset + at);
        int headerLength = (int) (first >>> 56 & 15) * 4;
        int totalLength = (int) (first >>> 32) & 0xffff;
        if (headerLength < Ipv4View.MIN_LENGTH || headerLength > totalLength || totalLength > length - at) {
            return layers;
        }
        int offsetAndFlags = (int) first & 0x3fff;
        int fragment = offsetAndFlags == 0 ? 0 : (offsetAndFlags & 0x1fff) == 0 ? 1 : 3;
        int protocol = Octets.u8(memory, offset + at + 9);
        int l4 = at + headerLength;
        int l4Length = totalLength - headerLength;
        return pack(
                layers | IP,
                fragment,
                l4,
                l4Length,
                protocol,
                hasHeader(memory, offset + l4, l4Length, protocol, true));
    }

    private static long parseIpv6(MemorySegment memory, long offset, int at, int length, long layers) {
        if (length < at + Ipv6View.LENGTH) {
            return layers;
        }
        int payload = Octets.u16(memory, offset + at + 4);
        if (payload > length - at - Ipv6View.LENGTH) {
            return layers;
        }
        int next = Octets.u8(memory, offset + at + 6);
        int l4 = at + Ipv6View.LENGTH;
        if (Ipv6View.isExtension(next)) {
            return parseExtensions(memory, offset, l4, payload, next, layers | IP);
        }
        return pack(layers | IP, 0, l4, payload, next, hasHeader(memory, offset + l4, payload, next, false));
    }

    private static long parseExtensions(
            MemorySegment memory, long offset, int first, int payload, int firstType, long layers) {
        int at = first;
        int left = payload;
        int next = firstType;
        int fragment = 0;
        while (Ipv6View.isExtension(next)) {
            if (left < 8) {
                return layers | (long) fragment << FRAGMENT_SHIFT;
            }
            int size = Ipv6View.extensionLength(memory, offset + at, next);
            if (size > left) {
                return layers | (long) fragment << FRAGMENT_SHIFT;
            }
            if (next == IpProtocols.FRAGMENT) {
                int offsetAndFlags = Octets.u16(memory, offset + at + 2);
                if (offsetAndFlags != 0) {
                    fragment = 1;
                    if ((offsetAndFlags & 0xfff8) != 0) {
                        return pack(layers, 3, at + size, left - size, IpProtocols.FRAGMENT, false);
                    }
                }
            }
            next = Octets.u8(memory, offset + at);
            at += size;
            left -= size;
        }
        return pack(layers, fragment, at, left, next, hasHeader(memory, offset + at, left, next, false));
    }

    /** Says whether the header of a known protocol is complete. ICMP and IGMP are known over IPv4, ICMPv6 over IPv6. */
    private static boolean hasHeader(MemorySegment memory, long l4, int length, int protocol, boolean isIpv4) {
        return switch (protocol) {
            case IpProtocols.TCP -> TcpView.check(memory, l4, length);
            case IpProtocols.UDP -> length >= UdpView.LENGTH;
            case IpProtocols.SCTP -> length >= SctpView.LENGTH;
            case IpProtocols.ICMP, IpProtocols.IGMP -> isIpv4 && length >= IcmpView.LENGTH;
            case IpProtocols.ICMPV6 -> !isIpv4 && length >= IcmpView.LENGTH;
            default -> false;
        };
    }

    private static long pack(long layers, int fragment, int l4, int l4Length, int protocol, boolean hasHeader) {
        return layers
                | (hasHeader && fragment != 3 ? L4_HEADER : 0)
                | (long) fragment << FRAGMENT_SHIFT
                | (long) l4 << L4_SHIFT
                | (long) l4Length << L4_LENGTH_SHIFT
                | (long) protocol << PROTOCOL_SHIFT;
    }

    /** The layers of an unfragmented IPv4 packet with a sound L4 header, found by somebody else. */
    public static long ofPlainIpv4(int l3, int l4, int l4Length, int protocol) {
        return pack(EtherTypes.IPV4 | (long) l3 / 2 << OFFSET_SHIFT | IP, 0, l4, l4Length, protocol, true);
    }

    /** Type of what follows Ethernet header and outermost tag. */
    public static int type(long layers) {
        return (int) layers & 0xffff;
    }

    /** Offset of what follows Ethernet header, outermost tag and SNAP, from the start of the frame; 0 without Ethernet header. */
    public static int l3(long layers) {
        return ((int) (layers >>> OFFSET_SHIFT) & 15) * 2;
    }

    /** Says whether L3 is IPv4 or IPv6 with a sound header. */
    public static boolean isIp(long layers) {
        return (layers & IP) != 0;
    }

    public static boolean isIpv4(long layers) {
        return (layers & (IP | 0xffff)) == (IP | EtherTypes.IPV4);
    }

    public static boolean isIpv6(long layers) {
        return (layers & (IP | 0xffff)) == (IP | EtherTypes.IPV6);
    }

    /** 0 no fragment, 1 the first fragment, 3 a later one. */
    public static int fragment(long layers) {
        return (int) (layers >>> FRAGMENT_SHIFT) & 3;
    }

    /** Says whether an IP packet's L4 offset and protocol are known. */
    public static boolean isL4Known(long layers) {
        return (layers >>> L4_SHIFT & 0xffff) != 0;
    }

    /** Offset of L4 from the start of the frame; 0 = unknown. */
    public static int l4(long layers) {
        return (int) (layers >>> L4_SHIFT) & 0xffff;
    }

    /** Octets from L4 to the end of the IP packet. */
    public static int l4Length(long layers) {
        return (int) (layers >>> L4_LENGTH_SHIFT) & 0xffff;
    }

    /** IP protocol; only if {@link #isL4Known}. */
    public static int protocol(long layers) {
        return (int) (layers >>> PROTOCOL_SHIFT);
    }

    /**
     * Says whether the L4 header of a known protocol is there, complete, and not in an earlier fragment. ICMP and IGMP are known over
     * IPv4, ICMPv6 over IPv6.
     */
    public static boolean hasL4Header(long layers) {
        return (layers & L4_HEADER) != 0;
    }
}
