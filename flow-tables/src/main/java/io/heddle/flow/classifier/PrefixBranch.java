package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
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
    private static final VarHandle USERS = MethodHandles.arrayElementVarHandle(int[][].class);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CHILDREN = lookup.findVarHandle(PrefixBranch.class, "children", Object[].class);
            ENDS = lookup.findVarHandle(PrefixBranch.class, "ends", Ends.class);
            PATHS = lookup.findVarHandle(PrefixBranch.class, "paths", long.class);
            OCCUPIED = lookup.findVarHandle(PrefixBranch.class, "occupied", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final Ends NO_ENDS = new Ends(0, new int[0][]);

    /** For each slot the six nodes above it. */
    private static final long[] ABOVE = new long[SLOTS];

    static {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int node = (slot | SLOTS) >> 1; node > 0; node >>= 1) {
                ABOVE[slot] |= 1L << node;
            }
        }
    }

    /**
     * Prefixes that end in this branch.
     *
     * @param nodes bit n: some rule's prefix ends at node n
     * @param users for each of these nodes, pairs (subtable, rules). Pairs come and go with a new array, numbers of rules change within
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
    private record Ends(long nodes, int[][] users) {
        int rank(int node) {
            return Long.bitCount(nodes & ((1L << node) - 1));
        }

        boolean has(int node) {
            return (nodes >>> node & 1) != 0;
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

    private Ends ends = NO_ENDS;

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
            boolean isUsed = ends.has(node) || (below & 3) != 0;
            now = isUsed ? now | 1L << node : now & ~(1L << node);
        }
        PATHS.setRelease(this, now);
    }

    /** Number of the node at which a prefix ends. */
    private int node(int index, int length) {
        return (index | SLOTS) >> STRIDE - (length - depth);
    }

    /** Adds rules of a subtable with a prefix that ends here; says whether these are its first. Writer. */
    boolean addEnd(int index, int length, int subtable, int rules) {
        int node = node(index, length);
        int rank = ends.rank(node);
        if (!ends.has(node)) {
            int[][] users = new int[ends.users.length + 1][];
            System.arraycopy(ends.users, 0, users, 0, rank);
            System.arraycopy(ends.users, rank, users, rank + 1, ends.users.length - rank);
            users[rank] = new int[] {subtable, rules};
            ENDS.setRelease(this, new Ends(ends.nodes | 1L << node, users));
            updatePaths(node);
            return true;
        }
        int[] users = ends.users[rank];
        int at = indexOf(users, subtable);
        if (at >= 0) {
            users[at + 1] += rules;
            return false;
        }
        int[] longer = Arrays.copyOf(users, users.length + 2);
        longer[users.length] = subtable;
        longer[users.length + 1] = rules;
        USERS.setRelease(ends.users, rank, longer);
        return true;
    }

    /** Takes a rule of a subtable out; says whether it was the last with this prefix. Writer. */
    boolean removeEnd(int index, int length, int subtable) {
        int node = node(index, length);
        int rank = ends.rank(node);
        int at = ends.has(node) ? indexOf(ends.users[rank], subtable) : -1;
        if (at < 0) {
            throw neverInserted(length);
        }
        int[] users = ends.users[rank];
        if (users[at + 1] > 1) {
            users[at + 1]--;
            return false;
        }
        if (users.length > 2) {
            USERS.setRelease(ends.users, rank, without(users, at));
            return true;
        }
        int[][] left = new int[ends.users.length - 1][];
        System.arraycopy(ends.users, 0, left, 0, rank);
        System.arraycopy(ends.users, rank + 1, left, rank, left.length - rank);
        ENDS.setRelease(this, left.length == 0 ? NO_ENDS : new Ends(ends.nodes & ~(1L << node), left));
        updatePaths(node);
        return true;
    }

    static IllegalStateException neverInserted(int length) {
        return new IllegalStateException("a prefix of " + length + " bits was never inserted");
    }

    private static int indexOf(int[] users, int subtable) {
        for (int i = 0; i < users.length; i += 2) {
            if (users[i] == subtable) {
                return i;
            }
        }
        return -1;
    }

    private static int[] without(int[] users, int at) {
        int[] shorter = Arrays.copyOf(users, users.length - 2);
        System.arraycopy(users, at + 2, shorter, at, shorter.length - at);
        return shorter;
    }

    /** Adds the subtables with a prefix that ends here and that a value matches. */
    void addEnds(int index, PrefixTrie.Result result) {
        Ends now = (Ends) ENDS.getAcquire(this);
        for (long rest = now.nodes & ABOVE[index]; rest != 0; rest &= rest - 1) {
            int[] users = (int[]) USERS.getAcquire(now.users, now.rank(Long.numberOfTrailingZeros(rest)));
            for (int i = 0; i < users.length; i += 2) {
                result.add(users[i]);
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
        for (long rest = ends.nodes; rest != 0; rest &= rest - 1) {
            int node = Long.numberOfTrailingZeros(rest);
            int bits = 31 - Integer.numberOfLeadingZeros(node);
            long path = (long) (node & (1 << bits) - 1) << 64 - bits;
            int length = depth + bits;
            long pathHigh = bits == 0 || depth >= 64 ? 0 : path >>> depth;
            long pathLow = bits == 0 || depth + bits <= 64 ? 0 : depth >= 64 ? path >>> depth - 64 : path << 64 - depth;
            int[] users = ends.users[ends.rank(node)];
            for (int i = 0; i < users.length; i += 2) {
                consumer.accept(length, high | pathHigh, low | pathLow, users[i], users[i + 1]);
            }
        }
    }
}
