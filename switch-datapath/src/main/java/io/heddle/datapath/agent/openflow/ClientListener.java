package io.heddle.datapath.agent.openflow;

import io.heddle.proto.transport.OpenFlowAddress;
import io.heddle.proto.transport.SocketFile;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for clients at one address. A socket file that a dead process left is replaced; one that is in use is not.
 *
 * <p>Threading: the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive or in a listener
final class ClientListener implements Session.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ClientListener.class);

    private final BridgeEndpoint endpoint;
    private final String place;
    private final Set<Session> sessions = new HashSet<>();
    private long backOffMs;
    private boolean isClosed;
    private @Nullable OpenFlowAddress address;
    private @Nullable Channel channel;
    private @Nullable SocketFile file;

    ClientListener(BridgeEndpoint endpoint, String place) {
        this.endpoint = endpoint;
        this.place = place;
        this.backOffMs = endpoint.timing().firstBackOffMs();
    }

    void start() {
        try {
            address = OpenFlowAddress.parse(place);
        } catch (IllegalArgumentException e) {
            LOG.error("{}: {}", endpoint.bridge().name(), e.getMessage());
            isClosed = true;
            return;
        }
        if (!address.isPassive()) {
            LOG.error(
                    "{}: {} connects: a listener is ptcp:[PORT[:HOST]], pssl:[PORT[:HOST]] or punix:PATH",
                    endpoint.bridge().name(),
                    place);
            isClosed = true;
            return;
        }
        bind();
    }

    boolean isClosed() {
        return isClosed;
    }

    Optional<SocketAddress> localAddress() {
        return Optional.ofNullable(channel).map(Channel::localAddress);
    }

    private void bind() {
        if (isClosed || address == null) {
            return;
        }
        if (!endpoint.transport().mayUse(address)) {
            failed(Transport.NO_TLS);
            return;
        }
        SocketAddress where = address.address();
        try {
            if (where instanceof UnixDomainSocketAddress unix) {
                file = SocketFile.prepare(unix.getPath());
            }
        } catch (IOException e) {
            failed(String.valueOf(e.getMessage()));
            return;
        }
        ChannelFuture binding = endpoint.transport().listen(address, this::accept, endpoint.timing());
        binding.addListener(done -> {
            if (!done.isSuccess()) {
                failed(String.valueOf(done.cause().getMessage()));
                return;
            }
            bound();
            if (isClosed) {
                binding.channel().close();
                removeFile();
            } else {
                channel = binding.channel();
                LOG.info("{}: listening for OpenFlow at {}", endpoint.bridge().name(), place);
            }
        });
    }

    private void bound() {
        if (file == null) {
            return;
        }
        try {
            file.bound();
        } catch (IOException e) {
            LOG.warn("{}: {}: {}", endpoint.bridge().name(), place, e.getMessage());
        }
    }

    private void failed(String reason) {
        LOG.error("{}: cannot listen at {}: {}; trying again", endpoint.bridge().name(), place, reason);
        endpoint.transport().loop().schedule(this::bind, backOffMs, TimeUnit.MILLISECONDS);
        backOffMs = Math.min(2 * backOffMs, endpoint.timing().lastBackOffMs());
    }

    private Session accept(Channel client) {
        String peer = place
                + (client.remoteAddress() == null
                                || address == null
                                || address.address() instanceof UnixDomainSocketAddress
                        ? ""
                        : " <- " + client.remoteAddress());
        Session session = endpoint.session(SessionPlace.main(peer, true), this);
        sessions.add(session);
        return session;
    }

    @Override
    public void up(Session session) {
        LOG.debug("{}: {}: client connected", endpoint.bridge().name(), session.peer());
    }

    @Override
    public void roleChanged(Session session) {
        LOG.debug("{}: {}: role is {}", endpoint.bridge().name(), session.peer(), session.role());
    }

    @Override
    public void down(Session session, String reason) {
        sessions.remove(session);
        LOG.debug("{}: {}: client gone: {}", endpoint.bridge().name(), session.peer(), reason);
    }

    void close() {
        isClosed = true;
        if (channel != null) {
            channel.close();
        }
        Set.copyOf(sessions).forEach(session -> session.close("the bridge does not listen there any more"));
        removeFile();
    }

    private void removeFile() {
        if (file != null) {
            file.remove();
        }
    }
}
