package io.heddle.datapath.main;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Logs internal errors, each kind at most once in 10 seconds: a port that throws with every packet must not fill the disk. A kind is
 * the root cause's class and the place that it comes from; what was left out is counted and told with the next one.
 *
 * <p>Threading: any thread; a lock is held for the few instructions of the decision.
 */
final class IncidentLog implements Consumer<Throwable> {
    static final long INTERVAL_NS = 10_000_000_000L;

    /** More kinds than this are taken for one. */
    static final int MAX_KINDS = 100;

    private static final String OTHERS = "others";

    private final LongSupplier clock;
    private final BiConsumer<String, Throwable> log;
    private final Map<String, Kind> kinds = new HashMap<>();

    private static final class Kind {
        private long loggedNs;
        private long leftOut;
    }

    /**
     * Makes one.
     *
     * @param clock monotonic time in nanoseconds
     * @param log gets a sentence and the error
     */
    IncidentLog(LongSupplier clock, BiConsumer<String, Throwable> log) {
        this.clock = clock;
        this.log = log;
    }

    @Override
    public void accept(Throwable failure) {
        long leftOut = admit(kindOf(failure), clock.getAsLong());
        if (leftOut >= 0) {
            log.accept(leftOut == 0 ? "internal error" : "internal error, and " + leftOut + " more like it", failure);
        }
    }

    /** Returns how many like it were left out before, -1 if this one is to be left out too. */
    private synchronized long admit(String name, long nowNs) {
        boolean isKnown = kinds.containsKey(name) || kinds.size() < MAX_KINDS;
        Kind kind = kinds.get(isKnown ? name : OTHERS);
        if (kind == null) {
            kind = new Kind();
            kinds.put(isKnown ? name : OTHERS, kind);
        } else if (nowNs - kind.loggedNs < INTERVAL_NS) {
            kind.leftOut++;
            return -1;
        }
        long leftOut = kind.leftOut;
        kind.leftOut = 0;
        kind.loggedNs = nowNs;
        return leftOut;
    }

    private static String kindOf(Throwable failure) {
        Throwable root = failure;
        for (int depth = 0; root.getCause() != null && depth < 16; depth++) {
            root = root.getCause();
        }
        StackTraceElement[] places = root.getStackTrace();
        return root.getClass().getName() + (places.length == 0 ? "" : " at " + places[0]);
    }
}
