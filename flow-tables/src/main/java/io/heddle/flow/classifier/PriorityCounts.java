package io.heddle.flow.classifier;

import java.util.BitSet;

/**
 * A multiset of priorities that knows its largest. Every rule that comes or goes is counted here, with one look at the memory.
 *
 * <p>Threading: one thread.
 */
final class PriorityCounts {
    /** With more distinct priorities than this the largest is kept in a bitmap rather than looked for. */
    private static final int MANY = 128;

    /** Pairs (priority + 1, count), with open addressing; 0 is an empty slot. A pair with count 0 stays until the table grows. */
    private int[] slots = new int[8];

    private int usedSlots;

    /** Priorities with a count above 0. */
    private int distinct;

    /** Those priorities; valid iff there have been {@link #MANY} since this was last empty. */
    private final BitSet present = new BitSet(0);

    private int max = -1;

    /** The largest, or -1 if there is none. */
    int max() {
        return max;
    }

    boolean contains(int priority) {
        return slots[slotOf(priority) + 1] > 0;
    }

    void add(int priority) {
        if (usedSlots * 4 >= slots.length) {
            grow();
        }
        int slot = slotOf(priority);
        usedSlots += slots[slot] == 0 ? 1 : 0;
        slots[slot] = priority + 1;
        if (slots[slot + 1]++ == 0) {
            distinct++;
            max = Math.max(max, priority);
            if (!present.isEmpty()) {
                present.set(priority);
            } else if (distinct > MANY) {
                markPresent();
            }
        }
    }

    void remove(int priority) {
        int slot = slotOf(priority);
        if (slots[slot + 1] == 0) {
            throw new IllegalStateException("no rule of priority " + priority + " is here");
        }
        if (--slots[slot + 1] == 0) {
            distinct--;
            boolean isMarked = !present.isEmpty();
            present.clear(priority);
            if (priority == max) {
                max = isMarked ? present.length() - 1 : largest();
            }
        }
    }

    private int largest() {
        int largest = -1;
        for (int i = 0; i < slots.length; i += 2) {
            largest = slots[i + 1] > 0 ? Math.max(largest, slots[i] - 1) : largest;
        }
        return largest;
    }

    private void markPresent() {
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i + 1] > 0) {
                present.set(slots[i] - 1);
            }
        }
    }

    private int slotOf(int priority) {
        int mask = slots.length / 2 - 1;
        int at = (int) (priority * 0x9e3779b97f4a7c15L >>> 40) & mask;
        while (slots[2 * at] != 0 && slots[2 * at] != priority + 1) {
            at = (at + 1) & mask;
        }
        return 2 * at;
    }

    private void grow() {
        int[] old = slots;
        int length = 8;
        while (length < (distinct + 1) * 8) {
            length *= 2;
        }
        slots = new int[length];
        usedSlots = 0;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] > 0) {
                int slot = slotOf(old[i] - 1);
                slots[slot] = old[i];
                slots[slot + 1] = old[i + 1];
                usedSlots++;
            }
        }
    }
}
