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
public final class Match implements MaskedWords {
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

    /** Value of a word of {@link KeyLayout}, 0 in the bits that are not matched on. */
    @Override
    public long value(int word) {
        int at = indexOf(word);
        return at < 0 ? 0 : values[at];
    }

    @Override
    public long mask(int word) {
        int at = indexOf(word);
        return at < 0 ? 0 : masks[at];
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
        for (long rest = map & other.map; rest != 0; rest &= rest - 1) {
            int word = Long.numberOfTrailingZeros(rest);
            if (((value(word) ^ other.value(word)) & mask(word) & other.mask(word)) != 0) {
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
        if (high < 0 || field.optionIndex() >= 0 && (mask(KeyLayout.W_TUN_OPTIONS) & field.presenceBit()) == 0) {
            return Bits.ZERO;
        }
        return Bits.of((packed[high] & field.wordMask()) >>> field.shift());
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
    public static final class Builder implements MaskedWords {
        private static final int USUAL_WORDS = 6;

        /** As in {@link Match}, but a mask may be 0. */
        private long map;

        private long[] masks = new long[USUAL_WORDS];
        private long[] values = new long[USUAL_WORDS];

        private Builder() {}

        /** Starts from what another match says. */
        public Builder from(Match match) {
            map = match.map;
            masks = Arrays.copyOf(match.masks, Math.max(USUAL_WORDS, match.masks.length));
            values = Arrays.copyOf(match.values, masks.length);
            return this;
        }

        public Builder exact(MatchField field, long value) {
            return exact(field, Bits.of(value));
        }

        public Builder exact(MatchField field, Bits value) {
            return masked(field, value, field.allOnes());
        }

        /** Bits of {@code value} outside {@code bits} are ignored. A Geneve option must be there, even if no bit of it counts. */
        public Builder masked(MatchField field, Bits value, Bits bits) {
            if (field.bits() == 128) {
                put(field.word(), -1L, value.high(), bits.high());
                put(field.word() + 1, -1L, value.low(), bits.low());
            } else {
                put(field.word(), field.wordMask(), value.low() << field.shift(), bits.low() << field.shift());
            }
            presence(field, field.presenceBit());
            return this;
        }

        /** Matches on no bit of the field. */
        public Builder without(MatchField field) {
            masked(field, Bits.ZERO, Bits.ZERO);
            presence(field, 0);
            return this;
        }

        private void presence(MatchField field, long bits) {
            if (field.optionIndex() >= 0) {
                put(KeyLayout.W_TUN_OPTIONS, field.presenceBit(), bits, bits);
            }
        }

        /** Matches on no bit of a word of {@link KeyLayout}. */
        public Builder withoutWord(int word) {
            put(word, -1L, 0, 0);
            return this;
        }

        /** Bits of one word of {@link KeyLayout}, for what no field names: inner tags and labels. */
        public Builder maskedWord(int word, long value, long bits) {
            put(word, bits, value, bits);
            return this;
        }

        /** Says of the bits {@code span} of a word which of them are matched on, and with what value. */
        private void put(int word, long span, long value, long bits) {
            int at = Long.bitCount(map & ((1L << word) - 1));
            if ((map >>> word & 1) == 0) {
                int count = Long.bitCount(map);
                if (count == masks.length) {
                    masks = Arrays.copyOf(masks, count * 2);
                    values = Arrays.copyOf(values, count * 2);
                }
                System.arraycopy(masks, at, masks, at + 1, count - at);
                System.arraycopy(values, at, values, at + 1, count - at);
                masks[at] = 0;
                values[at] = 0;
                map |= 1L << word;
            }
            masks[at] = (masks[at] & ~span) | (bits & span);
            values[at] = (values[at] & ~span) | (value & bits & span);
        }

        @Override
        public long value(int word) {
            return (map >>> word & 1) == 0 ? 0 : values[Long.bitCount(map & ((1L << word) - 1))];
        }

        @Override
        public long mask(int word) {
            return (map >>> word & 1) == 0 ? 0 : masks[Long.bitCount(map & ((1L << word) - 1))];
        }

        public boolean has(MatchField field) {
            return (mask(field.word()) & field.wordMask()) != 0 || (field.bits() == 128 && mask(field.word() + 1) != 0);
        }

        public Bits valueOf(MatchField field) {
            return field.bits() == 128
                    ? new Bits(value(field.word()), value(field.word() + 1))
                    : Bits.of((value(field.word()) & field.wordMask()) >>> field.shift());
        }

        /** Says whether what has been collected so far allows {@code field}. */
        public boolean meetsPrerequisiteOf(MatchField field) {
            return field.prerequisite().isMetBy(this);
        }

        public Match build() {
            int count = 0;
            long used = 0;
            long[] usedMasks = new long[Long.bitCount(map)];
            long[] usedValues = new long[usedMasks.length];
            int at = 0;
            for (long rest = map; rest != 0; rest &= rest - 1) {
                if (masks[at] != 0) {
                    used |= Long.lowestOneBit(rest);
                    usedMasks[count] = masks[at];
                    usedValues[count++] = values[at];
                }
                at++;
            }
            if (count == 0) {
                return ANY;
            }
            return count == usedMasks.length
                    ? new Match(used, usedMasks, usedValues)
                    : new Match(used, Arrays.copyOf(usedMasks, count), Arrays.copyOf(usedValues, count));
        }
    }
}
