package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PathMtu;
import io.heddle.datapath.os.RawUdpSocket;
import io.heddle.datapath.os.VxlanDevice;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.EthernetView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import io.heddle.flow.packet.UdpView;
import io.heddle.flow.packet.VxlanView;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One end of VXLAN tunnels: Ethernet frames in UDP over IPv4.
 *
 * <pre>
 *   transmit:  | virtio-net 10 | frame |  --> vxlan device of the kernel, if remote, source and VNI are fixed
 *              | IPv4, by the kernel | UDP 8 | VXLAN 8 | frame |  --> raw socket, otherwise, or where there can be no such device
 * </pre>
 *
 * <p>What goes beside a frame is written beside it; frames are not copied. Through the {@linkplain VxlanDevice device} a TCP super-frame
 * leaves whole, and partial checksums stay partial, until a device of the host needs them otherwise. Behind the raw socket nobody could
 * cut and complete them, so that is done here. All frames of a port take the same way, so that those of a flow have one source port;
 * only while there is no route do they take the raw socket, which says so.
 *
 * <p>The kernel writes the IP header, finds route and neighbour, and fragments where the path needs it ("don't fragment" is not set), as
 * for its own vxlan device; the outer headers equal that device's but for source port and IP id. The UDP checksum is 0 (RFC 7348
 * section 4.1), the source port comes from the inner flow, by {@link VxlanEntropy} or the kernel's hash, ECN is copied from the inner packet as in RFC 6040
 * section 4.1.
 *
 * <p>A TCP super-frame whose segments
 * would not fit the MTU is cut into smaller ones; any other frame that does not fit is dropped and its sender told. The MTU is the
 * configured one, or that of the path to the remote address less 50 octets; it is asked again every second.
 *
 * <p>Inner VLAN tags pass in both directions, as with the kernel and Open vSwitch; RFC 7348 section 6.1 would have them removed by
 * default.
 *
 * <p>Thread safety: as {@link Port}; opened and closed by the control loop, through {@link VxlanEndpoints}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348</a>
 */
public final class VxlanPort implements Port, SoftwareOffload.SegmentSink {
    private static final int HEADERS = UdpView.LENGTH + VxlanView.LENGTH;

    /** Octets of the outer IPv4, UDP and VXLAN headers and of the inner Ethernet header. */
    public static final int OVERHEAD = Ipv4View.MIN_LENGTH + HEADERS + EthernetView.LENGTH;

    private static final int MIN_MTU = 68;
    private static final int DEFAULT_MTU = 1500 - OVERHEAD;
    private static final int MAX_FRAME = 65_535 - Ipv4View.MIN_LENGTH - HEADERS;
    private static final int MAX_MESSAGES = 64;
    private static final long MTU_LIFETIME_NS = 1_000_000_000;
    private static final int MTU_SLOTS = 64;
    private static final int MAX_SOURCES = 16;

    /** In the place of a socket's index. */
    private static final int DEVICE = -1;

    private final int number;
    private final PortSpec.Vxlan spec;
    private final PortContext context;
    private final VxlanEndpoints endpoints;
    private final VxlanEndpoint endpoint;
    private final PortStatistics statistics = new PortStatistics();
    private final MessageBatch messages = new MessageBatch(MAX_MESSAGES, HEADERS);
    private final @Nullable Packet[] inFlight = new @Nullable Packet[MAX_MESSAGES];
    private final PathMtu pathMtu = new PathMtu();

    /** A socket for each source address; index 0 is the configured one, or what routing says. */
    private final @Nullable RawUdpSocket[] sockets = new @Nullable RawUdpSocket[MAX_SOURCES];

    private final int[] sources = new int[MAX_SOURCES];
    private final int[] socketTos = new int[MAX_SOURCES];
    private int socketCount;

    /** Encapsulates in the kernel; null where the flow says where to send to, or the kernel or the permissions do not allow it. */
    private @Nullable VxlanDevice device;

    /** MTU of paths, by remote address; valid until {@code mtuUntil}. */
    private final int[] mtuRemote = new int[MTU_SLOTS];

    private final int[] mtuOf = new int[MTU_SLOTS];
    private final long[] mtuUntil = new long[MTU_SLOTS];

    /** MTU to the configured remote address, for any thread. */
    private volatile int mtu;

    /** There was a route to the remote address that was asked for last. */
    private boolean isReachable;

    // What the messages in the batch have in common, and what the frame that is being sent needs. Poll loop.
    private int batchSocket;
    private int batchTos;
    private int remote;
    private int vni;
    private int sourcePort;
    /** Packets of this call of {@link #transmit} that the kernel took. */
    private int handed;

    /** The messages are segments of one super-frame, of which {@link #segmentsSent} were taken by the kernel. */
    private boolean isSegmenting;

