package io.heddle.datapath.bridge;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.GroupMod.GroupType;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Fills the tables of a new bridge with what was saved.
 *
 * <p>Groups may chain in any order, and to groups that have been deleted since, so they come in two passes: each number that is used becomes
 * an empty group first; then those that were saved get their buckets, and the others go again.
 *
 * <p>Threading: the control loop; for one use.
 */
final class TableLoader {
    private final Bridge bridge;
    private final List<TableUpdate> updates = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();

    private TableLoader(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Loads what can be loaded.
     *
     * @return what was refused, a sentence for each
     */
    static List<String> load(Bridge bridge, StateStore.Tables tables) {
        TableLoader loader = new TableLoader(bridge);
        loader.tunnelOptions(tables.tunnelOptions());
        loader.meters(tables.meters());
        loader.groups(tables.groups());
        loader.flows(tables.flows());
        bridge.takeChanged();
        return loader.refused;
    }

    private void tunnelOptions(List<TunnelOptions.Option> options) {
        try {
            bridge.tunnelOptions().restore(options);
        } catch (FlowException e) {
            refused.add("Geneve options: " + e.getMessage());
        }
    }

    private void meters(List<MeterState> meters) {
        for (MeterState meter : meters) {
            updates.add(new TableUpdate.MeterUpdate(
                    new MeterMod(MeterMod.Command.ADD, meter.meterId(), meter.flags(), meter.bands())));
        }
        commit();
    }

    private void groups(List<GroupState> groups) {
        Map<Integer, Boolean> isSaved = new LinkedHashMap<>();
        groups.forEach(group -> isSaved.put(group.groupId(), true));
        groups.stream()
                .flatMap(group -> group.buckets().stream())
                .flatMap(bucket -> bucket.actions().stream())
                .forEach(action -> {
                    if (action instanceof Action.GroupAction chained) {
                        isSaved.putIfAbsent(chained.groupId(), false);
                    }
                });
        isSaved.keySet().forEach(id -> emptyGroup(GroupMod.Command.ADD, id));
        commit();
        for (GroupState group : groups) {
            updates.add(new TableUpdate.GroupUpdate(group.as(GroupMod.Command.MODIFY)));
        }
        for (int index : commit()) {
            isSaved.put(groups.get(index).groupId(), false);
        }
        isSaved.forEach((id, stays) -> {
            if (!stays) {
                emptyGroup(GroupMod.Command.DELETE, id);
            }
        });
        commit();
    }

    private void emptyGroup(GroupMod.Command command, int id) {
        updates.add(new TableUpdate.GroupUpdate(new GroupMod(command, GroupType.ALL, id, List.of())));
    }

    private void flows(List<FlowState> flows) {
        flows.forEach(flow -> updates.add(new TableUpdate.FlowUpdate(add(flow))));
        commit();
    }

    /** Makes the updates; returns the indexes of those that were refused. */
    private List<Integer> commit() {
        List<Integer> indexes = new ArrayList<>();
        if (!updates.isEmpty()) {
            List<TableUpdate> batch = List.copyOf(updates);
            updates.clear();
            for (UpdateFailure failure : bridge.commit(batch, BridgeControl.Atomicity.CONTINUE_ON_ERROR, false)
                    .failures()) {
                indexes.add(failure.index());
                refused.add(nameOf(batch.get(failure.index())) + ": " + failure.error());
            }
        }
        return indexes;
    }

    private static String nameOf(TableUpdate update) {
        return switch (update) {
            case TableUpdate.FlowUpdate flow ->
                "flow of priority %d in table %d"
                        .formatted(flow.mod().priority(), flow.mod().tableId());
            case TableUpdate.GroupUpdate group ->
                "group " + Integer.toUnsignedString(group.mod().groupId());
            case TableUpdate.MeterUpdate meter ->
                "meter " + Integer.toUnsignedString(meter.mod().meterId());
            case TableUpdate.PortUpdate port -> "port " + Integer.toUnsignedString(port.port());
            case TableUpdate.PolicyUpdate policy -> "policy of table " + policy.tableId();
            case TableUpdate.PacketSend packet ->
                "packet from port " + Integer.toUnsignedString(packet.packet().inPort());
        };
    }

    private static FlowMod add(FlowState flow) {
        return new FlowMod(
                FlowMod.Command.ADD,
                flow.tableId(),
                flow.match(),
                flow.priority(),
                flow.cookie(),
                0,
                0,
                0,
                flow.importance(),
                keptFlags(flow),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                flow.instructions());
    }

    /** Flags that say how the add was to be done are done with. */
    private static Set<FlowMod.Flag> keptFlags(FlowState flow) {
        Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        flags.addAll(flow.flags());
        flags.remove(FlowMod.Flag.CHECK_OVERLAP);
        flags.remove(FlowMod.Flag.RESET_COUNTS);
        return flags;
    }
}
