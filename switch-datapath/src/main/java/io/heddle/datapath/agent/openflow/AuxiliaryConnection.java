package io.heddle.datapath.agent.openflow;

import io.heddle.proto.transport.OpenFlowAddress;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One more connection to a controller whose main one is up, connected again and again until that ends. It has the main one's version, role and
 * asynchronous configuration, and takes every request.
 *
 * <p>Threading: the event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 6.3.7</a>
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive or in a listener
final class AuxiliaryConnection implements Session.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(AuxiliaryConnection.class);

    private final BridgeEndpoint endpoint;
    private final String target;
    private final Session main;
    private final int id;
    private final Runnable changed;
    private long backOffMs;
    private boolean isClosed;
    private @Nullable Session up;
    private @Nullable Channel channel;

    /** @param changed runs when it is up or down */
    AuxiliaryConnection(BridgeEndpoint endpoint, String target, Session main, int id, Runnable changed) {
        this.endpoint = endpoint;
        this.target = target;
        this.main = main;
        this.id = id;
        this.changed = changed;
        this.backOffMs = endpoint.timing().firstBackOffMs();
    }

    void connect() {
        OpenFlowAddress address = OpenFlowAddress.parse(target);
        if (isClosed) {
            return;
        }
        if (!endpoint.transport().mayUse(address)) {
            failed(Transport.NO_TLS);
            return;
        }
        Session next =
                endpoint.session(new SessionPlace("%s (auxiliary %d)".formatted(target, id), false, main, id), this);
        ChannelFuture connecting = endpoint.transport().connect(address, next, endpoint.timing());
        channel = connecting.channel();
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                failed(String.valueOf(done.cause().getMessage()));
            } else if (isClosed) {
                connecting.channel().close();
            }
        });
    }

    /** Empty while it is not up. */
    Optional<Session> session() {
        return Optional.ofNullable(up);
    }

    @Override
    public void up(Session session) {
        up = session;
        backOffMs = endpoint.timing().firstBackOffMs();
        changed.run();
    }

    @Override
    public void roleChanged(Session session) {
        // The role is the main connection's.
    }

    @Override
    public void down(Session session, String reason) {
        failed(reason);
    }

    private void failed(String reason) {
        boolean wasUp = up != null;
        up = null;
        if (isClosed) {
            return;
        }
        if (wasUp) {
            changed.run();
        }
        LOG.debug("{}: {}, auxiliary connection {}: {}", endpoint.bridge().name(), target, id, reason);
        endpoint.transport().loop().schedule(this::connect, backOffMs, TimeUnit.MILLISECONDS);
        backOffMs = Math.min(2 * backOffMs, endpoint.timing().lastBackOffMs());
    }

    void close() {
        isClosed = true;
        if (channel != null) {
            channel.close();
        }
    }
}
