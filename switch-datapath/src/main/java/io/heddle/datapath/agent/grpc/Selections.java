package io.heddle.datapath.agent.grpc;

import com.google.rpc.Code;
import io.heddle.datapath.bridge.FlowSelector;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.PortState;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.FlowSelection;
import io.heddle.proto.v1.PortQuery;
import java.util.List;

/** What clients select, and whether a thing is selected. */
final class Selections {
    private Selections() {}

    /**
     * The flows that a query means.
     *
     * @param path of the selection in the request
     */
    static FlowSelector flows(FlowSelection selection, TextForms texts, String path) throws FlowException {
        try {
            FlowMapping.FlowFilter filter = FlowMapping.filter(selection, texts);
            FlowMod mod = filter.selection();
            return new FlowSelector(
                    mod.tableId(),
                    mod.match(),
                    filter.priority().orElse(-1),
                    mod.cookie(),
                    mod.cookieMask(),
                    mod.outPort(),
                    mod.outGroup());
        } catch (FlowException e) {
            throw new FlowException(e.error().under(path));
        }
    }

    /** Says whether a flow that came or went is one of those a subscriber asked for. */
    static boolean selects(FlowSelector selector, FlowState flow) {
        return (selector.tableId() == FlowMod.ALL_TABLES || selector.tableId() == flow.tableId())
                && (selector.priority() < 0 || selector.priority() == flow.priority())
                && ((selector.cookie() ^ flow.cookie()) & selector.cookieMask()) == 0
                && flow.match().isCoveredBy(selector.match())
                && (selector.outPort() == Ports.ANY
                        || mentions(
                                flow,
                                action ->
                                        action instanceof Action.Output output && output.port() == selector.outPort()))
                && (selector.outGroup() == FlowMod.ANY_GROUP
                        || mentions(
                                flow,
                                action -> action instanceof Action.GroupAction group
                                        && group.groupId() == selector.outGroup()));
    }

    private static boolean mentions(FlowState flow, java.util.function.Predicate<Action> wanted) {
        for (Instruction instruction : flow.instructions()) {
            List<Action> actions = switch (instruction) {
                case Instruction.ApplyActions apply -> apply.actions();
                case Instruction.WriteActions write -> write.actions();
                case Instruction.Meter _,
                        Instruction.ClearActions _,
                        Instruction.WriteMetadata _,
                        Instruction.GotoTable _ -> List.<Action>of();
            };
            if (Action.anyMatch(actions, wanted)) {
                return true;
            }
        }
        return false;
    }

    static boolean selects(PortQuery query, PortState port) {
        return (!query.hasNumber() || query.getNumber() == port.number())
                && (query.getName().isEmpty() || query.getName().equals(port.name()));
    }

    /** There must be something to read. */
    static void requireQueries(int count) {
        if (count == 0) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT, "queries", "nothing is asked for: add a query, {flows {}} for instance");
        }
    }
}
