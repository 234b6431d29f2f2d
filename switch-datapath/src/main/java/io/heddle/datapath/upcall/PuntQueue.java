package io.heddle.datapath.upcall;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Packets on their way from a poll loop to the control loop. Bounded, never waits, and fair: a source (ingress port and reason) may fill
 * an eighth of it at most, so that a flood on one port leaves room for the others.
 *
 * <pre>
 *   poll loop --offer--> [ring] --poll--> control loop
 * </pre>
 *
 * <p>Threading: one poll loop offers, the control loop polls. The slot is the hand-over: written with release, read with acquire.
 */
public final class PuntQueue {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int SOURCES = 256;

    private final @Nullable Object[] ring;
    private final byte[] sourceOf;
    private final int mask;
    private final int share;
    /** Offered per source; written by the poll loop. */
    private final long[] offered = new long[SOURCES];
    /** Taken per source; written by the control loop with release, read by the poll loop with acquire. */
    private final long[] taken = new long[SOURCES];

    private long tail;
    private long head;

    /** @param capacity power of two, 8 or more */
    public PuntQueue(int capacity) {
        if (capacity < 8 || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not a power of two of at least 8");
        }
        ring = new @Nullable Object[capacity];
        sourceOf = new byte[capacity];
        mask = capacity - 1;
        share = capacity / 8;
    }

    /**
     * Says whether {@link #offer} would take a packet of this source now; asked before the packet is copied. Poll loop.
     *
     * @param inPort datapath port
     * @param reason {@code OFPR_*}
     */
    public boolean hasRoom(int inPort, int reason) {
        int source = source(inPort, reason);
        return offered[source] - (long) COUNT.getAcquire(taken, source) < share
                && SLOT.getAcquire(ring, (int) tail & mask) == null;
    }

    /** Adds a packet. {@link #hasRoom} has just said yes. Poll loop. */
    public void offer(int inPort, Punt punt) {
        int source = source(inPort, punt.action().reason());
        int slot = (int) tail & mask;
        offered[source]++;
        sourceOf[slot] = (byte) source;
        SLOT.setRelease(ring, slot, punt);
        tail++;
    }

    /** Takes the oldest packet; null when there is none. Control loop. */
    public @Nullable Punt poll() {
        int slot = (int) head & mask;
        Punt punt = (Punt) SLOT.getAcquire(ring, slot);
        if (punt != null) {
            int source = sourceOf[slot] & 0xff;
            SLOT.setRelease(ring, slot, null);
            COUNT.setRelease(taken, source, taken[source] + 1);
            head++;
        }
        return punt;
    }

    private static int source(int inPort, int reason) {
        int hash = (inPort * 31 + reason) * 0x9e3779b1;
        return hash >>> 24;
    }
}
