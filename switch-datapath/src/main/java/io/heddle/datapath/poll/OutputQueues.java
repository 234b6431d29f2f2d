package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.Port;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packets that wait for the end of the duty cycle, per egress port in the order of their outputs. A batch that is full leaves at once:
 * by the port, or to the loop that has the port.
 *
 * <p>Threading: one poll loop.
 */
final class OutputQueues {
    private static final class Queue {
        final Port port;
        /** To the loop that has the port; null for this one. */
        final @Nullable Handoff handoff;

        final PacketBatch batch = new PacketBatch();
        boolean isPending;

        Queue(Port port, @Nullable Handoff handoff) {
            this.port = port;
            this.handoff = handoff;
        }
    }

    private final LoopStatistics statistics;
    private final PacketPool pool;
    private final PortFailure onFailure;
    private @Nullable Queue[] byNumber = new @Nullable Queue[16];
    private Queue[] pending = new Queue[16];
    private int pendingCount;
    private long nowNs;

    /** Hears of a port that has thrown. */
    interface PortFailure {
        void failed(Port port, String doing, RuntimeException failure);
    }

    OutputQueues(LoopStatistics statistics, PacketPool pool, PortFailure onFailure) {
        this.statistics = statistics;
        this.pool = pool;
        this.onFailure = onFailure;
    }

    /**
     * Lets packets leave by a port.
     *
     * @param handoff to the loop that has the port; null if it is this one's
     */
    void attach(Port port, @Nullable Handoff handoff) {
        int number = port.number();
        if (number >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(number + 1, byNumber.length * 2));
        }
        byNumber[number] = new Queue(port, handoff);
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
            transmit(queue);
        }
    }

    /** What a port throws costs only the packets that it has not sent. */
    private void transmit(Queue queue) {
        Handoff handoff = queue.handoff;
        if (handoff != null) {
            handoff.offer(queue.batch, queue.port.number(), pool, statistics);
            return;
        }
        long allocations = pool.allocations();
        try {
            queue.port.transmit(queue.batch, nowNs);
        } catch (RuntimeException e) {
            int lost = queue.batch.releaseHeld(pool.allocations() != allocations);
            queue.port.statistics().countTransmitDrop(DropReason.INTERNAL_ERROR, lost);
            queue.port.statistics().countTransmitError();
            onFailure.failed(queue.port, "sending", e);
        }
    }

    /** Transmits everything. */
    void flush() {
        for (int i = 0; i < pendingCount; i++) {
            Queue queue = pending[i];
            queue.isPending = false;
            if (!queue.batch.isEmpty()) {
                transmit(queue);
            }
        }
        pendingCount = 0;
    }
}
