package io.heddle.datapath.cache;

import io.heddle.flow.match.Match;
import org.jspecify.annotations.Nullable;

/**
 * All megaflows of one mask for packets of one port.
 *
 * <pre>
 *   insert --> [ now, twice as large ] <-- a few slots with each insert -- [ before ]
 *   lookup --> now, then before
 * </pre>
 *
 * <p>When it grows, megaflows move to the larger table by and by, so that no call does more work for more megaflows: moving 100,000 at
 * once would hold forwarding up for milliseconds.
 *
 * <p>Threading: one poll loop.
 */
final class Subtable {
    /** Slots that an insert looks at for what is to be moved. */
    static final int MOVES = 16;

    private static final int INITIAL_SLOTS = 8;

    private final int[] wordIndexes;
    private final long[] masks;
    private final long secret;

    /** List of the cache that it is in. */
    final int list;

    /** Hits, of late more than before: see {@link MegaflowCache#rank}. */
    long recentHits;

    private SlotTable now;
    private @Nullable SlotTable before;

    /** Slots of {@link #before} that have been moved. */
    private int moved;

    /** Slots that any insert has moved. */
    private long moves;

    /** @param secret of the hash, odd */
    Subtable(Match match, int list, long secret) {
        this.list = list;
        this.secret = secret;
        int n = match.wordCount();
        wordIndexes = new int[n];
        masks = new long[n];
        int at = 0;
        for (long rest = match.map(); rest != 0; rest &= rest - 1) {
            wordIndexes[at] = Long.numberOfTrailingZeros(rest);
            masks[at] = match.maskAt(at);
            at++;
        }
        now = new SlotTable(wordIndexes, masks, INITIAL_SLOTS);
    }

    int size() {
        return now.size() + (before == null ? 0 : before.size());
    }

    /** Slots looked at for what is to be moved, by all inserts so far. */
    long moves() {
        return moves;
    }

    boolean isFor(Match match) {
        if (match.wordCount() != masks.length) {
            return false;
        }
        int at = 0;
        for (long rest = match.map(); rest != 0; rest &= rest - 1) {
            if (wordIndexes[at] != Long.numberOfTrailingZeros(rest) || masks[at] != match.maskAt(at)) {
                return false;
            }
            at++;
        }
        return true;
    }

    private int hash(long[] words) {
        long hash = secret;
        for (int i = 0; i < masks.length; i++) {
            hash = KeyHash.mixSecretly(hash, words[wordIndexes[i]] & masks[i], secret);
        }
        return KeyHash.finish(hash);
    }

    @Nullable
    Megaflow lookup(long[] words) {
        int hash = hash(words);
        Megaflow found = now.find(hash, words);
        return found != null || before == null ? found : before.find(hash, words);
    }

    /** Adds a megaflow that is not in it. */
    void insert(long[] words, Megaflow megaflow) {
        moveSome();
        if ((size() + 1) * 2 > now.slots()) {
            grow();
        }
        now.insert(hash(words), words, megaflow);
    }

    /** The last table has been moved for long: it had half as many slots as inserts have been since, at 16 for each. */
    private void grow() {
        if (before != null) {
            throw new IllegalStateException("grows again, with %d of %d slots moved".formatted(moved, before.slots()));
        }
        before = now;
        moved = 0;
        now = new SlotTable(wordIndexes, masks, 2 * before.slots());
        moveSome();
    }

    private void moveSome() {
        SlotTable from = before;
        if (from == null) {
            return;
        }
        int end = Math.min(from.slots(), moved + MOVES);
        moves += end - moved;
        while (moved < end) {
            from.moveTo(now, moved++);
        }
        if (moved == from.slots()) {
            before = null;
        }
    }

    void remove(Megaflow megaflow) {
        int hash = hash(megaflow.match().key().words());
        if (!now.remove(hash, megaflow) && (before == null || !before.forget(hash, megaflow))) {
            throw new IllegalStateException("a megaflow is not in its subtable");
        }
    }
}
