package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.queue.EgressQueues;
import io.heddle.datapath.queue.QueueRoom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Packets that wait for the end of the duty cycle, per egress port in the order of their outputs. A batch that is full leaves at once:
 * by the port, or to the loop that has the port. A port with {@linkplain EgressQueues queues of its own} gets what those let pass.
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
        /** Between the batch and the port; null if there is nothing between. */
        @Nullable
        EgressQueues egress;

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
    private final List<Queue> shaped = new ArrayList<>();
    private final QueueRoom room;
    private final PacketBatch leaving = new PacketBatch();
    private long nowNs;

    /** Hears of a port that has thrown. */
    interface PortFailure {
        void failed(Port port, String doing, RuntimeException failure);
    }

    OutputQueues(LoopStatistics statistics, PacketPool pool, PortFailure onFailure) {
        this.statistics = statistics;
        this.pool = pool;
        this.onFailure = onFailure;
        this.room = new QueueRoom(pool);
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
        EgressQueues egress = queue.egress;
        if (egress != null) {
            shaped.remove(queue);
            statistics.drop(DropReason.LINK_DOWN, egress.release(room));
        }
    }

    /**
     * Gives a port of this loop queues, others, or none. What waits in the present ones goes on in the others, or leaves at once.
     *
     * @param egress null for none
     */
    void shape(Port port, @Nullable EgressQueues egress) {
        Queue queue = port.number() < byNumber.length ? byNumber[port.number()] : null;
        if (queue == null || !queue.port.equals(port)) {
            return;
        }
        EgressQueues before = queue.egress;
        queue.egress = egress;
        if (before == null && egress != null) {
            shaped.add(queue);
        } else if (before != null && egress != null) {
            egress.takeOver(before, room, port.statistics());
        } else if (before != null) {
            shaped.remove(queue);
            before.open();
            drain(queue, before);
        }
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
        EgressQueues egress = queue.egress;
        if (egress == null) {
            send(queue, queue.batch);
        } else {
            drain(queue, egress); // what came before goes before
            pass(queue, egress);
        }
    }

    private void pass(Queue queue, EgressQueues egress) {
        PacketBatch batch = queue.batch;
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = egress.pass(batch.get(i), room, queue.port.statistics(), nowNs);
            if (packet != null) {
                leaving.add(packet);
            }
        }
        batch.clear();
        if (!leaving.isEmpty()) {
            send(queue, leaving);
        }
    }

    /** Sends what waits and may leave now. */
    private void drain(Queue queue, EgressQueues egress) {
        while (egress.take(leaving, room, nowNs) > 0) {
            send(queue, leaving);
        }
    }

    private void send(Queue queue, PacketBatch batch) {
        long allocations = pool.allocations();
        try {
            queue.port.transmit(batch, nowNs);
        } catch (RuntimeException e) {
            int lost = batch.releaseHeld(pool.allocations() != allocations);
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
        for (int i = 0; i < shaped.size(); i++) {
            Queue queue = shaped.get(i);
            EgressQueues egress = queue.egress;
            if (egress != null) {
                drain(queue, egress);
            }
        }
    }

    /** Returns for how long no packet that waits in a port's queues may leave; {@link Long#MAX_VALUE} if none waits. */
    long delayNs() {
        long delayNs = Long.MAX_VALUE;
        for (int i = 0; i < shaped.size(); i++) {
            EgressQueues egress = shaped.get(i).egress;
            delayNs = egress == null ? delayNs : Math.min(delayNs, egress.delayNs(nowNs));
        }
        return delayNs;
    }
}
