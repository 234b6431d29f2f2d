package io.heddle.cli;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.heddle.proto.v1.ControllerGrpc;
import io.heddle.proto.v1.SwitchGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.File;
import java.util.concurrent.TimeUnit;

/** A connection to a process: {@code unix:/PATH}, {@code HOST:PORT} or {@code grpc://HOST:PORT}. */
final class Connection implements AutoCloseable {
    private static final int LARGEST_ANSWER_OCTETS = 64 << 20;

    private final ManagedChannel channel;
    private final EventLoopGroup eventLoop;
    private final int timeoutSeconds;

    /** @throws CliException when {@code target} is no address; nothing is connected before the first call */
    Connection(String target, int timeoutSeconds) {
        this.timeoutSeconds = timeoutSeconds;
        eventLoop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("grpc-io", true), EpollIoHandler.newFactory());
        SilenceLimit.Timer timer = onSilence -> {
            var waiting = eventLoop.schedule(onSilence, timeoutSeconds, TimeUnit.SECONDS);
            return () -> waiting.cancel(false);
        };
        channel = builder(target)
                .eventLoopGroup(eventLoop)
                .directExecutor()
                .usePlaintext()
                .intercept(new SilenceLimit(timer))
                .maxInboundMessageSize(LARGEST_ANSWER_OCTETS)
                .build();
    }

    private static NettyChannelBuilder builder(String target) {
        if (target.startsWith("unix:") && target.length() > "unix:".length()) {
            return NettyChannelBuilder.forAddress(new DomainSocketAddress(new File(target.substring("unix:".length()))))
                    .channelType(EpollDomainSocketChannel.class)
                    .overrideAuthority("localhost");
        }
        String address = target.startsWith("grpc://") ? target.substring("grpc://".length()) : target;
        int colon = address.lastIndexOf(':');
        try {
            int port = Integer.parseInt(address.substring(colon + 1));
            if (colon > 0 && port > 0 && port <= 0xffff) {
                String host = address.substring(0, colon);
                String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
                return NettyChannelBuilder.forAddress(bare, port).channelType(EpollSocketChannel.class);
            }
        } catch (NumberFormatException e) {
            throw badTarget(target);
        }
        throw badTarget(target);
    }

    private static CliException badTarget(String target) {
        return new CliException(
                ExitStatus.USAGE, "\"%s\" is no target: write unix:/PATH or HOST:PORT".formatted(target));
    }

    /** Calls of a switch, with the time limit: for a call with many answers that of each. */
    SwitchGrpc.SwitchBlockingStub toSwitch() {
        return SwitchGrpc.newBlockingStub(channel).withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS);
    }

    /** Calls of a controller, with the time limit. */
    ControllerGrpc.ControllerBlockingStub toController() {
        return ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
}
