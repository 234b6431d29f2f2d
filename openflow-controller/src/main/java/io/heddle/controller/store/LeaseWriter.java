package io.heddle.controller.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes leases with group commit: while one transaction is on its way to the disk, requests gather, and the next takes them all.
 * So the disk's latency is paid once for many clients. When the disk does not keep up, requests are refused: a client that gets no
 * answer asks again, later.
 *
 * <p>Thread safety: {@link #submit} from any thread; one thread of its own writes and calls back.
 */
public final class LeaseWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseWriter.class);
    private static final int MAX_BATCH = 4096;

    /** Requests that may wait: a few seconds' worth of a slow disk. */
    static final int MAX_WAITING = 65_536;

    private record Request(List<Lease> leases, Runnable then) {}

    private final LeaseStore store;
    private final BlockingQueue<Request> queue = new LinkedBlockingQueue<>(MAX_WAITING);
    private final AtomicLong refused = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;

    /** Starts the thread; the writer owns the store from now on. */
    public LeaseWriter(LeaseStore store) {
        this.store = store;
        this.thread = Thread.ofPlatform().name("heddle-leases").start(this::run);
    }

    /**
     * Writes leases.
     *
     * @param then called on the writer's thread when they are on the disk; not at all when they could not be written
     */
    public void submit(List<Lease> leases, Runnable then) {
        if (!queue.offer(new Request(leases, then)) && refused.getAndIncrement() == 0) {
            LOG.error("the disk does not keep up: {} leases wait, more clients are not answered", MAX_WAITING);
        }
    }

    /** Requests that were refused because too many waited. */
    public long refused() {
        return refused.get();
    }

    /** Requests that wait. */
    public int backlog() {
        return queue.size();
    }

    private void run() {
        List<Request> batch = new ArrayList<>();
        while (!closed || !queue.isEmpty()) {
            try {
                batch.add(queue.take());
            } catch (InterruptedException e) {
                // close() wakes this thread; what is left is still written.
                continue;
            }
            queue.drainTo(batch, MAX_BATCH);
            write(batch);
            batch.clear();
        }
    }

    private void write(List<Request> batch) {
        List<Lease> leases = new ArrayList<>(batch.size());
        batch.forEach(request -> leases.addAll(request.leases()));
        // An interruption meant for take() would break the database's file lock.
        boolean interrupted = Thread.interrupted();
        try {
            store.write(leases);
        } catch (IOException e) {
            LOG.error("{}; the clients are not answered and will ask again", e.getMessage());
            return;
        } catch (RuntimeException e) {
            LOG.error("leases could not be written; the clients are not answered and will ask again", e);
            return;
        }
        for (Request request : batch) {
            try {
                request.then().run();
            } catch (RuntimeException e) {
                // The controller loop takes no work any more. What others wait for must be written all the same.
                LOG.warn("a lease is on the disk, but its client is not answered: {}", e.toString());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes what is waiting, then closes the store. */
    @Override
    public void close() throws IOException {
        closed = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        store.close();
    }
}
