package io.heddle.flow.conntrack;

import java.util.Arrays;

/**
 * The connections themselves: records in large arrays of {@code long}, and an index from tuple to record.
 *
 * <pre>
 *   record   0-3   original src, dst          16-18  TCP, original end: end | maxEnd, maxWindow | scale | flags, maxAck
 *            4-7   reply src, dst             19-21  TCP, other end
 *              8   ports: original, reply        22  last segment: sequence | acknowledgement
 *              9   zone, protocol, status        23  last segment: end | window, retransmissions
 *             10   expires
 *          11-12   label
 *             13   number of the extension, 0 for none | mark
 *             14   next record in the index's chain: of the original tuple | of the reply tuple
 *             15   hash of the original tuple | of the reply tuple
 * </pre>
 *
 * <p>The index is a linear hash table: chains through the records, and one more bucket, which takes its share of the chain of one other,
 * for each connection that is added. Growing therefore never stops the world, nothing is rehashed at once, and a lookup reads
 * 1 to 2 records on average. A connection takes 192 octets for its record and 8 to 16 for the index: about 200 MB for a million.
 * Memory grows with the most connections there were at a time and is kept.
 *
 * <p>A reference is {@code slot << 1 | direction}, direction 0 being the original one. Thread safety: none; one owner.
 */
final class ConnectionTable {
    static final int WORDS = 24;

    static final int SRC = 0;
    static final int DST = 2;
    /** Words from a tuple of the original direction to the same of the reply direction. */
    static final int REPLY = 4;

    static final int PORTS = 8;
    static final int META = 9;
    static final int EXPIRES = 10;
    static final int LABEL = 11;
    static final int MARK = 13;
    static final int NEXT = 14;
    static final int HASHES = 15;
    static final int TCP = 16;
    static final int LAST = 22;

    // In META: zone 16 | protocol 8 | 0 | state 8 at bit 16 | status 16
    static final int SEEN_REPLY = 1;
    static final int ASSURED = 2;
    static final int IPV6 = 4;
    static final int SOURCE_NAT = 8;
    static final int DESTINATION_NAT = 16;
    /** Another connection has announced this one. */
    static final int RELATED = 32;
    /** The first end has sent more than one packet. */
    static final int SEEN_AGAIN = 64;

    private static final int USED = 0x8000;

    static final int NONE = -1;

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int BUCKET_BITS = 12;
    private static final int FIRST_BUCKETS = 1 << BUCKET_BITS;

    private final long seed;
    private long[][] chunks = new long[0][];
    private int[][] buckets = {newBuckets()};
    private int bucketCount = FIRST_BUCKETS;

    /** {@code bucketCount} lies in {@code [level, 2 * level)}; a power of two. */
    private int level = FIRST_BUCKETS;

    private int highWater;
    private int freeHead = NONE;
    private int size;

    ConnectionTable(long seed) {
        this.seed = seed;
    }

    private static int[] newBuckets() {
        int[] made = new int[FIRST_BUCKETS];
        Arrays.fill(made, NONE);
        return made;
    }

    int size() {
        return size;
    }

    /** Slots at and after this one were never used. */
    int highWater() {
        return highWater;
    }

    /** Octets that records and index take. */
    long memoryOctets() {
        return (long) chunks.length * CHUNK * WORDS * Long.BYTES
                + (long) buckets.length * FIRST_BUCKETS * Integer.BYTES;
    }

    /** The array that a record is in, from {@link #base} on. */
    long[] record(int slot) {
        return chunks[slot >>> CHUNK_BITS];
    }

    static int base(int slot) {
        return (slot & CHUNK - 1) * WORDS;
    }

    boolean isUsed(int slot) {
        return (record(slot)[base(slot) + META] & USED) != 0;
    }

    long expiresNs(int slot) {
        return record(slot)[base(slot) + EXPIRES];
    }

    void setExpiresNs(int slot, long expiresNs) {
        record(slot)[base(slot) + EXPIRES] = expiresNs;
    }

