package io.heddle.flow.action;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How {@code multipath} makes one of n links of a hash ({@code NX_MP_ALG_*}, in this order).
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2992">RFC 2992</a>
 */
public enum LinkAlgorithm {
    MODULO_N("modulo_n"),
    HASH_THRESHOLD("hash_threshold"),
    /** Highest random weight: a link more or less moves few packets. */
    HRW("hrw"),
    /** The first of a row of hashes that is a link. */
    ITER_HASH("iter_hash");

    private static final List<LinkAlgorithm> ALL = List.of(values());

    private final String text;

    LinkAlgorithm(String text) {
        this.text = text;
    }

    /** Its name in {@code ovs-actions(7)}. */
    public String text() {
        return text;
    }

    public static Optional<LinkAlgorithm> byText(String text) {
        return Arrays.stream(values())
                .filter(algorithm -> algorithm.text.equals(text))
                .findFirst();
    }

    /** Its number on the wire. */
    public int number() {
        return ALL.indexOf(this);
    }

    public static Optional<LinkAlgorithm> byNumber(int number) {
        return number < ALL.size() ? Optional.of(ALL.get(number)) : Optional.empty();
    }
}
