package io.heddle.controller.core;

import io.heddle.controller.packet.Frame;
import io.heddle.controller.store.Lease;
import io.heddle.flow.action.Action;
import java.util.List;

/** What apps want done. Commands of one event are executed in their order. */
public sealed interface Command {
    /** The flow should be there; replaces an intent of the same identity. */
    record PutFlow(SwitchId id, FlowIntent intent) implements Command {}

    /** The flow should not be there. */
    record RemoveFlow(SwitchId id, FlowIdentity identity) implements Command {}

    /**
     * Sends a packet.
     *
     * @param inPort port that it is said to come from; 0: the controller
     */
    record SendPacket(SwitchId id, int inPort, List<Action> actions, Frame frame) implements Command {
        public SendPacket {
            actions = List.copyOf(actions);
        }
    }

    /** Tells all apps. */
    record Publish(Event event) implements Command {}

    /**
     * Writes leases to the disk and then, when they are safe there, does the rest. When they cannot be written the rest is left
     * undone: the client asks again.
     */
    record Durably(List<Lease> leases, List<Command> then) implements Command {
        public Durably {
            leases = List.copyOf(leases);
            then = List.copyOf(then);
        }
    }
}
