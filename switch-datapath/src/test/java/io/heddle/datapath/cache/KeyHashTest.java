package io.heddle.datapath.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    private static final int SECRETS = 10_000;

    private static int hash(long secret, long first, long second) {
        long hash = KeyHash.mixSecretly(KeyHash.mixSecretly(secret, first, secret), second, secret);
        return KeyHash.finish(hash);
    }

    /** Two keys whose differences cancel under any seed where the multiplier is known. */
    @Test
    void shouldNotLetASenderChooseKeysThatCollide() {
        Random random = new Random(11);
        int collisions = 0;
        int plain = 0;
        for (int i = 0; i < SECRETS; i++) {
            long secret = random.nextLong() | 1;
            long first = random.nextLong();
            long second = random.nextLong();
            long otherFirst = first ^ 1L << 63;
            long otherSecond = second ^ (1L << 63 | 1L << 34);
            collisions += hash(secret, first, second) == hash(secret, otherFirst, otherSecond) ? 1 : 0;
            long one = KeyHash.mix(KeyHash.mix(secret, first), second);
            long other = KeyHash.mix(KeyHash.mix(secret, otherFirst), otherSecond);
            plain += one == other ? 1 : 0;
        }
        assertThat(plain).as("what the plain hash is known to have").isEqualTo(SECRETS);
        assertThat(collisions).isLessThan(10);
    }

    /** Keys as a scan makes them: few bits differ. */
    @Test
    void shouldSpreadNeighbours() {
        int[] buckets = new int[256];
        for (int i = 0; i < 256 * 64; i++) {
            buckets[hash(0x1234567890abcdefL, 0x0a000000L << 32 | i, 0) & 255]++;
        }
        for (int count : buckets) {
            assertThat(count).isBetween(20, 128);
        }
    }
}