    int status(int slot) {
        return (int) record(slot)[base(slot) + META] & 0xffff;
    }

    void addStatus(int slot, int bits) {
        record(slot)[base(slot) + META] |= bits;
    }

    int zone(int slot) {
        return (int) (record(slot)[base(slot) + META] >>> 48);
    }

    int protocol(int slot) {
        return (int) (record(slot)[base(slot) + META] >>> 40) & 0xff;
    }

    int state(int slot) {
        return (int) (record(slot)[base(slot) + META] >>> 16) & 0xff;
    }

    void setState(int slot, int state) {
        long[] record = record(slot);
        int at = base(slot) + META;
        record[at] = record[at] & ~0xff0000L | (long) state << 16;
    }

    int mark(int slot) {
        return (int) record(slot)[base(slot) + MARK];
    }

    void setMark(int slot, int mark) {
        long[] record = record(slot);
        int at = base(slot) + MARK;
        record[at] = record[at] & 0xffffffff_00000000L | mark & 0xffffffffL;
    }

    /** Number of the connection's extension, 0 for none. */
    int extension(int slot) {
        return (int) (record(slot)[base(slot) + MARK] >>> 32);
    }

    void setExtension(int slot, int number) {
        long[] record = record(slot);
        int at = base(slot) + MARK;
        record[at] = (long) number << 32 | record[at] & 0xffffffffL;
    }

    /** Fills {@code tuple} with one direction of a connection. */
    void read(int slot, int direction, Tuple tuple) {
        long[] record = record(slot);
        int at = base(slot) + direction * REPLY;
        tuple.srcHigh = record[at + SRC];
        tuple.srcLow = record[at + SRC + 1];
        tuple.dstHigh = record[at + DST];
        tuple.dstLow = record[at + DST + 1];
        int ports = (int) (record[base(slot) + PORTS] >>> (direction == 0 ? 32 : 0));
        tuple.srcPort = ports >>> 16;
        tuple.dstPort = ports & 0xffff;
        tuple.protocol = protocol(slot);
        tuple.zone = zone(slot);
        tuple.isIpv6 = (status(slot) & IPV6) != 0;
    }

    /** The reference of the connection's direction that {@code tuple} is, {@link #NONE} if there is none; expired ones count too. */
    int find(Tuple tuple) {
        int hash = tuple.hash(seed);
        long meta = (long) tuple.zone << 48 | (long) tuple.protocol << 40 | (tuple.isIpv6 ? IPV6 : 0);
        int ports = tuple.srcPort << 16 | tuple.dstPort;
        int reference = bucket(bucketOf(hash));
        while (reference != NONE) {
            int slot = reference >>> 1;
            long[] record = record(slot);
            int base = base(slot);
            int direction = reference & 1;
            int at = base + direction * REPLY;
            if (half(record[base + HASHES], direction) == hash
                    && half(record[base + PORTS], direction) == ports
                    && record[at] == tuple.srcHigh
                    && record[at + 1] == tuple.srcLow
                    && record[at + 2] == tuple.dstHigh
                    && record[at + 3] == tuple.dstLow
                    && ((record[base + META] ^ meta) & (0xffffff00_00000000L | IPV6)) == 0) {
                return reference;
            }
            reference = half(record[base + NEXT], direction);
        }
        return NONE;
    }

    /** Adds a connection, all else of which is 0. Neither tuple may be there. */
    int add(Tuple original, Tuple reply) {
        int slot = takeSlot();
        long[] record = record(slot);
        int base = base(slot);
        Arrays.fill(record, base, base + WORDS, 0);
        write(record, base, original);
        write(record, base + REPLY, reply);
        record[base + PORTS] = (long) (original.srcPort << 16 | original.dstPort) << 32
                | (reply.srcPort << 16 | reply.dstPort) & 0xffffffffL;
        record[base + META] =
                (long) original.zone << 48 | (long) original.protocol << 40 | USED | (original.isIpv6 ? IPV6 : 0);
        int originalHash = original.hash(seed);
        int replyHash = reply.hash(seed);
        record[base + HASHES] = (long) originalHash << 32 | replyHash & 0xffffffffL;
        size++;
        link(slot << 1, originalHash);
        link(slot << 1 | 1, replyHash);
        grow();
        return slot;
    }

