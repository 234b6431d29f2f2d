package io.heddle.datapath.queue;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.SuperFrame;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.PortStatistics;
import io.heddle.flow.match.HeaderRewriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a port, and who of them sends next: a hierarchy of token buckets of two levels, as in Linux' HTB.
 *
 * <pre>
 *   packet.queue() --> queue 0  min-rate, max-rate --.
 *                  --> queue 1  min-rate, max-rate --+--> port: max-rate --> device
 *                  --> queue 2  min-rate, max-rate --'
 * </pre>
 *
 * <p>A packet leaves when the port is below its rate and its queue below its {@code max-rate}. Queues that are below their
 * {@code min-rate} go first; what is left is borrowed by the others, lower priorities first. Among equals it is deficit round robin with quanta in
 * proportion to the {@code min-rate}s. A packet that meets no other one and open buckets passes without being kept.
 *
 * <p>Invariants: packets of one queue leave in the order that they came; a queue holds at most {@value #MOST_FRAMES} packets, at most what its
 * rate sends in a fifth of a second (but four super-frames always), and leaves frames of the pool to others ({@link QueueRoom}). What is too
 * much is dropped as {@code QUEUE_FULL}.
 *
 * <p>Threading: the control loop makes it and reads {@link #states}; all else is the poll loop's that owns the port.
 *
 * @see <a href="https://dl.acm.org/doi/10.1145/217391.217453">Shreedhar and Varghese, Efficient Fair Queueing using Deficit Round Robin</a>
 */
public final class EgressQueues {
    /** Most queues of a port: as many as a word has bits. */
    public static final int MAX_QUEUES = 64;

    /** Most packets of a queue. */
    static final int MOST_FRAMES = 1000;

    private static final int RING = 1024;
    private static final long LEAST_OCTETS = 4L * 65_536;
    private static final long MOST_OCTETS = 256L * 65_536;
    private static final long MOST_DELAY_PER_SECOND = 5;

    /** Guaranteed to a queue 0 that nobody asked for, in bits per second. */
    private static final long IMPLIED_RATE = 12_000;

    /** Octets that the smallest queue sends in a round, if that does not make those of the largest too many. */
    private static final int USUAL_QUANTUM = 1600;

    private static final int MOST_QUANTUM = 16 * USUAL_QUANTUM;

    /** One queue. */
    private static final class Leaf {
        final QueueShape shape;
        final QueueStatistics statistics;
        /** Of the guaranteed rate. */
        final TokenBucket guarantee;
        /** Of the largest rate; null for none but the port's. */
        @Nullable
        TokenBucket ceiling;

        final int quantum;
        final long mostOctets;
        final @Nullable DscpMark mark;
        final @Nullable Packet[] ring = new @Nullable Packet[RING];
        int head;
        int size;
        long octets;
        long deficit;

        Leaf(QueueShape shape, QueueStatistics statistics, long portRate, int quantum, long nowNs) {
            this.shape = shape;
            this.statistics = statistics;
            this.quantum = quantum;
            guarantee = new TokenBucket(shape.minRate(), shape.depth(shape.minRate()), nowNs);
            ceiling =
                    shape.maxRate() == 0 ? null : new TokenBucket(shape.maxRate(), shape.depth(shape.maxRate()), nowNs);
            long rate = shape.maxRate() == 0 ? portRate : shape.maxRate();
            mostOctets =
                    rate == 0 ? MOST_OCTETS : Math.clamp(rate / 8 / MOST_DELAY_PER_SECOND, LEAST_OCTETS, MOST_OCTETS);
            mark = shape.dscp() < 0 ? null : new DscpMark(shape.dscp());
        }

        void refill(long nowNs) {
            guarantee.refill(nowNs);
            if (ceiling != null) {
                ceiling.refill(nowNs);
            }
        }

        boolean isBelowCeiling() {
            return ceiling == null || ceiling.isOpen();
        }

        void put(Packet packet) {
            ring[(head + size++) & RING - 1] = packet;
            octets += packet.length();
            statistics.setWaiting(size);
        }

        Packet take() {
            Packet packet = Objects.requireNonNull(ring[head]);
            ring[head] = null;
            head = head + 1 & RING - 1;
            size--;
            octets -= packet.length();
            statistics.setWaiting(size);
            return packet;
        }
    }

    private @Nullable TokenBucket port;
    private final Leaf[] leaves;
    /** Of {@link #leaves}, ascending and without a sign, to find them. */
    private final int[] ids;

    private final int defaultLeaf;
    /** Queue 0 is not one that was asked for. */
    private final boolean isDefaultImplied;
    /** The leaves of each priority, lowest number first. */
    private final long[] byPriority;
    /** Whose turn it is, for each priority. */
    private final int[] turns;

    private final HeaderRewriter rewriter = new HeaderRewriter();
    /** Leaves with packets. */
    private long backlogged;

    /**
     * Empty queues with full buckets.
     *
     * @param maxRate of all queues together in bits per second, 0 for no limit
     * @param shapes of the queues, at most {@link #MAX_QUEUES} with a queue 0, which is there also if it is not among them
     * @param previous of the same port, of which queues of the same numbers keep their counters; null for none
     */
    public EgressQueues(long maxRate, List<QueueShape> shapes, @Nullable EgressQueues previous, long nowNs) {
        List<QueueShape> all = new ArrayList<>(shapes);
        isDefaultImplied = shapes.stream().noneMatch(shape -> shape.id() == 0);
        if (isDefaultImplied) {
            all.add(new QueueShape(0, IMPLIED_RATE, 0, 0, 0, -1));
        }
        if (all.size() > MAX_QUEUES) {
            throw new IllegalArgumentException(
                    "there are %d queues with queue 0: a port has %d at most".formatted(all.size(), MAX_QUEUES));
        }
        all.sort((a, b) -> Integer.compareUnsigned(a.id(), b.id()));
        port = maxRate == 0 ? null : new TokenBucket(maxRate, QueueShape.depth(maxRate, 0), nowNs);
        double least = all.stream().mapToLong(QueueShape::minRate).min().orElseThrow();
        double most = all.stream().mapToLong(QueueShape::minRate).max().orElseThrow();
        double scale = Math.min(USUAL_QUANTUM / least, MOST_QUANTUM / most);
        leaves = new Leaf[all.size()];
        ids = new int[all.size()];
        for (int i = 0; i < leaves.length; i++) {
            QueueShape shape = all.get(i);
            QueueStatistics known = previous == null ? null : previous.statistics(shape.id());
            leaves[i] = new Leaf(
                    shape,
                    known == null ? new QueueStatistics(nowNs) : known,
                    maxRate,
                    (int) Math.max(1, shape.minRate() * scale),
                    nowNs);
            ids[i] = shape.id();
        }
        defaultLeaf = 0; // the lowest number
        long[] priorities =
                all.stream().mapToLong(QueueShape::priority).sorted().distinct().toArray();
        byPriority = new long[priorities.length];
        turns = new int[priorities.length];
        for (int i = 0; i < leaves.length; i++) {
            byPriority[Arrays.binarySearch(priorities, all.get(i).priority())] |= 1L << i;
        }
    }

    private @Nullable QueueStatistics statistics(int id) {
        int at = find(id);
        return at < 0 || at == defaultLeaf && isDefaultImplied ? null : leaves[at].statistics;
    }

    /** Returns the counters of each queue that was asked for, by number. Any thread. */
    public List<State> states() {
        List<State> states = new ArrayList<>();
        for (int i = 0; i < leaves.length; i++) {
            if (i != defaultLeaf || !isDefaultImplied) {
                states.add(new State(leaves[i].shape, leaves[i].statistics));
            }
        }
        return states;
    }

    /** A queue and its counters. */
    public record State(QueueShape shape, QueueStatistics statistics) {}

    // ---- poll loop

    /** Says whether packets wait. */
    public boolean isBacklogged() {
        return backlogged != 0;
    }

    /**
     * Lets a packet pass at once, or keeps or drops it.
     *
     * @param counters of the port, for drops
     * @return the packet to send now; null if it is not the caller's any more
     */
    public @Nullable Packet pass(Packet packet, QueueRoom room, PortStatistics counters, long nowNs) {
        int at = leafOf(packet);
        Leaf leaf = leaves[at];
        Packet marked = packet.queue() == 0 || leaf.mark == null ? packet : mark(leaf.mark, packet, room);
        if (marked == null) {
            return drop(leaf, packet, counters, DropReason.NO_BUFFER);
        }
        if (backlogged == 0) {
            leaf.refill(nowNs);
            if (port != null) {
                port.refill(nowNs);
            }
            if (leaf.isBelowCeiling() && (port == null || port.isOpen())) {
                charge(leaf, marked, leaf.guarantee.isOpen());
                return marked;
            }
        }
        if (leaf.size >= MOST_FRAMES || leaf.octets >= leaf.mostOctets || !room.mayHold(leaf.size)) {
            return drop(leaf, marked, counters, DropReason.QUEUE_FULL);
        }
        Packet held = room.hold(marked);
        if (held == null) {
            return drop(leaf, marked, counters, DropReason.NO_BUFFER);
        }
        leaf.put(held);
        backlogged |= 1L << at;
        return null;
    }

    private static @Nullable Packet drop(Leaf leaf, Packet packet, PortStatistics counters, DropReason reason) {
        leaf.statistics.countDrop();
        counters.countTransmitDrop(reason, 1);
        packet.release();
        return null;
    }

    private @Nullable Packet mark(DscpMark mark, Packet packet, QueueRoom room) {
        Packet own = room.exclusive(packet);
        if (own != null) {
            mark.write(own, rewriter);
        }
        return own;
    }

    /** {@code Packet.queue()} is the number and one, so that 0 is no queue. */
    private int leafOf(Packet packet) {
        int at = packet.queue() == 0 ? defaultLeaf : find(packet.queue() - 1);
        return at < 0 ? defaultLeaf : at;
    }

    private int find(int id) {
        int low = 0;
        int high = ids.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int order = Integer.compareUnsigned(ids[middle], id);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    private void charge(Leaf leaf, Packet packet, boolean isGuaranteed) {
        long bits = wireOctets(packet) * 8L;
        if (port != null) {
            port.take(bits);
        }
        if (leaf.ceiling != null) {
            leaf.ceiling.take(bits);
        }
        if (isGuaranteed) {
            leaf.guarantee.take(bits);
        }
        leaf.statistics.countSent(packet.length());
    }

    /** A super-frame has its headers once and will have them in each segment. */
    private static int wireOctets(Packet packet) {
        if (!packet.isGso() || packet.gsoSize() == 0) {
            return packet.length();
        }
        int header = SuperFrame.headerLength(packet);
        int payload = Math.max(0, packet.length() - header);
        int segments = (payload + packet.gsoSize() - 1) / packet.gsoSize();
        return packet.length() + Math.max(0, segments - 1) * header;
    }

    /**
     * Adds the packets that may leave now to a batch, as many as it has room for.
     *
     * @return how many were added; 0 if none may
     */
    public int take(PacketBatch out, QueueRoom room, long nowNs) {
        if (backlogged == 0) {
            return 0;
        }
        if (port != null) {
            port.refill(nowNs);
        }
        long open = 0;
        long guaranteed = 0;
        for (long rest = backlogged; rest != 0; rest &= rest - 1) {
            Leaf leaf = leaves[Long.numberOfTrailingZeros(rest)];
            leaf.refill(nowNs);
            open |= leaf.isBelowCeiling() ? rest & -rest : 0;
            guaranteed |= leaf.guarantee.isOpen() ? rest & -rest : 0;
        }
        int count = 0;
        while (open != 0 && !out.isFull() && (port == null || port.isOpen())) {
            long first = open & guaranteed;
            int at = next(first != 0 ? first : open);
            Leaf leaf = leaves[at];
            Packet packet = leaf.take();
            room.letGo();
            leaf.deficit -= packet.length();
            charge(leaf, packet, first != 0);
            out.add(packet);
            count++;
            long bit = 1L << at;
            if (leaf.size == 0) {
                backlogged &= ~bit;
                open &= ~bit;
            }
            open &= leaf.isBelowCeiling() ? -1 : ~bit;
            guaranteed &= leaf.guarantee.isOpen() ? -1 : ~bit;
        }
        return count;
    }

    /** Chooses one of the leaves: of the first priority that has some, by deficit round robin. */
    private int next(long candidates) {
        int priority = 0;
        while ((candidates & byPriority[priority]) == 0) {
            priority++;
        }
        long equals = candidates & byPriority[priority];
        int at = from(equals, turns[priority]);
        int passed = 0;
        while (leaves[at].deficit < 0) {
            leaves[at].deficit += leaves[at].quantum;
            at = from(equals, at + 1);
            if (++passed == Long.bitCount(equals)) {
                skipRounds(equals);
                passed = 0;
            }
        }
        turns[priority] = at;
        return at;
    }

    /** Does all rounds at once in which nobody may send. */
    private void skipRounds(long equals) {
        long rounds = Long.MAX_VALUE;
        for (long rest = equals; rest != 0; rest &= rest - 1) {
            Leaf leaf = leaves[Long.numberOfTrailingZeros(rest)];
            rounds = Math.min(rounds, leaf.deficit >= 0 ? 0 : (leaf.quantum - 1 - leaf.deficit) / leaf.quantum - 1);
        }
        for (long rest = equals; rounds > 0 && rest != 0; rest &= rest - 1) {
            Leaf leaf = leaves[Long.numberOfTrailingZeros(rest)];
            leaf.deficit += rounds * leaf.quantum;
        }
    }

    /** Returns the first bit that is set from {@code start} on, or of all. */
    private static int from(long bits, int start) {
        long later = start >= Long.SIZE ? 0 : bits & -1L << start;
        return Long.numberOfTrailingZeros(later != 0 ? later : bits);
    }

    /** Returns for how long no packet that waits may leave, 0 or more; {@link Long#MAX_VALUE} if none waits. */
    public long delayNs(long nowNs) {
        long delayNs = Long.MAX_VALUE;
        for (long rest = backlogged; rest != 0; rest &= rest - 1) {
            TokenBucket ceiling = leaves[Long.numberOfTrailingZeros(rest)].ceiling;
            delayNs = Math.min(delayNs, ceiling == null ? 0 : Math.max(0, ceiling.openAtNs() - nowNs));
        }
        return backlogged == 0 || port == null ? delayNs : Math.max(delayNs, port.openAtNs() - nowNs);
    }

    /** Goes on for others: takes what waits there over, and how much may be sent now. Those are not used any more. */
    public void takeOver(EgressQueues others, QueueRoom room, PortStatistics counters) {
        if (port != null && others.port != null) {
            port.continueFrom(others.port);
        }
        for (Leaf old : others.leaves) {
            int at = find(old.shape.id());
            if (at >= 0) {
                continueFrom(leaves[at], old);
            }
            Leaf leaf = leaves[at < 0 ? defaultLeaf : at];
            while (old.size > 0) {
                Packet packet = old.take();
                if (leaf.size < MOST_FRAMES) {
                    leaf.put(packet);
                } else {
                    room.letGo();
                    drop(leaf, packet, counters, DropReason.QUEUE_FULL);
                }
            }
            backlogged |= leaf.size == 0 ? 0 : 1L << (at < 0 ? defaultLeaf : at);
        }
        others.backlogged = 0;
    }

    private static void continueFrom(Leaf leaf, Leaf old) {
        leaf.guarantee.continueFrom(old.guarantee);
        if (leaf.ceiling != null && old.ceiling != null) {
            leaf.ceiling.continueFrom(old.ceiling);
        }
    }

    /** All that waits may leave: the port has no queues any more. */
    public void open() {
        port = null;
        for (Leaf leaf : leaves) {
            leaf.ceiling = null;
        }
    }

    /** Releases all packets; returns how many there were. */
    public int release(QueueRoom room) {
        int count = 0;
        for (Leaf leaf : leaves) {
            while (leaf.size > 0) {
                leaf.take().release();
                room.letGo();
                count++;
            }
        }
        backlogged = 0;
        return count;
    }
}
