package io.heddle.flow.conntrack;

import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.SctpView;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;

/**
 * Writes translated addresses, ports and identifiers into a packet, and into the packet inside of an ICMP error.
 *
 * <p>Checksums follow incrementally (RFC 1624): a UDP checksum of 0 stays 0, a partial one follows the addresses only, and while an IPv6
 * routing header has segments left the destination is not part of the sum (RFC 8200 section 8.1). The checksum of an ICMP error, which
 * covers all that is changed inside of it, is made anew.
 *
 * <p>Allocates nothing. Stateless.
 */
final class NatRewriter {
    private NatRewriter() {}

    /**
     * Gives a packet the tuple {@code to}.
     *
     * @param from what it has
     * @param isPartial its L4 checksum holds the sum of the pseudo header only
     */
    static void rewrite(MemorySegment memory, PacketReader packet, Tuple from, Tuple to, boolean isPartial) {
        int pseudo = addresses(memory, packet.l3, from, to);
        boolean isPseudoCovered = from.protocol == IpProtocols.TCP
                || from.protocol == IpProtocols.UDP
                || from.protocol == IpProtocols.ICMPV6 && from.isIpv6;
        if (!PacketLayers.hasL4Header(packet.layers)) {
            return;
        }
        if (from.protocol == IpProtocols.SCTP) {
            sctpPorts(memory, packet, to, isPartial);
            return;
        }
        int field = Checksums.checksumOffset(from.protocol);
        if (field < 0 || from.protocol == IpProtocols.IGMP) {
            return;
        }
        long at = packet.l4 + field;
        int content = ports(memory, packet.l4, from, to);
        if (isPartial) {
            Octets.put16(memory, at, Checksums.updatePartial(Octets.u16(memory, at), 0, isPseudoCovered ? pseudo : 0));
        } else {
            follow(memory, at, from.protocol, Checksums.fold((isPseudoCovered ? pseudo : 0) + (long) content));
        }
    }

    /**
     * Gives an ICMP error the outer addresses {@code outer}, and the packet inside of it the tuple {@code inner}.
     *
     * @param from tuple of the direction that the error goes in
     * @param outer where that direction is translated to: an end that is another than in {@code from} is written
     */
    static void rewriteError(
            MemorySegment memory, long frame, PacketReader packet, Tuple from, Tuple outer, Tuple inner) {
        int pseudo = addresses(memory, packet.innerL3, packet.inner, inner);
        int content = ports(memory, packet.innerL4, packet.inner, inner);
        boolean isTcp = packet.inner.protocol == IpProtocols.TCP;
        boolean isUdp = packet.inner.protocol == IpProtocols.UDP;
        if (isTcp && packet.innerLength >= TcpView.CHECKSUM_OFFSET + 2) {
            follow(
                    memory,
                    packet.innerL4 + TcpView.CHECKSUM_OFFSET,
                    IpProtocols.TCP,
                    Checksums.fold((long) pseudo + content));
        } else if (isUdp) {
            follow(memory, packet.innerL4 + 6, IpProtocols.UDP, Checksums.fold((long) pseudo + content));
        } else if (packet.inner.isIcmp()) {
            boolean isIpv6 = packet.inner.protocol == IpProtocols.ICMPV6;
            follow(
                    memory,
                    packet.innerL4 + 2,
                    packet.inner.protocol,
                    Checksums.fold((isIpv6 ? pseudo : 0) + (long) content));
        }
        Tuple own = packet.tuple;
        boolean changesSource = from.srcHigh != outer.srcHigh || from.srcLow != outer.srcLow;
        boolean changesDestination = from.dstHigh != outer.dstHigh || from.dstLow != outer.dstLow;
        address(
                memory,
                packet.l3,
                own.isIpv6,
                true,
                changesSource ? outer.srcHigh : own.srcHigh,
                changesSource ? outer.srcLow : own.srcLow);
        address(
                memory,
                packet.l3,
                own.isIpv6,
                false,
                changesDestination ? outer.dstHigh : own.dstHigh,
                changesDestination ? outer.dstLow : own.dstLow);
        Checksums.writeL4(memory, frame, packet.layers);
    }

