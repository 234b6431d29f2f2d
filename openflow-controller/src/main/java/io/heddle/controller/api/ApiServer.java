package io.heddle.controller.api;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Listens for the controller's northbound service, health and reflection.
 *
 * <p>Thread safety: one thread starts and stops.
 */
public final class ApiServer implements AutoCloseable {
    private static final String UNIX = "unix:";

    private final List<Server> servers = new ArrayList<>();
    private final List<Path> sockets = new ArrayList<>();

    /**
     * Begins to listen.
     *
     * @param listen {@code unix:/path} or {@code host:port}
     * @throws IOException when one address cannot be used; the message names it, and nothing listens
     */
    public static ApiServer start(List<String> listen, ControllerService service, EventLoopGroup group)
            throws IOException {
        ApiServer api = new ApiServer();
        for (String address : listen) {
            try {
                api.listen(address, service, group);
            } catch (IOException | IllegalArgumentException e) {
                api.close();
                Throwable cause = e.getCause() == null ? e : e.getCause();
                throw new IOException("cannot listen on " + address + ": " + cause.getMessage(), e);
            }
        }
        return api;
    }

    private void listen(String address, ControllerService service, EventLoopGroup group) throws IOException {
        NettyServerBuilder builder;
        if (address.startsWith(UNIX)) {
            Path path = Path.of(address.substring(UNIX.length()));
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            // Left behind by a process that was killed. Two controllers on one socket are a mistake that mastership
            // settles.
            Files.deleteIfExists(path);
            sockets.add(path);
            builder = NettyServerBuilder.forAddress(new DomainSocketAddress(path.toString()))
                    .channelType(EpollServerDomainSocketChannel.class);
        } else {
            int colon = address.lastIndexOf(':');
            String host = address.substring(0, colon).replaceAll("^\\[|]$", "");
            builder = NettyServerBuilder.forAddress(
                            new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1))))
                    .channelType(EpollServerSocketChannel.class);
        }
        servers.add(builder.bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .addService(service)
                .addService(new HealthStatusManager().getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build()
                .start());
    }

    /** Port numbers of the TCP addresses, in order: what a 0 in the configuration became. */
    public List<Integer> ports() {
        return servers.stream().map(Server::getPort).filter(port -> port > 0).toList();
    }

    @Override
    public void close() {
        servers.forEach(Server::shutdownNow);
        for (Server server : servers) {
            try {
                boolean _ = server.awaitTermination(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (Path socket : sockets) {
            // One that cannot be deleted is deleted by the next start.
            boolean _ = socket.toFile().delete();
        }
    }
}
