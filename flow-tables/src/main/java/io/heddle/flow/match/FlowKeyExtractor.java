package io.heddle.flow.match;

import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.NshView;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Fills a {@link FlowKey} with what an Ethernet frame says: the words 1 to 20 of {@link KeyLayout}. The caller sets the others
 * (port, tunnel, marks), which no frame brings.
 *
 * <p>Extracts what Open vSwitch's {@code miniflow_extract} does with its default {@code vlan-limit=1}, so that flows written for one
 * work in the other:
 *
 * <ul>
 *   <li>eth_type is what follows the outermost VLAN tag: the inner TPID of a doubly tagged frame, which then has no L3 fields. The
 *       inner tag is kept in vlan1 for the benefit of a pop.
 *   <li>eth_type is 0x05ff for an 802.3 frame without SNAP.
 *   <li>A header that is cut short or contradicts itself leaves its own fields and those of all layers above it 0. A broken chain of
 *       IPv6 extension headers leaves only the IPv6 addresses.
 *   <li>Fragments: the first has its ports, later ones have none; nw_proto of a later IPv6 fragment is 44.
 *   <li>Neighbour discovery: target, the two link layer address options and the type of the first of them; a repeated option makes
 *       all of them 0.
 * </ul>
 *
 * <p>Beyond Open vSwitch: PBB (802.1ah I-TAG) and {@code ipv6_exthdr}, of OpenFlow 1.3.
 *
 * <p>Wide loads; nothing is allocated; nothing outside the frame is read, and no content of it makes this throw.
 *
 * <p>Thread safety: stateless; the key belongs to the caller.
 */
public final class FlowKeyExtractor {
    private static final int LAST_HEADER_WORD = 20;

    /** Untagged Ethernet, IPv4 without options, TCP without options. */
    private static final int PLAIN_L3 = 14;

    private static final int PLAIN_L4 = 34;
    private static final int PLAIN_LENGTH = 54;
    private static final int NOT_PLAIN = -1;
    private static final long TYPE_MASK = 0xffff;

    private FlowKeyExtractor() {}

    /**
     * Fills the header words of {@code key}.
     *
     * @param memory that holds the frame
     * @param offset of the frame's first octet
     * @param length of the frame in octets
     * @param key whose words 1 to 20 are overwritten; the others stay as they are
     * @return the frame's layers, see {@link PacketLayers}
     */
    public static long extract(MemorySegment memory, long offset, int length, FlowKey key) {
        long layers = length >= PLAIN_LENGTH ? extractPlain(memory, offset, length, key.words()) : NOT_PLAIN;
        return layers == NOT_PLAIN ? extractAny(memory, offset, length, key.words()) : layers;
    }

    /**
     * The common case, in six wide loads: an untagged, unfragmented IPv4 packet without options with TCP or UDP.
     *
     * @return layers, or {@link #NOT_PLAIN} with {@code words} untouched
     */
    private static long extractPlain(MemorySegment memory, long frame, int length, long[] words) {
        long srcAndType = Octets.u64(memory, frame + 6);
        long first = Octets.u64(memory, frame + PLAIN_L3);
        long ttlToSrc = Octets.u64(memory, frame + PLAIN_L3 + 8);
        int totalLength = (int) (first >>> 32) & 0xffff;
        int protocol = (int) (ttlToSrc >>> 48) & 0xff;
        if ((srcAndType & TYPE_MASK) != EtherTypes.IPV4
                || first >>> 56 != 0x45
                || (first & 0x3fff) != 0
                || totalLength > length - PLAIN_L3
                || totalLength < PLAIN_LENGTH - PLAIN_L3) {
            return NOT_PLAIN;
        }
        long transport = Octets.u64(memory, frame + PLAIN_L4) & 0xffffffff_00000000L;
        if (protocol == IpProtocols.TCP) {
            int offsetAndFlags = Octets.u16(memory, frame + PLAIN_L4 + 12);
            int headerLength = (offsetAndFlags >>> 12) * 4;
            if (headerLength < 20 || headerLength > totalLength - 20) {
                return NOT_PLAIN;
            }
            transport |= (long) (offsetAndFlags & 0xfff) << 16;
        } else if (protocol != IpProtocols.UDP) {
            return NOT_PLAIN;
        }
        Arrays.fill(words, KeyLayout.W_VLAN, LAST_HEADER_WORD + 1, 0L);
        words[KeyLayout.W_ETH_DST] = Octets.u64(memory, frame) & ~TYPE_MASK | EtherTypes.IPV4;
        words[KeyLayout.W_ETH_SRC] = srcAndType & ~TYPE_MASK;
        words[KeyLayout.W_IPV4] = Octets.u64(memory, frame + PLAIN_L3 + 12);
        words[KeyLayout.W_NW] = (long) protocol << 56 | (first >>> 48 & 0xff) << 48 | ttlToSrc >>> 56 << 40;
        words[KeyLayout.W_TP] = transport;
        return PacketLayers.ofPlainIpv4(PLAIN_L3, PLAIN_L4, totalLength - 20, protocol);
    }