    /** What the sum of the pseudo header grows by; the header checksum of IPv4 is kept right. */
    private static int addresses(MemorySegment memory, long l3, Tuple from, Tuple to) {
        boolean isRouted = from.isIpv6 && Ipv6View.hasPendingRouting(memory, l3);
        int source = address(memory, l3, from.isIpv6, true, to.srcHigh, to.srcLow);
        int destination = address(memory, l3, from.isIpv6, false, to.dstHigh, to.dstLow);
        return Checksums.fold((long) source + (isRouted ? 0 : destination));
    }

    private static int address(MemorySegment memory, long l3, boolean isIpv6, boolean isSource, long high, long low) {
        if (isIpv6) {
            long at = l3 + (isSource ? 8 : 24);
            long oldHigh = Octets.u64(memory, at);
            long oldLow = Octets.u64(memory, at + 8);
            Octets.put64(memory, at, high);
            Octets.put64(memory, at + 8, low);
            return Checksums.fold((long) difference(Checksums.sum64(oldHigh), Checksums.sum64(high))
                    + difference(Checksums.sum64(oldLow), Checksums.sum64(low)));
        }
        long at = l3 + (isSource ? 12 : 16);
        int old = Octets.s32(memory, at);
        if (old == (int) low) {
            return 0;
        }
        Octets.put32(memory, at, (int) low);
        int oldSum = Checksums.sum32(old);
        int newSum = Checksums.sum32((int) low);
        Ipv4View.setChecksum(memory, l3, Checksums.updateSum(Ipv4View.checksum(memory, l3), oldSum, newSum));
        return difference(oldSum, newSum);
    }

    /** What a sum grows by when words of the sum {@code before} become words of the sum {@code after}; 0 for no change. */
    private static int difference(int before, int after) {
        return before == after ? 0 : Checksums.fold((~before & 0xffffL) + after);
    }

    /** Writes ports or the identifier; returns what the sum of the content grows by. */
    private static int ports(MemorySegment memory, long l4, Tuple from, Tuple to) {
        return switch (from.protocol) {
            case IpProtocols.TCP, IpProtocols.UDP, IpProtocols.SCTP -> {
                Octets.put16(memory, l4, to.srcPort);
                Octets.put16(memory, l4 + 2, to.dstPort);
                yield Checksums.fold(
                        (long) difference(from.srcPort, to.srcPort) + difference(from.dstPort, to.dstPort));
            }
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> {
                Octets.put16(memory, l4 + 4, to.srcPort);
                yield difference(from.srcPort, to.srcPort);
            }
            default -> 0;
        };
    }

    private static void follow(MemorySegment memory, long at, int protocol, int growth) {
        int old = Octets.u16(memory, at);
        if (growth == 0 || protocol == IpProtocols.UDP && old == 0) {
            return;
        }
        int checksum = Checksums.updateSum(old, 0, growth);
        Octets.put16(memory, at, protocol == IpProtocols.UDP && checksum == 0 ? 0xffff : checksum);
    }

    private static void sctpPorts(MemorySegment memory, PacketReader packet, Tuple to, boolean isPartial) {
        if (isPartial) {
            Octets.put16(memory, packet.l4, to.srcPort);
            Octets.put16(memory, packet.l4 + 2, to.dstPort);
            return;
        }
        int before = Checksums.sctp(memory, packet.l4, packet.l4Length);
        Octets.put16(memory, packet.l4, to.srcPort);
        Octets.put16(memory, packet.l4 + 2, to.dstPort);
        int after = Checksums.sctp(memory, packet.l4, packet.l4Length);
        SctpView.setChecksum(memory, packet.l4, SctpView.checksum(memory, packet.l4) ^ before ^ after);
    }
}
