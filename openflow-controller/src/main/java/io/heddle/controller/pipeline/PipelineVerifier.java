package io.heddle.controller.pipeline;

import io.heddle.controller.core.FlowIntent;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import org.jspecify.annotations.Nullable;

/** Verifies an app's flows against the declaration of the tables: an app that breaks it has a defect. */
public final class PipelineVerifier {
    private PipelineVerifier() {}

    /**
     * Verifies a flow.
     *
     * @param app name of the app that wants it
     * @return what is wrong; null when nothing is
     */
    public static @Nullable FlowError verify(String app, FlowIntent intent) {
        PipelineTable table = null;
        for (PipelineTable each : PipelineTable.values()) {
            if (each.id() == intent.identity().tableId()) {
                table = each;
            }
        }
        if (table == null) {
            return new FlowError(
                    ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID,
                    "flow.table_id",
                    "no table " + intent.identity().tableId() + " in the pipeline");
        }
        if (!table.owners().contains(app)) {
            return new FlowError(
                    ErrorCode.FLOW_MOD_FAILED_EPERM,
                    "flow.table_id",
                    "table " + table + " belongs to " + table.owners() + ", not to " + app);
        }
        FlowError error = verifyMatch(table, intent.identity().match());
        if (error != null) {
            return error;
        }
        for (Instruction instruction : intent.instructions()) {
            if (instruction instanceof Instruction.GotoTable(int next) && next <= table.id()) {
                return new FlowError(
                        ErrorCode.BAD_INSTRUCTION_BAD_TABLE_ID,
                        "flow.instructions",
                        "goto_table:" + next + " does not lead forward from table " + table.id());
            }
        }
        return null;
    }

    private static @Nullable FlowError verifyMatch(PipelineTable table, Match match) {
        FlowMask rest = match.mask();
        for (MatchField field : table.fields()) {
            Bits mask = field.allOnes();
            field.write(rest.words(), rest.get(field).and(mask.not()));
        }
        for (int word = 0; word < rest.words().length; word++) {
            if (rest.word(word) != 0) {
                return new FlowError(
                        ErrorCode.BAD_MATCH_BAD_FIELD,
                        "flow.match",
                        "flows in table " + table + " may match only " + table.fields());
            }
        }
        return null;
    }
}
