package io.heddle.datapath.cache;

import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.Seen;
import io.heddle.flow.pipeline.Translation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Megaflows of one mask by their masked words: open addressing, linear probing. It does not grow: {@link Subtable} has a larger one then,
 * and takes the megaflows out of this one by and by.
 *
 * <pre>
 *   values   n masked words of each slot, side by side
 *   hashes   of these words
 *   entries  megaflow, null: never used, GONE: taken out while probing must go on
 * </pre>
 *
 * <p>Threading: one poll loop.
 */
final class SlotTable {
    private static final Megaflow GONE = new Megaflow(
            Match.ANY,
            new Translation(List.of(), new FlowMask(), List.of(), -1, null, Seen.UNKNOWN),
            new ActionProgram(List.of()),
            -1,
            0);

    private final int[] wordIndexes;
    private final long[] masks;
    private final long[] values;
    private final int[] hashes;
    private final @Nullable Megaflow[] entries;
    private int size;

    /** @param slots power of two */
    SlotTable(int[] wordIndexes, long[] masks, int slots) {
        this.wordIndexes = wordIndexes;
        this.masks = masks;
        values = new long[slots * masks.length];
        hashes = new int[slots];
        entries = new @Nullable Megaflow[slots];
    }

    int slots() {
        return entries.length;
    }

    /** Megaflows in it. */
    int size() {
        return size;
    }

    @Nullable
    Megaflow find(int hash, long[] words) {
        int last = entries.length - 1;
        for (int slot = hash & last; ; slot = slot + 1 & last) {
            Megaflow entry = entries[slot];
            if (entry == null) {
                return null;
            }
            if (hashes[slot] == hash && entry != GONE && equalsAt(slot, words)) {
                return entry;
            }
        }
    }

    private boolean equalsAt(int slot, long[] words) {
        int at = slot * masks.length;
        for (int i = 0; i < masks.length; i++) {
            if (values[at + i] != (words[wordIndexes[i]] & masks[i])) {
                return false;
            }
        }
        return true;
    }

    /** Adds a megaflow that is not in it. There must be room. */
    void insert(int hash, long[] words, Megaflow megaflow) {
        int slot = freeSlot(hash);
        put(slot, hash, megaflow);
        int at = slot * masks.length;
        for (int i = 0; i < masks.length; i++) {
            values[at + i] = words[wordIndexes[i]] & masks[i];
        }
    }

    private int freeSlot(int hash) {
        int last = entries.length - 1;
        int slot = hash & last;
        while (entries[slot] != null) {
            slot = slot + 1 & last;
        }
        return slot;
    }

    private void put(int slot, int hash, Megaflow megaflow) {
        entries[slot] = megaflow;
        hashes[slot] = hash;
        size++;
    }

    /** Moves what a slot holds to another table. */
    void moveTo(SlotTable other, int slot) {
        Megaflow entry = entries[slot];
        if (entry != null && entry != GONE) {
            int to = other.freeSlot(hashes[slot]);
            other.put(to, hashes[slot], entry);
            System.arraycopy(values, slot * masks.length, other.values, to * masks.length, masks.length);
            entries[slot] = GONE;
            size--;
        }
    }

    private int slotOf(int hash, Megaflow megaflow) {
        int last = entries.length - 1;
        int slot = hash & last;
        while (entries[slot] != megaflow) {
            if (entries[slot] == null) {
                return -1;
            }
            slot = slot + 1 & last;
        }
        return slot;
    }

    /** Takes a megaflow out, if it is in, and leaves all others where they are. */
    boolean forget(int hash, Megaflow megaflow) {
        int slot = slotOf(hash, megaflow);
        if (slot < 0) {
            return false;
        }
        entries[slot] = GONE;
        size--;
        return true;
    }

    /** Takes a megaflow out, if it is in; others are moved, so not while they are being moved to another table. */
    boolean remove(int hash, Megaflow megaflow) {
        int slot = slotOf(hash, megaflow);
        if (slot < 0) {
            return false;
        }
        closeGap(slot);
        size--;
        return true;
    }

    /** Moves back what linear probing had put behind the gap (Knuth, The Art of Computer Programming, 6.4, algorithm R). */
    private void closeGap(int from) {
        int n = masks.length;
        int last = entries.length - 1;
        int gap = from;
        for (int slot = gap + 1 & last; entries[slot] != null; slot = slot + 1 & last) {
            int home = hashes[slot] & last;
            if ((slot - home & last) >= (slot - gap & last)) {
                entries[gap] = entries[slot];
                hashes[gap] = hashes[slot];
                System.arraycopy(values, slot * n, values, gap * n, n);
                gap = slot;
            }
        }
        entries[gap] = null;
    }
}
