package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.TunnelMetadata;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.Errno;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PathMtu;
import io.heddle.datapath.os.VxlanDevice;
import io.heddle.flow.match.TunnelOptions;
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
 * One end of tunnels: Ethernet frames in VXLAN, Geneve or GRE over IPv4 or IPv6.
 *
 * <pre>
 *   transmit:  | virtio-net 10 | frame |  --> vxlan device of the kernel, if the port is VXLAN and remote, source and VNI are fixed
 *              | IP, by the kernel | {@link TunnelHeaders} | frame |  --> raw socket, otherwise, or where there can be no such device
 * </pre>
 *
 * <p>What goes beside a frame is written beside it; frames are not copied. Through the {@linkplain VxlanDevice device} a TCP super-frame
 * leaves whole, and partial checksums stay partial, until a device of the host needs them otherwise. Behind the raw socket nobody could
 * cut and complete them, so that is done here. All frames of a port take the same way, so that those of a flow have one source port;
 * only while there is no route do they take the raw socket, which says so.
 *
 * <p>The kernel writes the IP header, finds route and neighbour, and fragments where the path needs it (unless "don't fragment" is
 * configured), as for its own tunnel devices; the outer headers equal those of its vxlan device but for source port and IP id. The UDP
 * checksum over IPv4 is 0 unless it is configured (RFC 7348 section 4.1, RFC 8926 section 3.3), over IPv6 it is there. The source port
 * comes from the inner flow, by {@link TunnelEntropy} or the kernel's hash, ECN is copied from the inner packet as in RFC 6040 section 4.1.
 *
 * <p>A TCP super-frame whose segments
 * would not fit the MTU is cut into smaller ones; any other frame that does not fit is dropped and its sender told. The MTU is the
 * configured one, or that of the path to the remote address less all headers; it is asked again every second.
 *
 * <p>Inner VLAN tags pass in both directions, as with the kernel and Open vSwitch; RFC 7348 section 6.1 would have them removed by
 * default.
 *
 * <p>Thread safety: as {@link Port}; opened and closed by the control loop, through {@link TunnelEndpoints}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348</a>, <a href="https://www.rfc-editor.org/rfc/rfc8926">RFC 8926</a>,
 *     <a href="https://www.rfc-editor.org/rfc/rfc2890">RFC 2890</a>
 */
public final class TunnelPort implements Port, SoftwareOffload.SegmentSink {
    private static final int MIN_MTU = 68;
    private static final int DEFAULT_PATH = 1500;
    private static final int MAX_MESSAGES = 64;
    private static final int MAX_PACKET = 65_535;
    private static final int MAX_FRAME_OF_DEVICE = MAX_PACKET - Ipv6View.LENGTH - UdpView.LENGTH - VxlanView.LENGTH;

    /** In the place of a socket's index. */
    private static final int DEVICE = -1;

    private final int number;
    private final PortSpec.Tunnel spec;
    private final PortContext context;
    private final TunnelEndpoints endpoints;
    private final TunnelEndpoint endpoint;
    private final PortStatistics statistics = new PortStatistics();
    private final MessageBatch messages = new MessageBatch(MAX_MESSAGES, TunnelHeaders.MAX_LENGTH);
    private final @Nullable Packet[] inFlight = new @Nullable Packet[MAX_MESSAGES];
    private final TunnelHeaders headers;
    private final TunnelPaths paths;
    private final TunnelSockets sockets;

    /** Encapsulates in the kernel; null where the flow says where to send to, or the kernel or the permissions do not allow it. */
    private @Nullable VxlanDevice device;

    /** The bridge's TLV table; written by the control loop. */
    private volatile TunnelOptions options = TunnelOptions.NONE;

    /** MTU to the configured remote address, for any thread. */
    private volatile int mtu;

    // What the messages in the batch have in common, and what the frame that is being sent needs. Poll loop.
    private int batchSocket;
    private int batchTos;
    private int batchTtl;
    private long remoteHigh;
    private long remoteLow;
    private int sourcePort;
    private TunnelMetadata metadata = new TunnelMetadata();
    private TunnelOptions mapping = TunnelOptions.NONE;
    /** Packets of this call of {@link #transmit} that the kernel took. */
    private int handed;

    /** The messages are segments of one super-frame, of which {@link #segmentsSent} were taken by the kernel. */
    private boolean isSegmenting;

    private int segmentsSent;
    private @Nullable DropReason segmentDrop;

    private TunnelPort(
            int number, PortSpec.Tunnel spec, PortContext context, TunnelEndpoints endpoints, TunnelEndpoint endpoint) {
        this.number = number;
        this.spec = spec;
        this.context = context;
        this.endpoints = endpoints;
        this.endpoint = endpoint;
        headers = new TunnelHeaders(spec);
        paths = new TunnelPaths(spec.local().address());
        sockets = new TunnelSockets(spec);
        mtu = innerMtu(-1, false, headers.length(metadata, options));
    }

