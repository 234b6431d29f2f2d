package io.heddle.datapath.bridge;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.group.Group;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.meter.Meter;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.MulticastTable;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.FlowTable;
import io.heddle.flow.table.TableSnapshot;
import io.heddle.flow.text.AddressText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads one bridge at one moment. Threading: the control loop. */
final class Reader implements BridgeReader {
    private final Bridge bridge;
    private final long nowNs;

    Reader(Bridge bridge, long nowNs) {
        this.bridge = bridge;
        this.nowNs = nowNs;
    }

    @Override
    public long revision() {
        return bridge.revision();
    }

    @Override
    public TunnelOptions tunnelOptions() {
        return bridge.tunnelOptions().options();
    }

    @Override
    public BridgeView.FragmentHandling fragments() {
        return bridge.fragments();
    }

    @Override
    public List<FlowState> flows(FlowSelector selector) {
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            List<FlowState> states = new ArrayList<>();
            for (FlowEntry entry : snapshot.flows(entry -> States.isSelected(entry, selector))) {
                states.add(States.of(entry, nowNs));
            }
            return states;
        }
    }

    @Override
    public Aggregate aggregate(FlowSelector selector) {
        long[] sums = new long[3];
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            snapshot.forEachFlow(entry -> {
                if (States.isSelected(entry, selector)) {
                    HitCounter counter = entry.counter();
                    sums[0] += counter.packets();
                    sums[1] += counter.octets();
                    sums[2]++;
                }
            });
        }
        return new Aggregate(sums[0], sums[1], (int) sums[2]);
    }

    @Override
    public List<GroupState> groups() {
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            List<Group> groups = snapshot.groups();
            Map<Integer, Integer> references = new HashMap<>();
            snapshot.forEachFlow(entry -> count(references, entry, Reader::groupOf));
            for (Group group : groups) {
                Set<Integer> named = new HashSet<>();
                for (Group.Bucket bucket : group.buckets()) {
                    collect(bucket.spec().actions(), Reader::groupOf, named);
                }
                named.forEach(id -> references.merge(id, 1, Integer::sum));
            }
            List<GroupState> states = new ArrayList<>();
            for (Group group : groups) {
                states.add(States.of(group, references.getOrDefault(group.id(), 0), nowNs));
            }
            return states;
        }
    }

    /** What is kept over a restart: flows without timeouts; what refers to groups and meters is not counted. */
    StateStore.Tables saved() {
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            return new StateStore.Tables(
                    snapshot.flows(Bridge::isSaved).stream()
                            .map(entry -> States.of(entry, nowNs))
                            .toList(),
                    snapshot.groups().stream()
                            .map(group -> States.of(group, 0, nowNs))
                            .toList(),
                    snapshot.meters().stream()
                            .map(meter -> States.of(meter, 0, nowNs))
                            .toList(),
                    bridge.tunnelOptions().options().options());
        }
    }

    @Override
    public List<MeterState> meters() {
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            Map<Integer, Integer> flows = new HashMap<>();
            snapshot.forEachFlow(entry -> count(flows, entry, Reader::meterOf));
            List<MeterState> states = new ArrayList<>();
            for (Meter meter : snapshot.meters()) {
                states.add(States.of(meter, flows.getOrDefault(meter.id(), 0), nowNs));
            }
            return states;
        }
    }

    private static @Nullable Integer groupOf(Action action) {
        return action instanceof Action.GroupAction group ? (Integer) group.groupId() : null;
    }

    private static @Nullable Integer meterOf(Action action) {
        return switch (action) {
            case Action.Meter meter -> meter.meterId();
            case Action.Controller controller when controller.meterId() != 0 -> controller.meterId();
            default -> null;
        };
    }

    /** Counts the entry once for each group, or meter, that it names. */
    private static void count(
            Map<Integer, Integer> references, FlowEntry entry, Function<Action, @Nullable Integer> nameIn) {
        Set<Integer> named = new HashSet<>();
        for (Instruction instruction : entry.instructions()) {
            switch (instruction) {
                case Instruction.ApplyActions apply -> collect(apply.actions(), nameIn, named);
                case Instruction.WriteActions write -> collect(write.actions(), nameIn, named);
                case Instruction.Meter meter -> collect(List.of(new Action.Meter(meter.meterId())), nameIn, named);
                case Instruction.ClearActions _, Instruction.WriteMetadata _, Instruction.GotoTable _ -> {
                    // They name neither.
                }
            }
        }
        named.forEach(id -> references.merge(id, 1, Integer::sum));
    }

    private static void collect(List<Action> actions, Function<Action, @Nullable Integer> nameIn, Set<Integer> named) {
        boolean _ = Action.anyMatch(actions, action -> {
            Integer name = nameIn.apply(action);
            if (name != null) {
                named.add(name);
            }
            return false;
        });
    }

    @Override
    public List<PortState> ports() {
        return bridge.ports().all().stream().map(port -> port.state(nowNs)).toList();
    }

    @Override
    public List<LearnedAddress> addresses() {
        return bridge.macs().entries().stream()
                .map(entry -> new LearnedAddress(
                        entry.port(),
                        portName(entry.port()),
                        entry.vlan(),
                        entry.address(),
                        nowNs - entry.used().lastUsedNs()))
                .toList();
    }

    private String portName(int number) {
        BridgePort port = bridge.ports().byNumber(number);
        return port == null ? "" : port.name();
    }

    @Override
    public List<QueueState> queues() {
        return bridge.ports().all().stream()
                .flatMap(port -> port.queues(nowNs).stream())
                .toList();
    }

    @Override
    public List<MulticastEntry> multicast() {
        List<MulticastEntry> entries = new ArrayList<>();
        for (MulticastTable.Entry entry : bridge.layer2().multicastEntries(nowNs)) {
            entries.add(new MulticastEntry(
                    entry.port(), portName(entry.port()), entry.vlan(), group(entry), entry.ageNs()));
        }
        return entries;
    }

    private static String group(MulticastTable.Entry entry) {
        Bits group = entry.group();
        return group == null ? "" : entry.isIpv4() ? AddressText.ipv4((int) group.low()) : AddressText.ipv6(group);
    }

    @Override
    public List<TableState> tables() {
        @Nullable FlowTable[] byId = new @Nullable FlowTable[FlowMod.MAX_TABLE + 1];
        for (FlowTable table : bridge.tables().usedTables()) {
            byId[table.id()] = table;
        }
        int limit = bridge.tables().limit().maxEntries();
        List<TableState> states = new ArrayList<>();
        for (int id = 0; id < byId.length; id++) {
            FlowTable table = byId[id];
            states.add(table == null ? new TableState(id, 0, 0, 0, limit) : States.of(table, limit));
        }
        return states;
    }

    @Override
    public BridgeState bridge() {
        int flows = bridge.tables().usedTables().stream()
                .mapToInt(FlowTable::activeCount)
                .sum();
        return new BridgeState(
                bridge.name(),
                bridge.datapathId(),
                bridge.configuration().failMode(),
                bridge.isStandalone(),
                flows,
                bridge.ports().size(),
                bridge.controllers().states(),
                bridge.flowMods(),
                bridge.flowModsRefused(),
                bridge.layer2().spanningTreeText());
    }

    @Override
    public List<FlowNotice.Changed> follow(FlowFollower follower, List<FlowInterest> wanted, List<FlowInterest> fresh) {
        follower.setInterests(wanted);
        bridge.setFollowing(follower, !wanted.isEmpty());
        if (fresh.isEmpty()) {
            return List.of();
        }
        try (TableSnapshot snapshot = bridge.tables().snapshot()) {
            List<FlowNotice.Changed> found = new ArrayList<>();
            for (FlowEntry entry : snapshot.flows(entry -> FlowFollower.details(fresh, entry) != -1)) {
                found.add(new FlowNotice.Changed(
                        BridgeEvent.Change.ADDED,
                        States.of(entry, nowNs),
                        BridgeEvent.RemovalReason.DELETE,
                        TableUpdate.Source.NONE,
                        FlowFollower.details(fresh, entry)));
            }
            return found;
        }
    }

    @Override
    public EventSubscription subscribe(EventInterest interest) {
        return bridge.subscribeHere(interest);
    }
}
