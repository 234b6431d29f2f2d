package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * Fragments that wait for the others of their packet, so that the connection tracker sees the packet as a whole.
 *
 * <pre>
 *   fragment --> {@link #add} --> waits | completes a {@link Reassembly} | dropped, with all that waited for it
 * </pre>
 *
 * <p>Bounded: {@value #MAX_PACKETS} packets and {@value #MAX_FRAGMENTS} fragments wait at a time, and half of the pool's frames are left
 * to others; none waits longer than 15 s. A fragment that overlaps another one ends its packet, and what still comes of it is dropped
 * until then (RFC 5722 for IPv6, RFC 1858 for what overlaps may be used for). Of the same octets twice the second is dropped.
 *
 * <p>Allocates nothing per fragment. Threading: one poll loop.
 */
final class FragmentTable {
    static final int MAX_PACKETS = 256;
    static final int MAX_FRAGMENTS = 1000;
    static final long TIMEOUT_NS = 15_000_000_000L;

    private static final int BUCKETS = 512;

    private final PacketPool pool;
    private final LoopStatistics statistics;
    private final Reassembly[] all = new Reassembly[MAX_PACKETS];
    private final @Nullable Reassembly[] buckets = new @Nullable Reassembly[BUCKETS];
    private @Nullable Reassembly free;
    private final FragmentHeader header = new FragmentHeader();
    private final long seed;
    private int packets;
    private int fragments;

    FragmentTable(PacketPool pool, LoopStatistics statistics, long seed) {
        this.pool = pool;
        this.statistics = statistics;
        this.seed = seed;
        for (int i = 0; i < MAX_PACKETS; i++) {
            all[i] = new Reassembly();
            all[i].next = free;
            free = all[i];
        }
    }

    /** Fragments that wait. */
    int size() {
        return fragments;
    }

    /**
     * Takes a fragment over.
     *
     * @return the packet that it completes, which is the caller's until it is given to {@link #done}; null when others are missing or the
     *     fragment was dropped
     */
    @Nullable
    Reassembly add(Packet packet, int zone, long nowNs) {
        if (!header.read(packet)) {
            return drop(packet, DropReason.MALFORMED);
        }
        int bucket = header.hash(zone, packet.recirculationId(), seed) & BUCKETS - 1;
        Reassembly at = buckets[bucket];
        while (at != null && !at.isOf(header, zone, packet.recirculationId())) {
            at = at.next;
        }
        if (at != null && nowNs - at.startNs >= TIMEOUT_NS) {
            expire(at);
            at = null;
        }
        if (at == null) {
            at = free;
            if (at == null) {
                return drop(packet, DropReason.FRAGMENT_LIMIT);
            }
            free = at.next;
            at.open(header, zone, packet.recirculationId(), bucket, nowNs);
            at.next = buckets[bucket];
            buckets[bucket] = at;
            packets++;
        }
        return add(at, packet);
    }

    private @Nullable Reassembly add(Reassembly at, Packet packet) {
        if (at.isBroken) {
            return drop(packet, DropReason.FRAGMENT_OVERLAP);
        }
        int place = at.place(header);
        if (place == Reassembly.AGAIN) {
            return drop(packet, DropReason.FRAGMENT_OVERLAP);
        }
        if (place < 0) {
            statistics.drop(DropReason.FRAGMENT_OVERLAP, at.count);
            release(at);
            at.isBroken = true;
            return drop(packet, DropReason.FRAGMENT_OVERLAP);
        }
        if (at.count == Reassembly.MAX_FRAGMENTS
                || fragments >= MAX_FRAGMENTS
                || pool.available() < pool.capacity() / 2) {
            return drop(packet, DropReason.FRAGMENT_LIMIT);
        }
        Packet own = packet;
        if (packet.owner() != pool || packet.isShared()) {
            // The memory of a port's ring, or of others.
            Packet copy = pool.copy(packet);
            if (copy == null) {
                return drop(packet, DropReason.NO_BUFFER);
            }
            packet.release();
            own = copy;
        }
        at.insert(place, own, header);
        fragments++;
        if (!at.isComplete()) {
            return null;
        }
        unlink(at);
        fragments -= at.count;
        return at;
    }

    private @Nullable Reassembly drop(Packet packet, DropReason reason) {
        statistics.drop(reason, 1);
        packet.release();
        return null;
    }

    private void unlink(Reassembly reassembly) {
        Reassembly at = buckets[reassembly.bucket];
        if (at == reassembly) {
            buckets[reassembly.bucket] = reassembly.next;
        } else {
            while (at != null && at.next != reassembly) {
                at = at.next;
            }
            if (at != null) {
                at.next = reassembly.next;
            }
        }
        reassembly.next = null;
    }

    /** Gives a completed packet back; its fragments are the caller's. */
    void done(Reassembly reassembly) {
        reassembly.clear();
        reassembly.isOpen = false;
        reassembly.program = null;
        reassembly.next = free;
        free = reassembly;
        packets--;
    }

    /** Releases the fragments that wait. */
    private void release(Reassembly reassembly) {
        fragments -= reassembly.count;
        for (int i = 0; i < reassembly.count; i++) {
            reassembly.fragment(i).release();
        }
        reassembly.clear();
    }

    private void expire(Reassembly reassembly) {
        statistics.drop(DropReason.FRAGMENT_TIMEOUT, reassembly.count);
        release(reassembly);
        unlink(reassembly);
        done(reassembly);
    }

    /** Drops what has waited too long. */
    void expire(long nowNs) {
        for (int i = 0; i < MAX_PACKETS && packets > 0; i++) {
            if (all[i].isOpen && nowNs - all[i].startNs >= TIMEOUT_NS) {
                expire(all[i]);
            }
        }
    }

    /** Releases all that wait: the loop ends. */
    void close() {
        for (Reassembly each : all) {
            if (each.isOpen) {
                release(each);
                unlink(each);
                done(each);
            }
        }
    }
}
