package io.heddle.flow.match;

import io.heddle.flow.packet.ArpView;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.MplsView;
import io.heddle.flow.packet.NeighbourDiscoveryView;
import io.heddle.flow.packet.NshView;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.PbbView;
import io.heddle.flow.packet.SctpView;
import java.lang.foreign.MemorySegment;

/**
 * Writes header fields into a frame: for every word of a rewrite, the bits of its mask. The inverse of {@link FlowKeyExtractor}.
 *
 * <ul>
 *   <li>A header that the frame does not have is not made; words of what no frame carries (port, tunnel, registers) are ignored.
 *   <li>Checksums follow incrementally (RFC 1624): one that was right stays right and one that was wrong stays wrong. A UDP checksum
 *       of 0 stays 0. In the first of several fragments the L4 checksum follows as well, in later ones there is none.
 *   <li>A partial checksum holds the sum of the pseudo header only, so it follows addresses and nothing else.
 *   <li>While an IPv6 routing header has segments left, the L4 checksum covers the final destination and does not follow the
 *       destination of the fixed header (RFC 8200 section 8.1).
 * </ul>
 *
 * <p>Allocates nothing. Thread safety: none; one instance for each thread.
 */
public final class HeaderRewriter {
    /** Words that a frame carries. */
    private static final long HEADER_WORDS = ((1L << 21) - 1) & ~1L;

    private static final int TCI_MASK = 0xefff;
    private static final int ENTRY_MASK = ~0x100;

    private MemorySegment memory = MemorySegment.NULL;
    private long frame;
    private int length;
    private long layers;

    /** Of the first octet of L3 in {@link #memory}. */
    private long l3;

    /** Of the first octet of L4 in {@link #memory}; valid iff {@link #hasL4}. */
    private long l4;

    private boolean hasL4;

    /** The L4 checksum holds only the sum of the pseudo header. */
    private boolean isPartial;

    /**
     * Writes the fields.
     *
     * @param rewrite words, masks and values; see {@link KeyLayout}
     * @param memory that holds the frame
     * @param frame offset of the frame's first octet
     * @param length of the frame in octets
     * @param partialStart first octet, from the frame's start, of what a partial checksum covers ({@code csum_start}); -1 when all
     *     checksums are complete
     */
    public void rewrite(Match rewrite, MemorySegment memory, long frame, int length, int partialStart) {
        this.memory = memory;
        this.frame = frame;
        this.length = length;
        locate(partialStart);
        if (layers == 0) {
            return;
        }
        int at = 0;
        for (long rest = rewrite.map(); rest != 0; rest &= rest - 1, at++) {
            int word = Long.numberOfTrailingZeros(rest);
            if ((HEADER_WORDS >>> word & 1) != 0) {
                rewriteWord(word, rewrite.valueAt(at), rewrite.maskAt(at));
            }
        }
        this.memory = MemorySegment.NULL;
    }

    private void locate(int partialStart) {
        // An earlier action may have pushed a second tag: the fields that the key had are behind it.
        layers = PacketLayers.parseBehindTags(memory, frame, length);
        l3 = frame + PacketLayers.l3(layers);
        hasL4 = PacketLayers.hasL4Header(layers);
        l4 = frame + PacketLayers.l4(layers);
        isPartial = hasL4 && partialStart == PacketLayers.l4(layers);
    }

