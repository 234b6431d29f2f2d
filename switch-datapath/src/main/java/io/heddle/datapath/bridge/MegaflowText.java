package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.SwitchControl.MegaflowState;
import io.heddle.datapath.poll.MegaflowDump;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.pipeline.Translation.DropCause;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.heddle.flow.trace.DatapathActionFormatter;

/** Reports a megaflow. Threading: any. */
final class MegaflowText {
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    private MegaflowText() {}

    static MegaflowState state(MegaflowDump.Row megaflow, int pollLoop, long nowNs) {
        FlowKey key = megaflow.match().key();
        DropCause cause = megaflow.translation().drop();
        return new MegaflowState(
                megaflow.match(),
                FORMATTER.megaflow(key, megaflow.match().mask()),
                new DatapathActionFormatter(FORMATTER, key)
                        .format(megaflow.translation().actions()),
                megaflow.packets(),
                megaflow.octets(),
                nowNs - megaflow.lastUsedNs(),
                megaflow.revision(),
                pollLoop,
                cause == null ? "" : cause.name());
    }
}
