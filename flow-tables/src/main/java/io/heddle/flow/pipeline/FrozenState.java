package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import java.util.List;

/**
 * Where a translation stopped because the packet must be parsed again or a controller is to send it back, and what is left to do then.
 * Equal states are one: they share a recirculation id.
 *
 * @param bridge number in the process
 * @param inPort OpenFlow number of the port that the packet came from, in the bridge
 * @param pipelineFields metadata, registers and what else exists only inside the pipeline
 * @param isTracked whether what the connection tracker said of the packet is known after that
 * @param rest what is left to do, in order
 * @param actionSet to be executed after that
 * @param stack what was pushed and not popped, the first pushed first
 * @param mirrors bit i: mirror i of the bridge has the packet
 */
public record FrozenState(
        int bridge,
        int inPort,
        Match pipelineFields,
        boolean isTracked,
        List<Step> rest,
        List<Action> actionSet,
        List<Bits> stack,
        long mirrors) {
    public FrozenState {
        rest = List.copyOf(rest);
        actionSet = List.copyOf(actionSet);
        stack = List.copyOf(stack);
    }

    /** Where the actions come from, for punts and traces. */
    public record Origin(int tableId, long cookie, boolean isTableMiss) {}

    /** One thing that is left to do. */
    public sealed interface Step {
        /** Actions, as an apply-actions instruction executes them. */
        record Actions(List<Action> actions, Origin origin) implements Step {}

        /** Instructions of a flow. */
        record Instructions(List<Instruction> instructions, Origin origin) implements Step {}

        /** A lookup in a table. */
        record Table(int tableId) implements Step {}
    }
}
