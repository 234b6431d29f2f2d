package io.heddle.datapath.bridge;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionValidator;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TableSet;
import java.util.List;

/**
 * Checks what a controller says is left to do with a packet, as a packet-out is checked: a controller may send back something else than
 * it was given.
 *
 * <p>Threading: control loop; for one use.
 */
final class ResumeCheck {
    private static final String PATH = "continuation";

    private final TableSet tables;
    private final long version;

    ResumeCheck(TableSet tables, long version) {
        this.tables = tables;
        this.version = version;
    }

    void check(FrozenState state) throws FlowException {
        for (FrozenState.Step step : state.rest()) {
            switch (step) {
                case FrozenState.Step.Actions list -> checkActions(list.actions());
                case FrozenState.Step.Table lookup -> checkTable(lookup.tableId());
                case FrozenState.Step.Instructions list -> {
                    for (Instruction instruction : list.instructions()) {
                        check(instruction);
                    }
                }
            }
        }
        validator().bucket(state.actionSet(), PATH + ".action_set");
    }

    private void check(Instruction instruction) throws FlowException {
        switch (instruction) {
            case Instruction.ApplyActions apply -> checkActions(apply.actions());
            case Instruction.WriteActions write -> validator().bucket(write.actions(), PATH + ".write_actions");
            case Instruction.Meter meter -> checkMeter(meter.meterId());
            case Instruction.GotoTable go -> checkTable(go.tableId());
            case Instruction.ClearActions _, Instruction.WriteMetadata _ -> {
                // Nothing can be wrong with them.
            }
        }
    }

    private void checkActions(List<Action> actions) throws FlowException {
        validator().packetOut(actions, PATH + ".actions");
    }

    private static void checkTable(int table) throws FlowException {
        if (table < 0 || table > FlowMod.MAX_TABLE) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_TABLE_ID, PATH + ".table_id", "table " + table + " is not in 0-253");
        }
    }

    private void checkMeter(int meter) throws FlowException {
        if (Integer.compareUnsigned(meter, MeterMod.MAX_METER) > 0 || !hasMeter(meter)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_INVALID_METER,
                    PATH + ".meter_id",
                    "there is no meter " + Integer.toUnsignedString(meter));
        }
    }

    private boolean hasMeter(int meter) {
        return tables.meters().find(meter, version) != null;
    }

    private ActionValidator validator() {
        return new ActionValidator(group -> tables.groups().find(group, version) != null, this::hasMeter);
    }
}
