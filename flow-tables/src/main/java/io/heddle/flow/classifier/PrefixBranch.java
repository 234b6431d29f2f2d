package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link PrefixTrie}: tells prefixes apart by six bits.
 *
 * <pre>
 *                  1                    nodes 1 to 63 stand for the first 0 to 5 of the six bits, a node's children
 *            2           3              are twice its number and one more. Prefixes that end there: the ends.
 *         4     5     6     7
 *        ...                            Below node n stand slots 2(n-32) and 2(n-32)+1, for prefixes of all six bits
 *       32 33 ...            63         and more.
 * </pre>
 *
 * <p>Threading: one writer; any thread reads through {@link #child}, {@link #addEnds} and {@link #checkedBits}. Bits of the bitmaps may be
 * ahead of what else a reader sees, or behind: it then looks at a bit more, or leaves out what its version does not show.
 */
final class PrefixBranch {
    static final int STRIDE = 6;
    static final int SLOTS = 1 << STRIDE;

    private static final VarHandle CHILDREN;
    private static final VarHandle ENDS;
    private static final VarHandle PATHS;
    private static final VarHandle OCCUPIED;
    private static final VarHandle CHILD = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CHILDREN = lookup.findVarHandle(PrefixBranch.class, "children", Object[].class);
            ENDS = lookup.findVarHandle(PrefixBranch.class, "ends", long[].class);
            PATHS = lookup.findVarHandle(PrefixBranch.class, "paths", long.class);
            OCCUPIED = lookup.findVarHandle(PrefixBranch.class, "occupied", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long[] NO_ENDS = {0};
    private static final long ONE_USER = 1L << 32;

    /** For each slot the six nodes above it. */
    private static final long[] ABOVE = new long[SLOTS];

    static {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int node = (slot | SLOTS) >> 1; node > 0; node >>= 1) {
                ABOVE[slot] |= 1L << node;
            }
        }
    }

    /** Called for each prefix that ends here. */
    @FunctionalInterface
    interface EndConsumer {
        /** The prefix, and how many rules of the subtable have it. */
        void accept(int length, long high, long low, int subtable, int rules);
    }

    /** The bits above this branch. */
    final long high;

    final long low;

    /** Number of these; a multiple of {@link #STRIDE}. */
    final int depth;

    /** Entries in this branch and all below. Writer. */
    int entries;

    /** Branches and buckets; null while there are none. */
    private @Nullable Object @Nullable [] children;

    /**
     * The prefixes that end here and the subtables that have them, in one piece of memory because a lookup reads all of it that concerns it:
     *
     * <pre>
     *   nodes at which one ends (bitmap) | for each node, index after its users | users: subtable (32 bits), rules (32 bits)
     * </pre>
     *
     * Users come and go with a new array; numbers of rules change in place, and lookups do not read them.
     */
    private long[] ends = NO_ENDS;

    /** Bit n: there is a child in slot n. */
    private long occupied;

    /** Bit n: some prefix ends at node n or goes through it. */
    private long paths;

    /** A branch after the whole strides of the first {@code bits} bits. */
    PrefixBranch(long high, long low, int bits) {
        this.depth = bits - bits % STRIDE;
        this.high = PrefixTrie.prefixHigh(high, depth);
        this.low = PrefixTrie.prefixLow(low, depth);
    }

    /** The six bits of a value from {@code depth} on; bits behind the last are 0. */
    static int index(long high, long low, int depth) {
        int shift = 64 - STRIDE - depth;
        if (shift >= 0) {
            return (int) (high >>> shift) & SLOTS - 1;
        }
        if (depth < 64) {
            return (int) (high << -shift | low >>> 64 + shift) & SLOTS - 1;
        }
        shift += 64;
        return (int) (shift >= 0 ? low >>> shift : low << -shift) & SLOTS - 1;
    }

    /** Leading bits that a value has in common with the bits above this branch, which end in zeros. */
    int commonBits(long otherHigh, long otherLow) {
        return PrefixTrie.commonBits(high ^ otherHigh, low ^ otherLow);
    }

    /** The branch or the bucket in a slot, or null. */
    @Nullable
    Object child(int index) {
        @Nullable Object[] now = (Object[]) CHILDREN.getAcquire(this);
        return now == null ? null : CHILD.getAcquire(now, index);
    }

    void setChild(int index, @Nullable Object child) {
        if (children == null) {
            CHILDREN.setRelease(this, new Object[SLOTS]);
        }
        CHILD.setRelease(children, index, child);
        long bit = 1L << index;
        long now = child == null ? occupied & ~bit : occupied | bit;
        if (now != occupied) {
            OCCUPIED.setRelease(this, now);
            updatePaths((index | SLOTS) >> 1);
        }
    }

    private void updatePaths(int from) {
        long now = paths;
        for (int node = from; node > 0; node >>= 1) {
            long below = node >= SLOTS / 2 ? occupied >>> 2 * (node - SLOTS / 2) : now >>> 2 * node;
            boolean isUsed = has(ends, node) || (below & 3) != 0;
            now = isUsed ? now | 1L << node : now & ~(1L << node);
        }
        PATHS.setRelease(this, now);
    }

    /** Number of the node at which a prefix ends. */
    private int node(int index, int length) {
        return (index | SLOTS) >> STRIDE - (length - depth);
    }

    private static boolean has(long[] ends, int node) {
        return (ends[0] >>> node & 1) != 0;
    }

    /** Index of the first user of a node, or of where it would be. */
    private static int firstUser(long[] ends, int node) {
        int rank = Long.bitCount(ends[0] & ((1L << node) - 1));
        return rank == 0 ? 1 + Long.bitCount(ends[0]) : (int) ends[rank];
    }

    private static int afterLastUser(long[] ends, int node) {
        return has(ends, node) ? (int) ends[1 + Long.bitCount(ends[0] & ((1L << node) - 1))] : firstUser(ends, node);
    }

    /** Adds rules of a subtable with a prefix that ends here; says whether these are its first. Writer. */
    boolean addEnd(int index, int length, int subtable, int rules) {
        int node = node(index, length);
        int at = indexOf(node, subtable);
        if (at >= 0) {
            LONGS.setRelease(ends, at, ends[at] + rules);
            return false;
        }
        replaceUsers(node, subtable, rules);
        return true;
    }

    /** Takes a rule of a subtable out; says whether it was the last with this prefix. Writer. */
    boolean removeEnd(int index, int length, int subtable) {
        int node = node(index, length);
        int at = indexOf(node, subtable);
        if (at < 0) {
            throw neverInserted(length);
        }
        if ((int) ends[at] > 1) {
            LONGS.setRelease(ends, at, ends[at] - 1);
            return false;
        }
        replaceUsers(node, subtable, 0);
        return true;
    }

    /** Writes all ends anew, with or without (0 rules) one user of a node. */
    private void replaceUsers(int changed, int subtable, int rules) {
        int before = afterLastUser(ends, changed) - firstUser(ends, changed);
        boolean isEnd = rules > 0 || before > 1;
        long nodes = isEnd ? ends[0] | 1L << changed : ends[0] & ~(1L << changed);
        int count = ends.length - 1 - Long.bitCount(ends[0]) + (rules > 0 ? 1 : -1);
        long[] next = new long[1 + Long.bitCount(nodes) + count];
        next[0] = nodes;
        int offset = 1;
        int at = 1 + Long.bitCount(nodes);
        for (long rest = nodes; rest != 0; rest &= rest - 1) {
            int node = Long.numberOfTrailingZeros(rest);
            int end = afterLastUser(ends, node);
            for (int i = firstUser(ends, node); i < end; i++) {
                if (node != changed || ends[i] >>> 32 != subtable) {
                    next[at++] = ends[i];
                }
            }
            if (node == changed && rules > 0) {
                next[at++] = subtable * ONE_USER | rules;
            }
            next[offset++] = at;
        }
        ENDS.setRelease(this, nodes == 0 ? NO_ENDS : next);
        updatePaths(changed);
    }

    static IllegalStateException neverInserted(int length) {
        return new IllegalStateException("a prefix of " + length + " bits was never inserted");
    }

    private int indexOf(int node, int subtable) {
        int end = afterLastUser(ends, node);
        for (int i = firstUser(ends, node); i < end; i++) {
            if (ends[i] >>> 32 == subtable) {
                return i;
            }
        }
        return -1;
    }

    /** Adds the subtables with a prefix that ends here and that a value matches. */
    void addEnds(int index, PrefixTrie.Result result) {
        long[] now = (long[]) ENDS.getAcquire(this);
        for (long rest = now[0] & ABOVE[index]; rest != 0; rest &= rest - 1) {
            int node = Long.numberOfTrailingZeros(rest);
            int end = afterLastUser(now, node);
            for (int i = firstUser(now, node); i < end; i++) {
                result.add((int) ((long) LONGS.getAcquire(now, i) >>> 32));
            }
        }
    }

    /** How many bits tell that a value with nothing in its slot matches no longer prefix than those that end here. */
    int checkedBits(int index) {
        long now = (long) PATHS.getAcquire(this);
        for (int level = 1; level < STRIDE; level++) {
            int node = (index | SLOTS) >> STRIDE - level;
            if ((now >>> node & 1) == 0) {
                return depth + level - 1 + (int) (now >>> (node ^ 1) & 1);
            }
        }
        return depth + STRIDE - 1 + (int) ((long) OCCUPIED.getAcquire(this) >>> (index ^ 1) & 1);
    }

    /** All prefixes that end here. Writer. */
    void forEachEnd(EndConsumer consumer) {
        for (long rest = ends[0]; rest != 0; rest &= rest - 1) {
            int node = Long.numberOfTrailingZeros(rest);
            int bits = 31 - Integer.numberOfLeadingZeros(node);
            long path = (long) (node & (1 << bits) - 1) << 64 - bits;
            int length = depth + bits;
            long pathHigh = bits == 0 || depth >= 64 ? 0 : path >>> depth;
            long pathLow = bits == 0 || depth + bits <= 64 ? 0 : depth >= 64 ? path >>> depth - 64 : path << 64 - depth;
            int end = afterLastUser(ends, node);
            for (int i = firstUser(ends, node); i < end; i++) {
                consumer.accept(length, high | pathHigh, low | pathLow, (int) (ends[i] >>> 32), (int) ends[i]);
            }
        }
    }
}
