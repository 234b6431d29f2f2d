package io.heddle.datapath.bridge;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Writes tables to the store on a thread of its own, so that a bulk load of flows does not wait for the disk. Saving takes at most a tenth
 * of the time: after a long save the next one waits.
 *
 * <p>A save that fails is told once and is due again, with twice the pause each time, up to {@link #MAX_RETRY_NS}; the caller asks
 * {@link #takeFailed} which bridges to save again, with what their tables hold by then.
 *
 * <p>Threading: the control loop calls; the store's table methods run on the saver's thread, one at a time.
 */
final class TableSaver implements AutoCloseable {
    private static final long MIN_PAUSE_NS = 300_000_000;
    private static final int PAUSE_FACTOR = 10;

    /** Longest pause between attempts to save. */
    static final long MAX_RETRY_NS = 60_000_000_000L;

    private static final int CLOSE_SECONDS = 60;

    private final StateStore store;
    private final Consumer<Throwable> onException;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(
            task -> Thread.ofPlatform().name("heddle-state").daemon().unstarted(task));

    /** Completes when everything submitted so far is done. */
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    /** Duration of the last save; written by the saver's thread. */
    private volatile long lastDurationNs;

    /** Bridges whose last save failed; the saver's thread adds, the control loop takes. */
    private final Set<String> failed = ConcurrentHashMap.newKeySet();

    /** Failed saves since the last good one; written by the saver's thread. */
    private final AtomicInteger failuresInRow = new AtomicInteger();

    /** Failed saves since the start; written by the saver's thread. */
    private final AtomicLong failures = new AtomicLong();

    private long lastBeginNs = Long.MIN_VALUE / 2;

    TableSaver(StateStore store, Consumer<Throwable> onException) {
        this.store = store;
        this.onException = onException;
    }

    /** Says whether it is time for a round of saves. */
    boolean isDue(long nowNs) {
        int inRow = failuresInRow.get();
        long retryNs = inRow == 0 ? 0 : Math.min(MAX_RETRY_NS, MIN_PAUSE_NS << Math.min(inRow, 16));
        long pauseNs = Math.max(MIN_PAUSE_NS, Math.max(retryNs, PAUSE_FACTOR * lastDurationNs));
        return last.isDone() && nowNs - lastBeginNs >= pauseNs;
    }

    /** Saves what {@code tables} says; it is immutable. */
    void save(String bridge, StateStore.Tables tables, long nowNs) {
        lastBeginNs = nowNs;
        submit(() -> {
            try {
                store.saveTables(bridge, tables);
                failuresInRow.set(0);
            } catch (IOException | RuntimeException e) {
                failed.add(bridge);
                failures.incrementAndGet();
                if (failuresInRow.getAndIncrement() == 0) {
                    throw e;
                }
            }
        });
    }

    /** Says whether the bridge's last save failed, and forgets it: the caller saves again. */
    boolean takeFailed(String bridge) {
        return failed.remove(bridge);
    }

    /** Failed saves since the start. Any thread. */
    long failures() {
        return failures.get();
    }

    void forget(String bridge) {
        submit(() -> {
            failed.remove(bridge);
            store.forgetTables(bridge);
        });
    }

    /** Loads, after everything submitted before is done; {@code refused} is told of what cannot be read. */
    StateStore.Tables load(String bridge, Consumer<String> refused) throws IOException {
        last.join();
        return store.loadTables(bridge, refused);
    }

    /** Has what is saved kept beside what will be saved; returns where. */
    String setAside(String bridge) throws IOException {
        last.join();
        return store.setTablesAside(bridge);
    }

    private interface Job {
        void run() throws IOException;
    }

    private void submit(Job job) {
        last = CompletableFuture.runAsync(
                () -> {
                    long begin = System.nanoTime();
                    try {
                        job.run();
                    } catch (IOException | RuntimeException e) {
                        onException.accept(e);
                    }
                    lastDurationNs = System.nanoTime() - begin;
                },
                executor);
    }

    /** Waits until everything is saved. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                onException.accept(new IOException(
                        "tables were not saved within " + CLOSE_SECONDS + " s: the last flows are lost"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
