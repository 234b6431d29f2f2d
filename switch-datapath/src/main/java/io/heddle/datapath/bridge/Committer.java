package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.BridgeControl.CommitResult;
import io.heddle.datapath.bridge.TableUpdate.FlowUpdate;
import io.heddle.datapath.bridge.TableUpdate.GroupUpdate;
import io.heddle.datapath.bridge.TableUpdate.MeterUpdate;
import io.heddle.datapath.bridge.TableUpdate.PacketSend;
import io.heddle.datapath.bridge.TableUpdate.PortUpdate;
import io.heddle.datapath.bridge.TableUpdate.Precondition;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableTransaction;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies one batch of updates to a bridge: begin, revert or finish.
 *
 * <p>Threading: the control loop; for one batch.
 */
final class Committer {
    private final Bridge bridge;
    private final TableSet tables;
    private final TableTransaction transaction;
    private final List<UpdateFailure> failures = new ArrayList<>();
    private final List<PortUpdate> portUpdates = new ArrayList<>();
    private final List<GroupMod> groupMods = new ArrayList<>();
    private final List<MeterMod> meterMods = new ArrayList<>();
    private final List<BridgeControl.PacketOut> packets = new ArrayList<>();

    Committer(Bridge bridge, TableTransaction transaction) {
        this.bridge = bridge;
        this.tables = bridge.tables();
        this.transaction = transaction;
    }

    CommitResult commit(List<TableUpdate> updates, Atomicity atomicity, boolean validateOnly) {
        boolean isAtomic = atomicity != Atomicity.CONTINUE_ON_ERROR;
        for (int i = 0; i < updates.size(); i++) {
            stage(i, updates.get(i));
        }
        if (validateOnly || isAtomic && !failures.isEmpty()) {
            transaction.revert();
            if (!validateOnly) {
                abortOthers(updates.size());
            }
            return new CommitResult(bridge.revision(), failures);
        }
        transaction.commit();
        bridge.afterCommit(groupMods, meterMods, portUpdates);
        packets.forEach(bridge::send);
        return new CommitResult(bridge.revision(), failures);
    }

    private void stage(int index, TableUpdate update) {
        transaction.setCause(index);
        try {
            switch (update) {
                case FlowUpdate flow -> stage(flow);
                case GroupUpdate group -> stage(group);
                case MeterUpdate meter -> stage(meter);
                case PortUpdate port -> {
                    bridge.checkPortUpdate(port);
                    portUpdates.add(port);
                }
                case TableUpdate.PolicyUpdate policy -> transaction.apply(tables, policy.tableId(), policy.policy());
                case PacketSend send -> {
                    bridge.checkPacket(send.packet(), transaction.version());
                    packets.add(send.packet());
                }
            }
        } catch (FlowException e) {
            failures.add(new UpdateFailure(index, kindOf(e.error().code()), e.error()));
        } catch (Refused e) {
            failures.add(new UpdateFailure(index, e.kind, e.error));
        }
    }

    private void stage(FlowUpdate update) throws FlowException, Refused {
        FlowMod mod = update.mod();
        if (update.precondition() == Precondition.ABSENT || update.precondition() == Precondition.PRESENT) {
            FlowEntry there = mod.tableId() > FlowMod.MAX_TABLE
                    ? null
                    : tables.table(mod.tableId()).find(mod.match(), mod.priority(), transaction.version());
            boolean isThere = there != null
                    && (update.precondition() == Precondition.ABSENT
                            || ((there.cookie() ^ mod.cookie()) & mod.cookieMask()) == 0);
            require(
                    update.precondition(),
                    isThere,
                    "flow",
                    "flow of priority %d with this match in table %d".formatted(mod.priority(), mod.tableId()),
                    ErrorCode.FLOW_MOD_FAILED_OVERLAP,
                    ErrorCode.FLOW_MOD_FAILED_UNKNOWN);
        }
        boolean setsCookie = update.precondition() == Precondition.UPSERT_WITH_COOKIE;
        int count = transaction.apply(tables, mod, setsCookie);
        boolean isModify = mod.command() == FlowMod.Command.MODIFY || mod.command() == FlowMod.Command.MODIFY_STRICT;
        if (count == 0 && isModify && (setsCookie || update.precondition() == Precondition.UPSERT)) {
            transaction.apply(tables, mod.as(FlowMod.Command.ADD));
        }
    }

