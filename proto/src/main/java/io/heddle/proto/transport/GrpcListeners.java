package io.heddle.proto.transport;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gRPC service, {@code grpc.health.v1.Health} and {@code grpc.reflection.v1.ServerReflection} on any number of Unix sockets and TCP
 * ports.
 *
 * <p>A connection whose peer vanished without a word is ended within {@value #SILENCE_SECONDS} seconds.
 *
 * <p>Threading: {@link #close} from any thread, the rest from the one that starts it.
 */
public final class GrpcListeners implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcListeners.class);

    /** Would write a stack trace for each message that is too large. Kept here, or the level is forgotten with the logger. */
    private static final java.util.logging.Logger STREAM_LOG =
            java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerStream");

    static {
        STREAM_LOG.setLevel(Level.SEVERE);
    }

    private static final int MAX_METADATA_OCTETS = 16 << 10;
    private static final int KEEP_ALIVE_SECONDS = 10;
    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

    /** Longest time that a peer which is gone keeps its connection. */
    public static final int SILENCE_SECONDS = KEEP_ALIVE_SECONDS + KEEP_ALIVE_TIMEOUT_SECONDS;

    private final List<Server> servers = new ArrayList<>();
    private final List<SocketFile> socketFiles = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();
    private final HealthStatusManager health = new HealthStatusManager();
    private final BindableService service;
    private final Settings settings;

    /**
     * It would print a stack trace for each connection that brings something else than gRPC. Held here, for the logging of the JDK forgets
     * loggers that nobody holds.
     */
    private static final java.util.logging.Logger CONNECTIONS =
            java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerTransport");

    static {
        CONNECTIONS.setLevel(Level.OFF);
    }

    /**
     * How to serve.
     *
     * @param group for the network; the caller stops it
     * @param calls runs each message of a call
     * @param messageOctets largest message that is read; a larger one ends its call with RESOURCE_EXHAUSTED
     * @param callsPerConnection at a time
     */
    public record Settings(EventLoopGroup group, Executor calls, int messageOctets, int callsPerConnection) {}

    private GrpcListeners(BindableService service, Settings settings) {
        this.service = service;
        this.settings = settings;
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code unix:/PATH} or {@code ADDRESS:PORT}; port 0 for any free one
     * @param name of the service, for health checks
     * @param interceptors of the service's calls that come to an address
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static GrpcListeners start(
            List<String> listen,
            String name,
            BindableService service,
            Function<ListenAddress, List<ServerInterceptor>> interceptors,
            Settings settings)
            throws IOException {
        List<ListenAddress> parsed = listen.stream().map(ListenAddress::parse).toList();
        GrpcListeners listeners = new GrpcListeners(service, settings);
        try {
            for (ListenAddress address : parsed) {
                listeners.listen(address, interceptors.apply(address));
            }
            listeners.health.setStatus(name, ServingStatus.SERVING);
            return listeners;
        } catch (IOException | RuntimeException e) {
            listeners.close();
            throw e;
        }
    }

    /** Port numbers of the TCP addresses, in order: what a 0 in the configuration became. */
    public List<Integer> ports() {
        return servers.stream().map(Server::getPort).filter(port -> port > 0).toList();
    }

    /** Where it listens, in the form of the configuration, with the port numbers that were chosen. */
    public List<String> addresses() {
        return List.copyOf(addresses);
    }

    private void listen(ListenAddress address, List<ServerInterceptor> interceptors) throws IOException {
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
        Server server = builder.bossEventLoopGroup(settings.group())
                .workerEventLoopGroup(settings.group())
                .executor(settings.calls())
                .maxInboundMessageSize(settings.messageOctets())
                .maxInboundMetadataSize(MAX_METADATA_OCTETS)
                .maxConcurrentCallsPerConnection(settings.callsPerConnection())
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .addService(MalformedRequests.refused(ServerInterceptors.intercept(service, interceptors)))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
        try {
            servers.add(server.start());
        } catch (IOException e) {
            throw new IOException("cannot listen on %s: %s".formatted(address, rootMessage(e)), e);
        }
        switch (address) {
            case ListenAddress.Tcp tcp ->
                addresses.add(new ListenAddress.Tcp(
                                new InetSocketAddress(tcp.address().getAddress(), server.getPort()))
                        .toString());
            case ListenAddress.Unix unix -> {
                socketFiles.getLast().bound();
                addresses.add(unix.toString());
            }
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

    /** Ends every call, closes the sockets and removes their files. Closing again does nothing. */
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
    }
}
