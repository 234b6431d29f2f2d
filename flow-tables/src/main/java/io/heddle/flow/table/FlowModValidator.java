package io.heddle.flow.table;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionValidator;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Checks a flow-mod against OpenFlow's rules and against the groups and meters there are.
 *
 * <p>Threading: none; the control loop uses one for each flow-mod.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 6.4</a>
 */
public final class FlowModValidator {
    /** By word of {@link KeyLayout}. */
    private static final MatchField[][] FIELDS_OF_WORD = IntStream.range(0, KeyLayout.WORDS)
            .mapToObj(word -> Arrays.stream(MatchField.values())
                    .filter(field -> field.word() == word || (field.bits() == 128 && field.word() + 1 == word))
                    .toArray(MatchField[]::new))
            .toArray(MatchField[][]::new);

    private final TableSet tables;
    private final long version;

    public FlowModValidator(TableSet tables, long version) {
        this.tables = tables;
        this.version = version;
    }

    /** Returns if the flow-mod is right. */
    public void check(FlowMod mod) throws FlowException {
        boolean isDelete = mod.command() == FlowMod.Command.DELETE || mod.command() == FlowMod.Command.DELETE_STRICT;
        if (mod.tableId() > FlowMod.MAX_TABLE && !(isDelete && mod.tableId() == FlowMod.ALL_TABLES)) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_TABLE_ID,
                    "flow.table_id",
                    "table " + mod.tableId() + " is not in 0-" + FlowMod.MAX_TABLE);
        }
        checkMatch(mod.match(), "flow.match");
        if (!isDelete) {
            checkInstructions(mod, "flow.instructions");
        }
    }

    /**
     * Checks that every field of a match has its prerequisites and a mask that it allows.
     *
     * <p>Fields share words (tcp_src and udp_src, nw_src and arp_spa): a bit is right when some field with its prerequisites met has it.
     */
    public static void checkMatch(Match match, String path) throws FlowException {
        for (long rest = match.map(); rest != 0; rest &= rest - 1) {
            int word = Long.numberOfTrailingZeros(rest);
            if (word != KeyLayout.W_TUN_OPTIONS) {
                checkWord(match, word, path);
            }
        }
    }

    private static void checkWord(Match match, int word, String path) throws FlowException {
        long mask = match.mask(word);
        long allowed = 0;
        long maskable = 0;
        for (MatchField field : FIELDS_OF_WORD[word]) {
            if ((mask & field.wordMask()) != 0 && field.prerequisite().isMetBy(match)) {
                allowed |= field.wordMask();
                boolean isWhole = (mask & field.wordMask()) == field.wordMask();
                maskable |= field.isMaskable() || isWhole ? field.wordMask() : 0;
            }
        }
        if ((mask & ~maskable) != 0) {
            if ((mask & ~allowed) != 0) {
                MatchField field = fieldAt(word, mask & ~allowed);
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_PREREQ,
                        path + "." + field.fieldName(),
                        field.fieldName() + " needs a match that says " + field.prerequisite());
            }
            MatchField field = fieldAt(word, mask & ~maskable);
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_MASK,
                    path + "." + field.fieldName(),
                    field.fieldName() + " is matched on as a whole or not at all");
        }
    }

    private static MatchField fieldAt(int word, long bits) {
        for (MatchField field : FIELDS_OF_WORD[word]) {
            if ((field.wordMask() & bits) != 0) {
                return field;
            }
        }
        throw new IllegalArgumentException("no field has bits %x of word %d".formatted(bits, word));
    }

    private void checkInstructions(FlowMod mod, String path) throws FlowException {
        if (mod.instructions().size() > 1 && mod.instructions().stream().anyMatch(FlowModValidator::isConjunctive)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path,
                    "a flow with conjunction has no other instructions: they would not be executed");
        }
        Set<Class<?>> seen = mod.instructions().size() < 2 ? Set.of() : new HashSet<>();
        List<Instruction> instructions = mod.instructions();
        for (int i = 0; i < instructions.size(); i++) {
            String at = path + "[" + i + "]";
            Instruction instruction = instructions.get(i);
            if (instructions.size() > 1 && !seen.add(instruction.getClass())) {
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_DUP_INST,
                        at,
                        "an instruction of this kind came before; there can be one of each");
            }
            switch (instruction) {
                case Instruction.GotoTable go -> checkGoto(mod.tableId(), go.tableId(), at + ".goto_table");
                case Instruction.ApplyActions apply ->
                    validator().applied(mod.match(), apply.actions(), at + ".apply_actions.actions");
                case Instruction.WriteActions write ->
                    validator().written(mod.match(), write.actions(), at + ".write_actions.actions");
                case Instruction.Meter meter -> {
                    boolean isNamed = Integer.compareUnsigned(meter.meterId(), MeterMod.MAX_METER) <= 0;
                    if (!isNamed || tables.meters().find(meter.meterId(), version) == null) {
                        throw new FlowException(
                                ErrorCode.METER_MOD_FAILED_INVALID_METER,
                                at + ".meter_id",
                                "there is no meter " + Integer.toUnsignedString(meter.meterId()) + "; add it first");
                    }
                }
                case Instruction.ClearActions clear -> {}
                case Instruction.WriteMetadata write -> {}
            }
        }
    }

    private static boolean isConjunctive(Instruction instruction) {
        return instruction instanceof Instruction.ApplyActions apply
                && apply.actions().stream().anyMatch(Action.Conjunction.class::isInstance);
    }

    private ActionValidator validator() {
        return new ActionValidator(
                group -> tables.groups().find(group, version) != null,
                meter -> tables.meters().find(meter, version) != null);
    }

    private static void checkGoto(int from, int to, String path) throws FlowException {
        if (to <= from || to > FlowMod.MAX_TABLE) {
            throw new FlowException(
                    ErrorCode.BAD_INSTRUCTION_BAD_TABLE_ID,
                    path,
                    from == FlowMod.MAX_TABLE
                            ? "the last table has none to go to"
                            : "table " + to + " is not in " + (from + 1) + "-" + FlowMod.MAX_TABLE
                                    + ": a packet only goes forward");
        }
    }
}
