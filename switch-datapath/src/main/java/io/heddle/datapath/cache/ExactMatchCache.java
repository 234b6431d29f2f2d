package io.heddle.datapath.cache;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the megaflow of a key that was seen lately, with one or two compares: a 2-way set-associative table of whole keys.
 *
 * <pre>
 *   entry (16 words, two cache lines):  | map of the words that are not 0 | up to 15 of those words, ascending |
 * </pre>
 *
 * <p>Keys with more non-zero words, and those of packets with tunnel options, are not kept; the megaflow cache has them. Only what a packet brings
 * ({@link KeyLayout#PACKET_WORDS}) is looked at.
 *
 * <p>An entry may point to a megaflow that has been evicted since: {@link #lookup} does not return it. Whether the megaflow's revision is
 * current is the caller's question.
 *
 * <p>Threading: one poll loop.
 */
public final class ExactMatchCache {
    private static final int STRIDE = 16;
    private static final int MAX_WORDS = STRIDE - 1;
    private static final int WORDS = KeyLayout.W_TUN_OPTIONS;
    private static final long PACKET_MAP = (1L << WORDS) - 1;
    private static final long TOO_MANY = -1L;

    private final long seed;
    private final int setMask;
    private final long[] keys;
    private final @Nullable Megaflow[] megaflows;

    /** Non-zero words of the key that was looked up last. */
    private long map;
    /** First of the two entries that key may be in. */
    private int way0;

    /** One insertion in eight replaces a live entry: with more flows than entries the cache is not churned. Power of two less 1. */
    private static final int REPLACE_MASK = 7;

    private int insertions;
    private long hits;
    private long misses;

    /**
     * @param entries power of two, 2 or more
     * @param seed of the hash
     */
    public ExactMatchCache(int entries, long seed) {
        if (entries < 2 || Integer.bitCount(entries) != 1) {
            throw new IllegalArgumentException("entries " + entries + " is not a power of two of at least 2");
        }
        this.seed = seed;
        this.setMask = entries / 2 - 1;
        this.keys = new long[entries * STRIDE];
        this.megaflows = new @Nullable Megaflow[entries];
    }

    /** The megaflow of this key; null when it is not known. The key is remembered for {@link #insert}. */
    public @Nullable Megaflow lookup(FlowKey key) {
        long[] words = key.words();
        if (words[KeyLayout.W_TUN_OPTIONS] != 0) {
            map = TOO_MANY;
            misses++;
            return null;
        }
        long used = 0;
        long hash = seed;
        for (int i = 0; i < WORDS; i++) {
            long word = words[i];
            if (word != 0) {
                used |= 1L << i;
                hash = KeyHash.mix(hash, word);
            }
        }
        hash = KeyHash.mix(hash, used);
        map = used;
        way0 = (KeyHash.finish(hash) & setMask) << 1;
        for (int way = way0; way < way0 + 2; way++) {
            Megaflow megaflow = megaflows[way];
            if (megaflow != null && keys[way * STRIDE] == used && holds(way, words, used)) {
                if (megaflow.isCached()) {
                    hits++;
                    return megaflow;
                }
                megaflows[way] = null;
            }
        }
        misses++;
        return null;
    }

    private boolean holds(int way, long[] words, long used) {
        int at = way * STRIDE + 1;
        for (long rest = used; rest != 0; rest &= rest - 1) {
            if (keys[at++] != words[Long.numberOfTrailingZeros(rest)]) {
                return false;
            }
        }
        return true;
    }

    /** Remembers the megaflow of the key that was looked up last, unless there is no good place for it. */
    public void insert(FlowKey key, Megaflow megaflow) {
        if (Long.bitCount(map) > MAX_WORDS) {
            return;
        }
        // Megaflows of which each has few packets must not push out those that have many.
        int way = megaflow.isExactOnly() ? emptyWay() : freeWay();
        if (way < 0) {
            return;
        }
        int at = way * STRIDE;
        keys[at++] = map;
        for (long rest = map & PACKET_MAP; rest != 0; rest &= rest - 1) {
            keys[at++] = key.words()[Long.numberOfTrailingZeros(rest)];
        }
        megaflows[way] = megaflow;
    }

    private int emptyWay() {
        for (int way = way0; way < way0 + 2; way++) {
            Megaflow old = megaflows[way];
            if (old == null || !old.isCached()) {
                return way;
            }
        }
        return -1;
    }

    private int freeWay() {
        int empty = emptyWay();
        if (empty >= 0) {
            return empty;
        }
        // Those that have a place nowhere else come last.
        for (int way = way0; way < way0 + 2; way++) {
            Megaflow old = megaflows[way];
            if (old != null && old.isExactOnly()) {
                return way;
            }
        }
        int count = insertions++;
        return (count & REPLACE_MASK) == 0 ? way0 + (count >>> 3 & 1) : -1;
    }

    /** Forgets everything. */
    public void clear() {
        Arrays.fill(megaflows, null);
    }

    /** Shows every megaflow that is kept here only. The visitor must not change the cache. */
    public void forEachExactOnly(Consumer<Megaflow> visitor) {
        for (Megaflow megaflow : megaflows) {
            if (megaflow != null && megaflow.isExactOnly()) {
                visitor.accept(megaflow);
            }
        }
    }

    /**
     * Forgets entries of megaflows that have been evicted, so that their memory can go, and those kept here only that are idle.
     *
     * @param idleNs idle for at least so long
     * @return number of entries left
     */
    public int sweep(long nowNs, long idleNs) {
        int left = 0;
        for (int i = 0; i < megaflows.length; i++) {
            Megaflow megaflow = megaflows[i];
            if (megaflow != null) {
                boolean isIdle = megaflow.isExactOnly() && nowNs - megaflow.lastUsedNs() >= idleNs;
                if (megaflow.isCached() && !isIdle) {
                    left++;
                } else {
                    megaflows[i] = null;
                }
            }
        }
        return left;
    }

    public long hits() {
        return hits;
    }

    public long misses() {
        return misses;
    }
}
