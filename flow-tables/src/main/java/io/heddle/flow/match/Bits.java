package io.heddle.flow.match;

/**
 * Up to 128 bits: the value or the mask of a match field.
 *
 * @param high bits 127 to 64; 0 for a field of 64 bits or fewer
 * @param low bits 63 to 0
 */
public record Bits(long high, long low) {
    /** No bit set. */
    public static final Bits ZERO = new Bits(0, 0);

    /** A value of 64 bits or fewer. */
    public static Bits of(long low) {
        return low == 0 ? ZERO : new Bits(0, low);
    }

    /** The lowest {@code count} bits set, {@code 0 <= count <= 128}. */
    public static Bits ones(int count) {
        if (count < 0 || count > 128) {
            throw new IllegalArgumentException("count " + count + " is not in 0-128");
        }
        if (count > 64) {
            return new Bits(count == 128 ? -1L : (1L << (count - 64)) - 1, -1L);
        }
        return new Bits(0, count == 64 ? -1L : (1L << count) - 1);
    }

    public Bits and(Bits other) {
        return new Bits(high & other.high, low & other.low);
    }

    public Bits or(Bits other) {
        return new Bits(high | other.high, low | other.low);
    }

    public Bits not() {
        return new Bits(~high, ~low);
    }

    public boolean isZero() {
        return (high | low) == 0;
    }

    /** The bits moved towards the most significant; what leaves is lost. */
    public Bits shiftLeft(int by) {
        if (by == 0) {
            return this;
        }
        return by >= 64 ? new Bits(low << (by - 64), 0) : new Bits(high << by | low >>> (64 - by), low << by);
    }

    /** The bits moved towards the least significant; what leaves is lost. */
    public Bits shiftRight(int by) {
        if (by == 0) {
            return this;
        }
        return by >= 64 ? new Bits(0, high >>> (by - 64)) : new Bits(high >>> by, low >>> by | high << (64 - by));
    }
}
