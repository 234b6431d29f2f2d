package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.SwitchControl.MegaflowState;
import io.heddle.datapath.poll.CommandQueue;
import io.heddle.datapath.poll.MegaflowDump;
import io.heddle.datapath.poll.PollLoop;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Asks a poll loop for its megaflows. The loop only copies them; they are sorted and put into words on another thread.
 *
 * <p>Threading: {@link #run}, {@link #accept} and {@link #refuse} on the loop, the rest on any thread.
 */
final class MegaflowQuery implements CommandQueue.Answered, MegaflowDump.Target {
    private final PollLoop loop;
    private final LongSupplier clock;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    private record Answer(List<MegaflowDump.Row> rows, long nowNs) {}

    private MegaflowQuery(PollLoop loop, LongSupplier clock) {
        this.loop = loop;
        this.clock = clock;
    }

    /** The most recently used first; at most {@code limit} of them, all when it is 0. */
    static CompletableFuture<List<MegaflowState>> ask(PollLoop loop, LongSupplier clock, int limit) {
        MegaflowQuery query = new MegaflowQuery(loop, clock);
        loop.submit(query);
        return query.answer.thenApplyAsync(answer -> answer.rows().stream()
                .sorted(Comparator.comparingLong(MegaflowDump.Row::lastUsedNs).reversed())
                .limit(limit <= 0 ? Long.MAX_VALUE : limit)
                .map(row -> MegaflowText.state(row, loop.number(), answer.nowNs()))
                .toList());
    }

    @Override
    public void run() {
        loop.dumpMegaflows(new MegaflowDump(this));
    }

    @Override
    public void accept(List<MegaflowDump.Row> rows) {
        answer.complete(new Answer(rows, clock.getAsLong()));
    }

    @Override
    public void refuse() {
        answer.completeExceptionally(new SwitchStoppedException());
    }
}
