package io.heddle.flow.group;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import java.util.List;

/**
 * How a select group chooses a bucket: Netronome's extension of OpenFlow 1.5, as {@code ovs-ofctl(8)} writes it.
 *
 * @param method what is hashed
 * @param parameter makes the choice another one
 * @param fields what {@link Method#HASH} looks at, with masks; empty for what {@link Method#DEFAULT} does
 */
public record Selection(Method method, long parameter, List<Field> fields) {
    /** What a group chooses by that does not say it. */
    public static final Selection DEFAULT = new Selection(Method.DEFAULT, 0, List.of());

    /** What is hashed. */
    public enum Method {
        /** Addresses, VLAN, protocol and ports: see {@link BucketSelector}. */
        DEFAULT(""),
        /** The fields that are named. */
        HASH("hash"),
        /** What the datapath hashes; here the same as {@link #DEFAULT}. */
        DP_HASH("dp_hash");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** The name on the wire and in text, empty for the default. */
        public String word() {
            return word;
        }
    }

    /** A field and those bits of it that count. */
    public record Field(MatchField field, Bits mask) {
        /** Says whether all bits of the field count. */
        public boolean isWhole() {
            return mask.equals(field.allOnes());
        }
    }

    public Selection {
        fields = List.copyOf(fields);
    }
}
