package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A multiset of 64-bit hashes with open addressing: how many rules of a subtable have this partial hash.
 *
 * <p>Threading: one writer. A reader on any thread may see a hash that is being taken out, never miss one that was in when the
 * reader's version was published.
 */
final class HashCounts {
    private static final VarHandle SLOTS;
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        try {
            SLOTS = MethodHandles.lookup().findVarHandle(HashCounts.class, "slots", long[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Pairs (hash, count); hash 0 is an empty slot, count 0 one that may be thrown away at the next growth. */
    private long[] slots = new long[16];

    private int used;

    boolean contains(long hash) {
        long key = hash == 0 ? 1 : hash;
        long[] table = (long[]) SLOTS.getAcquire(this);
        int mask = table.length / 2 - 1;
        for (int at = (int) key & mask; ; at = (at + 1) & mask) {
            long here = (long) ELEMENT.getAcquire(table, 2 * at);
            if (here == key) {
                return (long) ELEMENT.getAcquire(table, 2 * at + 1) > 0;
            }
            if (here == 0) {
                return false;
            }
        }
    }

    void add(long hash) {
        if (used * 4 >= slots.length) {
            grow();
        }
        change(slots, hash == 0 ? 1 : hash, 1);
    }

    void remove(long hash) {
        change(slots, hash == 0 ? 1 : hash, -1);
    }

    private void change(long[] table, long key, long by) {
        int mask = table.length / 2 - 1;
        int at = (int) key & mask;
        while (table[2 * at] != key && table[2 * at] != 0) {
            at = (at + 1) & mask;
        }
        boolean isNew = table[2 * at] == 0;
        ELEMENT.setRelease(table, 2 * at + 1, table[2 * at + 1] + by);
        if (isNew) {
            ELEMENT.setRelease(table, 2 * at, key);
            used++;
        }
    }

    private void grow() {
        long[] old = slots;
        int live = 0;
        for (int i = 0; i < old.length; i += 2) {
            live += old[i + 1] > 0 ? 1 : 0;
        }
        int length = 16;
        while (length < live * 8) {
            length *= 2;
        }
        long[] table = new long[length];
        used = 0;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] > 0) {
                change(table, old[i], old[i + 1]);
            }
        }
        SLOTS.setRelease(this, table);
    }
}