    private void rewriteWord(int word, long value, long mask) {
        switch (word) {
            case KeyLayout.W_ETH_DST -> {
                rewriteEthernet(frame, value, mask);
                rewriteType((int) value & 0xffff, (int) mask & 0xffff);
            }
            case KeyLayout.W_ETH_SRC -> rewriteEthernet(frame + 6, value, mask);
            case KeyLayout.W_VLAN -> rewriteVlan((int) (value >>> 32), (int) (mask >>> 32));
            case KeyLayout.W_MPLS -> {
                rewriteMpls(0, (int) (value >>> 32), (int) (mask >>> 32));
                rewriteMpls(1, (int) value, (int) mask);
            }
            case KeyLayout.W_MPLS2_PBB -> {
                rewriteMpls(2, (int) (value >>> 32), (int) (mask >>> 32));
                rewritePbb((int) value, (int) mask);
            }
            case KeyLayout.W_IPV4 -> rewriteIpv4Addresses(value, mask);
            case KeyLayout.W_NW -> rewriteNetwork(value, mask);
            case KeyLayout.W_TP -> rewriteTransport(value, mask);
            case KeyLayout.W_IPV6_SRC -> rewriteIpv6Half(8, value, mask);
            case KeyLayout.W_IPV6_SRC + 1 -> rewriteIpv6Half(16, value, mask);
            case KeyLayout.W_IPV6_DST -> rewriteIpv6Half(24, value, mask);
            case KeyLayout.W_IPV6_DST + 1 -> rewriteIpv6Half(32, value, mask);
            case KeyLayout.W_ND_TARGET -> rewriteNdTarget(8, value, mask);
            case KeyLayout.W_ND_TARGET + 1 -> rewriteNdTarget(16, value, mask);
            case KeyLayout.W_ARP_SHA -> {
                rewriteHardwareAddress(8, NeighbourDiscoveryView.SOURCE_ADDRESS, value, mask);
                rewriteNdOptionType((int) value & 0xff, (int) mask & 0xff);
            }
            case KeyLayout.W_ARP_THA -> rewriteHardwareAddress(18, NeighbourDiscoveryView.TARGET_ADDRESS, value, mask);
            case KeyLayout.W_NSH -> rewriteNsh(value, mask);
            case KeyLayout.W_NSH + 1 -> rewriteNshContext(0, value, mask);
            case KeyLayout.W_NSH + 2 -> rewriteNshContext(2, value, mask);
            case KeyLayout.W_ND -> rewriteNdReserved((int) (value >>> 32), (int) (mask >>> 32));
            default -> {}
        }
    }

    private void rewriteEthernet(long at, long value, long mask) {
        Octets.put48(memory, at, Octets.u48(memory, at) & ~(mask >>> 16) | value >>> 16);
    }

    /** A frame of IEEE 802.3 without SNAP has no type to write. */
    private void rewriteType(int value, int mask) {
        if (mask != 0
                && l3 - frame >= EthernetView.LENGTH
                && l3 <= frame + length
                && Octets.u16(memory, l3 - 2) == PacketLayers.type(layers)) {
            Octets.put16(memory, l3 - 2, PacketLayers.type(layers) & ~mask | value);
        }
    }

    private void rewriteVlan(int value, int mask) {
        int usable = mask & TCI_MASK;
        if (usable == 0 || PacketLayers.l3(layers) < 18 || !EtherTypes.isVlan(Octets.u16(memory, frame + 12))) {
            return;
        }
        Octets.put16(memory, frame + 14, Octets.u16(memory, frame + 14) & ~usable | value & usable);
    }

    private boolean isNsh() {
        return PacketLayers.type(layers) == EtherTypes.NSH && NshView.check(memory, l3, (int) (frame + length - l3));
    }

    /** Type, length and next protocol say what follows: they are not written. */
    private void rewriteNsh(long value, long mask) {
        if (!isNsh()) {
            return;
        }
        if (mask >>> 56 != 0) {
            int flags = NshView.flags(memory, l3);
            NshView.setFlags(memory, l3, flags & ~(int) (mask >>> 56) | (int) (value >>> 56));
        }
        if ((mask >>> 48 & 0xff) != 0) {
            int ttl = NshView.ttl(memory, l3);
            NshView.setTtl(memory, l3, ttl & ~(int) (mask >>> 48) | (int) (value >>> 48) & 0xff);
        }
        NshView.setPath(memory, l3, NshView.path(memory, l3) & ~(int) mask | (int) value);
    }

