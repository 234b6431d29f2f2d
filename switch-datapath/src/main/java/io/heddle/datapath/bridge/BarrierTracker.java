package io.heddle.datapath.bridge;

import io.heddle.flow.classifier.VersionClock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Knows which revision every poll loop works with and which commands it has done, completes barriers, and says which table versions
 * nobody reads any more.
 *
 * <p>A barrier covers what was asked for before it: rules (the revision) and packets that controllers have sent (the commands; a loop
 * has done one when the packets that it sent have left).
 *
 * <p>Threading: the control loop.
 */
final class BarrierTracker implements ControlLoop.Task {
    /** {@code commands}: how many each loop had been given. */
    private record Waiting(long revision, List<Long> commands, CompletableFuture<Long> future) {}

    private record Published(long revision, long tableVersion) {}

    private final VersionClock clock;
    private final PollLoops loops;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Deque<Published> published = new ArrayDeque<>();
    private long oldestTableVersion;

    BarrierTracker(VersionClock clock, PollLoops loops) {
        this.clock = clock;
        this.loops = loops;
        this.oldestTableVersion = clock.tableVersion();
    }

    /**
     * Completes the future, with the table version of then, when every loop works with what is published now, and has done what it was
     * given before.
     */
    void barrier(CompletableFuture<Long> future) {
        waiting.add(new Waiting(clock.revision(), loops.submitted(), future));
        completeSeen();
    }

    /** A table version has been published. */
    void onPublished() {
        published.add(new Published(clock.revision(), clock.tableVersion()));
    }

    /** The oldest table version that a loop may be reading. */
    long oldestTableVersion() {
        while (!published.isEmpty() && loops.haveSeen(published.peek().revision())) {
            oldestTableVersion = published.poll().tableVersion();
        }
        return oldestTableVersion;
    }

    private boolean isDone(Waiting barrier) {
        return loops.haveFinished(barrier.commands()) && loops.haveSeen(barrier.revision());
    }

    private int completeSeen() {
        int count = 0;
        while (!waiting.isEmpty() && isDone(waiting.peek())) {
            Waiting done = waiting.poll();
            done.future().complete(clock.tableVersion());
            count++;
        }
        return count;
    }

    @Override
    public int doWork(long nowNs) {
        return completeSeen();
    }

    @Override
    public boolean isWatchful() {
        return !waiting.isEmpty();
    }

    @Override
    public void end() {
        completeSeen();
        for (Waiting barrier = waiting.poll(); barrier != null; barrier = waiting.poll()) {
            barrier.future().completeExceptionally(new SwitchStoppedException());
        }
    }
}
