package io.heddle.flow.match;

import java.util.Arrays;

/**
 * Which bits of a {@link FlowKey} count: a set bit is looked at, a clear bit is a wildcard.
 *
 * <p>A translation starts with an empty mask and adds every bit that it looks at ({@link #add}); what it ends with is the
 * mask of the megaflow. Laid out by {@link KeyLayout}.
 *
 * <p>Thread safety: none; a mask belongs to one thread at a time.
 */
public final class FlowMask {
    private final long[] words;

    /** A mask that looks at nothing. */
    public FlowMask() {
        this.words = new long[KeyLayout.WORDS];
    }

    /** A copy of another mask. */
    public FlowMask(FlowMask other) {
        this.words = other.words.clone();
    }

    /** The words themselves, not a copy. */
    public long[] words() {
        return words;
    }

    public long word(int index) {
        return words[index];
    }

    /** Adds the bits of {@code mask} to one word. */
    public void addWord(int index, long mask) {
        words[index] |= mask;
    }

    /** Adds all bits of a field. */
    public FlowMask add(MatchField field) {
        return add(field, field.allOnes());
    }

    /** Adds some bits of a field, and of a Geneve option whether it is there. */
    public FlowMask add(MatchField field, Bits bits) {
        words[KeyLayout.W_TUN_OPTIONS] |= field.presenceBit();
        if (field.bits() == 128) {
            words[field.word()] |= bits.high();
            words[field.word() + 1] |= bits.low();
        } else {
            words[field.word()] |= (bits.low() << field.shift()) & field.wordMask();
        }
        return this;
    }

    /** Adds all bits that another mask looks at. */
    public void addAll(FlowMask other) {
        for (int i = 0; i < words.length; i++) {
            words[i] |= other.words[i];
        }
    }

    public Bits get(MatchField field) {
        return field.read(words);
    }

    public void clear() {
        Arrays.fill(words, 0);
    }

    public void copyFrom(FlowMask other) {
        System.arraycopy(other.words, 0, words, 0, words.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FlowMask that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }
}
