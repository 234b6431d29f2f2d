package io.heddle.controller.loop;

import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.SwitchView;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayList;
import java.util.List;

/**
 * A connected bridge.
 *
 * <p>Thread: the controller loop.
 */
final class ManagedBridge {
    final SwitchSession session;

    /** Flow mods that wait for the write before them. */
    final List<FlowMod> pending = new ArrayList<>();

    SwitchView view;

    /** A write is on its way: one at a time keeps them in order. */
    boolean isWriting;

    /** The flows have not been brought in line yet. */
    boolean reconciling = true;

    /** Writes so far. */
    long writes;

    /** When the flows are compared again, monotonic. */
    long auditAtNanos;

    long sinceMillis;

    ManagedBridge(SwitchSession session, SwitchView view, long sinceMillis) {
        this.session = session;
        this.view = view;
        this.sinceMillis = sinceMillis;
    }

    boolean isReady() {
        return !reconciling;
    }

    SwitchStatus status(int intendedFlows) {
        SwitchStatus.State state = reconciling ? SwitchStatus.State.RECONCILING : SwitchStatus.State.READY;
        return new SwitchStatus(session.target(), view, state, sinceMillis, intendedFlows, "");
    }
}
