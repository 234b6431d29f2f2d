package io.heddle.datapath.cache;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the megaflow that a key belongs to: tuple-space search over the masks in use for packets of its port, the most used ones first.
 *
 * <pre>
 *   in_port      subtables, ranked by hits       subtable = one mask
 *   +---+        +--------+  +--------+          words  n masked words of each entry, side by side
 *   | 1 | -----> | mask A |  | mask B | ...      hash   open addressing, linear probing, deletion by shifting back
 *   +---+        +--------+  +--------+
 *   | 2 | -----> | mask A |
 *   +---+        +--------+
 * </pre>
 *
 * <p>Every megaflow matches on one port, so each port has masks of its own. Whoever crafts headers so that ever new masks are needed
 * (the explosion of the tuple space) lengthens the search for packets of the own port only, and that no further than to the mask limit:
 * a megaflow that needs yet another mask is not kept here ({@link #install}), the exact-match cache alone may keep it.
 *
 * <p>Megaflows of one revision are disjoint, so the first hit is the answer. Among megaflows of different revisions two may overlap: the
 * stale one is translated again when it is hit and then replaces or yields, so that a stale hit is never executed.
 *
 * <p>Bounded: at the flow limit, which may change, the least recently used of a few candidates makes room. A mask goes with the last of its megaflows. No
 * call does more work for more megaflows, but those that forget or show all.
 *
 * <p>Threading: one poll loop.
 *
 * @see <a href="https://doi.org/10.1145/3359989.3365431">Csikor et al., Tuple Space Explosion, CoNEXT 2019</a>
 */
public final class MegaflowCache {
    private static final int EVICTION_CANDIDATES = 8;
    private static final int EVICTIONS_PER_INSTALL = 2;

    private static final Comparator<Subtable> MOST_USED_FIRST = (a, b) -> Long.compare(b.recentHits, a.recentHits);

    /** Lists of masks, a power of two. Ports that share one find each other's masks, nothing else. */
    private static final int LISTS = 4096;

    private static final Subtable[] NO_MASKS = {};

    private int flowLimit;
    private final int maskLimit;
    private final long seed;
    private final List<Megaflow> all = new ArrayList<>();
    private final Subtable[][] ranked = new Subtable[LISTS][];
    private int maskCount;
    private int hand;

    private long hits;
    private long misses;
    private long masksProbed;
    private long evictions;
    private long masksRefused;

    /**
     * @param flowLimit most megaflows, 1 or more
     * @param maskLimit most masks for packets of one port, 1 or more
     * @param seed of the hash
     */
    public MegaflowCache(int flowLimit, int maskLimit, long seed) {
        if (flowLimit < 1 || maskLimit < 1) {
            throw new IllegalArgumentException("limits %d and %d must be 1 or more".formatted(flowLimit, maskLimit));
        }
        this.flowLimit = flowLimit;
        this.maskLimit = maskLimit;
        this.seed = seed | 1;
        Arrays.fill(ranked, NO_MASKS);
    }

    private static int listOf(long portWord) {
        int port = (int) (portWord >>> 32);
        return (port ^ port >>> 12) & LISTS - 1;
    }

    /** The megaflow of this key; null when there is none. */
    public @Nullable Megaflow lookup(FlowKey key) {
        long[] words = key.words();
        Subtable[] tables = ranked[listOf(words[KeyLayout.W_PORT])];
        for (int i = 0; i < tables.length; i++) {
            Megaflow found = tables[i].lookup(words);
            if (found != null) {
                masksProbed += i + 1;
                hits++;
                tables[i].recentHits++;
                return found;
            }
        }
        masksProbed += tables.length;
        misses++;
        return null;
    }

    /**
     * Adds a megaflow. One of the same match is replaced.
     *
     * @param megaflow whose match has in_port
     * @return false when its port has as many masks as it may have: the megaflow is then {@linkplain Megaflow#isExactOnly not found here},
     *     and an exact-match cache may keep it
     */
    public boolean install(Megaflow megaflow) {
        Match match = megaflow.match();
        if (!match.has(MatchField.IN_PORT)) {
            throw new IllegalArgumentException("a megaflow of all ports: " + match);
        }
        long[] words = match.key().words();
        Subtable known = findTable(match, words);
        if (known == null && ranked[listOf(words[KeyLayout.W_PORT])].length >= maskLimit) {
            masksRefused++;
            megaflow.position = Megaflow.EXACT_ONLY;
            return false;
        }
        Megaflow same = known == null ? null : known.lookup(words);
        if (same != null) {
            remove(same);
        }
        // Two where the limit has come down below what there is.
        for (int i = 0; i < EVICTIONS_PER_INSTALL && all.size() >= flowLimit; i++) {
            evictOne();
        }
        Subtable table = tableOf(match, words); // an eviction may have taken the known one away
        table.insert(words, megaflow);
        megaflow.subtable = table;
        megaflow.position = all.size();
        all.add(megaflow);
        return true;
    }

    /** Takes a megaflow out, and out of use; does nothing when it is not in. */
    public void remove(Megaflow megaflow) {
        Subtable table = megaflow.subtable;
        if (table == null) {
            megaflow.position = -1;
            return;
        }
        table.remove(megaflow);
        megaflow.subtable = null;
        Megaflow last = all.removeLast();
        if (last != megaflow) {
            all.set(megaflow.position, last);
            last.position = megaflow.position;
        }
        megaflow.position = -1;
        if (table.size() == 0) {
            drop(table);
        }
    }

    /**
     * Evicts idle megaflows, looking at some of them only: call it regularly.
     *
     * @param budget how many to look at
     * @param idleNs idle for at least so long
     */
    public void evictIdle(int budget, long nowNs, long idleNs) {
        int looked = Math.min(budget, all.size());
        for (int i = 0; i < looked && !all.isEmpty(); i++) {
            if (hand >= all.size()) {
                hand = 0;
            }
            Megaflow megaflow = all.get(hand);
            if (nowNs - megaflow.lastUsedNs() >= idleNs) {
                remove(megaflow);
                evictions++;
            } else {
                hand++;
            }
        }
    }

    /** Changes how many megaflows there may be, 1 or more. Those too many go by and by: with each {@link #install}, and {@link #shrink}. */
    public void setFlowLimit(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit " + limit + " must be 1 or more");
        }
        flowLimit = limit;
    }

    /** Evicts megaflows beyond the limit, {@code budget} at most. */
    public void shrink(int budget) {
        for (int i = 0; i < budget && all.size() > flowLimit; i++) {
            evictOne();
        }
    }

    private void evictOne() {
        Megaflow oldest = null;
        for (int i = 0; i < EVICTION_CANDIDATES; i++) {
            hand = hand + 1 >= all.size() ? 0 : hand + 1;
            Megaflow candidate = all.get(hand);
            if (oldest == null || candidate.lastUsedNs() - oldest.lastUsedNs() < 0) {
                oldest = candidate;
            }
        }
        if (oldest != null) {
            remove(oldest);
            evictions++;
        }
    }

    /** Orders the masks of each port by how much they were used since the last call, and halves what is remembered of it. */
    public void rank() {
        for (int list = 0; list < LISTS; list++) {
            Subtable[] tables = ranked[list];
            if (tables.length > 0) {
                Arrays.sort(tables, MOST_USED_FIRST);
                for (Subtable table : tables) {
                    table.recentHits >>>= 1;
                }
            }
        }
    }

    private @Nullable Subtable findTable(Match match, long[] words) {
        for (Subtable table : ranked[listOf(words[KeyLayout.W_PORT])]) {
            if (table.isFor(match)) {
                return table;
            }
        }
        return null;
    }

    private Subtable tableOf(Match match, long[] words) {
        Subtable known = findTable(match, words);
        if (known != null) {
            return known;
        }
        int list = listOf(words[KeyLayout.W_PORT]);
        Subtable[] tables = ranked[list];
        Subtable table = new Subtable(match, list, seed);
        Subtable[] more = Arrays.copyOf(tables, tables.length + 1);
        more[tables.length] = table;
        ranked[list] = more;
        maskCount++;
        return table;
    }

    private void drop(Subtable table) {
        Subtable[] tables = ranked[table.list];
        for (int i = 0; i < tables.length; i++) {
            if (tables[i] == table) {
                Subtable[] fewer = new Subtable[tables.length - 1];
                System.arraycopy(tables, 0, fewer, 0, i);
                System.arraycopy(tables, i + 1, fewer, i, fewer.length - i);
                ranked[table.list] = fewer.length == 0 ? NO_MASKS : fewer;
                maskCount--;
                return;
            }
        }
    }

    /** Forgets everything. */
    public void clear() {
        while (!all.isEmpty()) {
            remove(all.getLast());
        }
    }

    /** Shows every megaflow. The visitor must not change the cache. */
    public void forEach(Consumer<Megaflow> visitor) {
        all.forEach(visitor);
    }

    public int size() {
        return all.size();
    }

    /** Masks in use, over all ports. */
    public int maskCount() {
        return maskCount;
    }

    /** Megaflows that were not kept because their port had as many masks as it may have. */
    public long masksRefused() {
        return masksRefused;
    }

    public long hits() {
        return hits;
    }

    public long misses() {
        return misses;
    }

    /** Masks looked at, over all lookups. */
    public long masksProbed() {
        return masksProbed;
    }

    /** Megaflows that were idle, or made room for others. */
    public long evictions() {
        return evictions;
    }

    /** The match of a megaflow: the bits of {@code mask} that a packet brings. */
    public static Match matchOf(FlowKey key, FlowMask mask) {
        for (int i = KeyLayout.PACKET_WORDS; i < KeyLayout.WORDS; i++) {
            if (mask.word(i) != 0) {
                throw new IllegalArgumentException("the mask looks at word " + i + ", which no packet brings");
            }
        }
        return Match.of(key, mask);
    }
}
