package io.heddle.datapath.queue;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.port.PortStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Queues without a port: packets in, octets out by queue, and a clock that the test moves. */
final class QueueLab implements AutoCloseable {
    static final long SECOND = 1_000_000_000L;

    final PacketPool pool = new PacketPool(4096);
    final QueueRoom room = new QueueRoom(pool);
    final PortStatistics counters = new PortStatistics();
    final PacketBatch out = new PacketBatch();
    /** Octets that have left, by queue. */
    final Map<Integer, Long> sent = new HashMap<>();

    EgressQueues queues;
    long nowNs = 77;

    QueueLab(long maxRate, QueueShape... shapes) {
        queues = new EgressQueues(maxRate, List.of(shapes), null, nowNs);
    }

    /** A queue without a burst and a DSCP of its own. */
    static QueueShape queue(int id, long minRate, long maxRate, long priority) {
        return new QueueShape(id, minRate, maxRate, 0, priority, -1);
    }

    /** Another configuration of the same port. */
    void change(long maxRate, QueueShape... shapes) {
        EgressQueues next = new EgressQueues(maxRate, List.of(shapes), queues, nowNs);
        next.takeOver(queues, room, counters);
        queues = next;
    }

    Packet packet(int octets) {
        Packet packet = pool.allocate();
        if (packet == null) {
            throw new AssertionError("no frame is left");
        }
        packet.append(octets);
        return packet;
    }

    /** Offers a packet to a queue, or to none by name where that is -1; returns whether it has passed at once. */
    boolean offer(int queue, int octets) {
        Packet packet = packet(octets);
        packet.setQueue(queue + 1);
        @Nullable Packet passed = queues.pass(packet, room, counters, nowNs);
        if (passed == null) {
            return false;
        }
        left(passed);
        return true;
    }

    /** What may leave now does. */
    int drain() {
        int count = 0;
        while (queues.take(out, room, nowNs) > 0) {
            count += out.size();
            for (int i = 0; i < out.size(); i++) {
                left(out.get(i));
            }
            out.clear();
        }
        return count;
    }

    private void left(Packet packet) {
        sent.merge(packet.queue() - 1, (long) packet.length(), Long::sum);
        packet.release();
    }

    /** Bits per second that a queue had over a time. */
    double rate(int queue, long forNs) {
        return sent.getOrDefault(queue, 0L) * 8.0 * SECOND / forNs;
    }

    @Override
    public void close() {
        queues.release(room);
        if (pool.available() != pool.capacity() || room.held() != 0) {
            throw new AssertionError(
                    "%d frames are lost, %d count as held".formatted(pool.capacity() - pool.available(), room.held()));
        }
        pool.close();
    }
}
