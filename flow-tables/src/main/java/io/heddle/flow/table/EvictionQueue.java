package io.heddle.flow.table;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a table that may be evicted, the first to go first: lower importance before higher, then what expires sooner. Entries without
 * a timeout are never evicted.
 *
 * <p>Entries that are gone, and those whose idle timeout has begun anew, are noticed when they come to the front.
 *
 * <p>Threading: the control loop.
 */
final class EvictionQueue {
    /** {@code dueNs}: when the entry would expire, as it was when it was looked at last; never later than it is. */
    private record Candidate(int importance, long dueNs, FlowEntry entry) {}

    private static final Comparator<Candidate> FIRST_TO_GO =
            Comparator.comparingInt(Candidate::importance).thenComparingLong(Candidate::dueNs);

    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(FIRST_TO_GO);

    void add(FlowEntry entry) {
        if (entry.idleTimeoutSeconds() != 0 || entry.hardTimeoutSeconds() != 0) {
            queue.add(new Candidate(entry.importance(), entry.expiryNs(), entry));
        }
    }

    int size() {
        return queue.size();
    }

    /** The entry that is the next to go, null when there is none. */
    @Nullable
    FlowEntry peek(long version) {
        for (Candidate first = queue.peek(); first != null; first = queue.peek()) {
            boolean isGone = !first.entry.isVisibleIn(version);
            if (!isGone && first.entry.expiryNs() <= first.dueNs) {
                return first.entry;
            }
            queue.poll();
            if (!isGone) {
                add(first.entry);
            }
        }
        return null;
    }
}
