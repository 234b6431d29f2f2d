package io.heddle.datapath.agent.metrics;

import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.BridgeReader.BridgeState;
import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.datapath.bridge.PortState;
import io.heddle.datapath.bridge.QueueState;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.bridge.SwitchControl.DropCount;
import io.heddle.datapath.bridge.SwitchControl.PollLoopState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the meters of a registry in step with a switch: ports, bridges and drop reasons come and go, and so do their meters.
 *
 * <p>Threading: not thread-safe; {@link #refresh} is called by one thread at a time, values are read by the same.
 */
final class SwitchMeters {
    /** How long a scrape waits for the control loop. */
    private static final long PATIENCE_MS = 2000;

    /** A number that a meter shows, replaced by every refresh. */
    private static final class Cell {
        private double value;
    }

    private final MeterRegistry registry;
    private final SwitchControl control;
    private final Map<Meter.Id, Cell> cells = new HashMap<>();
    private final Set<Meter.Id> seen = new HashSet<>();

    SwitchMeters(MeterRegistry registry, SwitchControl control) {
        this.registry = registry;
        this.control = control;
    }

    /** Reads the switch. Meters of what is gone are removed. */
    void refresh() throws InterruptedException {
        seen.clear();
        for (BridgeControl bridge : control.bridges()) {
            readBridge(bridge);
        }
        for (DropCount drop : control.drops()) {
            Tags tags = Tags.of("reason", drop.reason(), "port", drop.port());
            count("heddle.drops", "Packets dropped", null, tags, drop.packets());
        }
        control.pollLoops().forEach(this::loop);
        conntrack(control.conntrack());
        count(
                "heddle.table.save.failures",
                "Saves of a bridge's tables that failed; each is tried again",
                null,
                Tags.empty(),
                control.failedTableSaves());
        cells.keySet().removeIf(id -> {
            boolean gone = !seen.contains(id);
            if (gone) {
                registry.remove(id);
            }
            return gone;
        });
    }

    private record Snapshot(BridgeState bridge, List<PortState> ports, List<QueueState> queues) {}

    private void readBridge(BridgeControl bridge) throws InterruptedException {
        Snapshot snapshot;
        try {
            snapshot = bridge.read(
                            reader -> new Snapshot(reader.bridge(), List.copyOf(reader.ports()), reader.queues()))
                    .get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            return; // removed between the list and the read
        } catch (TimeoutException e) {
            gauge("heddle.control.loop.stalled", "1 when the control loop did not answer a scrape", Tags.empty(), 1);
            return;
        }
        Tags tags = Tags.of("bridge", bridge.name());
        gauge(
                "heddle.flow.entries",
                "Flow entries of the bridge",
                tags,
                snapshot.bridge().flows());
        String flowMods = "Flow-mods of the bridge";
        count(
                "heddle.flow.mods",
                flowMods,
                null,
                tags.and("result", "applied"),
                snapshot.bridge().flowMods());
        count(
                "heddle.flow.mods",
                flowMods,
                null,
                tags.and("result", "refused"),
                snapshot.bridge().flowModsRefused());
        gauge(
                "heddle.bridge.standalone",
                "1 while the bridge acts as a learning switch because no controller is connected",
                tags,
                snapshot.bridge().standalone() ? 1 : 0);
        for (ControllerRegistration.State controller : snapshot.bridge().controllers()) {
            gauge(
                    "heddle.controller.connected",
                    "1 while the controller is connected",
                    tags.and("target", controller.target(), "protocol", controller.protocol()),
                    controller.connected() ? 1 : 0);
        }
        for (PortState port : snapshot.ports()) {
            port(tags.and("port", port.name()), port);
        }
        for (QueueState queue : snapshot.queues()) {
            queue(tags.and("port", queue.portName(), "queue", Integer.toUnsignedString(queue.queueId())), queue);
        }
    }

    private void queue(Tags tags, QueueState queue) {
        count("heddle.queue.tx.packets", "Packets that a queue handed to its port", null, tags, queue.txPackets());
        count("heddle.queue.tx", "Octets that a queue handed to its port", "bytes", tags, queue.txOctets());
        count("heddle.queue.dropped", "Packets dropped because a queue was full", null, tags, queue.txErrors());
        gauge("heddle.queue.waiting", "Packets that wait in a queue", tags, queue.waiting());
    }

    private void port(Tags tags, PortState port) {
        PortState.Counters counters = port.counters();
        count("heddle.port.rx.packets", "Packets received", null, tags, counters.rxPackets());
        count("heddle.port.tx.packets", "Packets sent", null, tags, counters.txPackets());
        count("heddle.port.rx", "Octets received", "bytes", tags, counters.rxOctets());
        count("heddle.port.tx", "Octets sent", "bytes", tags, counters.txOctets());
        count("heddle.port.rx.errors", "Receive errors", null, tags, counters.rxErrors());
        count("heddle.port.tx.errors", "Send errors", null, tags, counters.txErrors());
        count(
                "heddle.port.rx.dropped",
                "Received packets that were dropped at the port",
                null,
                tags,
                counters.rxDropped());
        count(
                "heddle.port.tx.dropped",
                "Packets to be sent that were dropped at the port",
                null,
                tags,
                counters.txDropped());
        gauge("heddle.port.up", "1 while the port's link is up", tags, port.linkUp() && !port.isDown() ? 1 : 0);
    }

    private void conntrack(SwitchControl.ConntrackCounters counters) {
        gauge("heddle.conntrack.connections", "Connections that the tracker remembers", Tags.empty(), (double)
                counters.connections());
        String refused = "Connections that the tracker did not take";
        count("heddle.conntrack.refused", refused, null, Tags.of("reason", "limit"), counters.overLimit());
        count("heddle.conntrack.refused", refused, null, Tags.of("reason", "nat"), counters.natExhausted());
        count(
                "heddle.conntrack.invalid",
                "Packets that the tracker called invalid",
                null,
                Tags.empty(),
                counters.invalid());
    }

    private void loop(PollLoopState loop) {
        Tags tags = Tags.of("loop", Integer.toString(loop.pollLoop()));
        Tags exact = tags.and("cache", "exact");
        Tags megaflow = tags.and("cache", "megaflow");
        long looked = loop.megaflowHits() + loop.misses();
        String hits = "Packets that a cache knew";
        String misses = "Packets that a cache did not know";
        count("heddle.cache.hits", hits, null, exact, loop.exactHits());
        count("heddle.cache.hits", hits, null, megaflow, loop.megaflowHits());
        count("heddle.cache.misses", misses, null, exact, looked);
        count("heddle.cache.misses", misses, null, megaflow, loop.misses());
        gauge("heddle.cache.entries", "Entries of a cache", exact, loop.exactEntries());
        gauge("heddle.cache.entries", "Entries of a cache", megaflow, loop.megaflowEntries());
        gauge("heddle.cache.limit", "Megaflows that there may be now", tags, loop.megaflowLimit());
        gauge("heddle.cache.masks", "Masks of the megaflow cache", tags, loop.megaflowMasks());
        count("heddle.masks.probed", "Masks probed in the megaflow cache", null, tags, loop.masksProbed());
        gauge(
                "heddle.masks.probed.per.packet",
                "Masks probed per packet that the megaflow cache was asked for, since the start",
                tags,
                looked == 0 ? 0 : (double) loop.masksProbed() / looked);
        count(
                "heddle.masks.refused",
                "Megaflows kept as exact matches only, because their port has as many masks as it may have",
                null,
                tags,
                loop.masksRefused());
        count(
                "heddle.turns.deferred",
                "Turns to receive that a port was passed over because of its misses",
                null,
                tags,
                loop.turnsDeferred());
        count("heddle.upcalls", "Packets that the pipeline translated", null, tags, loop.misses());
        count("heddle.revalidations", "Stale megaflows that were translated again", null, tags, loop.revalidations());
        count("heddle.punts", "Packets queued for the controllers", null, tags, loop.punts());
        count("heddle.poll.loop.stalls", "Duty cycles that took longer than 10 ms", null, tags, loop.stalls());
        count("heddle.poll.loop.exceptions", "Internal errors in the poll loop", null, tags, loop.exceptions());
        count("heddle.poll.loop.cycles", "Duty cycles of the poll loop", null, tags, loop.cycles());
        gauge("heddle.poll.loop.busy", "Share of its time that the poll loop works", "ratio", tags, loop.busy());
    }

    private void count(String name, String description, @Nullable String unit, Tags tags, long value) {
        Meter.Id id = new Meter.Id(name, tags, unit, description, Meter.Type.COUNTER);
        cell(
                id,
                (double) value,
                cell -> FunctionCounter.builder(name, cell, c -> c.value)
                        .description(description)
                        .baseUnit(unit)
                        .tags(tags)
                        .register(registry));
    }

    private void gauge(String name, String description, Tags tags, double value) {
        gauge(name, description, null, tags, value);
    }

    private void gauge(String name, String description, @Nullable String unit, Tags tags, double value) {
        Meter.Id id = new Meter.Id(name, tags, unit, description, Meter.Type.GAUGE);
        cell(
                id,
                value,
                cell -> Gauge.builder(name, cell, c -> c.value)
                        .description(description)
                        .baseUnit(unit)
                        .tags(tags)
                        .strongReference(true)
                        .register(registry));
    }

    private void cell(Meter.Id id, double value, Consumer<Cell> register) {
        seen.add(id);
        Cell cell = cells.get(id);
        if (cell == null) {
            cell = new Cell();
            cells.put(id, cell);
            cell.value = value;
            register.accept(cell);
        }
        cell.value = value;
    }
}