    private void rewriteNshContext(int first, long value, long mask) {
        if (isNsh() && NshView.type(memory, l3) == NshView.FIXED) {
            long at = l3 + NshView.BASE_LENGTH + 4L * first;
            Octets.put64(memory, at, Octets.u64(memory, at) & ~mask | value);
        }
    }

    private void rewriteMpls(int index, int value, int mask) {
        // The bottom bit is written on its own or not at all: no other write may cut a stack short.
        int usable = mask == ~ENTRY_MASK ? mask : mask & ENTRY_MASK;
        if (usable == 0 || !EtherTypes.isMpls(PacketLayers.type(layers))) {
            return;
        }
        long at = l3;
        for (int i = 0; ; i++, at += MplsView.LENGTH) {
            if (at + MplsView.LENGTH > frame + length) {
                return;
            }
            int entry = MplsView.entry(memory, at);
            if (i == index) {
                MplsView.setEntry(memory, at, entry & ~usable | value & usable);
                return;
            }
            if (MplsView.isBottom(entry)) {
                return;
            }
        }
    }

    private void rewritePbb(int value, int mask) {
        if (mask == 0 || PacketLayers.type(layers) != EtherTypes.PBB || l3 + PbbView.LENGTH > frame + length) {
            return;
        }
        int tagMask = mask & 0xffffff | (mask >>> 24 & 1) << 27;
        int tagValue = value & 0xffffff | (value >>> 24 & 1) << 27;
        PbbView.setTag(memory, l3, PbbView.tag(memory, l3) & ~tagMask | tagValue & tagMask);
    }

    private void rewriteIpv4Addresses(long value, long mask) {
        if (isArp()) {
            int source = (int) (mask >>> 32);
            int target = (int) mask;
            ArpView.setSpa(memory, l3, ArpView.spa(memory, l3) & ~source | (int) (value >>> 32));
            ArpView.setTpa(memory, l3, ArpView.tpa(memory, l3) & ~target | (int) value);
            return;
        }
        if (!PacketLayers.isIpv4(layers)) {
            return;
        }
        long old = Octets.u64(memory, l3 + 12);
        long changed = old & ~mask | value;
        if (changed == old) {
            return;
        }
        Octets.put64(memory, l3 + 12, changed);
        int oldSum = Checksums.sum64(old);
        int newSum = Checksums.sum64(changed);
        Ipv4View.setChecksum(memory, l3, Checksums.updateSum(Ipv4View.checksum(memory, l3), oldSum, newSum));
        pseudoChanged(oldSum, newSum);
    }

    private void rewriteIpv6Half(int at, long value, long mask) {
        if (!PacketLayers.isIpv6(layers)) {
            return;
        }
        long old = Octets.u64(memory, l3 + at);
        long changed = old & ~mask | value;
        if (changed == old) {
            return;
        }
        Octets.put64(memory, l3 + at, changed);
        if (at < 24 || !Ipv6View.hasPendingRouting(memory, l3)) {
            pseudoChanged(Checksums.sum64(old), Checksums.sum64(changed));
        }
    }

    private void rewriteNetwork(long value, long mask) {
        int tosMask = (int) (mask >>> 48) & 0xff;
        int tos = (int) (value >>> 48) & 0xff;
        int ttlMask = (int) (mask >>> 40) & 0xff;
        int ttl = (int) (value >>> 40) & 0xff;
        if (PacketLayers.isIp(layers)) {
            rewriteProtocol((int) (value >>> 56), (int) (mask >>> 56));
        }
        if (PacketLayers.isIpv4(layers)) {
            rewriteIpv4Word(l3, tosMask, tos);
            rewriteIpv4Word(l3 + 8, ttlMask << 8, ttl << 8);
        } else if (PacketLayers.isIpv6(layers)) {
            int first = Octets.s32(memory, l3);
            int firstMask = tosMask << 20 | (int) mask & 0xfffff;
            Octets.put32(memory, l3, first & ~firstMask | tos << 20 | (int) value & 0xfffff);
            Ipv6View.setHopLimit(memory, l3, Ipv6View.hopLimit(memory, l3) & ~ttlMask | ttl);
        } else if (mask >>> 56 != 0 && isArp()) {
            int operationMask = (int) (mask >>> 56);
            int old = ArpView.operation(memory, l3) & 0xff;
            ArpView.setOperation(memory, l3, old & ~operationMask | (int) (value >>> 56));
        }
    }

