package io.heddle.proto.mapping;

import com.google.protobuf.ByteString;
import io.heddle.flow.match.Bits;

/** Big-endian octet strings to and from {@link Bits}. */
final class Octets {
    private Octets() {}

    /** Exactly {@code count} octets, the most significant first. */
    static ByteString of(Bits bits, int count) {
        byte[] octets = new byte[count];
        for (int i = 0; i < count; i++) {
            int shift = 8 * (count - 1 - i);
            octets[i] = (byte) (shift >= 64 ? bits.high() >>> (shift - 64) : bits.low() >>> shift);
        }
        return ByteString.copyFrom(octets);
    }

    /** The number that the octets are; those beyond the last 16 are ignored. */
    static Bits number(ByteString octets) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < octets.size(); i++) {
            high = high << 8 | low >>> 56;
            low = low << 8 | octets.byteAt(i) & 0xff;
        }
        return high == 0 ? Bits.of(low) : new Bits(high, low);
    }

    /** Number of octets without leading zeros. */
    static int significant(ByteString octets) {
        int zeros = 0;
        while (zeros < octets.size() && octets.byteAt(zeros) == 0) {
            zeros++;
        }
        return octets.size() - zeros;
    }
}
