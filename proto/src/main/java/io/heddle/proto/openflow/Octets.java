package io.heddle.proto.openflow;

import java.util.Arrays;
import java.util.HexFormat;

/** Octets that a message carries as they are: a frame, an echo's data. Immutable, compared by value. */
public final class Octets {
    /** None. */
    public static final Octets EMPTY = new Octets(new byte[0]);

    private final byte[] octets;

    private Octets(byte[] octets) {
        this.octets = octets;
    }

    /** Wraps {@code octets}, which nobody may modify afterwards. */
    public static Octets of(byte[] octets) {
        return octets.length == 0 ? EMPTY : new Octets(octets);
    }

    /** How many. */
    public int length() {
        return octets.length;
    }

    /** The octets themselves, not a copy: not to be modified. */
    public byte[] array() {
        return octets;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets that && Arrays.equals(octets, that.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    /** Hexadecimal digits; of long content the beginning. */
    @Override
    public String toString() {
        String hex = HexFormat.of().formatHex(octets, 0, Math.min(octets.length, 64));
        return octets.length <= 64 ? hex : hex + "... (" + octets.length + " octets)";
    }
}