    /** The protocol is part of the pseudo header that the checksum of the L4 header, as it was until now, covers. */
    private void rewriteProtocol(int value, int mask) {
        int old = PacketLayers.protocol(layers);
        // What a later fragment of IPv6 carries is said in its fragment header, which a key does not hold.
        if (mask == 0 || !PacketLayers.isL4Known(layers) || old == IpProtocols.FRAGMENT) {
            return;
        }
        int changed = old & ~mask | value;
        if (PacketLayers.isIpv4(layers)) {
            rewriteIpv4Word(l3 + 8, mask, value);
        } else {
            Octets.put8(memory, lastNextHeader(), changed);
        }
        pseudoChanged(old, changed);
    }

    /** Of the octet that says what follows the IPv6 header and its extensions. */
    private long lastNextHeader() {
        long last = l3 + 6;
        long at = l3 + Ipv6View.LENGTH;
        int type = Octets.u8(memory, last);
        while (Ipv6View.isExtension(type) && at + 8 <= l4) {
            last = at;
            at += Ipv6View.extensionLength(memory, at, type);
            type = Octets.u8(memory, last);
        }
        return last;
    }

    /** A 16-bit word of an IPv4 header, which its header checksum covers and no other does. */
    private void rewriteIpv4Word(long at, int mask, int value) {
        if (mask == 0) {
            return;
        }
        int old = Octets.u16(memory, at);
        int changed = old & ~mask | value;
        Octets.put16(memory, at, changed);
        Ipv4View.setChecksum(memory, l3, Checksums.update16(Ipv4View.checksum(memory, l3), old, changed));
    }

    private void rewriteTransport(long value, long mask) {
        if (!hasL4) {
            return;
        }
        switch (PacketLayers.protocol(layers)) {
            case IpProtocols.TCP, IpProtocols.UDP -> rewritePorts((int) (value >>> 32), (int) (mask >>> 32));
            case IpProtocols.SCTP -> rewriteSctpPorts((int) (value >>> 32), (int) (mask >>> 32));
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> rewriteTypeAndCode(value, mask);
            default -> {}
        }
    }

    private void rewritePorts(int value, int mask) {
        int old = Octets.s32(memory, l4);
        int changed = old & ~mask | value;
        if (changed != old) {
            Octets.put32(memory, l4, changed);
            contentChanged(Checksums.sum32(old), Checksums.sum32(changed));
        }
    }

    /** A CRC cannot be updated from the words alone; the difference of both right ones keeps a wrong one wrong. */
    private void rewriteSctpPorts(int value, int mask) {
        int old = Octets.s32(memory, l4);
        int changed = old & ~mask | value;
        if (changed == old) {
            return;
        }
        if (isPartial || PacketLayers.fragment(layers) != 0) {
            Octets.put32(memory, l4, changed);
            return;
        }
        int size = PacketLayers.l4Length(layers);
        int before = Checksums.sctp(memory, l4, size);
        Octets.put32(memory, l4, changed);
        int after = Checksums.sctp(memory, l4, size);
        SctpView.setChecksum(memory, l4, SctpView.checksum(memory, l4) ^ before ^ after);
    }

    private void rewriteTypeAndCode(long value, long mask) {
        int wordMask = (int) (mask >>> 48 & 0xff) << 8 | (int) (mask >>> 32) & 0xff;
        int word = (int) (value >>> 48 & 0xff) << 8 | (int) (value >>> 32) & 0xff;
        if (wordMask != 0) {
            rewriteCoveredWord(l4, wordMask, word);
        }
    }