    private static long extractAny(MemorySegment memory, long offset, int length, long[] words) {
        Arrays.fill(words, KeyLayout.W_ETH_DST, LAST_HEADER_WORD + 1, 0L);
        long layers = PacketLayers.parse(memory, offset, length);
        if (layers == 0) {
            return 0;
        }
        int type = PacketLayers.type(layers);
        words[KeyLayout.W_ETH_DST] = Octets.u64(memory, offset) & ~TYPE_MASK | type;
        long srcAndType = Octets.u64(memory, offset + 6);
        words[KeyLayout.W_ETH_SRC] = srcAndType & ~TYPE_MASK;
        int l3 = PacketLayers.l3(layers);
        if (EtherTypes.isVlan((int) (srcAndType & TYPE_MASK)) && l3 >= 18) {
            extractVlan(memory, offset, length, words);
        }
        if (type == EtherTypes.IPV4) {
            if (PacketLayers.isIp(layers)) {
                extractIpv4(memory, offset + l3, layers, words);
            }
        } else if (type == EtherTypes.IPV6) {
            if (PacketLayers.isIp(layers)) {
                extractIpv6(memory, offset + l3, layers, words);
            }
        } else {
            extractOther(memory, offset + l3, length - l3, type, words);
            return layers;
        }
        if (PacketLayers.hasL4Header(layers)) {
            extractTransport(memory, offset + PacketLayers.l4(layers), layers, words);
        }
        return layers;
    }

    private static void extractVlan(MemorySegment memory, long offset, int length, long[] words) {
        long tags = (Octets.u32(memory, offset + 12) | KeyLayout.VLAN_PRESENT) << 32;
        if (length >= 22 && EtherTypes.isVlan(Octets.u16(memory, offset + 16))) {
            tags |= Octets.u32(memory, offset + 16) | KeyLayout.VLAN_PRESENT;
        }
        words[KeyLayout.W_VLAN] = tags;
    }

    private static void extractIpv4(MemorySegment memory, long l3, long layers, long[] words) {
        words[KeyLayout.W_IPV4] = Octets.u64(memory, l3 + 12);
        long ttlAndProtocol = Octets.u16(memory, l3 + 8);
        words[KeyLayout.W_NW] = (ttlAndProtocol & 0xff) << 56
                | (long) Octets.u8(memory, l3 + 1) << 48
                | ttlAndProtocol >>> 8 << 40
                | (long) PacketLayers.fragment(layers) << 32;
    }

    private static void extractIpv6(MemorySegment memory, long l3, long layers, long[] words) {
        words[KeyLayout.W_IPV6_SRC] = Octets.u64(memory, l3 + 8);
        words[KeyLayout.W_IPV6_SRC + 1] = Octets.u64(memory, l3 + 16);
        words[KeyLayout.W_IPV6_DST] = Octets.u64(memory, l3 + 24);
        words[KeyLayout.W_IPV6_DST + 1] = Octets.u64(memory, l3 + 32);
        if (!PacketLayers.isL4Known(layers)) {
            return;
        }
        long first = Octets.u64(memory, l3);
        words[KeyLayout.W_NW] = (long) PacketLayers.protocol(layers) << 56
                | (first >>> 52 & 0xff) << 48
                | (first & 0xff) << 40
                | (long) PacketLayers.fragment(layers) << 32
                | first >>> 32 & 0xfffff;
        int next = (int) (first >>> 8) & 0xff;
        if (next != IpProtocols.TCP && next != IpProtocols.UDP) {
            words[KeyLayout.W_TP] = Ipv6View.extensionBits(memory, l3);
        }
    }

    private static void extractTransport(MemorySegment memory, long l4, long layers, long[] words) {
        switch (PacketLayers.protocol(layers)) {
            case IpProtocols.TCP ->
                words[KeyLayout.W_TP] |=
                        Octets.u32(memory, l4) << 32 | (long) (Octets.u16(memory, l4 + 12) & 0xfff) << 16;
            case IpProtocols.UDP, IpProtocols.SCTP -> words[KeyLayout.W_TP] |= Octets.u32(memory, l4) << 32;
            case IpProtocols.ICMP, IpProtocols.IGMP -> words[KeyLayout.W_TP] |= typeAndCode(memory, l4);
            case IpProtocols.ICMPV6 -> {
                words[KeyLayout.W_TP] |= typeAndCode(memory, l4);
                int type = Octets.u16(memory, l4);
                if (type == 135 << 8 || type == 136 << 8) {
                    extractNeighbourDiscovery(memory, l4, PacketLayers.l4Length(layers), words);
                }
            }
            default -> {}
        }
    }

