package io.heddle.datapath.cache;

/**
 * Says how many megaflows a cache may hold: as many as can be translated again in {@value #BUDGET_NS} ns, as a change of the tables costs
 * each of them a translation, and fewer while memory is short.
 *
 * <pre>
 *   limit  = min(most, budget / cost of a revalidation)      a third less each second while memory is short,
 *                                                            a tenth more each second otherwise
 * </pre>
 *
 * <p>The cost is measured where a duty cycle has revalidated many megaflows, as time over revalidations. Such a cycle has done other work, too, and
 * neighbours may have had its core: the least cost of a second counts, and is averaged over some.
 *
 * <p>Threading: one poll loop.
 */
public final class FlowLimit {
    /** Time of the loop that a change of the tables may cost, in nanoseconds. */
    static final long BUDGET_NS = 1_000_000_000;

    /** No fewer, whatever it costs. */
    static final int LEAST = 1000;

    /** A duty cycle with fewer revalidations does not say what one costs. */
    static final int MEASURED = 16;

    private final int most;
    private final int least;
    private int limit;

    /** Least cost measured since the last {@link #adapt}, 0 for none; nanoseconds. */
    private long leastCostNs;

    /** Average, 0 while nothing was measured; nanoseconds. */
    private long costNs;

    /** @param most megaflows, 1 or more: with this limit it begins */
    public FlowLimit(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("most " + most + " must be 1 or more");
        }
        this.most = most;
        this.least = Math.min(most, LEAST);
        this.limit = most;
    }

    /** A duty cycle has taken {@code spentNs}, in which it has revalidated so many megaflows. */
    public void measured(long spentNs, long revalidations) {
        if (revalidations >= MEASURED && spentNs > 0) {
            long each = Math.max(1, spentNs / revalidations);
            leastCostNs = leastCostNs == 0 ? each : Math.min(leastCostNs, each);
        }
    }

    /**
     * A second has passed.
     *
     * @param isMemoryShort the heap is nearly full of what cannot be thrown away
     * @return the limit from now on
     */
    public int adapt(boolean isMemoryShort) {
        if (leastCostNs > 0) {
            costNs = costNs == 0 ? leastCostNs : (3 * costNs + leastCostNs) / 4;
            leastCostNs = 0;
        }
        long affordable = costNs == 0 ? most : Math.min(most, BUDGET_NS / costNs);
        long wanted = isMemoryShort ? limit - limit / 3 : Math.min(affordable, limit + limit / 10 + 1);
        limit = (int) Math.max(least, Math.min(affordable, wanted));
        return limit;
    }

    /** Megaflows that the cache may hold now. */
    public int limit() {
        return limit;
    }
}
