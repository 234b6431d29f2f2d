package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.port.OversizeHandler;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IcmpView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketLayers;
import java.lang.foreign.MemorySegment;

/**
 * Tells the sender of an IP packet that does not fit a tunnel or a layer 3 port how large a packet may be, in the name of the packet's
 * destination, as the bridge has no address of its own.
 *
 * <pre>
 *   | Ethernet, addresses swapped, tags kept | IP dst -> src | ICMP 3/4 or ICMPv6 2 with the MTU | the packet's first octets |
 * </pre>
 *
 * <p>Nothing is answered to multicasts, later fragments, ICMP errors, nor between ports of layer 2 only: there the sender's own MTU is
 * wrong. At most {@value #PER_CYCLE} answers per duty cycle.
 *
 * <p>Threading: one poll loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1191">RFC 1191 section 4</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4443">RFC 4443 sections 2.4 and 3.2</a>
 */
public final class OversizeReplies implements OversizeHandler {
    static final int PER_CYCLE = 16;

    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    /** Longest answer: 576 octets by RFC 1812 section 4.3.2.3, 1280 by RFC 4443 section 2.4. */
    private static final int MAX_IPV4 = 576;

    private static final int MAX_IPV6 = 1280;
    private static final int MIN_IPV6_MTU = 1280;
    private static final int TTL = 64;

    private final PacketPool pool;
    private final OutputQueues outputs;
    private final PacketBatch replies = new PacketBatch();

    OversizeReplies(PacketPool pool, OutputQueues outputs) {
        this.pool = pool;
        this.outputs = outputs;
    }

    @Override
    public void onOversize(Port port, Packet packet, int mtu) {
        boolean isLayer3 = port.spec() instanceof PortSpec.Vxlan || port.spec() instanceof PortSpec.Tun;
        if (!isLayer3 || packet.inPort() == 0 || replies.size() >= PER_CYCLE) {
            return;
        }
        MemorySegment memory = packet.memory();
        long layers = PacketLayers.parse(memory, packet.offset(), packet.length());
        if (layers == 0 || !PacketLayers.isIp(layers) || (Octets.u8(memory, packet.offset()) & 1) != 0) {
            return;
        }
        boolean isIpv4 = PacketLayers.type(layers) == EtherTypes.IPV4;
        int l3 = PacketLayers.l3(layers);
        if (isIpv4 ? !mayAnswer4(memory, packet.offset() + l3) : !mayAnswer6(memory, packet, layers)) {
            return;
        }
        Packet reply = pool.allocate();
        if (reply == null) {
            return;
        }
        int header = isIpv4 ? IPV4_HEADER : IPV6_HEADER;
        int quoted = Math.min(packet.length() - l3, (isIpv4 ? MAX_IPV4 : MAX_IPV6) - header - IcmpView.LENGTH);
        reply.append(l3 + header + IcmpView.LENGTH + quoted);
        long at = reply.offset();
        MemorySegment to = reply.memory();
        MemorySegment.copy(memory, packet.offset(), to, at, l3);
        MemorySegment.copy(memory, packet.offset() + 6, to, at, 6);
        MemorySegment.copy(memory, packet.offset(), to, at + 6, 6);
        MemorySegment.copy(memory, packet.offset() + l3, to, at + l3 + header + IcmpView.LENGTH, quoted);
        long from = packet.offset() + l3;
        if (isIpv4) {
            writeIpv4(memory, from, to, at + l3, quoted, mtu);
        } else {
            writeIpv6(memory, from, to, at + l3, quoted, Math.max(mtu, MIN_IPV6_MTU));
        }
        reply.setInPort(packet.inPort());
        replies.add(reply);
    }

    /** RFC 1122 section 3.2.2: not about ICMP errors, multicasts or later fragments; and DF must be set. */
    private static boolean mayAnswer4(MemorySegment memory, long l3) {
        int fragment = Octets.u16(memory, l3 + 6);
        if ((fragment & 0x4000) == 0 || (fragment & 0x1fff) != 0) {
            return false;
        }
        int source = Octets.u8(memory, l3 + 12);
        int destination = Octets.u8(memory, l3 + 16);
        if (source >= 224 || destination >= 224 || source == 0) {
            return false;
        }
        if (Octets.u8(memory, l3 + 9) != IpProtocols.ICMP) {
            return true;
        }
        int type = Octets.u8(memory, l3 + (Octets.u8(memory, l3) & 0xf) * 4L);
        return type == IcmpView.ECHO_REPLY || type == IcmpView.ECHO_REQUEST;
    }

    private static boolean mayAnswer6(MemorySegment memory, Packet packet, long layers) {
        long l3 = packet.offset() + PacketLayers.l3(layers);
        boolean isUnicast = Octets.u8(memory, l3 + 8) != 0xff && Octets.u8(memory, l3 + 24) != 0xff;
        boolean isError = PacketLayers.hasL4Header(layers)
                && PacketLayers.protocol(layers) == IpProtocols.ICMPV6
                && Octets.u8(memory, packet.offset() + PacketLayers.l4(layers)) < 128;
        return isUnicast && !isError;
    }

    private static void writeIpv4(MemorySegment memory, long from, MemorySegment to, long l3, int quoted, int mtu) {
        Octets.put16(to, l3, 0x45c0);
        Octets.put16(to, l3 + 2, IPV4_HEADER + IcmpView.LENGTH + quoted);
        Octets.put32(to, l3 + 4, 0);
        Octets.put16(to, l3 + 8, TTL << 8 | IpProtocols.ICMP);
        Octets.put16(to, l3 + 10, 0);
        MemorySegment.copy(memory, from + 16, to, l3 + 12, 4);
        MemorySegment.copy(memory, from + 12, to, l3 + 16, 4);
        Octets.put16(to, l3 + 10, Checksums.ipv4Header(to, l3));
        long icmp = l3 + IPV4_HEADER;
        Octets.put16(to, icmp, IcmpView.UNREACHABLE << 8 | IcmpView.FRAGMENTATION_NEEDED);
        Octets.put16(to, icmp + 2, 0);
        Octets.put32(to, icmp + 4, mtu & 0xffff);
        Octets.put16(to, icmp + 2, Checksums.invert(Checksums.sum(to, icmp, IcmpView.LENGTH + (long) quoted)));
    }

    private static void writeIpv6(MemorySegment memory, long from, MemorySegment to, long l3, int quoted, int mtu) {
        int length = IcmpView.LENGTH + quoted;
        Octets.put32(to, l3, 0x60000000);
        Octets.put16(to, l3 + 4, length);
        Octets.put16(to, l3 + 6, IpProtocols.ICMPV6 << 8 | TTL);
        MemorySegment.copy(memory, from + 24, to, l3 + 8, 16);
        MemorySegment.copy(memory, from + 8, to, l3 + 24, 16);
        long icmp = l3 + IPV6_HEADER;
        Octets.put16(to, icmp, IcmpView.V6_PACKET_TOO_BIG << 8);
        Octets.put16(to, icmp + 2, 0);
        Octets.put32(to, icmp + 4, mtu);
        long sum = (long) Checksums.ipv6Pseudo(to, l3, IpProtocols.ICMPV6, length) + Checksums.sum(to, icmp, length);
        Octets.put16(to, icmp + 2, Checksums.invert(sum));
    }

    /** Sends what has been answered. At the end of a cycle. */
    void flush() {
        if (replies.isEmpty()) {
            return;
        }
        for (int i = 0; i < replies.size(); i++) {
            Packet reply = replies.get(i);
            outputs.add(reply.inPort(), reply);
        }
        replies.clear();
        outputs.flush();
    }
}
