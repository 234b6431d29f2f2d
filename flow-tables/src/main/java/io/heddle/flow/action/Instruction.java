package io.heddle.flow.action;

import java.util.List;

/**
 * One instruction of a flow entry, in the order in which they are executed.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     5.9</a>
 */
public sealed interface Instruction {
    record Meter(int meterId) implements Instruction {}

    record ApplyActions(List<Action> actions) implements Instruction {
        public ApplyActions {
            actions = List.copyOf(actions);
        }
    }

    record ClearActions() implements Instruction {}

    record WriteActions(List<Action> actions) implements Instruction {
        public WriteActions {
            actions = List.copyOf(actions);
        }
    }

    record WriteMetadata(long metadata, long mask) implements Instruction {}

    record GotoTable(int tableId) implements Instruction {}
}
