package io.heddle.controller.channel.openflow;

import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.SwitchId;
import io.heddle.proto.openflow.Frame;
import io.heddle.proto.openflow.FrameSplitter;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.heddle.proto.transport.OpenFlowAddress;
import io.heddle.proto.transport.SocketFile;
import io.heddle.proto.transport.Tls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where switches connect to by OpenFlow. What connects becomes a session as soon as it has said which switch it is.
 *
 * <p>A second connection with a datapath id that is connected already is refused: a switch that has lost its connection comes back
 * when the old one has been given up, after twice {@value Connection#PROBE_MILLIS} ms of silence at most.
 *
 * <p>Thread safety: one thread starts and closes; what comes in is the controller loop's.
 */
public final class OpenFlowListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFlowListener.class);
    private static final int MESSAGES_PER_WRITE = 64;

    /** What a switch may leave unread before packets for it are dropped, in octets. */
    private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(1 << 20, 4 << 20);

    private final ScheduledExecutorService loop;
    private final long generationId;
    private final Consumer<SwitchSession> accepted;
    private final List<Channel> listening = new ArrayList<>();
    private final List<SocketFile> socketFiles = new ArrayList<>();

    // The loop's.
    private final Map<SwitchId, OpenFlowSwitchSession> sessions = new HashMap<>();
    private final Set<Connection> connections = new HashSet<>();

    /** For connections that begin from now on. Any thread. */
    private volatile @Nullable Tls tls;

    private OpenFlowListener(ScheduledExecutorService loop, long generationId, Consumer<SwitchSession> accepted) {
        this.loop = loop;
        this.generationId = generationId;
        this.accepted = accepted;
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code ptcp:[PORT[:HOST]]}, {@code pssl:[PORT[:HOST]]} or {@code punix:PATH}; port 0 for any free one
     * @param tls that {@code pssl:} needs; null for none
     * @param group for the network; the caller stops it
     * @param loop the controller loop
     * @param generationId of this controller's claims to be master; one that starts later has a higher one
     * @param accepted is given each session, on the loop, and starts it
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static OpenFlowListener start(
            List<String> listen,
            @Nullable Tls tls,
            EventLoopGroup group,
            ScheduledExecutorService loop,
            long generationId,
            Consumer<SwitchSession> accepted)
            throws IOException {
        List<OpenFlowAddress> addresses =
                listen.stream().map(OpenFlowListener::parse).toList();
        OpenFlowListener listener = new OpenFlowListener(loop, generationId, accepted);
        listener.useTls(tls);
        try {
            for (OpenFlowAddress address : addresses) {
                listener.bind(address, group);
            }
            return listener;
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    /**
     * Reads an address to listen at.
     *
     * @throws IllegalArgumentException with what would be right
     */
    public static OpenFlowAddress parse(String text) {
        OpenFlowAddress address = OpenFlowAddress.parse(text);
        if (!address.isPassive()) {
            throw new IllegalArgumentException(
                    "\"" + text
                            + "\" connects, but switches connect to the controller: write ptcp:[PORT[:HOST]], pssl:[PORT[:HOST]] or punix:PATH");
        }
        return address;
    }

    /** Has connections that begin from now on use other certificates; null for none. Any thread. */
    public void useTls(@Nullable Tls wanted) {
        tls = wanted;
    }

    /** Port numbers of the TCP addresses, in order: what a 0 in the configuration became. */
    public List<Integer> ports() {
        return listening.stream()
                .map(Channel::localAddress)
                .filter(InetSocketAddress.class::isInstance)
                .map(address -> ((InetSocketAddress) address).getPort())
                .toList();
    }

    private void bind(OpenFlowAddress address, EventLoopGroup group) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) throws IOException {
                        accept(channel, address);
                    }
                });
        SocketFile file = null;
        SocketAddress where;
        if (address.address() instanceof UnixDomainSocketAddress unix) {
            file = SocketFile.prepare(unix.getPath());
            bootstrap.channel(EpollServerDomainSocketChannel.class);
            where = new DomainSocketAddress(unix.getPath().toFile());
        } else {
            InetSocketAddress inet = (InetSocketAddress) address.address();
            bootstrap
                    .channel(EpollServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true);
            where = new InetSocketAddress(inet.getHostString(), inet.getPort());
        }
        try {
            listening.add(bootstrap.bind(where).sync().channel());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while binding " + address.text(), e);
        } catch (Exception e) { // what Netty throws as it is: a checked exception that is not declared
            throw new IOException("cannot listen for OpenFlow at %s: %s".formatted(address.text(), e.getMessage()), e);
        }
        if (file != null) {
            file.bound();
            socketFiles.add(file);
        }
        LOG.info("OpenFlow at {}", address.text());
    }

    private void accept(Channel channel, OpenFlowAddress address) throws IOException {
        String peer = channel.remoteAddress() instanceof InetSocketAddress inet
                ? (address.isTls() ? "ssl:" : "tcp:") + inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : address.text() + "#" + channel.id().asShortText();
        if (address.isTls()) {
            Tls current = tls;
            if (current == null) {
                throw new IOException(address.text() + " needs controller.tls: private-key, certificate and ca-cert");
            }
            current.protect(channel.pipeline(), false, peer);
        }
        Newcomer newcomer = new Newcomer(peer);
        Connection connection = new Connection(peer, channel, loop, newcomer);
        loop.execute(() -> {
            newcomer.connection = connection;
            connections.add(connection);
        });
        channel.pipeline()
                .addLast(new FlushConsolidationHandler(MESSAGES_PER_WRITE, true))
                .addLast(new IdleStateHandler(Connection.PROBE_MILLIS, 0, 0, TimeUnit.MILLISECONDS))
                .addLast(new FrameSplitter())
                .addLast(connection);
    }

    /** Asks a switch which one it is, and hands its messages to the session that it gets. On the loop. */
    private final class Newcomer implements Connection.Listener {
        private final String peer;
        private @Nullable Connection connection;
        private @Nullable OpenFlowSwitchSession session;

        Newcomer(String peer) {
            this.peer = peer;
        }

        private Connection connection() {
            if (connection == null) {
                throw new IllegalStateException(peer + " has no connection yet");
            }
            return connection;
        }

        @Override
        public void onUp(OpenFlowVersion version) {
            LOG.debug("{}: {}", peer, version.protocolName());
            connection().send(0, new OpenFlowMessage.FeaturesRequest());
        }

        @Override
        public void onMessage(Frame frame) {
            if (session != null) {
                session.onMessage(frame.xid(), frame.message());
            } else if (frame.message() instanceof OpenFlowMessage.FeaturesReply features) {
                onFeatures(features);
            }
        }

        private void onFeatures(OpenFlowMessage.FeaturesReply features) {
            SwitchId id = new SwitchId(features.datapathId());
            OpenFlowSwitchSession there = sessions.get(id);
            if (features.auxiliaryId() != 0) {
                connection().close("auxiliary connections are not used");
            } else if (there != null) {
                LOG.error(
                        "{}: datapath id {} is connected already, from {}: refused; two switches must not have the same",
                        peer,
                        id,
                        there.target());
                connection().close("datapath id " + id + " is connected already");
            } else {
                OpenFlowSwitchSession made = new OpenFlowSwitchSession(peer, id, generationId, connection(), loop);
                sessions.put(id, made);
                session = made;
                accepted.accept(made);
            }
        }

        @Override
        public void onUndecodable(int xid, boolean more, String reason) {
            if (session == null) {
                connection().close(reason);
            } else {
                session.onUndecodable(xid, more, reason);
            }
        }

        @Override
        public void onDown(String reason) {
            connections.remove(connection());
            if (session == null) {
                LOG.debug("{}: gone: {}", peer, reason);
            } else {
                sessions.remove(session.id(), session);
                session.onDown(reason);
            }
        }
    }

    /** Listens no more; ends every connection on the loop, if that still runs. */
    @Override
    public void close() {
        listening.forEach(channel -> channel.close().syncUninterruptibly());
        socketFiles.forEach(SocketFile::remove);
        loop.execute(() -> {
            List.copyOf(sessions.values()).forEach(OpenFlowSwitchSession::close);
            List.copyOf(connections).forEach(connection -> connection.close("the controller stops"));
        });
    }
}
