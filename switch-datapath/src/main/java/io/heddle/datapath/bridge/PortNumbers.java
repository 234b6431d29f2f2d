package io.heddle.datapath.bridge;

import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.pipeline.RecirculationTable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Gives out datapath port numbers, from 1, each to one port at a time.
 *
 * <p>A number that was given back may still stand in megaflows, in frozen states of recirculations, and in packets that controllers have
 * sent. It is given out again when nothing can speak of the old port any more: every loop works with a revision that does not have
 * the port, has done the commands that were there, and what nobody has used since has been evicted or forgotten.
 *
 * <p>Threading: the control loop.
 */
final class PortNumbers {
    /** Frozen states are forgotten after {@link RecirculationTable#IDLE_NS} without use, megaflows sooner; a margin for who looks late. */
    static final long REST_NS = 2 * RecirculationTable.IDLE_NS;

    private record Freed(int number, long atNs, long revision, List<Long> commands) {}

    private final VersionClock clock;
    private final PollLoops loops;
    private final Deque<Freed> freed = new ArrayDeque<>();
    private int last;

    PortNumbers(VersionClock clock, PollLoops loops) {
        this.clock = clock;
        this.loops = loops;
    }

    int take(long nowNs) {
        Freed oldest = freed.peek();
        if (oldest != null
                && nowNs - oldest.atNs() >= REST_NS
                && loops.haveSeen(oldest.revision())
                && loops.haveFinished(oldest.commands())) {
            freed.remove();
            return oldest.number();
        }
        return ++last;
    }

    /** Gives a number back. The topology without the port is published, and the port is closed. */
    void free(int number, long nowNs) {
        freed.add(new Freed(number, nowNs, clock.revision(), loops.submitted()));
    }
}
