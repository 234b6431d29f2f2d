package io.heddle.datapath.agent.grpc;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.proto.v1.SwitchGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server of a switch: {@code heddle.v1.Switch}, health and reflection on any number of Unix and TCP sockets.
 *
 * <p>Bounds: a message that a client sends has at most {@link Limits#messageOctets}; a connection has at most {@link
 * Limits#callsPerConnection} calls at a time; what waits for a slow client is bounded per call. So memory does not grow with what clients
 * do or leave undone.
 *
 * <p>Threading: one event loop thread; calls on virtual threads; {@link #close} from any thread.
 */
public final class GrpcAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcAgent.class);

    /** Would write a stack trace for each message that is too large. Kept here, or the level is forgotten with the logger. */
    private static final java.util.logging.Logger STREAM_LOG =
            java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerStream");

    static {
        STREAM_LOG.setLevel(Level.SEVERE);
    }

    /**
     * What a client may ask for.
     *
     * @param messageOctets largest message that is read; a larger one ends its call with RESOURCE_EXHAUSTED
     * @param callsPerConnection at a time
     * @param packetQueue packets that may wait for one channel and bridge
     * @param changeQueue other events that may wait for one channel or subscription and bridge
     */
    public record Limits(int messageOctets, int callsPerConnection, int packetQueue, int changeQueue) {
        /** 4 MiB, 256 calls, 1024 packets, 65536 changes. */
        public static final Limits DEFAULT = new Limits(4 << 20, 256, 1024, 65536);
    }

    private final List<Server> servers = new ArrayList<>();
    private final List<SocketFile> socketFiles = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();
    private final EventLoopGroup eventLoops;
    /** A virtual thread for each message of a call: nothing to shut down, and late events of closed sockets are heard. */
    private final Executor calls;

    private final HealthStatusManager health = new HealthStatusManager();

    private GrpcAgent() {
        eventLoops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("grpc-io", true), EpollIoHandler.newFactory());
        ThreadFactory threads = Thread.ofVirtual().name("grpc-call-", 0).factory();
        calls = task -> threads.newThread(task).start();
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code unix:/PATH} or {@code ADDRESS:PORT}; port 0 for any free one
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static GrpcAgent start(SwitchControl control, List<String> listen, Limits limits) throws IOException {
        List<ListenAddress> parsed = listen.stream().map(ListenAddress::parse).toList();
        GrpcAgent agent = new GrpcAgent();
        try {
            SwitchService service = new SwitchService(control, limits, agent.calls);
            for (ListenAddress address : parsed) {
                agent.listen(address, service, limits);
            }
            agent.health.setStatus(SwitchGrpc.SERVICE_NAME, ServingStatus.SERVING);
            return agent;
        } catch (IOException | RuntimeException e) {
            agent.close();
            throw e;
        }
    }

    /** Where it listens, in the form of the configuration, with the port numbers that were chosen. */
    public List<String> addresses() {
        return List.copyOf(addresses);
    }

    private void listen(ListenAddress address, SwitchService service, Limits limits) throws IOException {
        NettyServerBuilder builder = switch (address) {
            case ListenAddress.Unix unix -> {
                socketFiles.add(SocketFile.prepare(unix.path()));
                yield NettyServerBuilder.forAddress(
                                new DomainSocketAddress(unix.path().toFile()))
                        .channelType(EpollServerDomainSocketChannel.class);
            }
            case ListenAddress.Tcp tcp ->
                NettyServerBuilder.forAddress(tcp.address()).channelType(EpollServerSocketChannel.class);
        };
        Server server = builder.bossEventLoopGroup(eventLoops)
                .workerEventLoopGroup(eventLoops)
                .executor(calls)
                .maxInboundMessageSize(limits.messageOctets())
                .maxInboundMetadataSize(16 << 10)
                .maxConcurrentCallsPerConnection(limits.callsPerConnection())
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                // A peer that vanished without a word holds its mastership no longer than this.
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .addService(ServerInterceptors.intercept(service, new PeerInterceptor(address.toString())))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
        try {
            servers.add(server.start());
        } catch (IOException e) {
            throw new IOException("cannot listen on %s: %s".formatted(address, rootMessage(e)), e);
        }
        if (address instanceof ListenAddress.Tcp tcp) {
            addresses.add(new ListenAddress.Tcp(
                            new java.net.InetSocketAddress(tcp.address().getAddress(), server.getPort()))
                    .toString());
        } else {
            socketFiles.getLast().bound();
            addresses.add(address.toString());
        }
        LOG.info("gRPC on {}", addresses.getLast());
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Ends every call, closes the sockets and removes their files. */
    @Override
    public void close() {
        health.enterTerminalState();
        servers.forEach(Server::shutdown);
        try {
            for (Server server : servers) {
                // Long enough for answers that are on their way; channels and subscriptions never end by themselves.
                if (!server.awaitTermination(200, TimeUnit.MILLISECONDS)) {
                    server.shutdownNow();
                    server.awaitTermination(2, TimeUnit.SECONDS);
                }
            }
        } catch (InterruptedException e) {
            servers.forEach(Server::shutdownNow);
            Thread.currentThread().interrupt();
        }
        socketFiles.forEach(SocketFile::remove);
        var _ = eventLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }
}