    static TunnelPort open(
            int number, PortSpec.Tunnel spec, PortContext context, TunnelEndpoints endpoints, TunnelEndpoint endpoint)
            throws NativeException {
        TunnelPort port = new TunnelPort(number, spec, context, endpoints, endpoint);
        try {
            port.open();
            return port;
        } catch (NativeException e) {
            port.closeSockets();
            throw e;
        }
    }

    private void open() throws NativeException {
        boolean isEither = spec.mayUse(false) && spec.mayUse(true);
        if (spec.mayUse(false)) {
            sockets.open(false, spec.local().address());
        }
        if (spec.mayUse(true)) {
            try {
                sockets.open(true, spec.local().address());
            } catch (NativeException e) {
                if (!isEither) {
                    throw e;
                }
                // A host without IPv6: there is nothing to send to.
            }
        }
        if (spec.remote().isFromFlow()) {
            return;
        }
        IpAddress remote = spec.remote().address();
        int path = new PathMtu().to(spec.local().address(), remote.high(), remote.low());
        mtu = innerMtu(path, remote.isIpv6(), headers.length(metadata, options));
        if (spec.protocol() == TunnelProtocol.VXLAN
                && !spec.local().isFromFlow()
                && !spec.key().isFromFlow()) {
            device = openDevice();
        }
    }

    /** Returns null where this cannot be: the raw socket does the same, but for super-frames with more work. */
    private @Nullable VxlanDevice openDevice() {
        TunnelOuter outer = spec.outer();
        try {
            return VxlanDevice.open(
                    spec.name(),
                    new VxlanDevice.Tunnel(
                            spec.key().value(),
                            spec.local().address(),
                            spec.remote().address(),
                            spec.udpPort(),
                            TunnelEntropy.FIRST_PORT,
                            new VxlanDevice.Outer(
                                    outer.checksum(),
                                    outer.tos(),
                                    outer.isTosInherited(),
                                    outer.ttl(),
                                    outer.isTtlInherited(),
                                    outer.dontFragment())));
        } catch (IOException e) {
            return null;
        }
    }

    /** Sets which {@code tun_metadata} fields Geneve options are. Control loop. */
    public void setOptions(TunnelOptions table) {
        options = table;
    }

    TunnelOptions options() {
        return options;
    }

