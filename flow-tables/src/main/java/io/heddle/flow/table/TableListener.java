package io.heddle.flow.table;

/**
 * Is told what a commit changed, after it is visible. Called by the control loop; must not change the tables.
 */
public interface TableListener {
    /** Why an entry is gone: {@code OFPRR_*}, in its order. */
    enum RemovalReason {
        IDLE_TIMEOUT,
        HARD_TIMEOUT,
        DELETE,
        GROUP_DELETE,
        METER_DELETE,
        EVICTION
    }

    /** Hears nothing. */
    TableListener NONE = new TableListener() {};

    /**
     * What follows was caused by another change of the transaction.
     *
     * @param cause as {@link TableTransaction#setCause} was told, {@link TableTransaction#NO_CAUSE} for none
     */
    default void onCause(int cause) {}

    /**
     * A table whose {@link TablePolicy} asks for it has become scarce of places, or has enough of them again.
     *
     * @param isLow which of both
     */
    default void onVacancy(FlowTable table, boolean isLow) {}

    default void onAdded(FlowEntry entry) {}

    /** An entry was replaced: by other instructions, or by an add of the same match and priority. */
    default void onReplaced(FlowEntry old, FlowEntry entry) {}

    /**
     * An entry is gone. A flow-removed message is due iff it has {@link FlowMod.Flag#SEND_FLOW_REM}.
     *
     * @param nowNs time of the commit, for the duration
     */
    default void onRemoved(FlowEntry entry, RemovalReason reason, long nowNs) {}
}
