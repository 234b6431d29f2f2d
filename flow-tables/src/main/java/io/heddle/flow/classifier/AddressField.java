package io.heddle.flow.classifier;

import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;

/**
 * The four address fields that have a {@link PrefixTrie}: nw_src (or arp_spa), nw_dst (or arp_tpa), ipv6_src, ipv6_dst.
 *
 * <p>Threading: only pure functions.
 */
final class AddressField {
    static final int COUNT = 4;

    private static final int[] WORDS = {KeyLayout.W_IPV4, KeyLayout.W_IPV4, KeyLayout.W_IPV6_SRC, KeyLayout.W_IPV6_DST};

    private AddressField() {}

    /** Width of the field. */
    static int bits(int field) {
        return field < 2 ? 32 : 128;
    }

    /** The first 64 bits of the field, left-justified, of a key or a mask. */
    static long high(int field, long[] words) {
        return justified(field, words[WORDS[field]]);
    }

    /** As {@link #high(int, long[])}, of what is matched on. */
    static long high(int field, Match match) {
        return justified(field, match.value(WORDS[field]));
    }

    static long low(int field, Match match) {
        return field < 2 ? 0 : match.value(WORDS[field] + 1);
    }

    private static long justified(int field, long word) {
        return switch (field) {
            case 0 -> word & 0xffffffff_00000000L;
            case 1 -> word << 32;
            default -> word;
        };
    }

    /** The last 64 bits of an IPv6 field; 0 for the others. */
    static long low(int field, long[] words) {
        return field < 2 ? 0 : words[WORDS[field] + 1];
    }

    /** Length of the prefix that a mask makes of the field; 0 if it does not look at it, -1 if it is no prefix. */
    static int prefixLength(int field, long[] mask) {
        long high = high(field, mask);
        long low = low(field, mask);
        int length = Long.numberOfLeadingZeros(~high);
        if (length == 64) {
            length += Long.numberOfLeadingZeros(~low);
        }
        return PrefixTrie.prefixHigh(high, length) == high && PrefixTrie.prefixLow(low, length) == low ? length : -1;
    }

    /** Adds the first {@code length} bits of the field to a mask. */
    static void addPrefix(int field, int length, FlowMask mask) {
        long high = PrefixTrie.prefixHigh(-1L, length);
        switch (field) {
            case 0 -> mask.addWord(KeyLayout.W_IPV4, high & 0xffffffff_00000000L);
            case 1 -> mask.addWord(KeyLayout.W_IPV4, high >>> 32);
            default -> {
                mask.addWord(WORDS[field], high);
                mask.addWord(WORDS[field] + 1, PrefixTrie.prefixLow(-1L, length));
            }
        }
    }
}
