package io.heddle.controller.loop;

import io.heddle.controller.core.SwitchView;
import org.jspecify.annotations.Nullable;

/**
 * How a switch is.
 *
 * @param target as configured
 * @param view of the bridge; null while there is no connection
 * @param sinceMillis when it came to this state, since 1970
 * @param intendedFlows that the apps want there
 * @param lastError why there is no connection; empty when there is one
 */
public record SwitchStatus(
        String target, @Nullable SwitchView view, State state, long sinceMillis, int intendedFlows, String lastError) {
    /** State of a bridge's channel. */
    public enum State {
        /** No connection. */
        CONNECTING,
        /** Connected, but another controller is the primary. */
        SECONDARY,
        /** Connected; the flows are being brought in line. */
        RECONCILING,
        /** Connected; the flows are as they should be. */
        READY
    }
}
