package io.heddle.datapath.queue;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import org.jspecify.annotations.Nullable;

/**
 * How many frames of a poll loop's pool all its queues may hold together: half of them.
 *
 * <p>A packet that waits is in a frame of the pool, whatever it came in: a frame of a receive ring, or one that another loop has lent,
 * would keep a whole device or loop from going on. So what waits has been copied there unless it was there already.
 *
 * <p>A queue may hold at most as many frames as are still free of that half. So one that is full leaves as many to the others, and many that
 * are full share them (dynamic thresholds, Choudhury and Hahne 1998).
 *
 * <p>Thread safety: none; one poll loop.
 */
public final class QueueRoom {
    private final PacketPool pool;
    private final int capacity;
    private int held;

    /** All room of a pool. */
    public QueueRoom(PacketPool pool) {
        this.pool = pool;
        this.capacity = pool.capacity() / 2;
    }

    /** Returns how many frames are held. */
    public int held() {
        return held;
    }

    /** Says whether a queue that holds so many frames may hold another one. */
    boolean mayHold(int already) {
        return already < capacity - held;
    }

    /** Returns the packet, or a copy in the pool, which counts as held; null if there is no frame: it is the caller's still. */
    @Nullable
    Packet hold(Packet packet) {
        Packet own = packet;
        if (!packet.owner().equals(pool) || packet.isShared()) {
            own = pool.copy(packet);
            if (own == null) {
                return null;
            }
            packet.release();
        }
        held++;
        return own;
    }

    /** A packet that was held goes on, or is to be released. */
    void letGo() {
        held--;
    }

    /** Returns the packet if nobody else has its frame, or a copy; null if there is no frame: it is the caller's still. */
    @Nullable
    Packet exclusive(Packet packet) {
        if (!packet.isShared()) {
            return packet;
        }
        Packet copy = pool.copy(packet);
        if (copy != null) {
            packet.release();
        }
        return copy;
    }
}
