package io.heddle.datapath.cache;

/** Keyed multiplicative hashing of key words. The seed keeps a sender from choosing keys that collide. */
final class KeyHash {
    private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

    private KeyHash() {}

    static long mix(long hash, long word) {
        long product = (hash ^ word) * MULTIPLIER;
        return product ^ product >>> 29;
    }

    /** 32 well mixed bits. */
    static int finish(long hash) {
        long h = hash * 0xbf58476d1ce4e5b9L;
        return (int) (h >>> 32);
    }
}
