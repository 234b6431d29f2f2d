package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The prefixes of an address field that some rule matches on, as a path-compressed multibit trie with buckets. Tells which subtables have a
 * rule whose prefix a value matches, and how many of its leading bits had to be looked at to know: the others need not be searched (tuple
 * pruning).
 *
 * <pre>
 *   bits 0-5          6-11            18-23          a branch has a slot for each value of its 6 bits, for longer prefixes;
 *   branch ---------> branch -------> branch         prefixes that end within these bits stand in the branch itself
 *     `-> bucket        `-> bucket      |-> bucket
 *                                       `-> bucket   up to 16 prefixes, searched from the first to the last
 * </pre>
 *
 * <p>A binary trie answers the same, and asks the memory once for every bit: in a table of 500,000 rules that takes most of a lookup. Here only
 * the last branch and the bucket are not in the processor's caches.
 *
 * <p>Values are left-justified in 128 bits, {@code high} first. Every branch carries its whole prefix, so that one is put above another, or
 * taken out, with one release store into the parent: a concurrent reader sees the trie before or after. Buckets are replaced as a whole.
 *
 * <p>Threading: one writer; lookups on any thread. A lookup beside a change may see a subtable whose last rule of a prefix is being taken
 * out, and look at a bit more than needed; it never misses a subtable whose rules the reader's version shows.
 *
 * @see <a href="https://doi.org/10.1145/316188.316216">Srinivasan, Suri and Varghese, Packet Classification using Tuple Space Search,
 *     SIGCOMM 1999, section 5</a>
 * @see <a href="https://doi.org/10.1145/997150.997160">Eatherton, Varghese and Dittia, Tree Bitmap, CCR 2004</a>
 */
final class PrefixTrie {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Most entries of a bucket; one more makes it a branch. */
    private static final int BUCKET = 16;

    /** A branch with so few entries becomes a bucket again. */
    private static final int COLLAPSE = 8;

    private static final long[] EMPTY = {};

    /** What one lookup found. Reused; belongs to one thread. */
    static final class Result {
        /** Bit {@code n}: subtable n has a rule whose prefix matches. */
        private long[] subtables = new long[4];

        /** Leading bits that had to be looked at. */
        int checkedBits;

        boolean matches(int subtable) {
            int word = subtable >>> 6;
            return word < subtables.length && (subtables[word] >>> subtable & 1) != 0;
        }

        void add(int subtable) {
            int word = subtable >>> 6;
            if (word >= subtables.length) {
                subtables = Arrays.copyOf(subtables, Math.max(2 * subtables.length, word + 1));
            }
            subtables[word] |= 1L << subtable;
        }

        private void clear() {
            Arrays.fill(subtables, 0);
            checkedBits = 0;
        }
    }

    /** The prefix of some rules of a subtable, as it stands in a bucket: high half, low half unless always 0, and the rest in one word. */
    private record Entry(long high, long low, int length, int subtable, int rules) {
        static Entry at(long[] bucket, int index, int width) {
            long rest = bucket[index + width - 1];
            return new Entry(
                    bucket[index],
                    width == 3 ? bucket[index + 1] : 0,
                    (int) (rest >>> 56),
                    (int) (rest >>> 32) & 0xffffff,
                    (int) rest);
        }

        void write(long[] bucket, int index, int width) {
            bucket[index] = high;
            if (width == 3) {
                bucket[index + 1] = low;
            }
            bucket[index + width - 1] = (long) length << 56 | (long) subtable << 32 | rules;
        }

        int index(PrefixBranch branch) {
            return PrefixBranch.index(high, low, branch.depth);
        }

        boolean endsIn(PrefixBranch branch) {
            return length < branch.depth + PrefixBranch.STRIDE;
        }
    }

    /** Words of an entry of a bucket. */
    private final int width;

    private final PrefixBranch root = new PrefixBranch(0, 0, 0);

    /** @param bits of the values: up to 64, or up to 128 */
    PrefixTrie(int bits) {
        width = bits <= 64 ? 2 : 3;
    }

    /** Adds the prefix, of 1 to 128 bits, of one rule of a subtable. Writer. */
    void insert(long high, long low, int length, int subtable) {
        insert(root, new Entry(prefixHigh(high, length), prefixLow(low, length), length, subtable, 1));
    }

    /** Says whether the entry is a new one. */
    private boolean insert(PrefixBranch branch, Entry entry) {
        boolean isNew = entry.endsIn(branch)
                ? branch.addEnd(entry.index(branch), entry.length, entry.subtable, entry.rules)
                : insertBelow(branch, entry);
        branch.entries += isNew ? 1 : 0;
        return isNew;
    }

    private boolean insertBelow(PrefixBranch branch, Entry entry) {
        int index = entry.index(branch);
        Object child = branch.child(index);
        if (child instanceof PrefixBranch next) {
            int common = Math.min(next.commonBits(entry.high, entry.low), entry.length);
            if (common >= next.depth) {
                return insert(next, entry);
            }
            PrefixBranch between = new PrefixBranch(entry.high, entry.low, common);
            between.entries = next.entries;
            between.setChild(PrefixBranch.index(next.high, next.low, between.depth), next);
            insert(between, entry);
            branch.setChild(index, between);
            return true;
        }
        long[] bucket = child == null ? EMPTY : (long[]) child;
        int at = indexOf(bucket, entry);
        if (at >= 0) {
            addRules(bucket, at, entry.rules);
            return false;
        }
        long[] longer = Arrays.copyOf(bucket, bucket.length + width);
        entry.write(longer, bucket.length, width);
        branch.setChild(index, longer.length <= BUCKET * width ? longer : burst(longer));
        return true;
    }

    private PrefixBranch burst(long[] bucket) {
        Entry first = Entry.at(bucket, 0, width);
        int common = first.length;
        for (int i = width; i < bucket.length; i += width) {
            Entry entry = Entry.at(bucket, i, width);
            common = Math.min(common, entry.length);
            common = Math.min(common, commonBits(first.high ^ entry.high, first.low ^ entry.low));
        }
        PrefixBranch branch = new PrefixBranch(first.high, first.low, common);
        for (int i = 0; i < bucket.length; i += width) {
            insert(branch, Entry.at(bucket, i, width));
        }
        return branch;
    }

    /** Takes the prefix of one rule of a subtable out again. Writer. */
    void remove(long high, long low, int length, int subtable) {
        remove(root, new Entry(prefixHigh(high, length), prefixLow(low, length), length, subtable, 1));
    }

    /** Says whether that was the entry's last rule. */
    private boolean remove(PrefixBranch branch, Entry entry) {
        boolean isGone = entry.endsIn(branch)
                ? branch.removeEnd(entry.index(branch), entry.length, entry.subtable)
                : removeBelow(branch, entry);
        branch.entries -= isGone ? 1 : 0;
        return isGone;
    }

    private boolean removeBelow(PrefixBranch branch, Entry entry) {
        int index = entry.index(branch);
        Object child = branch.child(index);
        if (child instanceof PrefixBranch next) {
            boolean isGone = remove(next, entry);
            if (isGone && next.entries <= COLLAPSE) {
                branch.setChild(index, next.entries == 0 ? null : collapsed(next));
            }
            return isGone;
        }
        long[] bucket = child == null ? EMPTY : (long[]) child;
        int at = indexOf(bucket, entry);
        if (at < 0) {
            throw PrefixBranch.neverInserted(entry.length);
        }
        if ((int) bucket[at + width - 1] > 1) {
            addRules(bucket, at, -1);
            return false;
        }
        long[] shorter = Arrays.copyOf(bucket, bucket.length - width);
        System.arraycopy(bucket, at + width, shorter, at, shorter.length - at);
        branch.setChild(index, shorter.length == 0 ? null : shorter);
        return true;
    }

    private long[] collapsed(PrefixBranch branch) {
        long[] bucket = new long[branch.entries * width];
        fill(bucket, 0, branch);
        return bucket;
    }

    /** Writes all entries of a branch from {@code at} on; returns where they end. */
    private int fill(long[] bucket, int at, PrefixBranch branch) {
        int[] next = {at};
        branch.forEachEnd((length, high, low, subtable, rules) -> {
            new Entry(high, low, length, subtable, rules).write(bucket, next[0], width);
            next[0] += width;
        });
        for (int index = 0; index < PrefixBranch.SLOTS; index++) {
            Object child = branch.child(index);
            if (child instanceof PrefixBranch below) {
                next[0] = fill(bucket, next[0], below);
            } else if (child instanceof long[] entries) {
                System.arraycopy(entries, 0, bucket, next[0], entries.length);
                next[0] += entries.length;
            }
        }
        return next[0];
    }

    private int indexOf(long[] bucket, Entry entry) {
        long identity = (long) entry.length << 24 | entry.subtable;
        for (int i = 0; i < bucket.length; i += width) {
            if (bucket[i] == entry.high
                    && bucket[i + width - 1] >>> 32 == identity
                    && (width == 2 || bucket[i + 1] == entry.low)) {
                return i;
            }
        }
        return -1;
    }

    /** Lookups read the word too, but not these bits of it. */
    private void addRules(long[] bucket, int at, int rules) {
        LONGS.setRelease(bucket, at + width - 1, bucket[at + width - 1] + rules);
    }

    /** Looks a value up; allocates nothing. */
    void lookup(long high, long low, Result result) {
        result.clear();
        PrefixBranch branch = root;
        while (true) {
            int index = PrefixBranch.index(high, low, branch.depth);
            branch.addEnds(index, result);
            Object child = branch.child(index);
            if (child instanceof PrefixBranch next) {
                int common = next.commonBits(high, low);
                if (common < next.depth) {
                    result.checkedBits = common + 1;
                    return;
                }
                branch = next;
            } else {
                result.checkedBits =
                        child == null ? branch.checkedBits(index) : search((long[]) child, high, low, result);
                return;
            }
        }
    }

    private int search(long[] bucket, long high, long low, Result result) {
        int checked = 0;
        for (int i = 0; i < bucket.length; i += width) {
            int common = commonBits(high ^ bucket[i], width == 2 ? low : low ^ bucket[i + 1]);
            long rest = (long) LONGS.getAcquire(bucket, i + width - 1);
            int length = (int) (rest >>> 56);
            if (common >= length) {
                result.add((int) (rest >>> 32) & 0xffffff);
                checked = Math.max(checked, length);
            } else {
                checked = Math.max(checked, common + 1);
            }
        }
        return checked;
    }

    /** Leading zeros of 128 bits. */
    static int commonBits(long highDifference, long lowDifference) {
        return highDifference != 0
                ? Long.numberOfLeadingZeros(highDifference)
                : 64 + Long.numberOfLeadingZeros(lowDifference);
    }

    /** The first {@code length} bits of the high half. */
    static long prefixHigh(long high, int length) {
        return length >= 64 ? high : length == 0 ? 0 : high & (-1L << (64 - length));
    }

    /** What of the first {@code length} bits lies in the low half. */
    static long prefixLow(long low, int length) {
        return length <= 64 ? 0 : length >= 128 ? low : low & (-1L << (128 - length));
    }
}
