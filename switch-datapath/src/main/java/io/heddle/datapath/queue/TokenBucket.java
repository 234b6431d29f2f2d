package io.heddle.datapath.queue;

/**
 * Says when something may pass that has a rate. What passes may be larger than what is left: then the bucket is in debt, and closed
 * until time has paid it off. So the rate holds exactly in the long run, whatever the size of packets, and no packet is too large to
 * pass at all.
 *
 * <pre>
 *   closed (debt)  | 0 open ...                  depth |
 *   -------------- + --------------------------------- +
 *                    <- take            refill ->
 * </pre>
 *
 * <p>Thread safety: none.
 */
final class TokenBucket {
    /** Most units that fit; in parts of a unit this is below 2^62. */
    static final long MAX_DEPTH = 4_000_000_000L;

    /** Tokens are parts of a unit, so that a nanosecond of any rate is a whole number of them. */
    private static final long PARTS = 1_000_000_000L;

    private final long rate;
    private final long depth;
    private long tokens;
    private long refilledNs;

    /**
     * A full bucket.
     *
     * @param rate units (bits or packets) per second, 1 or more
     * @param depth most units that pass at once, at most {@link #MAX_DEPTH}
     */
    TokenBucket(long rate, long depth, long nowNs) {
        if (rate < 1 || depth < 1 || depth > MAX_DEPTH) {
            throw new IllegalArgumentException("rate %d or depth %d is not possible".formatted(rate, depth));
        }
        this.rate = rate;
        this.depth = depth * PARTS;
        tokens = this.depth;
        refilledNs = nowNs;
    }

    /** Goes on where another one is, so that a change of a rate does not fill the bucket. */
    void continueFrom(TokenBucket other) {
        tokens = Math.min(depth, other.tokens);
        refilledNs = other.refilledNs;
    }

    void refill(long nowNs) {
        long passedNs = nowNs - refilledNs;
        if (passedNs <= 0) {
            return;
        }
        refilledNs = nowNs;
        tokens = passedNs > (depth - tokens) / rate ? depth : tokens + passedNs * rate;
    }

    boolean isOpen() {
        return tokens >= 0;
    }

    void take(long units) {
        tokens -= units * PARTS;
    }

    /** When it is open; a time that may have passed already. */
    long openAtNs() {
        return tokens >= 0 ? refilledNs : refilledNs + (rate - 1 - tokens) / rate;
    }
}