    private int segmentsSent;
    private @Nullable DropReason segmentDrop;

    private VxlanPort(
            int number, PortSpec.Vxlan spec, PortContext context, VxlanEndpoints endpoints, VxlanEndpoint endpoint) {
        this.number = number;
        this.spec = spec;
        this.context = context;
        this.endpoints = endpoints;
        this.endpoint = endpoint;
        mtu = spec.mtu() != 0 ? spec.mtu() : DEFAULT_MTU;
    }

    static VxlanPort open(
            int number, PortSpec.Vxlan spec, PortContext context, VxlanEndpoints endpoints, VxlanEndpoint endpoint)
            throws NativeException {
        VxlanPort port = new VxlanPort(number, spec, context, endpoints, endpoint);
        port.addSocket(RawUdpSocket.open(spec.name(), spec.local()), spec.local());
        if (!spec.remoteFromFlow()) {
            port.mtu = port.askMtu(spec.remote());
        }
        if (!spec.remoteFromFlow() && !spec.localFromFlow() && !spec.keyFromFlow()) {
            port.device = openDevice(spec);
        }
        return port;
    }

    /** Returns null where this cannot be: the raw socket does the same, but for super-frames with more work. */
    private static @Nullable VxlanDevice openDevice(PortSpec.Vxlan spec) {
        try {
            return VxlanDevice.open(
                    spec.name(),
                    new VxlanDevice.Tunnel(
                            spec.key(), spec.local(), spec.remote(), spec.udpPort(), VxlanEntropy.FIRST_PORT));
        } catch (IOException e) {
            return null;
        }
    }

    /** Says whether the kernel encapsulates what this port sends. */
    boolean isOffloaded() {
        return device != null;
    }

    private int addSocket(RawUdpSocket socket, int source) {
        socket.setDontFragment(false);
        sockets[socketCount] = socket;
        sources[socketCount] = source;
        return socketCount++;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public PortSpec.Vxlan spec() {
        return spec;
    }

    @Override
    public int receive(PacketBatch batch) {
        return endpoint.receive(batch);
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        handed = 0;
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            DropReason drop = prepare(packet, nowNs);
            if (drop != null) {
                drop(packet, drop);
            } else if (packet.isGso() && !isCutByKernel(packet)) {
                sendSegments(packet);
            } else {
                add(packet);
            }
        }
        batch.clear();
        flush();
        return handed;
    }

    private void drop(Packet packet, DropReason reason) {
        statistics.countTransmitDrop(reason, 1);
        packet.release();
    }

    /** Finds out where the packet goes; returns why it must be dropped, or null. */
    private @Nullable DropReason prepare(Packet packet, long nowNs) {
        MemorySegment memory = packet.memory();
        long layers = PacketLayers.parse(memory, packet.offset(), packet.length());
        if (layers == 0) {
            return DropReason.MALFORMED;
        }
        int to = spec.remoteFromFlow() ? packet.tunnel().destination() : spec.remote();
        int index = spec.localFromFlow() ? socketFrom(packet.tunnel().source()) : 0;
        if (to == 0 || index < 0) {
            return DropReason.NO_ROUTE;
        }
        int limit = mtuTo(to, nowNs);
        if (!fits(packet, layers, limit)) {
            context.oversize().onOversize(this, packet, limit);
            return DropReason.MTU_EXCEEDED;
        }
        if (device != null && isReachable) {
            gather(DEVICE, 0);
            return null;
        }
        gather(index, outerTos(packet, layers));
        remote = to;
        vni = spec.keyFromFlow() ? (int) packet.tunnel().id() & 0xffffff : spec.key();
        sourcePort = VxlanEntropy.sourcePort(memory, packet.offset(), layers);
        return null;
    }

    /** Sends what is in the batch, unless it leaves by the same way as what comes next. */
    private void gather(int socket, int tos) {
        if (socket != batchSocket || tos != batchTos || messages.size() == MAX_MESSAGES) {
            flush();
        }
        batchSocket = socket;
        batchTos = tos;
    }

    /**
     * Says whether the super-frame leaves whole: through the device, if it is TCP directly over the outermost IP header. What else there
     * is (datagrams, tunnels in the tunnel, labels) not every kernel and device can cut.
     */
    private boolean isCutByKernel(Packet packet) {
        if (batchSocket != DEVICE || packet.length() > MAX_FRAME) {
            return false;
        }
        long layers = PacketLayers.parse(packet.memory(), packet.offset(), packet.length());
        boolean isOfItsType = PacketLayers.isIpv4(layers)
                ? packet.gsoType() == Packet.GSO_TCPV4
                : PacketLayers.isIpv6(layers) && packet.gsoType() == Packet.GSO_TCPV6;
        if (!isOfItsType
                || PacketLayers.protocol(layers) != IpProtocols.TCP
                || PacketLayers.fragment(layers) != 0
                || !PacketLayers.hasL4Header(layers)
                || !packet.needsChecksum()
                || packet.checksumStart() != PacketLayers.l4(layers)
                || packet.checksumOffset() != TcpView.CHECKSUM_OFFSET) {
            return false;
        }
        int headers = packet.checksumStart()
                + TcpView.headerLength(packet.memory(), packet.offset() + packet.checksumStart());
        return packet.length() - headers > packet.gsoSize();
    }