    /** Says whether the kernel encapsulates what this port sends. */
    boolean isOffloaded() {
        return device != null;
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
    public PortSpec.Tunnel spec() {
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
        TunnelMetadata tunnel = packet.tunnel();
        long toHigh = spec.remote().address().high();
        long toLow = spec.remote().address().low();
        if (spec.remote().isFromFlow()) {
            toHigh = tunnel.destination() != 0 ? 0 : tunnel.destination6High();
            toLow = tunnel.destination() != 0 ? IpAddress.mapped(tunnel.destination()) : tunnel.destination6Low();
        }
        boolean isIpv6 = !IpAddress.isIpv4(toHigh, toLow);
        if (toHigh == 0 && toLow == 0) {
            return DropReason.NO_ROUTE;
        }
        TunnelOptions table = options;
        int headerLength = headers.length(tunnel, table);
        boolean needsSource = !isIpv6 && spec.protocol().isUdp() && headers.hasOwnChecksum(false);
        if (spec.mtu() == 0 || device != null || needsSource) {
            paths.look(toHigh, toLow, nowNs);
        }
        int socket = socketFor(tunnel, isIpv6, needsSource);
        if (socket < 0) {
            return DropReason.NO_ROUTE;
        }
        int limit = innerMtu(paths.mtu(), isIpv6, headerLength);
        if (!spec.remote().isFromFlow() && mtu != limit) {
            mtu = limit;
        }
        if (!fits(packet, layers, limit, headerLength)) {
            context.oversize().onOversize(this, packet, limit);
            return DropReason.MTU_EXCEEDED;
        }
        if (device != null && paths.mtu() > 0) {
            gather(DEVICE, 0, 0);
            return null;
        }
        gather(socket, outerTos(packet, layers), outerTtl(packet, layers));
        remoteHigh = toHigh;
        remoteLow = toLow;
        sourcePort = TunnelEntropy.sourcePort(memory, packet.offset(), layers);
        metadata = tunnel;
        mapping = table;
        return null;
    }

    /** Returns the longest inner layer 3 packet of a path, -1 for one that is not known. */
    private int innerMtu(int path, boolean isIpv6, int headerLength) {
        if (spec.mtu() != 0) {
            return spec.mtu();
        }
        int overhead = (isIpv6 ? Ipv6View.LENGTH : Ipv4View.MIN_LENGTH) + headerLength + EthernetView.LENGTH;
        return path < 0 ? DEFAULT_PATH - overhead : Math.max(MIN_MTU, path - overhead);
    }

    /** Returns the index of the socket to send from, -1 when this host does not have the source address. */
    private int socketFor(TunnelMetadata tunnel, boolean isIpv6, boolean needsSource) {
        long high = spec.local().address().high();
        long low = spec.local().address().low();
        if (spec.local().isFromFlow()) {
            high = isIpv6 ? tunnel.source6High() : 0;
            low = isIpv6 ? tunnel.source6Low() : tunnel.source() == 0 ? 0 : IpAddress.mapped(tunnel.source());
        }
        if (high == 0 && low == 0 && needsSource && paths.source() != 0) {
            low = IpAddress.mapped(paths.source()); // the checksum is over the source address, too
        } else if ((high != 0 || low != 0) && IpAddress.isIpv4(high, low) == isIpv6) {
            return -1;
        }
        int socket = sockets.from(isIpv6, high, low);
        if (socket < 0) {
            statistics.countTransmitError();
        }
        return socket;
    }

    /** Sends what is in the batch, unless it leaves by the same way as what comes next. */
    private void gather(int socket, int tos, int ttl) {
        if (socket != batchSocket || tos != batchTos || ttl != batchTtl || messages.size() == MAX_MESSAGES) {
            flush();
        }
        batchSocket = socket;
        batchTos = tos;
        batchTtl = ttl;
    }

    /**
     * Says whether the super-frame leaves whole: through the device, if it is TCP directly over the outermost IP header. What else there
     * is (datagrams, tunnels in the tunnel, labels) not every kernel and device can cut.
     */
    private boolean isCutByKernel(Packet packet) {
        if (batchSocket != DEVICE || packet.length() > MAX_FRAME_OF_DEVICE) {
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
    private static boolean fits(Packet packet, long layers, int limit, int headerLength) {
        // What a second tag adds is not layer 3.
        int l2 = PacketLayers.l3(layers) + (EtherTypes.isVlan(PacketLayers.type(layers)) ? 4 : 0);
        if (!packet.isGso()) {
            return packet.length() - l2 <= limit && packet.length() <= MAX_PACKET - Ipv4View.MIN_LENGTH - headerLength;
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

    private int outerTos(Packet packet, long layers) {
        long l3 = packet.offset() + PacketLayers.l3(layers);
        int inner = 0;
        if (PacketLayers.isIpv4(layers)) {
            inner = Ipv4View.tos(packet.memory(), l3);
        } else if (PacketLayers.isIpv6(layers)) {
            inner = Ipv6View.trafficClass(packet.memory(), l3);
        }
        int ecn = inner & 3;
        int dscp = spec.outer().isTosInherited() ? inner & ~3 : spec.outer().tos();
        // RFC 3168 section 9.1.1, full functionality, as the kernel: CE leaves as ECT(0).
        return dscp | (ecn == 3 ? 2 : ecn);
    }

    /** Returns the TTL to send with, 0 for what the route says. */
    private int outerTtl(Packet packet, long layers) {
        if (!spec.outer().isTtlInherited()) {
            return spec.outer().ttl();
        }
        long l3 = packet.offset() + PacketLayers.l3(layers);
        if (PacketLayers.isIpv4(layers)) {
            return Ipv4View.ttl(packet.memory(), l3);
        }
        return PacketLayers.isIpv6(layers) ? Ipv6View.hopLimit(packet.memory(), l3) : 0;
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
        MemorySegment room = messages.headers();
        long at = messages.headerOffset();
        inFlight[messages.size()] = packet;
        if (batchSocket == DEVICE) {
            VirtioNetHeader.write(packet, room, at);
            messages.add(VirtioNetHeader.LENGTH, packet.memory(), packet.offset(), packet.length());
            return;
        }
        int length = headers.write(room, at, sourcePort, metadata, mapping, packet.length());
        if (headers.hasOwnChecksum(sockets.isIpv6(batchSocket))) {
            headers.writeChecksum(
                    room,
                    at,
                    length,
                    packet.memory(),
                    packet.offset(),
                    packet.length(),
                    sockets.ipv4Source(batchSocket),
                    (int) remoteLow);
        }
        messages.add(length, packet.memory(), packet.offset(), packet.length());
        messages.setDestination(remoteHigh, remoteLow);
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
        return sockets.send(batchSocket, batchTos, batchTtl, messages, first);
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

    /** Returns the configured MTU, or that of the path to the remote address; of a path of 1500 octets when that comes from the flow. */
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
        sockets.close();
    }
}
