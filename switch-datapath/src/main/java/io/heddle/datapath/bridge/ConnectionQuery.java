package io.heddle.datapath.bridge;

import io.heddle.datapath.poll.CommandQueue;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.conntrack.ConnectionTracker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads connections of a poll loop, some in each duty cycle, so that packets do not wait for it.
 *
 * <p>Threading: asked from any thread, answered on the loop.
 */
final class ConnectionQuery implements CommandQueue.Answered {
    /** Places of the connection table that are looked at in one duty cycle. */
    static final int PER_CYCLE = 1024;

    private final PollLoop loop;

    /** Shared by the loops, and the lock of what it holds. */
    private final ConnectionTracker tracker;

    private final LongSupplier clock;
    private final @Nullable Integer zone;
    private final int limit;
    private final List<ConnectionState> found = new ArrayList<>();
    private final CompletableFuture<List<ConnectionState>> answer = new CompletableFuture<>();
    private int next;

    private ConnectionQuery(
            PollLoop loop, ConnectionTracker tracker, LongSupplier clock, @Nullable Integer zone, int limit) {
        this.loop = loop;
        this.tracker = tracker;
        this.clock = clock;
        this.zone = zone;
        this.limit = limit;
    }

    /** The answer fails with {@link SwitchStoppedException} if the loop ends before. */
    static CompletableFuture<List<ConnectionState>> ask(
            PollLoop loop, ConnectionTracker tracker, LongSupplier clock, @Nullable Integer zone, int limit) {
        ConnectionQuery query = new ConnectionQuery(loop, tracker, clock, zone, limit);
        loop.submit(query);
        return query.answer;
    }

    @Override
    public void run() {
        try {
            synchronized (tracker) {
                next = tracker.visit(next, PER_CYCLE, zone, limit - found.size(), clock.getAsLong(), found::add);
            }
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
            return;
        }
        if (next < 0 || found.size() >= limit) {
            answer.complete(found);
        } else {
            loop.submit(this);
        }
    }

    @Override
    public void refuse() {
        answer.completeExceptionally(new SwitchStoppedException());
    }
}
