package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.SwitchControl.MegaflowState;
import io.heddle.datapath.poll.CommandQueue;
import io.heddle.datapath.poll.MegaflowDump;
import io.heddle.datapath.poll.PollLoop;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Asks the poll loops for their megaflows. A loop only copies them; they are sorted and put into words on another thread.
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
    static CompletableFuture<List<MegaflowState>> ask(List<PollLoop> loops, LongSupplier clock, int limit) {
        List<MegaflowQuery> queries =
                loops.stream().map(loop -> new MegaflowQuery(loop, clock)).toList();
        queries.forEach(query -> query.loop.submit(query));
        return CompletableFuture.allOf(
                        queries.stream().map(query -> query.answer).toArray(CompletableFuture<?>[]::new))
                .thenApplyAsync(_ -> queries.stream()
                        .flatMap(MegaflowQuery::aged)
                        .sorted(Comparator.comparingLong(Aged::idleNs))
                        .limit(limit <= 0 ? Long.MAX_VALUE : limit)
                        .map(Aged::state)
                        .toList());
    }

    private Stream<Aged> aged() {
        Answer copied = answer.join();
        return copied.rows().stream().map(row -> new Aged(row, loop.number(), copied.nowNs()));
    }

    /** A row at the time when its loop had copied all. */
    private record Aged(MegaflowDump.Row row, int loop, long nowNs) {
        long idleNs() {
            return nowNs - row.lastUsedNs();
        }

        MegaflowState state() {
            return MegaflowText.state(row, loop, nowNs);
        }
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
