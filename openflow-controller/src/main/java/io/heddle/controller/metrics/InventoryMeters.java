package io.heddle.controller.metrics;

import io.heddle.controller.api.Inventory;
import io.heddle.controller.api.Inventory.LeaseEntry;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.store.Lease;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Numbers of what there is: leases and connections. They are counted anew for every scrape, on a copy.
 *
 * <p>Threading: {@link #refresh} is called by one thread at a time, values are read by the same.
 */
final class InventoryMeters {
    private static final Logger LOG = LoggerFactory.getLogger(InventoryMeters.class);

    private final Inventory inventory;
    private final List<String> networks;
    private final MultiGauge leases;
    private final MultiGauge connected;
    private final MultiGauge ready;
    private final MultiGauge intended;
    private int readyBridges;
    private int stalled;

    /** @param networks that are shown even without a lease */
    InventoryMeters(MeterRegistry registry, Inventory inventory, List<String> networks) {
        this.inventory = inventory;
        this.networks = List.copyOf(networks);
        leases = MultiGauge.builder("heddle.leases").register(registry);
        connected = MultiGauge.builder("heddle.switch.connected").register(registry);
        ready = MultiGauge.builder("heddle.bridge.ready").register(registry);
        intended = MultiGauge.builder("heddle.intended.flows").register(registry);
        Gauge.builder("heddle.switches.ready", this, self -> self.readyBridges).register(registry);
        Gauge.builder("heddle.controller.loop.stalled", this, self -> self.stalled)
                .register(registry);
    }

    /** Reads what there is; leaves everything as it was when the controller loop does not answer. */
    void refresh() {
        try {
            countSwitches(inventory.switches());
            countLeases(inventory.leases(), inventory.nowMillis());
            stalled = 0;
        } catch (IllegalStateException e) {
            LOG.warn("a scrape shows old numbers: {}", e.getMessage());
            stalled = 1;
        }
    }

    private void countSwitches(List<SwitchStatus> switches) {
        Map<String, Integer> connections = new TreeMap<>();
        List<Row<?>> readyRows = new ArrayList<>();
        List<Row<?>> intendedRows = new ArrayList<>();
        int readyCount = 0;
        for (SwitchStatus status : switches) {
            connections.merge(status.target(), status.state() == SwitchStatus.State.CONNECTING ? 0 : 1, Math::max);
            SwitchView view = status.view();
            if (view != null) {
                Tags tags = Tags.of("target", status.target(), "bridge", view.bridge());
                int isReady = status.state() == SwitchStatus.State.READY ? 1 : 0;
                readyCount += isReady;
                readyRows.add(Row.of(tags, isReady));
                intendedRows.add(Row.of(tags, status.intendedFlows()));
            }
        }
        List<Row<?>> connectedRows = new ArrayList<>();
        connections.forEach((target, isConnected) -> connectedRows.add(Row.of(Tags.of("target", target), isConnected)));
        connected.register(connectedRows, true);
        ready.register(readyRows, true);
        intended.register(intendedRows, true);
        readyBridges = readyCount;
    }

    private record Kind(String network, String state) {}

    private void countLeases(List<LeaseEntry> entries, long nowMillis) {
        Map<Kind, Integer> counts = new HashMap<>();
        networks.forEach(network -> counts.put(new Kind(network, "bound"), 0));
        for (LeaseEntry entry : entries) {
            counts.merge(new Kind(entry.lease().network(), state(entry, nowMillis)), 1, Integer::sum);
        }
        List<Row<?>> rows = new ArrayList<>();
        counts.forEach(
                (kind, count) -> rows.add(Row.of(Tags.of("network", kind.network(), "state", kind.state()), count)));
        leases.register(rows, true);
    }

    private static String state(LeaseEntry entry, long nowMillis) {
        if (entry.offered()) {
            return "offered";
        }
        Lease lease = entry.lease();
        return lease.state() != Lease.State.RELEASED && lease.expiresMillis() <= nowMillis
                ? "expired"
                : lease.state().name().toLowerCase(Locale.ROOT);
    }
}
