package io.heddle.flow.counter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Packets and octets that hit a flow entry, a table, a group or a bucket, and when the last one did.
 *
 * <p>Threading: any poll loop adds, any thread reads; counts are exact. A reader may see packets of a batch before its octets.
 */
public final class HitCounter {
    private static final VarHandle PACKETS;
    private static final VarHandle OCTETS;
    private static final VarHandle LAST_USED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            PACKETS = lookup.findVarHandle(HitCounter.class, "packets", long.class);
            OCTETS = lookup.findVarHandle(HitCounter.class, "octets", long.class);
            LAST_USED = lookup.findVarHandle(HitCounter.class, "lastUsedNs", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long packets;
    private long octets;
    private long lastUsedNs;

    /** A counter that was last used at {@code nowNs}. */
    public HitCounter(long nowNs) {
        this.lastUsedNs = nowNs;
    }

    /** Counts a batch. Poll loops. */
    public void add(long packetCount, long octetCount, long nowNs) {
        PACKETS.getAndAdd(this, packetCount);
        OCTETS.getAndAdd(this, octetCount);
        LAST_USED.setOpaque(this, nowNs);
    }

    public long packets() {
        return (long) PACKETS.getVolatile(this);
    }

    public long octets() {
        return (long) OCTETS.getVolatile(this);
    }

    /** Time of the last packet, or of the creation, on the switch's monotonic clock in nanoseconds. */
    public long lastUsedNs() {
        return (long) LAST_USED.getOpaque(this);
    }
}
