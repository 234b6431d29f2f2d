package io.heddle.controller.core;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import java.util.List;
import java.util.Set;

/**
 * A flow that should be on a bridge.
 *
 * @param identity table, priority and match
 * @param cookie see {@link Cookies}
 * @param idleTimeoutSeconds 0 to 65535, 0: none. When the switch removes the flow, it tells, and the intent ends.
 * @param hardTimeoutSeconds 0 to 65535, 0: none; as above
 * @param instructions of the flow; none: drop
 */
public record FlowIntent(
        FlowIdentity identity,
        long cookie,
        int idleTimeoutSeconds,
        int hardTimeoutSeconds,
        List<Instruction> instructions) {
    public FlowIntent {
        if (!Cookies.isOwn(cookie)) {
            throw new IllegalArgumentException(
                    "cookie 0x%x does not begin with the controller's 0x4864".formatted(cookie));
        }
        instructions = List.copyOf(instructions);
    }

    /** A flow that stays. */
    public static FlowIntent permanent(
            int tableId, int priority, Match match, long cookie, List<Instruction> instructions) {
        return new FlowIntent(new FlowIdentity(tableId, priority, match), cookie, 0, 0, instructions);
    }

    /** What a bridge's flow looks like as an intent. */
    public static FlowIntent of(FlowMod flow) {
        return new FlowIntent(
                FlowIdentity.of(flow),
                flow.cookie(),
                flow.idleTimeoutSeconds(),
                flow.hardTimeoutSeconds(),
                flow.instructions());
    }

    /** The request that makes it so. */
    public FlowMod toFlowMod(FlowMod.Command command) {
        boolean delete = command == FlowMod.Command.DELETE_STRICT;
        return new FlowMod(
                command,
                identity.tableId(),
                identity.match(),
                identity.priority(),
                cookie,
                // Only the controller's own entry: somebody else may have put another in its place.
                command == FlowMod.Command.ADD ? 0 : Cookies.OWNER_MASK,
                idleTimeoutSeconds,
                hardTimeoutSeconds,
                0,
                Set.of(FlowMod.Flag.SEND_FLOW_REM),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                delete ? List.of() : instructions);
    }
}
