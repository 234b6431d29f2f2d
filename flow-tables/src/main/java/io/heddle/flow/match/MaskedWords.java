package io.heddle.flow.match;

/**
 * Values and masks of the words of {@link KeyLayout}, however they are kept: what is known of a packet's fields.
 *
 * <p>Indexes are those of {@link KeyLayout}. No bit of a value is set that its mask does not have.
 */
public interface MaskedWords {
    long value(int word);

    /** Bits of the word that are known; 0 for none. */
    long mask(int word);

    /** A view of two flat arrays: {@code key} may have bits that {@code mask} does not have. */
    static MaskedWords of(long[] key, long[] mask) {
        return new MaskedWords() {
            @Override
            public long value(int word) {
                return key[word] & mask[word];
            }

            @Override
            public long mask(int word) {
                return mask[word];
            }
        };
    }
}
