package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.Port;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packets that wait for the end of the duty cycle, per egress port in the order of their outputs. A batch that is full leaves at once.
 *
 * <p>Threading: one poll loop.
 */
final class OutputQueues {
    private static final class Queue {
        final Port port;
        final PacketBatch batch = new PacketBatch();
        boolean isPending;

        Queue(Port port) {
            this.port = port;
        }
    }

    private final LoopStatistics statistics;
    private @Nullable Queue[] byNumber = new @Nullable Queue[16];
    private Queue[] pending = new Queue[16];
    private int pendingCount;
    private long nowNs;

    OutputQueues(LoopStatistics statistics) {
        this.statistics = statistics;
    }

    void attach(Port port) {
        int number = port.number();
        if (number >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(number + 1, byNumber.length * 2));
        }
        byNumber[number] = new Queue(port);
        if (pending.length < byNumber.length) {
            pending = Arrays.copyOf(pending, byNumber.length);
        }
    }

    /** The port gets no more packets. What waits for it is dropped. */
    void detach(Port port) {
        Queue queue = port.number() < byNumber.length ? byNumber[port.number()] : null;
        if (queue == null || !queue.port.equals(port)) {
            return;
        }
        byNumber[port.number()] = null;
        statistics.drop(DropReason.LINK_DOWN, queue.batch.size());
        queue.batch.release();
    }

    void begin(long nowNs) {
        this.nowNs = nowNs;
    }

    /** Takes the packet over. */
    void add(int port, Packet packet) {
        Queue queue = port >= 0 && port < byNumber.length ? byNumber[port] : null;
        if (queue == null) {
            statistics.drop(DropReason.LINK_DOWN, 1);
            packet.release();
            return;
        }
        if (!queue.isPending) {
            queue.isPending = true;
            pending[pendingCount++] = queue;
        }
        queue.batch.add(packet);
        if (queue.batch.isFull()) {
            queue.port.transmit(queue.batch, nowNs);
        }
    }

    /** Transmits everything. */
    void flush() {
        for (int i = 0; i < pendingCount; i++) {
            Queue queue = pending[i];
            queue.isPending = false;
            if (!queue.batch.isEmpty()) {
                queue.port.transmit(queue.batch, nowNs);
            }
        }
        pendingCount = 0;
    }

    /** Drops everything, after an exception. */
    void discard() {
        for (Queue queue : byNumber) {
            if (queue != null) {
                queue.isPending = false;
                statistics.drop(DropReason.INTERNAL_ERROR, queue.batch.size());
                queue.batch.release();
            }
        }
        pendingCount = 0;
    }
}
