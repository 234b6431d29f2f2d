package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Carries packets from the loop that received them to the loop that owns the port they leave by. No octet is copied, unless somebody
 * else on the first loop holds the frame too.
 *
 * <pre>
 *   giver   offer --> | packet, port | packet, port | --> take    taker: a view of each packet --> its output queues --> port
 *   giver  reclaim <--| packet       | packet       | <-- the view is released
 * </pre>
 *
 * <p>Of a packet that was given, the giver touches nothing until it is back, so that the taker may write to its frame as to one of its
 * own. At most {@value #CAPACITY} are under way; more are dropped as {@code HANDOFF_FULL}.
 *
 * <p>Threading: the two sides belong to one poll loop each; one thread may be both.
 */
final class Handoff implements PacketOwner {
    /** Packets that are under way at most, a power of two: a receive ring of the giver is never held as a whole. */
    static final int CAPACITY = 256;

    private static final int MASK = CAPACITY - 1;
    private static final VarHandle OFFERED;
    private static final VarHandle SENT;
    private static final VarHandle RETURNED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OFFERED = lookup.findVarHandle(Handoff.class, "offered", long.class);
            SENT = lookup.findVarHandle(Handoff.class, "sent", long.class);
            RETURNED = lookup.findVarHandle(Handoff.class, "returned", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final @Nullable Packet[] given = new @Nullable Packet[CAPACITY];
    private final int[] ports = new int[CAPACITY];
    private final @Nullable Packet[] back = new @Nullable Packet[CAPACITY];

    // Giver
    /** Packets given so far; written with release. */
    private long offered;

    private long reclaimed;

    // Taker
    private final Packet[] freeViews = new Packet[CAPACITY];
    private final @Nullable Packet[] viewed = new @Nullable Packet[CAPACITY];
    private int freeCount = CAPACITY;
    private long taken;

    /** Packets that have been taken, and that the taker's ports have been given; written with release. */
    private long sent;

    /** Packets of which the views were released; written with release. */
    private long returned;

    Handoff() {
        for (int i = 0; i < CAPACITY; i++) {
            freeViews[i] = new Packet(this, i);
        }
    }

    // ---- giver

    /**
     * Takes all packets over and leaves the batch empty.
     *
     * @param pool of the giver, for copies of shared frames
     * @return how many were given
     */
    int offer(PacketBatch batch, int port, PacketPool pool, LoopStatistics statistics) {
        reclaim();
        int count = 0;
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = exclusive(batch.get(i), pool, statistics);
            if (packet == null) {
                continue;
            }
            if (offered + count - reclaimed == CAPACITY) {
                statistics.drop(DropReason.HANDOFF_FULL, 1);
                packet.release();
                continue;
            }
            int place = (int) (offered + count) & MASK;
            given[place] = packet;
            ports[place] = port;
            count++;
        }
        batch.clear();
        OFFERED.setRelease(this, offered + count);
        return count;
    }

    /** Returns the packet, or a copy if somebody else has its frame; null when there is no room for one. */
    private static @Nullable Packet exclusive(Packet packet, PacketPool pool, LoopStatistics statistics) {
        if (!packet.isShared()) {
            return packet;
        }
        Packet copy = pool.copy(packet);
        packet.release();
        if (copy == null) {
            statistics.drop(DropReason.NO_BUFFER, 1);
        }
        return copy;
    }

    /** Releases what has come back. */
    void reclaim() {
        long until = (long) RETURNED.getAcquire(this);
        for (; reclaimed < until; reclaimed++) {
            int place = (int) reclaimed & MASK;
            Packet packet = back[place];
            back[place] = null;
            if (packet != null) {
                packet.release();
            }
        }
    }

    /** How many packets have been given so far. */
    long offered() {
        return offered;
    }

    /** Says whether the first {@code count} packets that were given have been handed to ports. */
    boolean hasSent(long count) {
        return (long) SENT.getAcquire(this) >= count;
    }

    /** Says whether packets are still to come back. */
    boolean isOutstanding() {
        return reclaimed < offered;
    }

    // ---- taker

    /** Says whether packets wait to be taken. */
    boolean hasWaiting() {
        return taken < (long) OFFERED.getAcquire(this);
    }

    /**
     * Puts the packets that wait into the output queues.
     *
     * @return how many there were
     */
    int take(OutputQueues outputs) {
        long until = (long) OFFERED.getAcquire(this);
        int count = (int) (until - taken);
        while (taken < until) {
            int place = (int) taken++ & MASK;
            Packet packet = given[place];
            given[place] = null;
            if (packet != null) {
                outputs.add(ports[place], view(packet));
            }
        }
        return count;
    }

    private Packet view(Packet packet) {
        Packet view = freeViews[--freeCount];
        viewed[view.slot()] = packet;
        long start = packet.offset() - packet.headroom();
        long end = packet.offset() + packet.length() + packet.tailroom();
        view.open(packet.memory(), start, end, packet.offset(), packet.length());
        view.copyMetadataFrom(packet);
        return view;
    }

    /** What was taken has been transmitted. */
    void markSent() {
        if (sent != taken) {
            SENT.setRelease(this, taken);
        }
    }

    @Override
    public void reclaim(Packet view) {
        Packet packet = viewed[view.slot()];
        viewed[view.slot()] = null;
        freeViews[freeCount++] = view;
        back[(int) returned & MASK] = packet;
        RETURNED.setRelease(this, returned + 1);
    }
}
