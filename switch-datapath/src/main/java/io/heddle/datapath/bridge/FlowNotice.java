package io.heddle.datapath.bridge;

/** What a {@link FlowFollower} hears. */
public sealed interface FlowNotice {
    /**
     * A flow came, went or changed.
     *
     * @param flow as it is now, or was when it was removed
     * @param reason of a removal
     * @param source who asked for it; {@link TableUpdate.Source#NONE} too for what was put off
     * @param details of all interests that select it, joined by or
     */
    record Changed(
            BridgeEvent.Change change,
            FlowState flow,
            BridgeEvent.RemovalReason reason,
            TableUpdate.Source source,
            int details)
            implements FlowNotice {}

    /** Too much waits: from here on only removals come, until all that waits has been taken. */
    record Paused() implements FlowNotice {}

    /** What was put off while the follower was too slow has come: it knows all flows again. */
    record Resumed() implements FlowNotice {}
}