    private void stage(GroupUpdate update) throws FlowException, Refused {
        GroupMod mod = update.mod();
        boolean isThere = tables.groups().find(mod.groupId(), transaction.version()) != null;
        require(
                update.precondition(),
                isThere,
                "group.group_id",
                "group " + Integer.toUnsignedString(mod.groupId()),
                ErrorCode.GROUP_MOD_FAILED_GROUP_EXISTS,
                ErrorCode.GROUP_MOD_FAILED_UNKNOWN_GROUP);
        if (update.precondition() == Precondition.UPSERT && isThere) {
            mod = mod.as(GroupMod.Command.MODIFY);
        }
        List<GroupMod> changes = mod.command() == GroupMod.Command.DELETE ? deletions(mod) : List.of(mod);
        transaction.apply(tables, mod);
        groupMods.addAll(changes);
    }

    /** What a deletion deletes, group by group. */
    private List<GroupMod> deletions(GroupMod mod) {
        return tables.groups().visibleIn(transaction.version()).stream()
                .filter(group -> mod.groupId() == GroupMod.ALL_GROUPS || mod.groupId() == group.id())
                .map(group -> new GroupMod(GroupMod.Command.DELETE, group.type(), group.id(), List.of()))
                .toList();
    }

    private void stage(MeterUpdate update) throws FlowException, Refused {
        MeterMod mod = update.mod();
        boolean isThere = tables.meters().find(mod.meterId(), transaction.version()) != null;
        require(
                update.precondition(),
                isThere,
                "meter.meter_id",
                "meter " + Integer.toUnsignedString(mod.meterId()),
                ErrorCode.METER_MOD_FAILED_METER_EXISTS,
                ErrorCode.METER_MOD_FAILED_UNKNOWN_METER);
        if (update.precondition() == Precondition.UPSERT && isThere) {
            mod = new MeterMod(MeterMod.Command.MODIFY, mod.meterId(), mod.flags(), mod.bands());
        }
        List<MeterMod> changes = mod.command() == MeterMod.Command.DELETE ? deletions(mod) : List.of(mod);
        transaction.apply(tables, mod);
        meterMods.addAll(changes);
    }

    /** What a deletion deletes, meter by meter. */
    private List<MeterMod> deletions(MeterMod mod) {
        return tables.meters().visibleIn(transaction.version()).stream()
                .filter(meter -> mod.meterId() == MeterMod.ALL_METERS || mod.meterId() == meter.id())
                .map(meter -> new MeterMod(
                        MeterMod.Command.DELETE,
                        meter.id(),
                        meter.configuration().flags(),
                        List.of()))
                .toList();
    }

    private static void require(
            Precondition precondition, boolean isThere, String path, String what, ErrorCode exists, ErrorCode unknown)
            throws Refused {
        if (precondition == Precondition.ABSENT && isThere) {
            throw new Refused(
                    UpdateFailure.Kind.ALREADY_EXISTS, new FlowError(exists, path, "there is already one: " + what));
        }
        if (precondition == Precondition.PRESENT && !isThere) {
            throw new Refused(UpdateFailure.Kind.NOT_FOUND, new FlowError(unknown, path, "there is no " + what));
        }
    }

    private void abortOthers(int count) {
        UpdateFailure first = failures.getFirst();
        List<UpdateFailure> all = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (at < failures.size() && failures.get(at).index() == i) {
                all.add(failures.get(at++));
            } else {
                FlowError error = new FlowError(
                        first.error().code(), "", "not applied, because update " + first.index() + " was refused");
                all.add(new UpdateFailure(i, UpdateFailure.Kind.ABORTED, error));
            }
        }
        failures.clear();
        failures.addAll(all);
    }

    private static UpdateFailure.Kind kindOf(ErrorCode code) {
        return switch (code) {
            case GROUP_MOD_FAILED_GROUP_EXISTS, METER_MOD_FAILED_METER_EXISTS -> UpdateFailure.Kind.ALREADY_EXISTS;
            case GROUP_MOD_FAILED_UNKNOWN_GROUP, METER_MOD_FAILED_UNKNOWN_METER, PORT_MOD_FAILED_BAD_PORT ->
                UpdateFailure.Kind.NOT_FOUND;
            case FLOW_MOD_FAILED_TABLE_FULL,
                    GROUP_MOD_FAILED_OUT_OF_GROUPS,
                    GROUP_MOD_FAILED_OUT_OF_BUCKETS,
                    METER_MOD_FAILED_OUT_OF_METERS,
                    METER_MOD_FAILED_OUT_OF_BANDS -> UpdateFailure.Kind.EXHAUSTED;
            default -> UpdateFailure.Kind.INVALID;
        };
    }

    /** A precondition does not hold. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final UpdateFailure.Kind kind;
        private final transient FlowError error;

        Refused(UpdateFailure.Kind kind, FlowError error) {
            super(error.toString(), null, false, false);
            this.kind = kind;
            this.error = error;
        }
    }
}
