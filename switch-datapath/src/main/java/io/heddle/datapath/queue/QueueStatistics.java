package io.heddle.datapath.queue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters of one queue. The poll loop that owns the port writes them; any thread reads them, each counter on its own. They outlive a
 * change of the queue's rates.
 *
 * <p>A super-frame counts as one packet. Octets are those of Ethernet frames without FCS, before a tunnel adds its headers.
 */
public final class QueueStatistics {
    private static final int PACKETS = 0;
    private static final int OCTETS = 1;
    private static final int DROPS = 2;
    private static final int WAITING = 3;
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] cells = new long[WAITING + 1];
    private final long createdNs;

    QueueStatistics(long createdNs) {
        this.createdNs = createdNs;
    }

    private void add(int cell, long amount) {
        // One writer: a plain read and an opaque write lose nothing and never tear.
        CELL.setOpaque(cells, cell, cells[cell] + amount);
    }

    private long read(int cell) {
        return (long) CELL.getOpaque(cells, cell);
    }

    void countSent(long octets) {
        add(PACKETS, 1);
        add(OCTETS, octets);
    }

    void countDrop() {
        add(DROPS, 1);
    }

    void setWaiting(int packets) {
        CELL.setOpaque(cells, WAITING, (long) packets);
    }

    /** When the queue was added, on the monotonic clock. */
    public long createdNs() {
        return createdNs;
    }

    /** Returns packets that have been handed to the port. */
    public long sentPackets() {
        return read(PACKETS);
    }

    /** Returns octets that have been handed to the port. */
    public long sentOctets() {
        return read(OCTETS);
    }

    /** Returns packets that were dropped because the queue was full. */
    public long drops() {
        return read(DROPS);
    }

    /** Returns packets that wait. */
    public long waiting() {
        return read(WAITING);
    }
}
