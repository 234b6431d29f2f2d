package io.heddle.flow.action;

import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MaskedWords;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;

/**
 * Checks a {@code learn} action before it is accepted: fields of the packet against the match of the flow that has the action, fields
 * of the learned flow against what that flow is certain to match.
 *
 * <p>Threading: none; for one use.
 *
 * @param isMatched whether {@code known} says what the packet is
 */
record LearnCheck(boolean isMatched, MaskedWords known) {
    private static final int LAST_TABLE = 253;

    void check(LearnSpec spec, String path) throws FlowException {
        if (spec.tableId() > LAST_TABLE) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path + ".table_id",
                    "table " + spec.tableId() + " is not in 0-" + LAST_TABLE);
        }
        Match.Builder learned = Match.builder();
        for (int i = 0; i < spec.parts().size(); i++) {
            LearnSpec.Part part = spec.parts().get(i);
            String at = path + ".parts[" + i + "]";
            Subfield source = part.source();
            if (source != null) {
                checkSource(source.field(), at);
            }
            Subfield destination = part.destination();
            if (destination == null) {
                continue;
            }
            MatchField field = destination.field();
            if (!field.prerequisite().isMetBy(learned)) {
                throw inconsistent(at, "the learned flow does not match on", field);
            }
            switch (part.target()) {
                case MATCH -> {
                    checkMatchable(destination, at);
                    if (source == null) {
                        learned.exact(
                                field, learned.valueOf(field).or(part.value().shiftLeft(destination.bit())));
                    }
                }
                case LOAD -> writable(field, at);
                case OUTPUT -> {}
            }
        }
    }

    private void checkSource(MatchField field, String path) throws FlowException {
        if (isMatched && !field.prerequisite().isMetBy(known)) {
            throw inconsistent(path, "the match does not ask for", field);
        }
    }

    private static void checkMatchable(Subfield bits, String path) throws FlowException {
        if (!bits.field().isMaskable() && !LearnSpec.isWhole(bits)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path,
                    bits.field().fieldName() + " is matched on as a whole or not at all");
        }
    }

    private static void writable(MatchField field, String path) throws FlowException {
        if (!field.isWritable()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    path,
                    field.fieldName() + " is a field that this action cannot write");
        }
    }

    private static FlowException inconsistent(String path, String who, MatchField field) {
        return new FlowException(
                ErrorCode.BAD_ACTION_MATCH_INCONSISTENT,
                path,
                who + " what " + field.fieldName() + " needs: " + field.prerequisite());
    }
}
