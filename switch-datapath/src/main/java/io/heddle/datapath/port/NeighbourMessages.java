package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.flow.packet.ArpView;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IcmpView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.NeighbourDiscoveryView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes ARP messages (RFC 826) and neighbour solicitations and advertisements (RFC 4861 sections 4.3 and 4.4) to empty packets.
 *
 * <p>Nothing is allocated. Thread safety: none needed.
 */
final class NeighbourMessages {
    private static final int ARP_FRAME = EthernetView.LENGTH + ArpView.LENGTH;
    private static final int ND_MESSAGE = NeighbourDiscoveryView.LENGTH + 8;
    private static final int ND_FRAME = EthernetView.LENGTH + Ipv6View.LENGTH + ND_MESSAGE;
    private static final int SOLICITED_AND_OVERRIDE = 0x6000_0000;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;

    private NeighbourMessages() {}

    private static void ethernet(Packet packet, int length, long from, long to, int type) {
        packet.append(length);
        MemorySegment memory = packet.memory();
        long at = packet.offset();
        for (int i = 0; i < length; i++) {
            memory.set(ValueLayout.JAVA_BYTE, at + i, (byte) 0);
        }
        EthernetView.setDst(memory, at, to);
        EthernetView.setSrc(memory, at, from);
        EthernetView.setType(memory, at, type);
    }

    /** Writes "who has {@code target}", to everybody. */
    static void arpRequest(Packet packet, long mac, int sender, int target) {
        arp(packet, EthernetView.BROADCAST, ArpView.REQUEST, mac, sender, 0, target);
    }

    /** Writes "{@code sender} is at {@code mac}", to the one who asked. */
    static void arpReply(Packet packet, long mac, int sender, long askingMac, int asking) {
        arp(packet, askingMac, ArpView.REPLY, mac, sender, askingMac, asking);
    }

    private static void arp(Packet packet, long to, int operation, long sha, int spa, long tha, int tpa) {
        ethernet(packet, ARP_FRAME, sha, to, EtherTypes.ARP);
        MemorySegment memory = packet.memory();
        long arp = packet.offset() + EthernetView.LENGTH;
        ArpView.setIpv4OverEthernet(memory, arp);
        ArpView.setOperation(memory, arp, operation);
        ArpView.setSha(memory, arp, sha);
        ArpView.setSpa(memory, arp, spa);
        ArpView.setTha(memory, arp, tha);
        ArpView.setTpa(memory, arp, tpa);
    }

    /** Writes a solicitation to the target's solicited-node group (RFC 4291 section 2.7.1). */
    static void solicitation(Packet packet, long mac, long fromHigh, long fromLow, long high, long low) {
        long groupLow = 0x1_ff00_0000L | low & 0xff_ffffL;
        long groupMac = 0x3333_0000_0000L | groupLow & 0xffff_ffffL;
        ethernet(packet, ND_FRAME, mac, groupMac, EtherTypes.IPV6);
        message(packet, mac, fromHigh, fromLow, ALL_NODES_HIGH, groupLow, NeighbourDiscoveryView.SOLICIT, high, low);
    }

    /** Writes an advertisement of {@code high:low} to the one who asked. */
    static void advertisement(Packet packet, long mac, long high, long low, long askingMac, long toHigh, long toLow) {
        ethernet(packet, ND_FRAME, mac, askingMac, EtherTypes.IPV6);
        message(packet, mac, high, low, toHigh, toLow, NeighbourDiscoveryView.ADVERT, high, low);
    }

    private static void message(
            Packet packet,
            long mac,
            long fromHigh,
            long fromLow,
            long toHigh,
            long toLow,
            int type,
            long targetHigh,
            long targetLow) {
        MemorySegment memory = packet.memory();
        long l3 = packet.offset() + EthernetView.LENGTH;
        Ipv6View.setVersionClassLabel(memory, l3, 0, 0);
        Ipv6View.setPayloadLength(memory, l3, ND_MESSAGE);
        Ipv6View.setNextHeader(memory, l3, IpProtocols.ICMPV6);
        Ipv6View.setHopLimit(memory, l3, 255);
        Ipv6View.setSrc(memory, l3, fromHigh, fromLow);
        Ipv6View.setDst(memory, l3, toHigh, toLow);
        long icmp = l3 + Ipv6View.LENGTH;
        boolean solicits = type == NeighbourDiscoveryView.SOLICIT;
        IcmpView.setType(memory, icmp, type);
        IcmpView.setRest(memory, icmp, solicits ? 0 : SOLICITED_AND_OVERRIDE);
        NeighbourDiscoveryView.setTarget(memory, icmp, targetHigh, targetLow);
        long option = icmp + NeighbourDiscoveryView.LENGTH;
        memory.set(ValueLayout.JAVA_BYTE, option, (byte)
                (solicits ? NeighbourDiscoveryView.SOURCE_ADDRESS : NeighbourDiscoveryView.TARGET_ADDRESS));
        memory.set(ValueLayout.JAVA_BYTE, option + 1, (byte) 1);
        EthernetView.setDst(memory, option + 2, mac); // six octets of an address, as at the start of a frame
        long sum = Checksums.ipv6Pseudo(memory, l3, IpProtocols.ICMPV6, ND_MESSAGE)
                + (long) Checksums.sum(memory, icmp, ND_MESSAGE);
        IcmpView.setChecksum(memory, icmp, Checksums.invert(sum));
    }
}
