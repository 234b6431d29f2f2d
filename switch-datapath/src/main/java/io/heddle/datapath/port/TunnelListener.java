package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.buffer.TunnelMetadata;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PacketSocket;
import io.heddle.datapath.os.RawIpSocket;
import io.heddle.datapath.os.SocketFilter;
import io.heddle.datapath.os.UdpPortHold;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.GeneveView;
import io.heddle.flow.packet.GreView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.UdpView;
import io.heddle.flow.packet.VxlanView;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Receives what comes to one (address family, own address, UDP port) of this host, for all {@link TunnelPort}s there.
 *
 * <pre>
 *   every device -- ETH_P_IP, reassembled --> filter: for this host, UDP, our port --> ring
 *
 *   slot:  | Ethernet | IP | UDP | VXLAN | inner frame ...       outer headers are pulled, the inner frame stays where it is
 * </pre>
 *
 * <p>A packet socket and not the UDP socket, because the kernel hands UDP sockets what its tunnels' offloads have made without
 * saying so: super-datagrams, and inner frames with partial checksums. The packet socket's virtio-net header says it, with the
 * checksum's start at the inner L4 header: pulled, it describes the inner frame. The UDP socket is held ({@link UdpPortHold}), for GRE a
 * raw socket, so that the host does not answer "port unreachable" or "protocol unreachable".
 *
 * <p>The socket takes frames where the IP stack does (ETH_P_IP, ETH_P_IPV6): those of devices in a bridge, or in a switch, are not seen.
 * Fragments are put together for IPv4 only: the kernel does not offer it for IPv6, and those are not taken.
 *
 * <p>Thread safety: {@link #receive} and the ring belong to the poll loop of the ports; opened and closed by the control loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348 sections 4 and 5</a>, <a
 *     href="https://www.rfc-editor.org/rfc/rfc8926">RFC 8926 section 3</a>, <a href="https://www.rfc-editor.org/rfc/rfc2890">RFC 2890</a>
 */
final class TunnelListener implements PacketOwner {
    private static final int RING_MEBIBYTES = 32;
    private static final int RESERVE = 128;

    /** {@code SKF_AD_OFF + SKF_AD_PKTTYPE}: PACKET_HOST is 0. */
    private static final int PACKET_TYPE = -0x1000 + 4;

    private static final int LOST_INTERVAL = 0xfff;
    private static final int ECN_MASK = 3;
    private static final int ECN_CONGESTED = 3;
    private static final int OAM = 1;

    private final String subject;
    private final TunnelProtocol protocol;
    private final boolean isIpv6;
    private final IpAddress local;
    private final int udpPort;
    private @Nullable Runnable hold;
    private final PacketSocket socket;
    private final Packet[] packets;

    /** Calls of {@link #receive}; the kernel is asked for lost frames now and then. */
    private int receives;

    // What the packet that is being received says. Poll loop.
    private int l4;
    private int end;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int tos;
    private int ttl;
    private int headerLength;
    private int key;

    TunnelListener(PortSpec.Tunnel spec, boolean isIpv6) throws NativeException {
        String subject = spec.name();
        protocol = spec.protocol();
        this.isIpv6 = isIpv6;
        local = spec.local().address();
        udpPort = spec.udpPort();
        this.subject = subject;
        hold();
        try {
            socket = PacketSocket.open(
                    subject,
                    0,
                    new PacketSocket.Options(
                            isIpv6 ? EtherTypes.IPV6 : EtherTypes.IPV4,
                            RING_MEBIBYTES,
                            RESERVE,
                            false,
                            !isIpv6,
                            isIpv6 ? ipv6Filter() : ipv4Filter()));
        } catch (NativeException e) {
            letGo();
            throw e;
        }
        packets = new Packet[socket.slots()];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet(this, i);
        }
    }

    /**
     * Has the kernel leave what comes here to this process.
     *
     * @throws NativeException if somebody else has it
     */
    void hold() throws NativeException {
        hold = protocol.isUdp()
                ? new UdpPortHold(subject, isIpv6, local, udpPort)::close
                : RawIpSocket.open(subject, protocol.ipProtocol(), isIpv6, local)::close;
    }

    /** The kernel may give to others what comes here; for as long as another listener holds it too. */
    void letGo() {
        Runnable held = hold;
        hold = null;
        if (held != null) {
            held.run();
        }
    }

    /** Fragments have been reassembled before the filter runs. */
    private SocketFilter ipv4Filter() {
        SocketFilter filter = new SocketFilter()
                .load(4, PACKET_TYPE)
                .jumpIfEqual(0, 1, 0)
                .refuse()
                .load(1, SocketFilter.NETWORK + 9)
                .jumpIfEqual(protocol.ipProtocol(), 1, 0)
                .refuse();
        if (!local.isNone()) {
            filter.load(4, SocketFilter.NETWORK + 16)
                    .jumpIfEqual(local.ipv4(), 1, 0)
                    .refuse();
        }
        if (protocol.isUdp()) {
            filter.indexIpv4Header(SocketFilter.NETWORK)
                    .loadIndexed(2, SocketFilter.NETWORK + 2)
                    .jumpIfEqual(udpPort, 1, 0)
                    .refuse();
        }
        return filter.accept();
    }

    /** Takes no packets with extension headers: tunnels have none. */
    private SocketFilter ipv6Filter() {
        SocketFilter filter = new SocketFilter()
                .load(4, PACKET_TYPE)
                .jumpIfEqual(0, 1, 0)
                .refuse()
                .load(1, SocketFilter.NETWORK + 6)
                .jumpIfEqual(protocol.ipProtocol(), 1, 0)
                .refuse();
        if (!local.isNone()) {
            int[] words = {
                (int) (local.high() >>> 32), (int) local.high(), (int) (local.low() >>> 32), (int) local.low()
            };
            for (int i = 0; i < words.length; i++) {
                filter.load(4, SocketFilter.NETWORK + 24 + 4 * i)
                        .jumpIfEqual(words[i], 1, 0)
                        .refuse();
            }
        }
        if (protocol.isUdp()) {
            filter.load(2, SocketFilter.NETWORK + Ipv6View.LENGTH + 2)
                    .jumpIfEqual(udpPort, 1, 0)
                    .refuse();
        }
        return filter.accept();
    }

    /** Says whether what comes to that address, or to any of its family, is received here. */
    boolean isAt(boolean ofIpv6, IpAddress address) {
        return isIpv6 == ofIpv6 && (local.equals(address) || local.isNone());
    }

    /** Says whether this is for one address of the family. */
    boolean isForOne(boolean ofIpv6) {
        return isIpv6 == ofIpv6 && !local.isNone();
    }

    /** Says whether what comes to the packet's outer destination is received by a listener for that address, too. */
    private boolean isReceivedBy(TunnelListener[] all) {
        if (!local.isNone() || all.length == 1) {
            return false;
        }
        for (TunnelListener each : all) {
            if (each.isForOne(isIpv6) && each.local.high() == destinationHigh && each.local.low() == destinationLow) {
                return true;
            }
        }
        return false;
    }

    int fd() {
        return socket.fd();
    }

    /** Adds packets to the batch. Poll loop. */
    int receive(TunnelPort[] ports, TunnelListener[] all, PacketBatch batch) {
        if ((++receives & LOST_INTERVAL) == 0) {
            ports[0].statistics().countReceiveDrop(DropReason.RX_OVERRUN, socket.lostFrames());
        }
        int count = 0;
        while (!batch.isFull()) {
            int slot = socket.next();
            if (slot < 0) {
                break;
            }
            Packet packet = receive(slot, ports, all);
            if (packet != null) {
                batch.add(packet);
                count++;
            }
        }
        return count;
    }

    /** Returns null for a packet that was dropped and counted, or that another listener has received too: its slot is released. */
    private @Nullable Packet receive(int slot, TunnelPort[] ports, TunnelListener[] all) {
        if (socket.isTruncated(slot)) {
            socket.release(slot);
            return drop(DropReason.RX_TRUNCATED, ports);
        }
        int l3 = socket.networkOffset(slot);
        long frame = socket.frameOffset(slot);
        Packet packet = packets[slot];
        packet.open(socket.ring(), socket.roomStart(slot), socket.roomEnd(slot), frame, socket.frameLength(slot));
        // Past this point the packet's release gives the slot back.
        if (!VirtioNetHeader.read(socket.ring(), frame - PacketSocket.VNET_HEADER, packet)) {
            packet.release();
            return drop(DropReason.MALFORMED, ports);
        }
        if (!readOuter(packet, l3)) {
            packet.release();
            return drop(DropReason.MALFORMED, ports);
        }
        if (isReceivedBy(all)) {
            packet.release();
            return null;
        }
        DropReason drop = decapsulate(packet, l3, ports);
        if (drop != null) {
            packet.release();
            return drop(drop, ports);
        }
        return packet;
    }

    private static @Nullable Packet drop(DropReason reason, TunnelPort[] ports) {
        ports[0].statistics().countReceiveDrop(reason, 1);
        return null;
    }

    /** Returns why the packet is to be dropped, or null. Its outer IP header has been read. */
    private @Nullable DropReason decapsulate(Packet packet, int l3, TunnelPort[] ports) {
        if (!(protocol.isUdp() ? readUdp(packet, l3) : readGre(packet))
                || end - l4 < headerLength + EthernetView.LENGTH
                || packet.isGso() && packet.checksumStart() < l4 + headerLength) {
            return DropReason.MALFORMED;
        }
        TunnelPort port = TunnelEndpoint.find(ports, sourceHigh, sourceLow, destinationHigh, destinationLow, key);
        if (port == null) {
            return DropReason.TUNNEL_UNKNOWN;
        }
        if (!describe(packet, port)) {
            return DropReason.MALFORMED;
        }
        packet.truncate(end); // Ethernet padding of the outer frame
        packet.pull(l4 + headerLength);
        packet.setInPort(port.number());
        if ((tos & ECN_MASK) == ECN_CONGESTED && !passOnCongestion(packet)) {
            return DropReason.TUNNEL_ECN;
        }
        port.statistics().countReceived(1, packet.length());
        return null;
    }

    /** A super-datagram's lengths may say 0 or less than there is: the virtio-net header counts then. */
    private boolean readOuter(Packet packet, int l3) {
        MemorySegment memory = packet.memory();
        long ip = packet.offset() + l3;
        int available = packet.length() - l3;
        int total;
        if (isIpv6) {
            if (available < Ipv6View.LENGTH) {
                return false;
            }
            l4 = l3 + Ipv6View.LENGTH;
            total = packet.isGso() ? available : Ipv6View.LENGTH + Ipv6View.payloadLength(memory, ip);
            sourceHigh = Ipv6View.srcHigh(memory, ip);
            sourceLow = Ipv6View.srcLow(memory, ip);
            destinationHigh = Ipv6View.dstHigh(memory, ip);
            destinationLow = Ipv6View.dstLow(memory, ip);
            tos = Ipv6View.trafficClass(memory, ip);
            ttl = Ipv6View.hopLimit(memory, ip);
        } else {
            if (available < Ipv4View.MIN_LENGTH) {
                return false;
            }
            int length = Ipv4View.headerLength(memory, ip);
            if (length < Ipv4View.MIN_LENGTH) {
                return false;
            }
            l4 = l3 + length;
            total = packet.isGso() ? available : Ipv4View.totalLength(memory, ip);
            sourceHigh = 0;
            sourceLow = IpAddress.mapped(Ipv4View.src(memory, ip));
            destinationHigh = 0;
            destinationLow = IpAddress.mapped(Ipv4View.dst(memory, ip));
            tos = Ipv4View.tos(memory, ip);
            ttl = Ipv4View.ttl(memory, ip);
        }
        end = l3 + total;
        return total <= available;
    }

    private boolean readUdp(Packet packet, int l3) {
        MemorySegment memory = packet.memory();
        if (end - l4 < UdpView.LENGTH + VxlanView.LENGTH || !isUdpChecksumRight(packet, l3, end - l4)) {
            return false;
        }
        long at = packet.offset() + l4 + UdpView.LENGTH;
        if (protocol == TunnelProtocol.VXLAN) {
            headerLength = UdpView.LENGTH + VxlanView.LENGTH;
            key = VxlanView.vni(memory, at);
            return VxlanView.hasVni(memory, at);
        }
        headerLength = UdpView.LENGTH + GeneveView.LENGTH + GeneveView.optionsLength(memory, at);
        key = GeneveView.vni(memory, at);
        return GeneveView.version(memory, at) == 0
                && GeneveView.protocol(memory, at) == EtherTypes.TRANSPARENT_ETHERNET;
    }

    private boolean readGre(Packet packet) {
        MemorySegment memory = packet.memory();
        long at = packet.offset() + l4;
        if (end - l4 < GreView.MIN_LENGTH) {
            return false;
        }
        int flags = GreView.flags(memory, at);
        headerLength = GreView.length(flags);
        if (!GreView.isKnown(flags)
                || GreView.protocol(memory, at) != EtherTypes.TRANSPARENT_ETHERNET
                || end - l4 < headerLength) {
            return false;
        }
        key = (flags & GreView.KEY) == 0 ? 0 : GreView.key(memory, at);
        if ((flags & GreView.CHECKSUM) == 0) {
            return true;
        }
        // What an offload has still to compute cannot be wrong yet.
        return packet.needsChecksum() || packet.isGso() || Checksums.sum(memory, at, (long) end - l4) == 0xffff;
    }

    /** Writes what the outer headers say beside the packet; says false when its options contradict themselves. */
    private boolean describe(Packet packet, TunnelPort port) {
        MemorySegment memory = packet.memory();
        long at = packet.offset() + l4;
        TunnelMetadata tunnel = packet.tunnel();
        tunnel.setId(Integer.toUnsignedLong(key));
        if (isIpv6) {
            tunnel.setSource6(sourceHigh, sourceLow);
            tunnel.setDestination6(destinationHigh, destinationLow);
        } else {
            tunnel.setAddresses((int) sourceLow, (int) destinationLow);
        }
        tunnel.setTos(tos);
        tunnel.setTtl(ttl);
        if (protocol.isUdp()) {
            tunnel.setPorts(UdpView.src(memory, at), udpPort);
        }
        if (protocol != TunnelProtocol.GENEVE) {
            return true;
        }
        long geneve = at + UdpView.LENGTH;
        tunnel.setFlags((GeneveView.flags(memory, geneve) & GeneveView.CONTROL) != 0 ? OAM : 0);
        int length = GeneveView.optionsLength(memory, geneve);
        return length == 0 || tunnel.readOptions(port.options(), memory, geneve + GeneveView.LENGTH, length);
    }

    /**
     * Verifies the outer UDP checksum, unless it is absent (RFC 7348 section 4.1), was verified, or is to be computed by an offload: a
     * sender of this host has not computed what the virtio-net header announces.
     */
    private boolean isUdpChecksumRight(Packet packet, int l3, int l4Length) {
        MemorySegment memory = packet.memory();
        long udp = packet.offset() + l4;
        int length = UdpView.length(memory, udp);
        if (packet.needsChecksum() || packet.isGso() || packet.checksumValid()) {
            packet.setChecksumValid(false);
            return packet.isGso() || length >= UdpView.LENGTH && length <= l4Length;
        }
        if (length < UdpView.LENGTH || length > l4Length) {
            return false;
        }
        if (UdpView.checksum(memory, udp) == 0) {
            return true; // over IPv6, too: RFC 6935 allows it to tunnels
        }
        long ip = packet.offset() + l3;
        int pseudo = isIpv6
                ? Checksums.ipv6Pseudo(memory, ip, IpProtocols.UDP, length)
                : Checksums.ipv4Pseudo(memory, ip, IpProtocols.UDP, length);
        return Checksums.fold((long) Checksums.sum(memory, udp, length) + pseudo) == 0xffff;
    }

    /** Marks the inner packet as the outer one is marked; says false when it must be dropped instead (RFC 6040 section 4.2). */
    private static boolean passOnCongestion(Packet packet) {
        MemorySegment memory = packet.memory();
        long layers = PacketLayers.parse(memory, packet.offset(), packet.length());
        long ip = packet.offset() + PacketLayers.l3(layers);
        if (PacketLayers.isIpv4(layers)) {
            int tos = Ipv4View.tos(memory, ip);
            if ((tos & ECN_MASK) == 0) {
                return false;
            }
            Ipv4View.setTos(memory, ip, tos | ECN_CONGESTED);
            int checksum = Ipv4View.checksum(memory, ip);
            Ipv4View.setChecksum(memory, ip, Checksums.update16(checksum, tos, tos | ECN_CONGESTED));
        } else if (PacketLayers.isIpv6(layers)) {
            int trafficClass = Ipv6View.trafficClass(memory, ip);
            if ((trafficClass & ECN_MASK) == 0) {
                return false;
            }
            Ipv6View.setTrafficClass(memory, ip, trafficClass | ECN_CONGESTED);
        }
        return true;
    }

    @Override
    public void reclaim(Packet packet) {
        socket.release(packet.slot());
    }

    void close() {
        socket.close();
        letGo();
    }
}
