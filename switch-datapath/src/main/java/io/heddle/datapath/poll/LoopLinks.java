package io.heddle.datapath.poll;

import java.util.ArrayList;
import java.util.List;

/**
 * How a poll loop and the others of its switch give each other packets; a loop that is alone has none of it.
 *
 * <p>What a loop has given away counts as left when the other loop has handed it to its port. So a revision is acknowledged, and a
 * command done, when every packet that was given before has been: a mark is set at each other loop, and waited for while the loop goes
 * on.
 *
 * <p>Threading: {@link #connect} before the loops run; the rest is the loop's.
 */
final class LoopLinks {
    private static final class Outgoing {
        final PollLoop to;
        final Handoff handoff;
        /** So many packets had been given when the mark was set. */
        long mark;

        Outgoing(PollLoop to, Handoff handoff) {
            this.to = to;
            this.handoff = handoff;
        }
    }

    private final List<Outgoing> outgoing = new ArrayList<>();
    private final List<Handoff> incoming = new ArrayList<>();

    /** Lets two loops give each other packets. */
    static void connect(PollLoop one, PollLoop other) {
        connectTo(one, other);
        connectTo(other, one);
    }

    private static void connectTo(PollLoop from, PollLoop to) {
        Handoff handoff = new Handoff();
        from.links().outgoing.add(new Outgoing(to, handoff));
        to.links().incoming.add(handoff);
    }

    boolean isAlone() {
        return outgoing.isEmpty();
    }

    /** Returns what carries packets to another loop. */
    Handoff to(PollLoop loop) {
        for (Outgoing each : outgoing) {
            if (each.to.equals(loop)) {
                return each.handoff;
            }
        }
        throw new IllegalArgumentException("loop " + loop.number() + " is not connected");
    }

    /** Takes what other loops have given. Returns how many packets that were. */
    int take(OutputQueues outputs) {
        int count = 0;
        for (int i = 0; i < incoming.size(); i++) {
            count += incoming.get(i).take(outputs);
        }
        return count;
    }

    /** Everything that was taken has been transmitted, and everything that is to be given has been. */
    void flushed() {
        for (int i = 0; i < incoming.size(); i++) {
            incoming.get(i).markSent();
        }
        for (int i = 0; i < outgoing.size(); i++) {
            Outgoing each = outgoing.get(i);
            each.handoff.reclaim();
            if (!each.handoff.hasSent(each.handoff.offered())) {
                each.to.wakeUpIfAsleep();
            }
        }
    }

    /** Sets a mark behind the last packet that was given to each loop. */
    void mark() {
        for (int i = 0; i < outgoing.size(); i++) {
            Outgoing each = outgoing.get(i);
            each.mark = each.handoff.offered();
        }
    }

    /** Says whether all packets before the mark have been handed to ports. */
    boolean isMarkReached() {
        for (int i = 0; i < outgoing.size(); i++) {
            Outgoing each = outgoing.get(i);
            if (!each.handoff.hasSent(each.mark)) {
                return false;
            }
        }
        return true;
    }

    /** Says whether other loops have given packets. */
    boolean hasWaiting() {
        for (int i = 0; i < incoming.size(); i++) {
            if (incoming.get(i).hasWaiting()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Says whether a packet that was given away is not back yet, and may come back: the loop that has it has not ended. Takes back what
     * is there.
     */
    boolean isOutstanding() {
        boolean isOutstanding = false;
        for (int i = 0; i < outgoing.size(); i++) {
            Outgoing each = outgoing.get(i);
            each.handoff.reclaim();
            if (each.handoff.isOutstanding() && !each.to.hasEnded()) {
                isOutstanding = true;
                each.to.wakeUpIfAsleep();
            }
        }
        return isOutstanding;
    }
}
