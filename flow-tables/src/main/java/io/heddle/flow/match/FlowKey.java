package io.heddle.flow.match;

import java.util.Arrays;

/**
 * The values of all match fields of one packet: a flat array of words laid out by {@link KeyLayout}.
 *
 * <p>Mutable and reusable: an extractor fills the same key for every packet of a batch and nothing is allocated. A field
 * that the packet does not have is zero.
 *
 * <p>Thread safety: none; a key belongs to one thread at a time.
 */
public final class FlowKey {
    private final long[] words;

    /** A key whose fields are all zero. */
    public FlowKey() {
        this.words = new long[KeyLayout.WORDS];
    }

    /** A copy of another key. */
    public FlowKey(FlowKey other) {
        this.words = other.words.clone();
    }

    /** The words themselves, not a copy: reads and writes go through. */
    public long[] words() {
        return words;
    }

    public long word(int index) {
        return words[index];
    }

    public void word(int index, long value) {
        words[index] = value;
    }

    /** Value of a field. */
    public Bits get(MatchField field) {
        return field.read(words);
    }

    /** Value of a field of 64 bits or fewer. */
    public long getLong(MatchField field) {
        return field.read(words).low();
    }

    /** Sets a field; a Geneve option is there from then on. */
    public FlowKey set(MatchField field, Bits value) {
        field.write(words, value);
        words[KeyLayout.W_TUN_OPTIONS] |= field.presenceBit();
        return this;
    }

    public FlowKey set(MatchField field, long value) {
        return set(field, Bits.of(value));
    }

    /** Sets all fields to zero. */
    public void clear() {
        Arrays.fill(words, 0);
    }

    public void copyFrom(FlowKey other) {
        System.arraycopy(other.words, 0, words, 0, words.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FlowKey that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return Match.exact(this).toString();
    }
}
