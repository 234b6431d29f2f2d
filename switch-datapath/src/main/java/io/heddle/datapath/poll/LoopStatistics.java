package io.heddle.datapath.poll;

import io.heddle.datapath.metrics.DropReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What a poll loop counts.
 *
 * <p>Threading: the loop writes, any thread reads each number on its own.
 */
public final class LoopStatistics {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    /** What is counted. */
    public enum Counter {
        CYCLES,
        BUSY_CYCLES,
        BUSY_NS,
        /** Duty cycles that took longer than {@link PollLoop#STALL_NS}. */
        STALLS,
        EXACT_HITS,
        EXACT_MISSES,
        EXACT_ENTRIES,
        MEGAFLOW_HITS,
        MEGAFLOW_MISSES,
        MEGAFLOW_ENTRIES,
        /** Megaflows that there may be now. */
        MEGAFLOW_LIMIT,
        MEGAFLOW_MASKS,
        MEGAFLOW_EVICTIONS,
        MASKS_PROBED,
        /** Megaflows not kept because their port has as many masks as it may have. */
        MASKS_REFUSED,
        /** Times that a port was passed over because of its misses. */
        TURNS_DEFERRED,
        UPCALLS,
        REVALIDATIONS,
        REPLACEMENTS,
        PUNTS,
        EXCEPTIONS,
        CONNECTIONS,
        /** Connections not remembered because the tracker or a zone was full. */
        CONNECTIONS_REFUSED,
        /** Connections whose translation found no free address and port. */
        NAT_EXHAUSTED,
        /** Packets that the tracker called invalid. */
        CONNTRACK_INVALID;

        @SuppressWarnings("EnumOrdinal") // counted by place; never leaves the process
        private int index() {
            return ordinal();
        }
    }

    private static final int DROPS = Counter.values().length;

    private final long[] cells = new long[DROPS + DropReason.ALL.size()];

    /** Adds. Loop. */
    void add(Counter counter, long amount) {
        int cell = counter.index();
        CELL.setOpaque(cells, cell, cells[cell] + amount);
    }

    /** Sets. Loop. */
    void set(Counter counter, long value) {
        CELL.setOpaque(cells, counter.index(), value);
    }

    /** Counts dropped packets. Loop. */
    public void drop(DropReason reason, long packets) {
        int cell = DROPS + reason.index();
        CELL.setOpaque(cells, cell, cells[cell] + packets);
    }

    public long get(Counter counter) {
        return (long) CELL.getOpaque(cells, counter.index());
    }

    /** Packets that the loop dropped for a reason; those dropped at ports are counted there. */
    public long drops(DropReason reason) {
        return (long) CELL.getOpaque(cells, DROPS + reason.index());
    }
}
