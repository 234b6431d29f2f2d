package io.heddle.controller.core;

/**
 * Limits a rate: so many per second, and bursts of up to one second's worth (at least one).
 *
 * <p>Thread safety: none.
 */
public final class TokenBucket {
    private final double perSecond;
    private final double burst;
    private double tokens;
    private long lastNanos;

    /**
     * A full bucket.
     *
     * @param perSecond 0: no limit
     */
    public TokenBucket(double perSecond, long nowNanos) {
        this.perSecond = perSecond;
        this.burst = Math.max(1, perSecond);
        this.tokens = burst;
        this.lastNanos = nowNanos;
    }

    /** Takes one token if there is one. */
    public boolean tryTake(long nowNanos) {
        if (perSecond <= 0) {
            return true;
        }
        long elapsed = Math.max(0, nowNanos - lastNanos);
        tokens = Math.min(burst, tokens + elapsed * perSecond / 1e9);
        lastNanos = nowNanos;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