    /** Says whether what leaves fits the MTU; makes the segments of a TCP super-frame smaller where that helps. */
    private static boolean fits(Packet packet, long layers, int limit) {
        // What a second tag adds is not layer 3.
        int l2 = PacketLayers.l3(layers) + (EtherTypes.isVlan(PacketLayers.type(layers)) ? 4 : 0);
        if (!packet.isGso()) {
            return packet.length() - l2 <= limit && packet.length() <= MAX_FRAME;
        }
        int l4 = packet.checksumStart();
        if (packet.gsoType() == Packet.GSO_UDP_L4) {
            return l4 + UdpView.LENGTH + packet.gsoSize() - l2 <= limit;
        }
        if (l4 + TcpView.MIN_LENGTH > packet.length()) {
            return false;
        }
        int headers = l4 + TcpView.headerLength(packet.memory(), packet.offset() + l4);
        int room = limit - (headers - l2);
        if (packet.gsoSize() > room && room > 0) {
            packet.setGso(packet.gsoType(), packet.gsoEcn(), room);
        }
        return room > 0;
    }

    private static int outerTos(Packet packet, long layers) {
        long l3 = packet.offset() + PacketLayers.l3(layers);
        int inner = 0;
        if (PacketLayers.isIpv4(layers)) {
            inner = Ipv4View.tos(packet.memory(), l3);
        } else if (PacketLayers.isIpv6(layers)) {
            inner = Ipv6View.trafficClass(packet.memory(), l3);
        }
        int ecn = inner & 3;
        // RFC 3168 section 9.1.1, full functionality, as the kernel: CE leaves as ECT(0).
        return ecn == 3 ? 2 : ecn;
    }

    /** Returns the index of the socket with that source address, -1 when this host does not have it. */
    private int socketFrom(int source) {
        for (int i = 0; i < socketCount; i++) {
            if (sources[i] == source) {
                return i;
            }
        }
        if (socketCount == MAX_SOURCES) {
            return -1;
        }
        try {
            return addSocket(RawUdpSocket.open(spec.name(), source), source);
        } catch (NativeException e) {
            statistics.countTransmitError();
            return -1;
        }
    }

    /** Cuts a super-frame; it counts as one packet, and is sent if any of its segments is. */
    private void sendSegments(Packet packet) {
        flush();
        isSegmenting = true;
        segmentsSent = 0;
        segmentDrop = null;
        int length = packet.length();
        int result = context.offload().segment(packet, context.pool(), this);
        flush();
        isSegmenting = false;
        packet.release();
        if (segmentsSent > 0) {
            handed++;
            statistics.countSent(1, length);
        }
        if (result <= 0) {
            segmentDrop = result == 0 ? DropReason.MALFORMED : DropReason.NO_BUFFER;
        }
        if (segmentDrop != null) {
            statistics.countTransmitDrop(segmentDrop, 1);
        }
    }

    @Override
    public void accept(Packet segment) {
        append(segment);
        if (messages.size() == MAX_MESSAGES) {
            flush();
        }
    }

    private void add(Packet given) {
        if (batchSocket == DEVICE) {
            addAsIs(given);
            return;
        }
        Packet packet = given;
        if (packet.needsChecksum() && packet.isShared()) {
            Packet own = context.pool().copy(packet);
            if (own == null) {
                drop(packet, DropReason.NO_BUFFER);
                return;
            }
            packet.release();
            packet = own;
        }
        if (context.offload().completeChecksum(packet)) {
            append(packet);
        } else {
            drop(packet, DropReason.MALFORMED);
        }
    }

    private void addAsIs(Packet packet) {
        if (packet.needsChecksum() && packet.checksumStart() + packet.checksumOffset() + 2 > packet.length()) {
            drop(packet, DropReason.MALFORMED);
        } else {
            append(packet);
        }
    }

