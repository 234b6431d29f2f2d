package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.heddle.proto.transport.OpenFlowAddress;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection to one controller: connects, and connects again after a pause that doubles with each failure.
 *
 * <p>Threading: the event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write ends in channelInactive or in a listener
final class ActiveConnection implements Session.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveConnection.class);

    /** As it is registered with the bridge. */
    static final String PROTOCOL = "OpenFlow";

    private final BridgeEndpoint endpoint;
    private final String target;
    private long backOffMs;
    private boolean isClosed;
    private boolean isUp;
    private String lastProblem = "";
    private @Nullable OpenFlowAddress address;
    private @Nullable Session session;
    private @Nullable Channel channel;
    private @Nullable ControllerRegistration registration;
    private final List<AuxiliaryConnection> auxiliaries = new ArrayList<>();

    ActiveConnection(BridgeEndpoint endpoint, String target) {
        this.endpoint = endpoint;
        this.target = target;
        this.backOffMs = endpoint.timing().firstBackOffMs();
    }

    void start() {
        try {
            address = OpenFlowAddress.parse(target);
        } catch (IllegalArgumentException e) {
            LOG.error("{}: {}", endpoint.bridge().name(), e.getMessage());
            isClosed = true;
            return;
        }
        if (address.isPassive()) {
            LOG.error(
                    "{}: {} listens: a controller is tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH",
                    endpoint.bridge().name(),
                    target);
            isClosed = true;
            return;
        }
        registration = endpoint.bridge().registerController(target, PROTOCOL);
        endpoint.tell(new ControllerStatus(Role.EQUAL, ControllerStatus.ADDED, false, target));
        connect();
    }

    boolean isClosed() {
        return isClosed;
    }

    private void connect() {
        if (isClosed || address == null) {
            return;
        }
        if (!endpoint.transport().mayUse(address)) {
            failed(Transport.NO_TLS);
            return;
        }
        Session next = endpoint.session(SessionPlace.main(target, false), this);
        session = next;
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

    @Override
    public void up(Session up) {
        isUp = true;
        backOffMs = endpoint.timing().firstBackOffMs();
        lastProblem = "";
        LOG.info(
                "{}: connected to controller {} ({})",
                endpoint.bridge().name(),
                target,
                up.version().protocolName());
        report(up);
        connectAuxiliaries(up);
        endpoint.tell(new ControllerStatus(up.role(), ControllerStatus.CHANNEL_CHANGED, true, target));
    }

    /** As many as the bridge wants; packets go by those that are up. They go with the main connection. */
    private void connectAuxiliaries(Session main) {
        boolean hasThem = address != null
                && address.address() instanceof InetSocketAddress
                && main.version().isAtLeast(OpenFlowVersion.OPENFLOW_13);
        for (int id = 1; hasThem && id <= endpoint.auxiliaryConnections(); id++) {
            AuxiliaryConnection auxiliary =
                    new AuxiliaryConnection(endpoint, target, main, id, this::auxiliariesChanged);
            auxiliaries.add(auxiliary);
            auxiliary.connect();
        }
    }

    private void auxiliariesChanged() {
        if (session != null) {
            session.setAuxiliaries(auxiliaries.stream()
                    .flatMap(auxiliary -> auxiliary.session().stream())
                    .toList());
        }
    }

    private void closeAuxiliaries() {
        auxiliaries.forEach(AuxiliaryConnection::close);
        auxiliaries.clear();
    }

    @Override
    public void roleChanged(Session changed) {
        report(changed);
        if (isUp) {
            endpoint.tell(new ControllerStatus(changed.role(), ControllerStatus.ROLE_CHANGED, true, target));
        }
    }

    private void report(Session changed) {
        if (registration != null && isUp) {
            registration.wantMisses(changed.wantsMisses());
            registration.connected(nameOf(changed.role()));
        }
    }

    /** The role of a name that {@link #nameOf} gave; EQUAL for any other. */
    static Role roleOf(String name) {
        return switch (name) {
            case "primary" -> Role.MASTER;
            case "secondary" -> Role.SLAVE;
            default -> Role.EQUAL;
        };
    }

    private static String nameOf(Role role) {
        return switch (role) {
            case NO_CHANGE, EQUAL -> "equal";
            case MASTER -> "primary";
            case SLAVE -> "secondary";
        };
    }

    @Override
    public void down(Session ended, String reason) {
        failed(reason);
    }

    private void failed(String reason) {
        if (isUp) {
            endpoint.tell(new ControllerStatus(Role.EQUAL, ControllerStatus.CHANNEL_CHANGED, false, target));
        }
        isUp = false;
        session = null;
        closeAuxiliaries();
        if (isClosed) {
            return;
        }
        if (registration != null) {
            registration.disconnected(reason);
        }
        if (!reason.equals(lastProblem)) {
            lastProblem = reason;
            LOG.warn("{}: controller {}: {}; trying again", endpoint.bridge().name(), target, reason);
        }
        endpoint.transport().loop().schedule(this::connect, backOffMs, TimeUnit.MILLISECONDS);
        backOffMs = Math.min(2 * backOffMs, endpoint.timing().lastBackOffMs());
    }

    void close() {
        isClosed = true;
        closeAuxiliaries();
        if (session != null && isUp) {
            session.close("no longer configured");
        } else if (channel != null) {
            // Connected, but without a hello yet: it must not become a session.
            channel.close();
        }
        if (registration != null) {
            registration.close();
            endpoint.tell(new ControllerStatus(Role.EQUAL, ControllerStatus.REMOVED, false, target));
        }
    }
}
