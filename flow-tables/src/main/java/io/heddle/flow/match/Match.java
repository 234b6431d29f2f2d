package io.heddle.flow.match;

import java.util.Arrays;
import java.util.StringJoiner;

/**
 * A masked key: what a flow entry or a megaflow matches on. Immutable and compact: only the words with a bit in the mask are
 * kept.
 *
 * <pre>
 *   map     bit i set: word i of {@link KeyLayout} is matched on
 *   masks   the masks of those words, in ascending word order
 *   values  their values; no bit is set that the mask does not have
 * </pre>
 */
public final class Match {
    /** Matches every packet. */
    public static final Match ANY = new Match(0, new long[0], new long[0]);

    private final long map;
    private final long[] masks;
    private final long[] values;

    private Match(long map, long[] masks, long[] values) {
        this.map = map;
        this.masks = masks;
        this.values = values;
    }

    /** The match on those bits of {@code key} that {@code mask} looks at. */
    public static Match of(FlowKey key, FlowMask mask) {
        long map = 0;
        int count = 0;
        for (int i = 0; i < KeyLayout.WORDS; i++) {
            if (mask.word(i) != 0) {
                map |= 1L << i;
                count++;
            }
        }
        long[] masks = new long[count];
        long[] values = new long[count];
        int at = 0;
        for (long rest = map; rest != 0; rest &= rest - 1) {
            int word = Long.numberOfTrailingZeros(rest);
            masks[at] = mask.word(word);
            values[at++] = key.word(word) & mask.word(word);
        }
        return map == 0 ? ANY : new Match(map, masks, values);
    }

    /** The match on every bit of {@code key}. */
    public static Match exact(FlowKey key) {
        FlowMask mask = new FlowMask();
        Arrays.fill(mask.words(), -1L);
        return of(key, mask);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Bit {@code i} is set iff word {@code i} is matched on. */
    public long map() {
        return map;
    }

    /** Number of words matched on. */
    public int wordCount() {
        return masks.length;
    }

    /** Mask of the {@code index}-th word matched on (ascending), never 0. */
    public long maskAt(int index) {
        return masks[index];
    }

    /** Value of the {@code index}-th word matched on. */
    public long valueAt(int index) {
        return values[index];
    }

    /** Says whether a packet's key has the values asked for. */
    public boolean matches(FlowKey key) {
        int at = 0;
        for (long rest = map; rest != 0; rest &= rest - 1) {
            if ((key.word(Long.numberOfTrailingZeros(rest)) & masks[at]) != values[at]) {
                return false;
            }
            at++;
        }
        return true;
    }

    /** The mask as a flat array, a fresh copy. */
    public FlowMask mask() {
        FlowMask mask = new FlowMask();
        spread(masks, mask.words());
        return mask;
    }

    /** The values as a flat array, a fresh copy. */
    public FlowKey key() {
        FlowKey key = new FlowKey();
        spread(values, key.words());
        return key;
    }

    /** Says whether any bit of the field is matched on. */
    public boolean has(MatchField field) {
        return !maskOf(field).isZero();
    }

    /** Mask of a field. */
    public Bits maskOf(MatchField field) {
        return read(field, masks);
    }

    /** Value of a field, 0 in the bits that are not matched on. */
    public Bits valueOf(MatchField field) {
        return read(field, values);
    }

    /**
     * Says whether both would match a common packet: their values agree in every bit that both look at (OpenFlow 1.3.5 section
     * 6.4, overlap check).
     */
    public boolean overlaps(Match other) {
        FlowMask mask = mask();
        FlowMask otherMask = other.mask();
        FlowKey key = key();
        FlowKey otherKey = other.key();
        for (int i = 0; i < KeyLayout.WORDS; i++) {
            if (((key.word(i) ^ otherKey.word(i)) & mask.word(i) & otherMask.word(i)) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Says whether every packet that this matches is matched by {@code looser} too (OpenFlow 1.3.5 section 6.4, non-strict
     * modify and delete).
     */
    public boolean isCoveredBy(Match looser) {
        int at = 0;
        for (long rest = looser.map; rest != 0; rest &= rest - 1) {
            int word = Long.numberOfTrailingZeros(rest);
            int mine = indexOf(word);
            if (mine < 0
                    || (masks[mine] & looser.masks[at]) != looser.masks[at]
                    || (values[mine] & looser.masks[at]) != looser.values[at]) {
                return false;
            }
            at++;
        }
        return true;
    }

    private int indexOf(int word) {
        return (map >>> word & 1) == 0 ? -1 : Long.bitCount(map & ((1L << word) - 1));
    }

    private Bits read(MatchField field, long[] packed) {
        int high = indexOf(field.word());
        if (field.bits() == 128) {
            int low = indexOf(field.word() + 1);
            return new Bits(high < 0 ? 0 : packed[high], low < 0 ? 0 : packed[low]);
        }
        return high < 0 ? Bits.ZERO : Bits.of((packed[high] & field.wordMask()) >>> field.shift());
    }

    private void spread(long[] packed, long[] words) {
        int at = 0;
        for (long rest = map; rest != 0; rest &= rest - 1) {
            words[Long.numberOfTrailingZeros(rest)] = packed[at++];
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Match that
                && map == that.map
                && Arrays.equals(masks, that.masks)
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(map) * 31 * 31 + Arrays.hashCode(masks) * 31 + Arrays.hashCode(values);
    }

    /** For a debugger: words in hexadecimal. {@code flow.text} prints a match for people. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(",", "Match[", "]");
        int at = 0;
        for (long rest = map; rest != 0; rest &= rest - 1) {
            text.add("w%d=%x/%x".formatted(Long.numberOfTrailingZeros(rest), values[at], masks[at]));
            at++;
        }
        return text.toString();
    }

    /** Collects fields. Prerequisites are not checked here: {@code MatchValidator} or a codec does. */
    public static final class Builder {
        private final FlowKey key = new FlowKey();
        private final FlowMask mask = new FlowMask();

        private Builder() {}

        /** Starts from what another match says. */
        public Builder from(Match match) {
            key.copyFrom(match.key());
            mask.copyFrom(match.mask());
            return this;
        }

        public Builder exact(MatchField field, long value) {
            return exact(field, Bits.of(value));
        }

        public Builder exact(MatchField field, Bits value) {
            return masked(field, value, field.allOnes());
        }

        /** Bits of {@code value} outside {@code bits} are ignored. */
        public Builder masked(MatchField field, Bits value, Bits bits) {
            field.write(key.words(), value.and(bits));
            field.write(mask.words(), bits);
            return this;
        }

        /** Bits of one word of {@link KeyLayout}, for what no field names: inner tags and labels. */
        public Builder maskedWord(int word, long value, long bits) {
            key.word(word, (key.word(word) & ~bits) | (value & bits));
            mask.addWord(word, bits);
            return this;
        }

        public boolean has(MatchField field) {
            return !mask.get(field).isZero();
        }

        public Bits valueOf(MatchField field) {
            return key.get(field).and(mask.get(field));
        }

        /** Says whether what has been collected so far allows {@code field}. */
        public boolean meetsPrerequisiteOf(MatchField field) {
            return field.prerequisite().isMetBy(key.words(), mask.words());
        }

        public Match build() {
            return Match.of(key, mask);
        }
    }
}