    private void append(Packet packet) {
        MemorySegment headers = messages.headers();
        long at = messages.headerOffset();
        if (batchSocket == DEVICE) {
            VirtioNetHeader.write(packet, headers, at);
            inFlight[messages.size()] = packet;
            messages.add(VirtioNetHeader.LENGTH, packet.memory(), packet.offset(), packet.length());
            return;
        }
        UdpView.setSrc(headers, at, sourcePort);
        UdpView.setDst(headers, at, spec.udpPort());
        UdpView.setLength(headers, at, HEADERS + packet.length());
        UdpView.setChecksum(headers, at, 0);
        VxlanView.write(headers, at + UdpView.LENGTH, vni);
        inFlight[messages.size()] = packet;
        messages.add(HEADERS, packet.memory(), packet.offset(), packet.length());
        messages.setDestination(remote);
    }

    /** Hands the messages to the kernel, counts and releases their packets. */
    private void flush() {
        int size = messages.size();
        int at = 0;
        while (at < size) {
            int result = send(at);
            DropReason drop = result > 0 ? null : reasonOf(-result);
            // Without room in the socket nothing behind this message would be taken either.
            int count = result > 0 ? result : result == -Errno.EAGAIN ? size - at : 1;
            finish(at, at + count, drop);
            at += count;
        }
        messages.clear();
    }

    private int send(int first) {
        VxlanDevice kernel = device;
        if (batchSocket == DEVICE && kernel != null) {
            return kernel.send(messages, first);
        }
        RawUdpSocket socket = batchSocket < 0 ? null : sockets[batchSocket];
        if (socket == null) {
            return -Errno.ENETDOWN;
        }
        if (socketTos[batchSocket] != batchTos) {
            socketTos[batchSocket] = batchTos;
            socket.setTos(batchTos);
        }
        return socket.send(messages, first);
    }

    private void finish(int from, int to, @Nullable DropReason drop) {
        for (int i = from; i < to; i++) {
            Packet packet = inFlight[i];
            inFlight[i] = null;
            if (packet == null) {
                continue;
            }
            if (isSegmenting) {
                segmentsSent += drop == null ? 1 : 0;
                segmentDrop = drop == null ? segmentDrop : drop;
            } else if (drop == null) {
                handed++;
                statistics.countSent(1, packet.length());
            } else {
                statistics.countTransmitDrop(drop, 1);
            }
            packet.release();
        }
    }

    private DropReason reasonOf(int errno) {
        return switch (errno) {
            case Errno.ENETUNREACH, Errno.EHOSTUNREACH -> DropReason.NO_ROUTE;
            case Errno.ENETDOWN, Errno.ENXIO, Errno.ENODEV -> DropReason.LINK_DOWN;
            case Errno.EMSGSIZE -> DropReason.MTU_EXCEEDED;
            case Errno.EAGAIN, Errno.ENOBUFS -> DropReason.TX_FULL;
            default -> {
                statistics.countTransmitError();
                yield DropReason.TX_ERROR;
            }
        };
    }

    /** Returns the longest inner layer 3 packet for a remote address. */
    private int mtuTo(int address, long nowNs) {
        if (spec.mtu() != 0 && device == null) {
            return spec.mtu();
        }
        int slot = (address * 0x9e3779b1) >>> 26;
        if (mtuRemote[slot] != address || nowNs - mtuUntil[slot] >= 0) {
            mtuRemote[slot] = address;
            mtuOf[slot] = askMtu(address);
            mtuUntil[slot] = nowNs + MTU_LIFETIME_NS;
            if (!spec.remoteFromFlow()) {
                mtu = mtuOf[slot];
            }
        }
        return mtuOf[slot];
    }

    private int askMtu(int address) {
        int path = pathMtu.to(address, spec.local());
        isReachable = path > 0;
        if (spec.mtu() != 0) {
            return spec.mtu();
        }
        return path < 0 ? DEFAULT_MTU : Math.max(MIN_MTU, path - OVERHEAD);
    }

    @Override
    public int pollFd() {
        return endpoint.pollFd(this);
    }

    @Override
    public PortStatistics statistics() {
        return statistics;
    }

    @Override
    public long macAddress() {
        return 0;
    }

    /** Returns the configured MTU, or that of the path to the remote address; 1450 when that comes from the flow. */
    @Override
    public int mtu() {
        return mtu;
    }

    /** Returns {@link PortState#UP}: a tunnel has no link. */
    @Override
    public PortState state() {
        return PortState.UP;
    }

    @Override
    public int capabilities() {
        return CAN_SEGMENT | CAN_CHECKSUM;
    }

    @Override
    public void close() {
        endpoints.close(this, endpoint);
        closeSockets();
    }

    void closeSockets() {
        VxlanDevice kernel = device;
        if (kernel != null) {
            device = null;
            kernel.close();
        }
        for (int i = 0; i < socketCount; i++) {
            RawUdpSocket socket = sockets[i];
            if (socket != null) {
                socket.close();
            }
            sockets[i] = null;
        }
        socketCount = 0;
    }
}
