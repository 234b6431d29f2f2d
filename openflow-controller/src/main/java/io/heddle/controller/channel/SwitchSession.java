package io.heddle.controller.channel;

import io.heddle.controller.core.SwitchId;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.action.Action;
import io.heddle.flow.table.FlowMod;
import java.util.List;
import java.util.function.Consumer;

/**
 * A connection to a switch process, which may have several bridges. One that the controller makes connects again by itself, with
 * back-off, until it is closed; one that a switch makes ends with the connection.
 *
 * <p>Thread: the controller loop calls it, and is called back by it.
 */
public interface SwitchSession extends AutoCloseable {
    /**
     * What became of a batch of flow mods.
     *
     * @param errors for people, one for each that was refused; empty when all was done
     * @param delivered false when the connection broke before the answer: the bridge will come up again
     */
    record WriteResult(List<String> errors, boolean delivered) {
        public WriteResult {
            errors = List.copyOf(errors);
        }
    }

    /** Where it connects to, as configured; or where from. */
    String target();

    /** Begins to connect; everything that happens is told to the listener. */
    void start(SessionListener listener);

    /**
     * Changes flows, in order. When the result comes, no packet is forwarded by older rules any more.
     *
     * @param result called once
     */
    void write(SwitchId id, List<FlowMod> mods, Consumer<WriteResult> result);

    /**
     * Reads all flows of a bridge, whoever added them.
     *
     * @param result called once with a consistent snapshot; not at all when the connection breaks
     */
    void readFlows(SwitchId id, Consumer<List<FlowMod>> result);

    /**
     * Sends a packet; dropped when the bridge is not connected.
     *
     * @param inPort port that it is said to come from; 0: the controller
     */
    void sendPacket(SwitchId id, int inPort, List<Action> actions, Frame frame);

    /** Ends the connection for good. */
    @Override
    void close();
}
