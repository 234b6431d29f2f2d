package io.heddle.datapath.poll;

/**
 * Decides how long an idle loop looks for work before it sleeps.
 *
 * <p>A sleep costs the next packet or request the time of a wake-up, some tens of microseconds; spinning costs CPU time that others may need. So
 * the loop spins only for as long as spinning has paid of late: a sleep that ended within the longest spin would have been spared by
 * a longer spin and doubles it, one that took longer makes it a quarter shorter, and below the shortest the loop sleeps at once. The kernel polls for
 * halted virtual processors by the same rule.
 *
 * <p>Threading: the loop's.
 */
public final class IdleSpin {
    /** Longest spin, in nanoseconds: about what two wake-ups cost, the loop's own and the one that its answer causes. */
    static final long MAX_NS = 50_000;

    /** Shortest spin that is not none, in nanoseconds. */
    static final long MIN_NS = 10_000;

    private long spinNs = MIN_NS;
    private long idleSinceNs;
    private boolean isIdle;

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
        if (idleNs <= MAX_NS) {
            spinNs = Math.clamp(2 * spinNs, MIN_NS, MAX_NS);
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
