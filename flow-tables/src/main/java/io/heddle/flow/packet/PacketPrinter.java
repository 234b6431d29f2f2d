package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * Prints a frame in one line, link layer first, for traces, logs and people. Any octets can be printed: it never throws and reads
 * nothing outside the frame.
 *
 * <pre>
 *   02:00:00:00:00:01 &gt; 02:00:00:00:00:02, vlan 100 p 3, IPv4 10.0.0.1 &gt; 10.0.0.2 ttl 64, TCP 40000 &gt; 80 [S] seq 1, length 74
 * </pre>
 */
public final class PacketPrinter {
    private static final String TCP_FLAGS = "FSRP.UEW";

    private PacketPrinter() {}

    /** Prints the frame of {@code length} octets at {@code frame}. */
    public static String print(MemorySegment memory, long frame, int length) {
        StringBuilder text = new StringBuilder(120);
        long layers = PacketLayers.parse(memory, frame, length);
        if (layers == 0) {
            return text.append("cut short, length ").append(length).toString();
        }
        text.append(EthernetView.text(EthernetView.src(memory, frame)))
                .append(" > ")
                .append(EthernetView.text(EthernetView.dst(memory, frame)));
        int outer = EthernetView.type(memory, frame);
        if (EtherTypes.isVlan(outer) && length >= 18) {
            int tci = VlanView.tci(memory, frame + 12);
            text.append(outer == EtherTypes.VLAN ? ", vlan " : ", service vlan ")
                    .append(VlanView.id(tci));
            if (VlanView.priority(tci) != 0) {
                text.append(" p ").append(VlanView.priority(tci));
            }
        }
        int l3 = PacketLayers.l3(layers);
        printPayload(text, memory, frame + l3, length - l3, layers);
        if (PacketLayers.isIp(layers)) {
            printTransport(text, memory, frame, layers);
        }
        return text.append(", length ").append(length).toString();
    }

    private static void printPayload(StringBuilder text, MemorySegment memory, long l3, int available, long layers) {
        int type = PacketLayers.type(layers);
        if (PacketLayers.isIpv4(layers)) {
            text.append(", IPv4 ")
                    .append(Ipv4View.text(Ipv4View.src(memory, l3)))
                    .append(" > ")
                    .append(Ipv4View.text(Ipv4View.dst(memory, l3)))
                    .append(" ttl ")
                    .append(Ipv4View.ttl(memory, l3));
        } else if (PacketLayers.isIpv6(layers)) {
            text.append(", IPv6 ");
            appendIpv6(text, Ipv6View.srcHigh(memory, l3), Ipv6View.srcLow(memory, l3));
            text.append(" > ");
            appendIpv6(text, Ipv6View.dstHigh(memory, l3), Ipv6View.dstLow(memory, l3));
            text.append(" hop limit ").append(Ipv6View.hopLimit(memory, l3));
        } else if ((type == EtherTypes.ARP || type == EtherTypes.RARP) && ArpView.check(memory, l3, available)) {
            printArp(text, memory, l3, type);
        } else if (EtherTypes.isMpls(type) && available >= MplsView.LENGTH) {
            int entry = MplsView.entry(memory, l3);
            text.append(", MPLS label ")
                    .append(MplsView.label(entry))
                    .append(" tc ")
                    .append(MplsView.trafficClass(entry))
                    .append(MplsView.isBottom(entry) ? " bottom ttl " : " ttl ")
                    .append(MplsView.ttl(entry));
        } else if (type == EtherTypes.NONE) {
            text.append(", 802.3");
        } else {
            text.append(", type 0x").append(hex4(type));
            if (type == EtherTypes.IPV4 || type == EtherTypes.IPV6 || type == EtherTypes.ARP) {
                text.append(" (malformed)");
            }
        }
    }

    private static void printArp(StringBuilder text, MemorySegment memory, long l3, int type) {
        text.append(type == EtherTypes.ARP ? ", ARP " : ", RARP ");
        String sender = Ipv4View.text(ArpView.spa(memory, l3));
        String target = Ipv4View.text(ArpView.tpa(memory, l3));
        switch (ArpView.operation(memory, l3)) {
            case ArpView.REQUEST ->
                text.append("who-has ").append(target).append(" tell ").append(sender);
            case ArpView.REPLY ->
                text.append(sender).append(" is-at ").append(EthernetView.text(ArpView.sha(memory, l3)));
            default ->
                text.append("op ")
                        .append(ArpView.operation(memory, l3))
                        .append(' ')
                        .append(sender)
                        .append(" > ")
                        .append(target);
        }
    }

