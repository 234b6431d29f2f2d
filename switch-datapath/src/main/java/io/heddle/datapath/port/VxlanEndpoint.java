package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.buffer.TunnelMetadata;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PacketSocket;
import io.heddle.datapath.os.SocketFilter;
import io.heddle.datapath.os.UdpPortHold;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.UdpView;
import io.heddle.flow.packet.VxlanView;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives what comes to one (local address, UDP port) of this host, for all {@link VxlanPort}s there.
 *
 * <pre>
 *   every device -- ETH_P_IP, reassembled --> filter: for this host, UDP, our port --> ring
 *
 *   slot:  | Ethernet | IPv4 | UDP | VXLAN | inner frame ...     outer headers are pulled, the inner frame stays where it is
 * </pre>
 *
 * <p>A packet socket and not the UDP socket, because the kernel hands UDP sockets what its tunnels' offloads have made without
 * saying so: super-datagrams, and inner frames with partial checksums. The packet socket's virtio-net header says it, with the
 * checksum's start at the inner L4 header: pulled, it describes the inner frame. The UDP socket is held ({@link UdpPortHold}) so that
 * the host does not answer "port unreachable".
 *
 * <p>The socket takes frames where the IP stack does (ETH_P_IP): those of devices in a bridge, or in a switch, are not seen.
 *
 * <p>Thread safety: {@link #receive} and the ring belong to the poll loop of the ports; ports are added and removed by the control
 * loop, which publishes an immutable array.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348 sections 4 and 5</a>
 */
final class VxlanEndpoint implements PacketOwner {
    private static final int ETH_P_IP = 0x0800;
    private static final int RING_MEBIBYTES = 32;
    private static final int RESERVE = 128;

    /** {@code SKF_AD_OFF + SKF_AD_PKTTYPE}: PACKET_HOST is 0. */
    private static final int PACKET_TYPE = -0x1000 + 4;

    private static final int LOST_INTERVAL = 0xfff;
    private static final int ECN_MASK = 3;
    private static final int ECN_CONGESTED = 3;

    private final int local;
    private final int udpPort;

    /** Tells poll loops apart. */
    private final PacketPool pool;

    private final UdpPortHold hold;
    private final PacketSocket socket;
    private final Packet[] packets;

    /** Calls of {@link #receive}; the kernel is asked for lost frames now and then. */
    private int receives;

    /** Written by the control loop, read by the poll loop. */
    private volatile VxlanPort[] ports = {};

    VxlanEndpoint(PortSpec.Vxlan spec, PacketPool pool) throws NativeException {
        String subject = spec.name();
        local = spec.local();
        udpPort = spec.udpPort();
        this.pool = pool;
        hold = new UdpPortHold(subject, local, udpPort);
        try {
            socket = PacketSocket.open(
                    subject,
                    0,
                    new PacketSocket.Options(ETH_P_IP, RING_MEBIBYTES, RESERVE, false, true, filter(local, udpPort)));
        } catch (NativeException e) {
            hold.close();
            throw e;
        }
        packets = new Packet[socket.slots()];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet(this, i);
        }
    }

    /** Fragments have been reassembled before the filter runs. */
    private static SocketFilter filter(int local, int udpPort) {
        SocketFilter filter = new SocketFilter()
                .load(4, PACKET_TYPE)
                .jumpIfEqual(0, 1, 0)
                .refuse()
                .load(1, SocketFilter.NETWORK + 9)
                .jumpIfEqual(IpProtocols.UDP, 1, 0)
                .refuse();
        if (local != 0) {
            filter.load(4, SocketFilter.NETWORK + 16).jumpIfEqual(local, 1, 0).refuse();
        }
        return filter.indexIpv4Header(SocketFilter.NETWORK)
                .loadIndexed(2, SocketFilter.NETWORK + 2)
                .jumpIfEqual(udpPort, 1, 0)
                .refuse()
                .accept();
    }

    /** Says whether ports with that local address and UDP port, of the poll loop with that pool, receive here. */
    boolean isAt(int address, int port, PacketPool ofLoop) {
        return udpPort == port && (local == address || local == 0) && pool.equals(ofLoop);
    }

    /** Returns false when another port would get the same packets. Control loop. */
    boolean add(VxlanPort port) {
        VxlanPort[] old = ports;
        for (VxlanPort other : old) {
            if (other.spec().remote() == port.spec().remote()
                    && other.spec().keyFromFlow() == port.spec().keyFromFlow()
                    && other.spec().key() == port.spec().key()
                    && other.spec().local() == port.spec().local()) {
                return false;
            }
        }
        VxlanPort[] added = Arrays.copyOf(old, old.length + 1);
        added[old.length] = port;
        // Most specific first (as Open vSwitch): both given, then the remote, then the key, then neither.
        Arrays.sort(added, (a, b) -> Integer.compare(generality(a.spec()), generality(b.spec())));
        ports = added;
        return true;
    }

    private static int generality(PortSpec.Vxlan spec) {
        return (spec.remoteFromFlow() ? 4 : 0) + (spec.keyFromFlow() ? 2 : 0) + (spec.local() == 0 ? 1 : 0);
    }

    boolean isUnused() {
        return ports.length == 0;
    }

    /** Returns whether ports are left. Control loop. */
    boolean remove(VxlanPort port) {
        List<VxlanPort> rest = new ArrayList<>(List.of(ports));
        rest.remove(port);
        ports = rest.toArray(VxlanPort[]::new);
        return ports.length > 0;
    }

    /** Returns the descriptor to the first port only: it can be watched once. */
    int pollFd(VxlanPort port) {
        VxlanPort[] current = ports;
        return current.length > 0 && current[0].equals(port) ? socket.fd() : -1;
    }

    /** Adds packets of all ports of this endpoint to the batch; each port's receive comes here. Poll loop. */
    int receive(PacketBatch batch) {
        VxlanPort[] current = ports;
        if (current.length == 0) {
            return 0;
        }
        if ((++receives & LOST_INTERVAL) == 0) {
            current[0].statistics().countReceiveDrop(DropReason.RX_OVERRUN, socket.lostFrames());
        }
        int count = 0;
        while (!batch.isFull()) {
            int slot = socket.next();
            if (slot < 0) {
                break;
            }
            DropReason drop = receive(slot, current, batch);
            if (drop == null) {
                count++;
            } else {
                current[0].statistics().countReceiveDrop(drop, 1);
            }
        }
        return count;
    }

    /** Returns why the packet was dropped and its slot released, null if it is in the batch. */
    private @Nullable DropReason receive(int slot, VxlanPort[] current, PacketBatch batch) {
        if (socket.isTruncated(slot)) {
            socket.release(slot);
            return DropReason.RX_TRUNCATED;
        }
        int l3 = socket.networkOffset(slot);
        long frame = socket.frameOffset(slot);
        Packet packet = packets[slot];
        packet.open(socket.ring(), socket.roomStart(slot), socket.roomEnd(slot), frame, socket.frameLength(slot));
        // Past this point the packet's release gives the slot back.
        if (!VirtioNetHeader.read(socket.ring(), frame - PacketSocket.VNET_HEADER, packet)) {
            packet.release();
            return DropReason.MALFORMED;
        }
        DropReason drop = decapsulate(packet, l3, current);
        if (drop != null) {
            packet.release();
            return drop;
        }
        batch.add(packet);
        return null;
    }

    private @Nullable DropReason decapsulate(Packet packet, int l3, VxlanPort[] current) {
        MemorySegment memory = packet.memory();
        long ip = packet.offset() + l3;
        int available = packet.length() - l3;
        // A super-datagram's lengths may say 0 or less than there is: the virtio-net header counts then.
        if (available < Ipv4View.MIN_LENGTH) {
            return DropReason.MALFORMED;
        }
        int headerLength = Ipv4View.headerLength(memory, ip);
        int totalLength = packet.isGso() ? available : Ipv4View.totalLength(memory, ip);
        int outer = headerLength + UdpView.LENGTH + VxlanView.LENGTH;
        if (headerLength < Ipv4View.MIN_LENGTH
                || totalLength > available
                || totalLength < outer + EthernetView.LENGTH
                || packet.isGso() && packet.checksumStart() < l3 + outer) {
            return DropReason.MALFORMED;
        }
        int l4 = l3 + headerLength;
        if (!isOuterChecksumRight(packet, l3, l4, totalLength - headerLength)) {
            return DropReason.MALFORMED;
        }
        long udp = packet.offset() + l4;
        long vxlan = udp + UdpView.LENGTH;
        if (!VxlanView.hasVni(memory, vxlan)) {
            return DropReason.MALFORMED;
        }
        int vni = VxlanView.vni(memory, vxlan);
        int source = Ipv4View.src(memory, ip);
        int destination = Ipv4View.dst(memory, ip);
        VxlanPort port = find(current, source, destination, vni);
        if (port == null) {
            return DropReason.TUNNEL_UNKNOWN;
        }
        int tos = Ipv4View.tos(memory, ip);
        TunnelMetadata tunnel = packet.tunnel();
        tunnel.setId(vni);
        tunnel.setAddresses(source, destination);
        tunnel.setTos(tos);
        tunnel.setTtl(Ipv4View.ttl(memory, ip));
        tunnel.setPorts(UdpView.src(memory, udp), udpPort);
        packet.truncate(l3 + totalLength); // Ethernet padding of the outer frame
        packet.pull(l3 + outer);
        packet.setInPort(port.number());
        if ((tos & ECN_MASK) == ECN_CONGESTED && !passOnCongestion(packet)) {
            return DropReason.TUNNEL_ECN;
        }
        port.statistics().countReceived(1, packet.length());
        return null;
    }

    /**
     * Verifies the outer UDP checksum, unless it is absent (RFC 7348 section 4.1), was verified, or is to be computed by an offload: a
     * sender of this host has not computed what the virtio-net header announces.
     */
    private static boolean isOuterChecksumRight(Packet packet, int l3, int l4, int l4Length) {
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
            return true;
        }
        long sum = (long) Checksums.sum(memory, udp, length)
                + Checksums.ipv4Pseudo(memory, packet.offset() + l3, IpProtocols.UDP, length);
        return Checksums.fold(sum) == 0xffff;
    }

    private static @Nullable VxlanPort find(VxlanPort[] current, int source, int destination, int vni) {
        for (VxlanPort port : current) {
            PortSpec.Vxlan spec = port.spec();
            if ((spec.remoteFromFlow() || spec.remote() == source)
                    && (spec.keyFromFlow() || spec.key() == vni)
                    && (spec.local() == 0 || spec.local() == destination)) {
                return port;
            }
        }
        return null;
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
        hold.close();
    }
}
