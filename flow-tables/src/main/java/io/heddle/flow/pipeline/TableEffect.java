package io.heddle.flow.pipeline;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableTransaction;

/**
 * A change of flow tables that a packet causes. A translation only says it; the control loop, which owns the tables, makes it.
 *
 * <p>Thread safety: immutable.
 */
public sealed interface TableEffect {
    /** Number of the bridge in the process. */
    int bridge();

    /**
     * Adds a flow, or gives one of the same table, match and priority this cookie and these instructions ({@code learn}).
     *
     * @param limit most flows of that table and cookie, unsigned; 0 for no limit
     * @param changedNs when the flow that is there was last changed, monotonic; valid iff {@code isChange}
     * @param isChange whether there is such a flow
     */
    record Learn(int bridge, FlowMod flow, int limit, long changedNs, boolean isChange) implements TableEffect {}

    /** Lowers timeouts of an entry to those given, where 0 leaves them ({@code fin_timeout}). */
    record ShortenTimeouts(int bridge, FlowEntry entry, int idleTimeoutSeconds, int hardTimeoutSeconds)
            implements TableEffect {}

    /**
     * Stages the change. What has become unnecessary meanwhile stages nothing. Control loop.
     *
     * @param tables of the bridge
     * @return whether something is staged
     * @throws FlowException when the flow is refused
     */
    default boolean stage(TableTransaction transaction, TableSet tables) throws FlowException {
        return switch (this) {
            case Learn learn -> transaction.learn(tables, learn.flow(), learn.limit());
            case ShortenTimeouts shorten ->
                transaction.shortenTimeouts(
                        tables, shorten.entry(), shorten.idleTimeoutSeconds(), shorten.hardTimeoutSeconds());
        };
    }
}