    private static void printTransport(StringBuilder text, MemorySegment memory, long frame, long layers) {
        if (!PacketLayers.isL4Known(layers)) {
            text.append(", broken extension headers");
            return;
        }
        if (PacketLayers.fragment(layers) != 0) {
            text.append(PacketLayers.fragment(layers) == 1 ? ", first fragment" : ", later fragment");
        }
        int protocol = PacketLayers.protocol(layers);
        if (!PacketLayers.hasL4Header(layers)) {
            text.append(", protocol ").append(protocol);
            return;
        }
        long l4 = frame + PacketLayers.l4(layers);
        switch (protocol) {
            case IpProtocols.TCP -> {
                printPorts(text.append(", TCP "), memory, l4);
                text.append(" [");
                int flags = TcpView.flags(memory, l4);
                for (int bit = 0; bit < TCP_FLAGS.length(); bit++) {
                    if ((flags >>> bit & 1) != 0) {
                        text.append(TCP_FLAGS.charAt(bit));
                    }
                }
                text.append("] seq ").append(TcpView.sequence(memory, l4) & 0xffffffffL);
            }
            case IpProtocols.UDP -> printPorts(text.append(", UDP "), memory, l4);
            case IpProtocols.SCTP -> printPorts(text.append(", SCTP "), memory, l4);
            case IpProtocols.IGMP ->
                text.append(", IGMP type 0x").append(Integer.toHexString(IcmpView.type(memory, l4)));
            default -> printIcmp(text, memory, l4, protocol == IpProtocols.ICMPV6, PacketLayers.l4Length(layers));
        }
    }

    private static void printPorts(StringBuilder text, MemorySegment memory, long l4) {
        text.append(UdpView.src(memory, l4)).append(" > ").append(UdpView.dst(memory, l4));
    }

    private static void printIcmp(StringBuilder text, MemorySegment memory, long l4, boolean isV6, int length) {
        int type = IcmpView.type(memory, l4);
        text.append(isV6 ? ", ICMPv6 " : ", ICMP ");
        int request = isV6 ? IcmpView.V6_ECHO_REQUEST : IcmpView.ECHO_REQUEST;
        int reply = isV6 ? IcmpView.V6_ECHO_REPLY : IcmpView.ECHO_REPLY;
        if (type == request || type == reply) {
            int rest = IcmpView.rest(memory, l4);
            text.append(type == request ? "echo request id " : "echo reply id ")
                    .append(rest >>> 16)
                    .append(" seq ")
                    .append(rest & 0xffff);
        } else if (isV6 && NeighbourDiscoveryView.check(memory, l4, length)) {
            text.append(
                    type == NeighbourDiscoveryView.SOLICIT ? "neighbour solicitation " : "neighbour advertisement ");
            appendIpv6(
                    text, NeighbourDiscoveryView.targetHigh(memory, l4), NeighbourDiscoveryView.targetLow(memory, l4));
        } else {
            text.append("type ").append(type).append(" code ").append(IcmpView.code(memory, l4));
        }
    }

    /** Prints an address in the canonical form (RFC 5952 section 4). */
    static void appendIpv6(StringBuilder text, long high, long low) {
        int best = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && group(high, low, end) == 0) {
                end++;
            }
            if (end - i > bestLength) {
                best = i;
                bestLength = end - i;
            }
            i = Math.max(i, end);
        }
        for (int i = 0; i < 8; i++) {
            if (i == best) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (i > 0 && (best < 0 || i != best + bestLength)) {
                text.append(':');
            }
            text.append(Integer.toHexString(group(high, low, i)));
        }
    }

    private static int group(long high, long low, int index) {
        return (int) ((index < 4 ? high : low) >>> (48 - (index & 3) * 16)) & 0xffff;
    }

    private static String hex4(int value) {
        String digits = Integer.toHexString(value);
        return "0".repeat(4 - digits.length()) + digits;
    }
}
