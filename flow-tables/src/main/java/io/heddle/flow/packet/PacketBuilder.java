package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds whole frames with right lengths and checksums, for packet-out, controller apps and tests.
 *
 * <pre>{@code
 * byte[] frame = PacketBuilder.ethernet(srcMac, dstMac)
 *     .vlan(100)
 *     .ipv4(0x0a000001, 0x0a000002).ttl(1)
 *     .udp(68, 67)
 *     .payload(octets)
 *     .build();
 * }</pre>
 *
 * <p>Without {@link #ipv4}, {@link #ipv6} or {@link #arp}, the payload follows the Ethernet type given with {@link #type}. With an
 * IP header and no L4, it follows the IP header, of {@link #protocol}.
 *
 * <p>Allocates. Thread safety: none.
 */
public final class PacketBuilder {
    private static final int NO_PROTOCOL = -1;

    private final long src;
    private final long dst;
    private final List<int[]> tags = new ArrayList<>();
    private int type;
    private byte[] payload = {};
    private int minLength;

    private byte[] l3 = {};
    private int tos;
    private int ttl = 64;
    private int id;
    private int flagsAndOffset = Ipv4View.DONT_FRAGMENT;
    private int flowLabel;
    private int protocol = NO_PROTOCOL;
    private byte[] l4 = {};
    private boolean hasUdpChecksum = true;

    private PacketBuilder(long src, long dst) {
        this.src = src;
        this.dst = dst;
    }

    /** Begins a frame. Addresses are 48 bits, 02:00:00:00:00:01 is 0x020000000001. */
    public static PacketBuilder ethernet(long src, long dst) {
        if (src >>> 48 != 0 || dst >>> 48 != 0) {
            throw new IllegalArgumentException("an Ethernet address has more than 48 bits");
        }
        return new PacketBuilder(src, dst);
    }

    /** An ARP message in a frame of its own: a request is broadcast. */
    public static PacketBuilder arp(ArpHeader message) {
        long to = message.operation() == ArpView.REQUEST ? EthernetView.BROADCAST : message.targetMac();
        return ethernet(message.senderMac(), to).arpMessage(message);
    }

    /** Appends an 802.1Q tag with priority 0. */
    public PacketBuilder vlan(int vlanId) {
        return tag(EtherTypes.VLAN, vlanId);
    }

    /** Appends a tag. */
    public PacketBuilder tag(int tpid, int tci) {
        tags.add(new int[] {tpid, tci});
        return this;
    }

    /** Sets the Ethernet type of a frame without L3 header. */
    public PacketBuilder type(int etherType) {
        type = etherType;
        return this;
    }

    public PacketBuilder arpMessage(ArpHeader message) {
        type = EtherTypes.ARP;
        l3 = new byte[ArpView.LENGTH];
        message.write(MemorySegment.ofArray(l3), 0);
        return this;
    }

    /** Adds an IPv4 header: TTL 64, "don't fragment", id 0. Addresses as numbers. */
    public PacketBuilder ipv4(int from, int to) {
        type = EtherTypes.IPV4;
        l3 = new byte[Ipv4View.MIN_LENGTH];
        MemorySegment header = MemorySegment.ofArray(l3);
        Ipv4View.setSrc(header, 0, from);
        Ipv4View.setDst(header, 0, to);
        return this;
    }

    /** Adds an IPv6 header: hop limit 64. */
    public PacketBuilder ipv6(long fromHigh, long fromLow, long toHigh, long toLow) {
        type = EtherTypes.IPV6;
        l3 = new byte[Ipv6View.LENGTH];
        MemorySegment header = MemorySegment.ofArray(l3);
        Ipv6View.setSrc(header, 0, fromHigh, fromLow);
        Ipv6View.setDst(header, 0, toHigh, toLow);
        return this;
    }

    /** TTL or hop limit. */
    public PacketBuilder ttl(int hops) {
        ttl = hops;
        return this;
    }

    /** TOS or traffic class. */
    public PacketBuilder tos(int value) {
        tos = value;
        return this;
    }

    /** IPv4 id, flags and fragment offset. */
    public PacketBuilder fragment(int packetId, int flagsAndFragmentOffset) {
        id = packetId;
        flagsAndOffset = flagsAndFragmentOffset;
        return this;
    }

    public PacketBuilder flowLabel(int label) {
        flowLabel = label;
        return this;
    }

    /** IP protocol of a payload without L4 header. */
    public PacketBuilder protocol(int number) {
        protocol = number;
        return this;
    }

    public PacketBuilder udp(int from, int to) {
        protocol = IpProtocols.UDP;
        l4 = new byte[UdpView.LENGTH];
        MemorySegment header = MemorySegment.ofArray(l4);
        UdpView.setSrc(header, 0, from);
        UdpView.setDst(header, 0, to);
        return this;
    }

    /** Sends UDP checksum 0. */
    public PacketBuilder withoutUdpChecksum() {
        hasUdpChecksum = false;
        return this;
    }

    /** Adds a TCP header without options. */
    public PacketBuilder tcp(int from, int to, int sequence, int acknowledgement, int flags) {
        protocol = IpProtocols.TCP;
        l4 = new byte[TcpView.MIN_LENGTH];
        MemorySegment header = MemorySegment.ofArray(l4);
        TcpView.setSrc(header, 0, from);
        TcpView.setDst(header, 0, to);
        TcpView.setSequence(header, 0, sequence);
        TcpView.setAcknowledgement(header, 0, acknowledgement);
        TcpView.setLengthAndFlags(header, 0, TcpView.MIN_LENGTH, flags);
        TcpView.setWindow(header, 0, 0xffff);
        return this;
    }

    /** Adds an ICMP header, or ICMPv6 after {@link #ipv6}. */
    public PacketBuilder icmp(int icmpType, int code, int rest) {
        protocol = type == EtherTypes.IPV6 ? IpProtocols.ICMPV6 : IpProtocols.ICMP;
        l4 = new byte[IcmpView.LENGTH];
        MemorySegment header = MemorySegment.ofArray(l4);
        IcmpView.setType(header, 0, icmpType);
        IcmpView.setCode(header, 0, code);
        IcmpView.setRest(header, 0, rest);
        return this;
    }

    public PacketBuilder payload(byte[] octets) {
        payload = octets.clone();
        return this;
    }

    /** Pads the frame with zeros to the least length that Ethernet allows, without FCS. */
    public PacketBuilder padded() {
        minLength = 60;
        return this;
    }

    /** Returns a frame of its own. */
    public byte[] build() {
        int l3At = EthernetView.LENGTH + tags.size() * VlanView.LENGTH;
        int l4At = l3At + l3.length;
        int end = l4At + l4.length + payload.length;
        byte[] octets = new byte[Math.max(end, minLength)];
        MemorySegment frame = MemorySegment.ofArray(octets);
        EthernetView.setDst(frame, 0, dst);
        EthernetView.setSrc(frame, 0, src);
        int at = 12;
        for (int[] tag : tags) {
            VlanView.setTpid(frame, at, tag[0]);
            VlanView.setTci(frame, at, tag[1]);
            at += VlanView.LENGTH;
        }
        Octets.put16(frame, at, type);
        System.arraycopy(l3, 0, octets, l3At, l3.length);
        System.arraycopy(l4, 0, octets, l4At, l4.length);
        System.arraycopy(payload, 0, octets, l4At + l4.length, payload.length);
        if (type == EtherTypes.IPV4 && l3.length != 0) {
            finishIpv4(frame, l3At, end - l3At);
        } else if (type == EtherTypes.IPV6 && l3.length != 0) {
            finishIpv6(frame, l3At, end - l4At);
        }
        finishL4(frame, l3At, l4At, end - l4At);
        return octets;
    }

    private void finishIpv4(MemorySegment frame, long at, int totalLength) {
        Ipv4View.setVersionAndHeaderLength(frame, at, Ipv4View.MIN_LENGTH);
        Ipv4View.setTos(frame, at, tos);
        Ipv4View.setTotalLength(frame, at, totalLength);
        Ipv4View.setId(frame, at, id);
        Ipv4View.setFlagsAndOffset(frame, at, flagsAndOffset);
        Ipv4View.setTtl(frame, at, ttl);
        Ipv4View.setProtocol(frame, at, protocol == NO_PROTOCOL ? 0xff : protocol);
        Ipv4View.setChecksum(frame, at, Checksums.ipv4Header(frame, at));
    }

    private void finishIpv6(MemorySegment frame, long at, int payloadLength) {
        Ipv6View.setVersionClassLabel(frame, at, tos, flowLabel);
        Ipv6View.setPayloadLength(frame, at, payloadLength);
        Ipv6View.setNextHeader(frame, at, protocol == NO_PROTOCOL ? IpProtocols.NO_NEXT_HEADER : protocol);
        Ipv6View.setHopLimit(frame, at, ttl);
    }

    private void finishL4(MemorySegment frame, long l3At, long l4At, int length) {
        if (l4.length == 0) {
            return;
        }
        if (protocol == IpProtocols.UDP) {
            UdpView.setLength(frame, l4At, length);
            if (!hasUdpChecksum) {
                return;
            }
        }
        long field = l4At + Checksums.checksumOffset(protocol);
        long sum = Checksums.sum(frame, l4At, length);
        if (type == EtherTypes.IPV6) {
            sum += Checksums.ipv6Pseudo(frame, l3At, protocol, length);
        } else if (protocol != IpProtocols.ICMP) {
            sum += Checksums.ipv4Pseudo(frame, l3At, protocol, length);
        }
        int checksum = Checksums.invert(sum);
        Octets.put16(frame, field, checksum == 0 && protocol == IpProtocols.UDP ? 0xffff : checksum);
    }
}
