package io.heddle.datapath.bridge;

import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowEntry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows the flows of a bridge for one client that is to know them all at last, however slowly it reads.
 *
 * <pre>
 *   change --> fewer than the capacity wait: queue
 *         \--> else: "paused" is queued once; a removal of what the client may know still is queued,
 *                    any other change is put off, one for each flow
 *   the queue has been taken --> what was put off, then "resumed"
 * </pre>
 *
 * <p>So what waits is bounded by the capacity and the number of flows.
 *
 * <p>Threading: the control loop offers, any one other thread polls; a lock between them is held for a few instructions.
 */
public final class FlowFollower {
    /** What makes two entries the same flow. */
    private record Identity(int tableId, int priority, Match match) {
        static Identity of(FlowState flow) {
            return new Identity(flow.tableId(), flow.priority(), flow.match());
        }
    }

    /** {@code isKnown}: the client may have been told of an earlier flow of this identity. */
    private record PutOff(FlowNotice.Changed notice, boolean isKnown) {}

    private final Object client;
    private final int capacity;
    private final Runnable wakeUp;

    /** Control loop. */
    private List<FlowInterest> interests = List.of();

    private final Deque<FlowNotice> queue = new ArrayDeque<>();
    private final Map<Identity, PutOff> putOff = new LinkedHashMap<>();
    private boolean isPaused;
    private boolean isStarved = true;
    private volatile boolean isClosed;

    /**
     * Follows nothing until {@link BridgeReader#follow}.
     *
     * @param client as in the {@linkplain TableUpdate.Source source} of its own changes
     * @param capacity how many notices may wait before some are put off
     * @param wakeUp called, on the control loop's thread, when something has come after {@link #poll} had returned null; must be quick
     */
    public FlowFollower(Object client, int capacity, Runnable wakeUp) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not 1 or more");
        }
        this.client = client;
        this.capacity = capacity;
        this.wakeUp = wakeUp;
    }

    /** Ends it. */
    public void close() {
        synchronized (this) {
            isClosed = true;
            queue.clear();
            putOff.clear();
        }
    }

    boolean isClosed() {
        return isClosed;
    }

    /** The next notice; null when there is none: then the follower is woken up for the next. */
    public synchronized @Nullable FlowNotice poll() {
        FlowNotice next = queue.poll();
        if (next == null && isPaused) {
            putOff.values().forEach(each -> queue.add(each.notice));
            putOff.clear();
            isPaused = false;
            queue.add(new FlowNotice.Resumed());
            next = queue.poll();
        }
        isStarved = next == null;
        return next;
    }

    // ---- control loop

    void setInterests(List<FlowInterest> wanted) {
        interests = List.copyOf(wanted);
    }

    /** Details of all interests that select a flow, -1 when none does. */
    static int details(List<FlowInterest> interests, FlowEntry entry) {
        int details = -1;
        for (FlowInterest interest : interests) {
            if (States.isSelected(entry, interest.selector())) {
                details = join(details, interest.details());
            }
        }
        return details;
    }

    private static int join(int details, int more) {
        return details == -1 ? more : details | more;
    }

    /**
     * A flow has changed.
     *
     * @param old what it replaces, if anything
     */
    void offer(
            BridgeEvent.Change change,
            @Nullable FlowEntry old,
            FlowEntry entry,
            BridgeEvent.RemovalReason reason,
            TableUpdate.Source source,
            long nowNs) {
        int details = -1;
        boolean isOwn = client.equals(source.client());
        for (FlowInterest interest : interests) {
            boolean isMeant = interest.changes().contains(change) && (isOwn || !interest.onlyOwn());
            if (isMeant
                    && (States.isSelected(entry, interest.selector())
                            || old != null && States.isSelected(old, interest.selector()))) {
                details = join(details, interest.details());
            }
        }
        if (details != -1) {
            FlowState flow = States.of(entry, nowNs);
            add(new FlowNotice.Changed(change, flow, reason, source, details), old != null);
        }
    }

    private void add(FlowNotice.Changed notice, boolean isReplacement) {
        boolean wakes;
        synchronized (this) {
            if (isClosed) {
                return;
            }
            if (!isPaused && queue.size() >= capacity) {
                isPaused = true;
                queue.add(new FlowNotice.Paused());
            }
            if (isPaused) {
                putOff(notice, isReplacement);
            } else {
                queue.add(notice);
            }
            wakes = isStarved;
            isStarved = false;
        }
        if (wakes) {
            wakeUp.run();
        }
    }

    private void putOff(FlowNotice.Changed notice, boolean isReplacement) {
        Identity identity = Identity.of(notice.flow());
        PutOff earlier = putOff.remove(identity);
        boolean isKnown =
                earlier == null ? isReplacement || notice.change() != BridgeEvent.Change.ADDED : earlier.isKnown;
        if (notice.change() == BridgeEvent.Change.REMOVED) {
            if (isKnown) {
                queue.add(withoutSource(notice, BridgeEvent.Change.REMOVED));
            }
            return;
        }
        BridgeEvent.Change change = earlier == null ? notice.change() : earlier.notice.change();
        putOff.put(identity, new PutOff(withoutSource(notice, change), isKnown));
    }

    private static FlowNotice.Changed withoutSource(FlowNotice.Changed notice, BridgeEvent.Change change) {
        return new FlowNotice.Changed(
                change, notice.flow(), notice.reason(), TableUpdate.Source.NONE, notice.details());
    }
}
