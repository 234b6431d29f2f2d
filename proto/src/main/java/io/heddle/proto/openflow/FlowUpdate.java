package io.heddle.proto.openflow;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.Match;
import java.util.List;

/** What a flow monitor tells. */
public sealed interface FlowUpdate {
    /** {@code OFPFME_*} of updates that tell of a flow, in wire order. */
    enum Event {
        INITIAL,
        ADDED,
        REMOVED,
        MODIFIED
    }

    /**
     * A flow is there, came, went or changed.
     *
     * @param reason {@code OFPRR_*} of a removal
     * @param instructions empty unless they were asked for
     */
    record Full(
            Event event,
            int tableId,
            int reason,
            int priority,
            int idleTimeoutSeconds,
            int hardTimeoutSeconds,
            long cookie,
            Match match,
            List<Instruction> instructions)
            implements FlowUpdate {
        public Full {
            instructions = List.copyOf(instructions);
        }
    }

    /** A message of the client's own has done its work. */
    record Abbreviated(int xid) implements FlowUpdate {}

    /** The client is too slow: flows that come or change are not told from here on (OpenFlow 1.4; a message of its own before). */
    record Paused() implements FlowUpdate {}

    /** What the client has been told is whole again (OpenFlow 1.4; a message of its own before). */
    record Resumed() implements FlowUpdate {}
}
