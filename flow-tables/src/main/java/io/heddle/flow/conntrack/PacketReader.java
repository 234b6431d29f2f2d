package io.heddle.flow.conntrack;

import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.UdpView;
import java.lang.foreign.MemorySegment;

/**
 * Reads the tuple of a packet, and of the packet that an ICMP error is about.
 *
 * <p>Mutable and reused. Thread safety: none.
 */
final class PacketReader {
    final Tuple tuple = new Tuple();

    /** The packet inside of an error, as it stands there; valid iff {@link #isError}. */
    final Tuple inner = new Tuple();

    MemorySegment memory = MemorySegment.NULL;

    /** Of the frame's first octet, in the memory. */
    long frame;

    int length;

    /** Octets after the frame that may be written to. */
    int room;

    /** The L4 checksum holds the sum of the pseudo header only. */
    boolean isPartial;

    long layers;
    /** Of the first octet of L3, in the memory. */
    long l3;

    long l4;
    int l4Length;
    boolean isError;
    /** Of the L3 header inside of an error, in the memory. */
    long innerL3;

    long innerL4;
    /** Octets from {@link #innerL4} on that are there. */
    int innerLength;

    /**
     * Reads the packet that the fields say.
     *
     * @param isSumKnown the L4 checksum is partial or was verified by somebody else
     * @return false when it cannot be tracked: no IP, a fragment, a broken header, a wrong checksum
     */
    boolean read(boolean isSumKnown, int zone) {
        layers = PacketLayers.parseBehindTags(memory, frame, length);
        isError = false;
        if (!PacketLayers.isIp(layers) || PacketLayers.fragment(layers) != 0 || !PacketLayers.isL4Known(layers)) {
            return false;
        }
        l3 = frame + PacketLayers.l3(layers);
        l4 = frame + PacketLayers.l4(layers);
        l4Length = PacketLayers.l4Length(layers);
        tuple.zone = zone;
        tuple.protocol = PacketLayers.protocol(layers);
        tuple.isIpv6 = PacketLayers.isIpv6(layers);
        if (!tuple.isIpv6 && !Checksums.isIpv4HeaderValid(memory, l3)) {
            return false;
        }
        if (isKnown(tuple.protocol, tuple.isIpv6) && !PacketLayers.hasL4Header(layers)) {
            return false;
        }
        if (tuple.protocol == IpProtocols.UDP && isBadLength(memory)) {
            return false;
        }
        if (!isSumKnown && !Checksums.isL4Valid(memory, frame, layers)) {
            return false;
        }
        readAddresses(memory, l3, tuple);
        return readPorts(memory, l4, tuple) || readError(memory, zone);
    }

    /** Says whether what was read last is a fragment. */
    boolean isFragment() {
        return PacketLayers.fragment(layers) != 0;
    }

    private boolean isBadLength(MemorySegment memory) {
        int length = UdpView.length(memory, l4);
        // A super-frame's length field may be 0 or that of all of it; one of its own datagrams has the right one.
        return length != 0 && (length < UdpView.LENGTH || length > l4Length);
    }

    private static boolean isKnown(int protocol, boolean isIpv6) {
        return switch (protocol) {
            case IpProtocols.TCP, IpProtocols.UDP, IpProtocols.SCTP -> true;
            case IpProtocols.ICMP -> !isIpv6;
            case IpProtocols.ICMPV6 -> isIpv6;
            default -> false;
        };
    }

    private static void readAddresses(MemorySegment memory, long l3, Tuple tuple) {
        if (tuple.isIpv6) {
            tuple.srcHigh = Ipv6View.srcHigh(memory, l3);
            tuple.srcLow = Ipv6View.srcLow(memory, l3);
            tuple.dstHigh = Ipv6View.dstHigh(memory, l3);
            tuple.dstLow = Ipv6View.dstLow(memory, l3);
        } else {
            tuple.srcHigh = 0;
            tuple.srcLow = Octets.u32(memory, l3 + 12);
            tuple.dstHigh = 0;
            tuple.dstLow = Octets.u32(memory, l3 + 16);
        }
    }

    /** Returns false for an ICMP message that is neither a query nor an answer. */
    private static boolean readPorts(MemorySegment memory, long l4, Tuple tuple) {
        switch (tuple.protocol) {
            case IpProtocols.TCP, IpProtocols.UDP, IpProtocols.SCTP -> {
                tuple.srcPort = Octets.u16(memory, l4);
                tuple.dstPort = Octets.u16(memory, l4 + 2);
            }
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> {
                if (isKnown(tuple.protocol, tuple.isIpv6)) {
                    tuple.dstPort = Octets.u16(memory, l4);
                    tuple.srcPort = Octets.u16(memory, l4 + 4);
                    return Tuple.inverseType(tuple.dstPort >>> 8, tuple.isIpv6) >= 0;
                }
                tuple.srcPort = 0;
                tuple.dstPort = 0;
            }
            default -> {
                tuple.srcPort = 0;
                tuple.dstPort = 0;
            }
        }
        return true;
    }

    private static boolean isErrorType(int type, boolean isIpv6) {
        return isIpv6 ? type >= 1 && type <= 4 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    }

    private boolean readError(MemorySegment memory, int zone) {
        if (!isErrorType(tuple.dstPort >>> 8, tuple.isIpv6)) {
            return false;
        }
        innerL3 = l4 + 8;
        int available = l4Length - 8;
        inner.isIpv6 = tuple.isIpv6;
        inner.zone = zone;
        int header;
        if (inner.isIpv6) {
            if (available < Ipv6View.LENGTH + 8 || Ipv6View.version(memory, innerL3) != 6) {
                return false;
            }
            inner.protocol = Ipv6View.nextHeader(memory, innerL3);
            header = Ipv6View.LENGTH;
            if (Ipv6View.isExtension(inner.protocol)) {
                return false;
            }
        } else {
            if (available < Ipv4View.MIN_LENGTH + 8 || Ipv4View.version(memory, innerL3) != 4) {
                return false;
            }
            header = Ipv4View.headerLength(memory, innerL3);
            boolean isLaterFragment = (Ipv4View.flagsAndOffset(memory, innerL3) & 0x1fff) != 0;
            if (header < Ipv4View.MIN_LENGTH || available < header + 8 || isLaterFragment) {
                return false;
            }
            inner.protocol = Ipv4View.protocol(memory, innerL3);
        }
        innerL4 = innerL3 + header;
        innerLength = available - header;
        readAddresses(memory, innerL3, inner);
        isError = readPorts(memory, innerL4, inner);
        return isError;
    }
}
