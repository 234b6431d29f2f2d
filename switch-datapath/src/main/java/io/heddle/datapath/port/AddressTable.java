package io.heddle.datapath.port;

/**
 * A bounded table from IP addresses to numbers that forgets the oldest. IPv4 addresses are in it as ::ffff:a.b.c.d.
 *
 * <p>Open addressing: an address is in one of {@value #PROBES} neighbouring slots; a new one takes a free slot of these, or that of
 * the one that was put longest ago. Nothing is allocated.
 *
 * <p>Thread safety: none; one poll loop.
 */
final class AddressTable {
    private static final long IPV4_PREFIX = 0xffff_0000_0000L;
    private static final int PROBES = 8;

    private final long[] highs;
    private final long[] lows;
    private final long[] values;
    private final int[] putAt;
    private final int mask;

    /** Makes an empty table; {@code capacity} is a power of two, at least 8. */
    AddressTable(int capacity) {
        if (Integer.bitCount(capacity) != 1 || capacity < PROBES) {
            throw new IllegalArgumentException("capacity " + capacity + " is not a power of two from " + PROBES);
        }
        highs = new long[capacity];
        lows = new long[capacity];
        values = new long[capacity];
        putAt = new int[capacity];
        mask = capacity - 1;
    }

    /** Returns the low half of an IPv4 address. */
    static long ipv4(int address) {
        return IPV4_PREFIX | address & 0xffff_ffffL;
    }

    private int start(long high, long low) {
        long hash = (high * 31 + low) * 0x9e37_79b9_7f4a_7c15L;
        return (int) (hash >>> 40) & mask;
    }

    /** Returns where an address is, -1 if it is not known. */
    private int find(long high, long low) {
        int start = start(high, low);
        for (int i = 0; i < PROBES; i++) {
            int slot = start + i & mask;
            if (values[slot] != 0 && highs[slot] == high && lows[slot] == low) {
                return slot;
            }
        }
        return -1;
    }

    /** Returns the number of an address, 0 if it is not known. */
    long get(long high, long low) {
        int slot = find(high, low);
        return slot < 0 ? 0 : values[slot];
    }

    /** Returns how long ago the address was put. */
    int age(long high, long low, int now) {
        int slot = find(high, low);
        return slot < 0 ? Integer.MAX_VALUE : now - putAt[slot];
    }

    /** Puts an address with a number other than 0, at a time in whatever unit. */
    void put(long high, long low, long value, int now) {
        int slot = find(high, low);
        if (slot < 0) {
            slot = victim(high, low);
            highs[slot] = high;
            lows[slot] = low;
        }
        values[slot] = value;
        putAt[slot] = now;
    }

    private int victim(long high, long low) {
        int start = start(high, low);
        int oldest = start;
        for (int i = 0; i < PROBES; i++) {
            int slot = start + i & mask;
            if (values[slot] == 0) {
                return slot;
            }
            if (putAt[slot] - putAt[oldest] < 0) {
                oldest = slot;
            }
        }
        return oldest;
    }
}
