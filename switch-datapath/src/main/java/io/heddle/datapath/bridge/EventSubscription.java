package io.heddle.datapath.bridge;

import org.jspecify.annotations.Nullable;

/**
 * Events that wait for one subscriber, at most so many: a slow subscriber loses events, and learns how many, and never makes the
 * switch's memory grow. The subscriber takes one when it can use it, so flow control is: do not poll.
 *
 * <p>Threading: any one thread at a time polls.
 */
public interface EventSubscription extends AutoCloseable {
    /** The oldest event that waits; packets after other events. Null when there is none: then {@code wakeUp} is called for the next. */
    @Nullable
    BridgeEvent poll();

    /** The oldest event that is no packet. */
    @Nullable
    BridgeEvent pollChange();

    /** Events lost since the last call. */
    Lost takeLost();

    /** Ends it. */
    @Override
    void close();

    /** How many events were lost. */
    record Lost(long packetIns, long flowRemoved, long portStatus, long tableChanges) {
        public static final Lost NOTHING = new Lost(0, 0, 0, 0);

        public boolean isNothing() {
            return equals(NOTHING);
        }
    }
}
