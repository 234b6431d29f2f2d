package io.heddle.datapath.agent.openflow;

import io.heddle.proto.openflow.FrameSplitter;
import io.heddle.proto.transport.OpenFlowAddress;
import io.heddle.proto.transport.Tls;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sockets on one event loop thread: TCP and Unix, to and from. */
final class Transport {
    /** What a client may leave unread before no more is sent and no request is read, in octets. */
    private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(256 << 10, 1 << 20);

    static final String NO_TLS =
            "TLS needs the files that switch.tls of the configuration file names: private-key, certificate, ca-cert";

    private static final int MESSAGES_PER_WRITE = 64;
    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final long STOP_MS = 2_000;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("heddle-openflow", true), NioIoHandler.newFactory());
    private final EventLoop loop = group.next();

    /** For connections that begin from now on. Any thread writes, the event loop reads. */
    private volatile @Nullable Tls tls;

    EventLoop loop() {
        return loop;
    }

    void useTls(@Nullable Tls wanted) {
        tls = wanted;
    }

    /** Says whether there is what an address needs. */
    boolean mayUse(OpenFlowAddress address) {
        return !address.isTls() || tls != null;
    }

    ChannelFuture connect(OpenFlowAddress target, Session session, Timing timing) {
        SocketAddress address = target.address();
        boolean isUnix = address instanceof UnixDomainSocketAddress;
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(isUnix ? NioDomainSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(pipeline(target, channel -> session, timing));
        if (!isUnix) {
            bootstrap.option(ChannelOption.TCP_NODELAY, true).resolver(BackgroundResolver.INSTANCE);
        }
        return bootstrap.connect(address);
    }

    ChannelFuture listen(OpenFlowAddress place, Function<Channel, Session> sessions, Timing timing) {
        SocketAddress address = place.address();
        boolean isUnix = address instanceof UnixDomainSocketAddress;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(isUnix ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
                .childHandler(pipeline(place, sessions, timing));
        if (!isUnix) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
            bootstrap.childOption(ChannelOption.TCP_NODELAY, true);
            bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
        }
        SocketAddress resolved = address instanceof InetSocketAddress inet && inet.isUnresolved()
                ? new InetSocketAddress(inet.getHostString(), inet.getPort())
                : address;
        return bootstrap.bind(resolved);
    }

    private ChannelInitializer<Channel> pipeline(
            OpenFlowAddress address, Function<Channel, Session> sessions, Timing timing) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) throws IOException {
                if (address.isTls()) {
                    Tls current = tls;
                    if (current == null) {
                        throw new IOException(NO_TLS); // taken away since the address was looked at
                    }
                    current.protect(
                            channel.pipeline(),
                            !address.isPassive(),
                            address.text() + " <- " + channel.remoteAddress());
                }
                channel.pipeline()
                        .addLast(new FlushConsolidationHandler(MESSAGES_PER_WRITE, true))
                        .addLast(new IdleStateHandler(timing.probeMs(), 0, 0, TimeUnit.MILLISECONDS))
                        .addLast(new FrameSplitter())
                        .addLast(sessions.apply(channel));
            }
        };
    }

    /** Ends the thread; what was open is closed. */
    void close() {
        group.shutdownGracefully(0, STOP_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(STOP_MS);
    }
}
