package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.proto.transport.Tls;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenFlow for all bridges of a switch: makes the connections and the listeners that the bridges' configurations ask for, and follows
 * their changes.
 *
 * <p>Threading: any thread. All work is done on one event loop thread of its own.
 */
public final class OpenFlowAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFlowAgent.class);

    private static final long STOP_SECONDS = 3;

    private final Transport transport = new Transport();
    private final Timing timing;
    private final AgentCounters counters = new AgentCounters();
    private final AutoCloseable watch;
    private final Map<BridgeControl, BridgeEndpoint> endpoints = new HashMap<>();

    /** Starts to serve the bridges of {@code control}, and those that will come; the listeners of those that are there are open then. */
    public OpenFlowAgent(SwitchControl control, Timing timing) {
        this(control, timing, null);
    }

    /** As above, with what {@code ssl:} and {@code pssl:} addresses need; null for none. */
    public OpenFlowAgent(SwitchControl control, Timing timing, @Nullable Tls tls) {
        this.timing = timing;
        transport.useTls(tls);
        this.watch = control.watchBridges(new Follower());
        // The first task comes after the bridges', the second after the binding that they began.
        onLoop(() -> true);
        onLoop(() -> true);
    }

    /** Has connections that begin from now on use other certificates; null for none. */
    public void useTls(@Nullable Tls tls) {
        transport.useTls(tls);
    }

    public AgentCounters counters() {
        return counters;
    }

    /** Where clients of a bridge can connect now; port 0 has become a real one. Waits for the event loop. */
    public List<SocketAddress> localAddresses(String bridge) {
        return onLoop(() -> endpoints.values().stream()
                .filter(endpoint -> endpoint.bridge().name().equals(bridge))
                .flatMap(endpoint -> endpoint.localAddresses().stream())
                .toList());
    }

    private <T> T onLoop(Callable<T> call) {
        try {
            return transport.loop().submit(call).get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the OpenFlow agent does not answer", e);
        }
    }

    /** Closes all connections and listeners and ends the thread. */
    @Override
    public void close() {
        try {
            watch.close();
            onLoop(() -> {
                endpoints.values().forEach(BridgeEndpoint::close);
                endpoints.clear();
                return true;
            });
        } catch (Exception e) {
            LOG.warn("the OpenFlow agent did not stop cleanly: {}", e.getMessage());
        } finally {
            transport.close();
        }
    }

    /** Hands what happens to bridges over to the event loop. */
    private final class Follower implements SwitchControl.BridgeListener {
        @Override
        public void added(BridgeControl bridge) {
            apply(bridge);
        }

        @Override
        public void changed(BridgeControl bridge) {
            apply(bridge);
        }

        private void apply(BridgeControl bridge) {
            BridgeConfiguration configuration = bridge.configuration();
            transport
                    .loop()
                    .execute(() -> endpoints
                            .computeIfAbsent(bridge, b -> new BridgeEndpoint(b, transport, timing, counters))
                            .apply(configuration));
        }

        @Override
        public void removed(BridgeControl bridge) {
            transport.loop().execute(() -> {
                BridgeEndpoint endpoint = endpoints.remove(bridge);
                if (endpoint != null) {
                    endpoint.close();
                }
            });
        }
    }
}
