package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowVersion;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OpenFlow side of one bridge: its listeners and its connections to controllers, as its configuration wants them.
 *
 * <p>Threading: the event loop.
 */
final class BridgeEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(BridgeEndpoint.class);

    private final BridgeControl bridge;
    private final Transport transport;
    private final Timing timing;
    private final AgentCounters counters;
    private final Roles roles = new Roles();
    private final Map<String, ActiveConnection> controllers = new HashMap<>();
    private final Map<String, ClientListener> listeners = new HashMap<>();
    private Set<OpenFlowVersion> versions = Set.of();

    BridgeEndpoint(BridgeControl bridge, Transport transport, Timing timing, AgentCounters counters) {
        this.bridge = bridge;
        this.transport = transport;
        this.timing = timing;
        this.counters = counters;
    }

    /** Makes the connections and listeners what the configuration says; those that it still has are left alone. */
    void apply(BridgeConfiguration configuration) {
        Set<OpenFlowVersion> wanted = versions(configuration.protocols());
        if (!wanted.equals(versions)) {
            close();
            versions = wanted;
        }
        if (versions.isEmpty()) {
            LOG.warn(
                    "{}: none of the protocols {} is supported: no OpenFlow", bridge.name(), configuration.protocols());
            return;
        }
        removeOthers(configuration);
        for (String text : configuration.controllers()) {
            controllers.computeIfAbsent(text, this::connect);
        }
        for (String text : configuration.listen()) {
            listeners.computeIfAbsent(text, this::listen);
        }
        // What could not be read was said; it is not there.
        controllers.values().removeIf(ActiveConnection::isClosed);
        listeners.values().removeIf(ClientListener::isClosed);
    }

    private void removeOthers(BridgeConfiguration configuration) {
        Set<String> targets = new HashSet<>(configuration.controllers());
        Set<String> places = new HashSet<>(configuration.listen());
        controllers.entrySet().removeIf(entry -> {
            boolean goes = !targets.contains(entry.getKey());
            if (goes) {
                entry.getValue().close();
            }
            return goes;
        });
        listeners.entrySet().removeIf(entry -> {
            boolean goes = !places.contains(entry.getKey());
            if (goes) {
                entry.getValue().close();
            }
            return goes;
        });
    }

    private static Set<OpenFlowVersion> versions(List<String> protocols) {
        if (protocols.isEmpty()) {
            return EnumSet.copyOf(OpenFlowCodec.SUPPORTED);
        }
        Set<OpenFlowVersion> versions = EnumSet.noneOf(OpenFlowVersion.class);
        for (String protocol : protocols) {
            OpenFlowVersion.byName(protocol)
                    .filter(OpenFlowCodec.SUPPORTED::contains)
                    .ifPresent(versions::add);
        }
        return versions;
    }

    private ActiveConnection connect(String text) {
        ActiveConnection connection = new ActiveConnection(this, text);
        connection.start();
        return connection;
    }

    private ClientListener listen(String text) {
        ClientListener listener = new ClientListener(this, text);
        listener.start();
        return listener;
    }

    /** Ends everything; clients see their connections closed. */
    void close() {
        controllers.values().forEach(ActiveConnection::close);
        controllers.clear();
        listeners.values().forEach(ClientListener::close);
        listeners.clear();
    }

    /** Where clients can connect now: the real ports of those that asked for port 0. */
    List<SocketAddress> localAddresses() {
        List<SocketAddress> addresses = new ArrayList<>();
        listeners.values().forEach(listener -> listener.localAddress().ifPresent(addresses::add));
        return addresses;
    }

    BridgeControl bridge() {
        return bridge;
    }

    Transport transport() {
        return transport;
    }

    Timing timing() {
        return timing;
    }

    /** Tells clients of a controller's connection or role. */
    void tell(ControllerStatus status) {
        roles.tell(status);
    }

    /** How many connections each controller gets beside the main one. */
    int auxiliaryConnections() {
        return bridge.configuration().auxiliaryConnections();
    }

    Session session(SessionPlace place, Session.Listener listener) {
        Session main = place.main();
        return new Session(
                place, bridge, main == null ? versions : Set.of(main.version()), timing, roles, counters, listener);
    }
}