    /** A 16-bit word that the L4 checksum covers. */
    private void rewriteCoveredWord(long at, int mask, int value) {
        int old = Octets.u16(memory, at);
        int changed = old & ~mask | value;
        Octets.put16(memory, at, changed);
        contentChanged(old, changed);
    }

    private void rewriteNdTarget(int at, long value, long mask) {
        if (!isNeighbourDiscovery()) {
            return;
        }
        long old = Octets.u64(memory, l4 + at);
        long changed = old & ~mask | value;
        Octets.put64(memory, l4 + at, changed);
        contentChanged(Checksums.sum64(old), Checksums.sum64(changed));
    }

    private void rewriteHardwareAddress(int arpOffset, int ndOption, long value, long mask) {
        long addressMask = mask >>> 16;
        if (addressMask == 0) {
            return;
        }
        if (isArp()) {
            rewriteEthernet(l3 + arpOffset, value, mask);
        } else if (isNeighbourDiscovery()) {
            int option = NeighbourDiscoveryView.option(memory, l4, PacketLayers.l4Length(layers), ndOption);
            if (option >= 0) {
                long at = l4 + option + 2;
                long old = Octets.u48(memory, at);
                long changed = old & ~addressMask | value >>> 16;
                Octets.put48(memory, at, changed);
                contentChanged(Checksums.sum64(old), Checksums.sum64(changed));
            }
        }
    }

    /** Writes the type of the first option (as Open vSwitch does). */
    private void rewriteNdOptionType(int value, int mask) {
        if (mask != 0 && isNeighbourDiscovery() && PacketLayers.l4Length(layers) >= NeighbourDiscoveryView.LENGTH + 8) {
            rewriteCoveredWord(l4 + NeighbourDiscoveryView.LENGTH, mask << 8, value << 8);
        }
    }

    private void rewriteNdReserved(int value, int mask) {
        if (mask == 0 || !isNeighbourDiscovery()) {
            return;
        }
        int old = Octets.s32(memory, l4 + 4);
        int changed = old & ~mask | value;
        Octets.put32(memory, l4 + 4, changed);
        contentChanged(Checksums.sum32(old), Checksums.sum32(changed));
    }

    private boolean isArp() {
        int type = PacketLayers.type(layers);
        return (type == EtherTypes.ARP || type == EtherTypes.RARP)
                && ArpView.check(memory, l3, (int) (frame + length - l3));
    }

    private boolean isNeighbourDiscovery() {
        return hasL4
                && PacketLayers.protocol(layers) == IpProtocols.ICMPV6
                && NeighbourDiscoveryView.check(memory, l4, PacketLayers.l4Length(layers));
    }

    private void contentChanged(int oldSum, int newSum) {
        if (!isPartial) {
            updateL4(oldSum, newSum);
        }
    }

    private void pseudoChanged(int oldSum, int newSum) {
        int protocol = PacketLayers.protocol(layers);
        boolean isCovered =
                protocol == IpProtocols.TCP || protocol == IpProtocols.UDP || protocol == IpProtocols.ICMPV6;
        if (!hasL4 || !isCovered) {
            return;
        }
        if (isPartial) {
            long field = l4 + Checksums.checksumOffset(protocol);
            Octets.put16(memory, field, Checksums.updatePartial(Octets.u16(memory, field), oldSum, newSum));
        } else {
            updateL4(oldSum, newSum);
        }
    }

    private void updateL4(int oldSum, int newSum) {
        int protocol = PacketLayers.protocol(layers);
        long field = l4 + Checksums.checksumOffset(protocol);
        int old = Octets.u16(memory, field);
        boolean isUdp = protocol == IpProtocols.UDP;
        if (isUdp && old == 0) {
            return;
        }
        int checksum = Checksums.updateSum(old, oldSum, newSum);
        Octets.put16(memory, field, isUdp && checksum == 0 ? 0xffff : checksum);
    }
}