    private static long typeAndCode(MemorySegment memory, long l4) {
        return (long) Octets.u8(memory, l4) << 48 | (long) Octets.u8(memory, l4 + 1) << 32;
    }

    /** Reads target and options (RFC 4861 sections 4.3, 4.4 and 4.6.1). */
    private static void extractNeighbourDiscovery(MemorySegment memory, long l4, int length, long[] words) {
        words[KeyLayout.W_ND] = Octets.u32(memory, l4 + 4) << 32;
        if (length < 24) {
            return;
        }
        long source = 0;
        long target = 0;
        long firstType = 0;
        int at = 24;
        while (length - at >= 8) {
            int type = Octets.u8(memory, l4 + at);
            int size = Octets.u8(memory, l4 + at + 1) * 8;
            if (size == 0 || size > length - at) {
                break;
            }
            if (size == 8 && (type == 1 || type == 2)) {
                if ((type == 1 ? source : target) != 0) {
                    words[KeyLayout.W_ARP_SHA] = firstType;
                    return;
                }
                long address = Octets.u48(memory, l4 + at + 2);
                if (type == 1) {
                    source = address;
                } else {
                    target = address;
                }
                firstType = firstType == 0 ? type : firstType;
            }
            at += size;
        }
        words[KeyLayout.W_ND_TARGET] = Octets.u64(memory, l4 + 8);
        words[KeyLayout.W_ND_TARGET + 1] = Octets.u64(memory, l4 + 16);
        words[KeyLayout.W_ARP_SHA] = source << 16 | firstType;
        words[KeyLayout.W_ARP_THA] = target << 16;
    }

    private static void extractOther(MemorySegment memory, long l3, int available, int type, long[] words) {
        if (type == EtherTypes.ARP || type == EtherTypes.RARP) {
            extractArp(memory, l3, available, words);
        } else if (EtherTypes.isMpls(type)) {
            extractMpls(memory, l3, available, words);
        } else if (type == EtherTypes.NSH) {
            extractNsh(memory, l3, available, words);
        } else if (type == EtherTypes.PBB && available >= 4) {
            long tag = Octets.u32(memory, l3);
            words[KeyLayout.W_MPLS2_PBB] = tag & 0xffffff | (tag >>> 27 & 1) << 24;
        }
    }

    private static void extractNsh(MemorySegment memory, long l3, int available, long[] words) {
        if (!NshView.check(memory, l3, available)) {
            return;
        }
        int type = NshView.type(memory, l3);
        words[KeyLayout.W_NSH] = (long) NshView.flags(memory, l3) << 56
                | (long) NshView.ttl(memory, l3) << 48
                | (long) type << 40
                | (long) NshView.nextProtocol(memory, l3) << 32
                | NshView.path(memory, l3) & 0xffffffffL;
        if (type == NshView.FIXED) {
            words[KeyLayout.W_NSH + 1] = Octets.u64(memory, l3 + NshView.BASE_LENGTH);
            words[KeyLayout.W_NSH + 2] = Octets.u64(memory, l3 + NshView.BASE_LENGTH + 8);
        }
    }

    private static void extractArp(MemorySegment memory, long l3, int available, long[] words) {
        if (available < 28) {
            return;
        }
        long fixed = Octets.u64(memory, l3);
        if (fixed >>> 16 != 0x0001_0800_0604L) {
            return;
        }
        words[KeyLayout.W_IPV4] = Octets.u32(memory, l3 + 14) << 32 | Octets.u32(memory, l3 + 24);
        long operation = fixed & 0xffff;
        if (operation <= 0xff) {
            words[KeyLayout.W_NW] = operation << 56;
        }
        words[KeyLayout.W_ARP_SHA] = Octets.u48(memory, l3 + 8) << 16;
        words[KeyLayout.W_ARP_THA] = Octets.u48(memory, l3 + 18) << 16;
    }

    private static void extractMpls(MemorySegment memory, long l3, int available, long[] words) {
        if (available < 4) {
            return;
        }
        long entry = Octets.u32(memory, l3);
        words[KeyLayout.W_MPLS] = entry << 32;
        if ((entry & 0x100) != 0 || available < 8) {
            return;
        }
        entry = Octets.u32(memory, l3 + 4);
        words[KeyLayout.W_MPLS] |= entry;
        if ((entry & 0x100) == 0 && available >= 12) {
            words[KeyLayout.W_MPLS2_PBB] = Octets.u32(memory, l3 + 8) << 32;
        }
    }
}
