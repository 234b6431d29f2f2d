package io.heddle.controller.api;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.heddle.proto.v1.ControllerGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code heddle.v1.Controller}, {@code grpc.health.v1.Health} and {@code grpc.reflection.v1.ServerReflection} on any number of
 * Unix sockets and TCP ports.
 *
 * <p>Threading: {@link #close} from any thread. Each message of a call has a virtual thread.
 */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    /** Requests are filters: a few hundred octets. */
    private static final int MAX_REQUEST_OCTETS = 64 << 10;

    private static final int MAX_CALLS_PER_CONNECTION = 64;

    private final List<Server> servers = new ArrayList<>();
    private final List<SocketFile> socketFiles = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();
    private final HealthStatusManager health = new HealthStatusManager();
    private final EventLoopGroup eventLoops;
    private final Executor calls;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ApiServer(EventLoopGroup group) {
        eventLoops = group;
        ThreadFactory threads = Thread.ofVirtual().name("northbound-", 0).factory();
        calls = task -> threads.newThread(task).start();
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code unix:/PATH} or {@code ADDRESS:PORT}; port 0 for any free one
     * @param group for the network; the caller stops it
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static ApiServer start(List<String> listen, ControllerService service, EventLoopGroup group)
            throws IOException {
        List<ListenAddress> parsed = listen.stream().map(ListenAddress::parse).toList();
        ApiServer api = new ApiServer(group);
        try {
            for (ListenAddress address : parsed) {
                api.listen(address, service);
            }
            api.health.setStatus(ControllerGrpc.SERVICE_NAME, ServingStatus.SERVING);
            return api;
        } catch (IOException | RuntimeException e) {
            api.close();
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

    private void listen(ListenAddress address, ControllerService service) throws IOException {
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
                .maxInboundMessageSize(MAX_REQUEST_OCTETS)
                .maxInboundMetadataSize(16 << 10)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .addService(service)
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

    /** Ends every call, closes the sockets and removes their files. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        health.enterTerminalState();
        servers.forEach(Server::shutdown);
        try {
            for (Server server : servers) {
                // Long enough for answers that are on their way.
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
