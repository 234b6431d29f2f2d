package io.heddle.datapath.cache;

/**
 * Keyed multiplicative hashing of key words. The key keeps a sender from choosing keys that collide.
 *
 * <p>{@link #mix} is for tables where a collision costs an entry only: two keys that differ in the upmost bit of one word and in two bits of
 * the next may collide under any seed. {@link #mixSecretly} has no such pairs, as the multiplier itself is the secret and the upper half
 * of the product counts; it is for tables that are searched further for each collision.
 */
final class KeyHash {
    private static final long MULTIPLIER = 0x9e3779b97f4a7c15L;

    private KeyHash() {}

    static long mix(long hash, long word) {
        long product = (hash ^ word) * MULTIPLIER;
        return product ^ product >>> 29;
    }

    /** @param secret odd, and not known to senders */
    static long mixSecretly(long hash, long word, long secret) {
        long x = hash ^ word;
        return x * secret ^ Math.unsignedMultiplyHigh(x, secret) ^ Long.rotateLeft(hash, 23);
    }

    /** 32 well mixed bits. */
    static int finish(long hash) {
        long h = hash * 0xbf58476d1ce4e5b9L;
        return (int) (h >>> 32);
    }
}
