package io.heddle.datapath.upcall;

import io.heddle.flow.pipeline.TableEffect;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Changes of tables that packets have caused, on their way from a poll loop to the control loop. Bounded, never waits.
 *
 * <pre>
 *   poll loop --offer--> [ring] --poll--> control loop
 * </pre>
 *
 * <p>Threading: one poll loop offers, the control loop polls. The slot is the hand-over: written with release, read with acquire.
 */
public final class EffectQueue {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);

    private final @Nullable Object[] ring;
    private final int mask;
    private long tail;
    private long head;

    /** @param capacity power of two */
    public EffectQueue(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not a power of two");
        }
        ring = new @Nullable Object[capacity];
        mask = capacity - 1;
    }

    /** Adds a change; false when there is no room. Poll loop. */
    public boolean offer(TableEffect effect) {
        int slot = (int) tail & mask;
        if (SLOT.getAcquire(ring, slot) != null) {
            return false;
        }
        SLOT.setRelease(ring, slot, effect);
        tail++;
        return true;
    }

    /** How many were ever offered. Poll loop. */
    public long offered() {
        return tail;
    }

    /** Takes the oldest change; null when there is none. Control loop. */
    public @Nullable TableEffect poll() {
        int slot = (int) head & mask;
        TableEffect effect = (TableEffect) SLOT.getAcquire(ring, slot);
        if (effect != null) {
            SLOT.setRelease(ring, slot, null);
            head++;
        }
        return effect;
    }
}
