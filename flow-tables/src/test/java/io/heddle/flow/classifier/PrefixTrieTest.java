package io.heddle.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefixTrieTest {
    private static final int SUBTABLES = 40;

    private record Prefix(long high, long low, int length, int subtable) {
        int common(long otherHigh, long otherLow) {
            return PrefixTrie.commonBits(high ^ otherHigh, low ^ otherLow);
        }
    }

    @ParameterizedTest
    @CsvSource({"32, 1", "32, 2", "32, 3", "128, 4", "128, 5", "128, 6"})
    void shouldFindAndLookAtWhatAListOfPrefixesSays(int bits, long seed) {
        Random random = new Random(seed);
        PrefixTrie trie = new PrefixTrie(bits);
        List<Prefix> present = new ArrayList<>();
        PrefixTrie.Result result = new PrefixTrie.Result();
        for (int round = 0; round < 300; round++) {
            // Grows until buckets become branches, shrinks until these become buckets again.
            boolean isGrowing = round % 100 < 60;
            for (int i = 0; i < 20; i++) {
                if (isGrowing) {
                    Prefix prefix = prefix(random, bits);
                    trie.insert(prefix.high, prefix.low, prefix.length, prefix.subtable);
                    present.add(prefix);
                } else if (!present.isEmpty()) {
                    Prefix gone = present.remove(random.nextInt(present.size()));
                    trie.remove(gone.high, gone.low, gone.length, gone.subtable);
                }
            }
            for (int i = 0; i < 30; i++) {
                Prefix near =
                        present.isEmpty() || i < 5 ? prefix(random, bits) : present.get(random.nextInt(present.size()));
                long high = near.high ^ (random.nextBoolean() ? 0 : flips(random, Math.min(bits, 64)));
                long low = bits == 32 ? 0 : near.low ^ (random.nextBoolean() ? 0 : flips(random, 64));
                trie.lookup(high, low, result);
                assertThat(subtables(result)).isEqualTo(matching(present, high, low));
                assertThat(result.checkedBits).isEqualTo(bitsToTell(present, high, low));
            }
        }
        present.forEach(prefix -> trie.remove(prefix.high, prefix.low, prefix.length, prefix.subtable));
        trie.lookup(0, 0, result);
        assertThat(subtables(result)).isEmpty();
        assertThat(result.checkedBits).isZero();
    }

    @Test
    void shouldRefuseToTakeOutWhatIsNotIn() {
        PrefixTrie trie = new PrefixTrie(32);
        trie.insert(0x0a000000_00000000L, 0, 8, 1);
        assertThatThrownBy(() -> trie.remove(0x0a000000_00000000L, 0, 8, 2)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> trie.remove(0x0a000000_00000000L, 0, 9, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> trie.remove(0x0a000000_00000000L, 0, 3, 1)).isInstanceOf(IllegalStateException.class);
    }

    /** Few first bits differ, so that prefixes nest and share much. */
    private static Prefix prefix(Random random, int bits) {
        int length = 1 + random.nextInt(bits);
        long high = flips(random, Math.min(bits, 64)) & 0x90f00fff_f00000ffL;
        long low = bits == 32 ? 0 : flips(random, 64) & 0xf000000f_ff0000ffL;
        return new Prefix(
                PrefixTrie.prefixHigh(high, length),
                PrefixTrie.prefixLow(low, length),
                length,
                random.nextInt(SUBTABLES));
    }

    /** Up to three of the first {@code bits} bits. */
    private static long flips(Random random, int bits) {
        long flips = 0;
        for (int i = random.nextInt(4); i > 0; i--) {
            flips |= Long.MIN_VALUE >>> random.nextInt(bits);
        }
        return flips;
    }

    private static Set<Integer> subtables(PrefixTrie.Result result) {
        Set<Integer> found = new HashSet<>();
        for (int subtable = 0; subtable < SUBTABLES; subtable++) {
            if (result.matches(subtable)) {
                found.add(subtable);
            }
        }
        return found;
    }

    private static Set<Integer> matching(List<Prefix> present, long high, long low) {
        Set<Integer> matching = new HashSet<>();
        for (Prefix prefix : present) {
            if (prefix.common(high, low) >= prefix.length) {
                matching.add(prefix.subtable);
            }
        }
        return matching;
    }

    /** A prefix is told by its bits, or by the first one in which the value differs. */
    private static int bitsToTell(List<Prefix> present, long high, long low) {
        int bits = 0;
        for (Prefix prefix : present) {
            bits = Math.max(bits, Math.min(prefix.common(high, low) + 1, prefix.length));
        }
        return bits;
    }
}
