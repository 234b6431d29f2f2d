package io.heddle.datapath.poll;

/**
 * Decides how long an idle loop looks for work before it sleeps.
 *
 * <p>A sleep costs the next packet or request the time of a wake-up, some tens of microseconds; spinning costs CPU time that others may need. So
 * the loop spins only for as long as spinning has paid of late: a sleep that ended within the longest spin would have been spared by
 * a longer spin and doubles it, one that took longer makes it a quarter shorter, and below the shortest the loop sleeps at once. The kernel polls for
 * halted virtual processors by the same rule.
 *
 * <p>Who spins calls {@link Thread#yield} in each cycle: what the loop waits for, another switch or a host, may need the very core.
 *
 * <p>Threading: the loop's.
 */
public final class IdleSpin {
    /** Shortest spin that is not none, in nanoseconds. */
    static final long MIN_NS = 10_000;

    private final long longestNs;
    private long spinNs = MIN_NS;
    private long idleSinceNs;
    private boolean isIdle;

    /**
     * Spins shortly at first.
     *
     * @param longestNs longest spin, in nanoseconds
     */
    public IdleSpin(long longestNs) {
        this.longestNs = longestNs;
    }

    /** There was something to do in the cycle that began at {@code nowNs}. */
    public void busy() {
        isIdle = false;
    }

    /**
     * There was nothing to do in the cycle that began at {@code nowNs}.
     *
     * @return whether to sleep now
     */
    public boolean shouldSleep(long nowNs) {
        if (!isIdle) {
            isIdle = true;
            idleSinceNs = nowNs;
        }
        return nowNs - idleSinceNs >= spinNs;
    }

    /** The loop slept and is awake since {@code nowNs}. */
    public void slept(long nowNs) {
        long idleNs = nowNs - idleSinceNs;
        if (idleNs <= longestNs) {
            spinNs = Math.clamp(2 * spinNs, MIN_NS, longestNs);
        } else {
            long shorter = spinNs - spinNs / 4;
            spinNs = shorter < MIN_NS ? 0 : shorter;
        }
        isIdle = false;
    }

    /** How long the loop spins now, in nanoseconds. */
    long spinNs() {
        return spinNs;
    }
}
