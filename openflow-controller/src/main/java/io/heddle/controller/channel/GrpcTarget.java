package io.heddle.controller.channel;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Where a switch serves gRPC.
 *
 * @param path of the Unix socket; empty for TCP
 * @param host name or address
 * @param port TCP port
 */
public record GrpcTarget(String path, String host, int port) {
    private static final String UNIX = "unix:";
    private static final String GRPC = "grpc://";
    private static final int MAX_MESSAGE_OCTETS = 64 << 20;

    /**
     * Reads {@code unix:/path} or {@code grpc://host:port}; an IPv6 address stands in brackets.
     *
     * @throws IllegalArgumentException with what would be right
     */
    public static GrpcTarget parse(String text) {
        if (text.startsWith(UNIX) && text.length() > UNIX.length()) {
            return new GrpcTarget(text.substring(UNIX.length()), "", 0);
        }
        int colon = text.lastIndexOf(':');
        if (text.startsWith(GRPC) && colon > GRPC.length()) {
            String host = text.substring(GRPC.length(), colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            String port = text.substring(colon + 1);
            if (!host.isEmpty() && port.matches("[0-9]{1,5}") && isPort(Integer.parseInt(port))) {
                return new GrpcTarget("", host, Integer.parseInt(port));
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is no address of a switch: write unix:/run/heddle/switch.sock or grpc://10.0.0.1:9559");
    }

    private static boolean isPort(int number) {
        return number >= 1 && number <= 65535;
    }

    /** Says whether it is a Unix socket that does not exist now. */
    boolean isMissing() {
        return !path.isEmpty() && !Files.exists(Path.of(path));
    }

    /** A channel that calls back on {@code executor}. */
    ManagedChannel open(EventLoopGroup group, Executor executor) {
        NettyChannelBuilder builder = path.isEmpty()
                ? NettyChannelBuilder.forAddress(host, port).channelType(EpollSocketChannel.class)
                : NettyChannelBuilder.forAddress(new DomainSocketAddress(path))
                        .channelType(EpollDomainSocketChannel.class)
                        .overrideAuthority("localhost");
        return builder.eventLoopGroup(group)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_OCTETS)
                // A switch that vanished without a word is noticed.
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .executor(executor)
                .build();
    }
}
