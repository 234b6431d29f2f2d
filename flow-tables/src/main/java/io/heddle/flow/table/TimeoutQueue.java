package io.heddle.flow.table;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Entries by when they are to be looked at for a timeout.
 *
 * <p>An entry that is removed for another reason stays in the queue, as a queue cannot find it, but not for long: when more than half of
 * the queue is such entries, they are all dropped. So the queue is never longer than twice the live entries, however often a controller
 * adds a flow again whose timeout is hours away.
 *
 * <p>Threading: the control loop.
 */
final class TimeoutQueue {
    /** A queue this short is not worth being tidied. */
    static final int MIN_TIDIED = 1024;

    /** An entry to be looked at at {@code dueNs}. */
    private record Due(long dueNs, FlowEntry entry) {}

    private final PriorityQueue<Due> queue = new PriorityQueue<>(Comparator.comparingLong(Due::dueNs));

    /** Entries of the queue that have been removed from their tables. */
    private int dead;

    /** Watches an entry, if it has a timeout. */
    void add(FlowEntry entry) {
        if (hasTimeout(entry)) {
            queue.add(new Due(entry.expiryNs(), entry));
        }
    }

    /** An entry that is still in the queue has been removed for good. */
    void forget(FlowEntry entry) {
        if (hasTimeout(entry)) {
            dead++;
            if (queue.size() >= MIN_TIDIED && dead > queue.size() / 2) {
                queue.removeIf(due -> due.entry().removedIn() != Long.MAX_VALUE);
                dead = 0;
            }
        }
    }

    private static boolean hasTimeout(FlowEntry entry) {
        return entry.idleTimeoutSeconds() != 0 || entry.hardTimeoutSeconds() != 0;
    }

    /** When {@link #poll} has something next, on the monotonic clock; {@link Long#MAX_VALUE} for never. */
    long nextNs() {
        Due due = queue.peek();
        return due == null ? Long.MAX_VALUE : due.dueNs();
    }

    /** Takes an entry out that is live in {@code version} and is to be looked at by now; null when there is none. */
    @Nullable
    FlowEntry poll(long nowNs, long version) {
        while (nextNs() <= nowNs) {
            FlowEntry entry = queue.remove().entry();
            if (entry.isVisibleIn(version)) {
                return entry;
            }
            dead = Math.max(0, dead - 1);
        }
        return null;
    }

    /** Entries in the queue, live or not. */
    int size() {
        return queue.size();
    }
}