    private static void write(long[] record, int at, Tuple tuple) {
        record[at + SRC] = tuple.srcHigh;
        record[at + SRC + 1] = tuple.srcLow;
        record[at + DST] = tuple.dstHigh;
        record[at + DST + 1] = tuple.dstLow;
    }

    private int takeSlot() {
        if (freeHead != NONE) {
            int slot = freeHead;
            freeHead = (int) record(slot)[base(slot) + NEXT];
            return slot;
        }
        if (highWater == chunks.length << CHUNK_BITS) {
            chunks = Arrays.copyOf(chunks, chunks.length + 1);
            chunks[chunks.length - 1] = new long[CHUNK * WORDS];
        }
        return highWater++;
    }

    void remove(int slot) {
        long hashes = record(slot)[base(slot) + HASHES];
        unlink(slot << 1, half(hashes, 0));
        unlink(slot << 1 | 1, half(hashes, 1));
        long[] record = record(slot);
        record[base(slot) + META] = 0;
        record[base(slot) + NEXT] = freeHead;
        freeHead = slot;
        size--;
    }

    // ---- the index

    private static int half(long word, int direction) {
        return (int) (direction == 0 ? word >>> 32 : word);
    }

    private int bucketOf(int hash) {
        int wide = hash & 2 * level - 1;
        return wide < bucketCount ? wide : hash & level - 1;
    }

    private int bucket(int number) {
        return buckets[number >>> BUCKET_BITS][number & FIRST_BUCKETS - 1];
    }

    private void setBucket(int number, int reference) {
        buckets[number >>> BUCKET_BITS][number & FIRST_BUCKETS - 1] = reference;
    }

    private void setNext(int reference, int next) {
        long[] record = record(reference >>> 1);
        int at = base(reference >>> 1) + NEXT;
        record[at] = (reference & 1) == 0
                ? (long) next << 32 | record[at] & 0xffffffffL
                : record[at] & 0xffffffff_00000000L | next & 0xffffffffL;
    }

    private int next(int reference) {
        return half(record(reference >>> 1)[base(reference >>> 1) + NEXT], reference & 1);
    }

    private int hashOf(int reference) {
        return half(record(reference >>> 1)[base(reference >>> 1) + HASHES], reference & 1);
    }

    private void link(int reference, int hash) {
        int bucket = bucketOf(hash);
        setNext(reference, bucket(bucket));
        setBucket(bucket, reference);
    }

    private void unlink(int reference, int hash) {
        int bucket = bucketOf(hash);
        int at = bucket(bucket);
        if (at == reference) {
            setBucket(bucket, next(reference));
            return;
        }
        while (next(at) != reference) {
            at = next(at);
        }
        setNext(at, next(reference));
    }

    /** Splits buckets until there are as many as references: two at most for each connection added. */
    private void grow() {
        for (int i = 0; i < 2 && bucketCount < 2 * size && bucketCount < 1 << 30; i++) {
            split();
        }
    }

    private void split() {
        if (bucketCount >>> BUCKET_BITS == buckets.length) {
            buckets = Arrays.copyOf(buckets, buckets.length + 1);
            buckets[buckets.length - 1] = newBuckets();
        }
        int added = bucketCount;
        int reference = bucket(added - level);
        setBucket(added - level, NONE);
        bucketCount++;
        while (reference != NONE) {
            int following = next(reference);
            link(reference, hashOf(reference));
            reference = following;
        }
        if (bucketCount == 2 * level) {
            level = bucketCount;
        }
    }
}
