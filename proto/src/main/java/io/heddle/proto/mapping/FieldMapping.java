package io.heddle.proto.mapping;

import com.google.protobuf.ByteString;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.v1.FieldMatch;
import java.util.Arrays;

/** One field with its value and mask, in a match or in a {@code set_field}. */
final class FieldMapping {
    private static final long[] ALL_ONES = allOnes();

    private FieldMapping() {}

    /** Which errors a bad field is: those of a match or those of an action. */
    enum Place {
        MATCH(
                ErrorCode.BAD_MATCH_BAD_FIELD,
                ErrorCode.BAD_MATCH_BAD_VALUE,
                ErrorCode.BAD_MATCH_BAD_LEN,
                ErrorCode.BAD_MATCH_BAD_MASK),
        ACTION(
                ErrorCode.BAD_ACTION_BAD_SET_TYPE,
                ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                ErrorCode.BAD_ACTION_BAD_SET_LEN,
                ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT);

        final ErrorCode unknownField;
        final ErrorCode badValue;
        final ErrorCode badLength;
        final ErrorCode badMask;

        Place(ErrorCode unknownField, ErrorCode badValue, ErrorCode badLength, ErrorCode badMask) {
            this.unknownField = unknownField;
            this.badValue = badValue;
            this.badLength = badLength;
            this.badMask = badMask;
        }
    }

    /** A field with a value; {@code mask} is what a key holds of the field when all of it counts. */
    record Value(MatchField field, Bits value, Bits mask) {}

    /** All bits that a key keeps of the field: fewer than its width for {@code arp_op}. */
    static Bits wholeMask(MatchField field) {
        return field.read(ALL_ONES);
    }

    static FieldMatch toProto(MatchField field, Bits value, Bits mask) {
        FieldMatch.Builder proto =
                FieldMatch.newBuilder().setField(field.fieldName()).setValue(Octets.of(value, field.octets()));
        if (!mask.equals(wholeMask(field)) && !mask.equals(field.allOnes())) {
            proto.setMask(Octets.of(mask, field.octets()));
        }
        return proto.build();
    }

    /** The field that {@code name} means. */
    static MatchField field(String name, Place place, String path) throws FlowException {
        if (name.isEmpty()) {
            throw new FlowException(place.unknownField, path, "the field's name is missing, for example \"nw_dst\"");
        }
        return MatchField.byName(name)
                .orElseThrow(() -> new FlowException(
                        place.unknownField,
                        path,
                        "no field is called \"%s\"; names are those of ovs-fields(7), such as in_port, dl_dst, nw_src"
                                .formatted(StatusMapping.printable(name))));
    }

    /** Reads a field in its structured form. {@code text} forms are the caller's matter. */
    static Value toModel(FieldMatch proto, Place place) throws FlowException {
        MatchField field = field(proto.getField(), place, "field");
        Bits value = switch (proto.getFormCase()) {
            case VALUE -> octets(field, proto.getValue(), place, "value");
            case NUMBER -> number(field, proto.getNumber(), place);
            case TEXT, FORM_NOT_SET ->
                throw new FlowException(
                        place.badValue,
                        "value",
                        "%s has no value: set value, number or text".formatted(field.fieldName()));
        };
        Bits whole = wholeMask(field);
        if (!value.and(whole.not()).isZero()) {
            throw new FlowException(
                    place.badValue,
                    proto.hasNumber() ? "number" : "value",
                    "the value of %s is larger than can be matched: at most %d bits"
                            .formatted(field.fieldName(), Long.bitCount(whole.low())));
        }
        if (proto.getMask().isEmpty()) {
            return new Value(field, value, whole);
        }
        return new Value(field, value, mask(field, value, proto.getMask(), place));
    }

    private static Bits mask(MatchField field, Bits value, ByteString octets, Place place) throws FlowException {
        Bits mask = octets(field, octets, place, "mask");
        if (mask.isZero() && (place == Place.ACTION || field.optionIndex() < 0)) {
            throw new FlowException(
                    place.badMask,
                    "mask",
                    "the mask of %s is zero: leave the field out instead".formatted(field.fieldName()));
        }
        if (!mask.equals(field.allOnes()) && place == Place.MATCH && !field.isMaskable()) {
            throw new FlowException(
                    place.badMask, "mask", "%s cannot be masked: leave the mask out".formatted(field.fieldName()));
        }
        if (!value.and(mask.not()).isZero()) {
            throw new FlowException(
                    place == Place.MATCH ? ErrorCode.BAD_MATCH_BAD_WILDCARDS : place.badValue,
                    "value",
                    "the value of %s has bits outside of its mask: they must be zero".formatted(field.fieldName()));
        }
        return mask.and(wholeMask(field));
    }

    static Bits octets(MatchField field, ByteString octets, Place place, String path) throws FlowException {
        if (octets.isEmpty()) {
            throw new FlowException(
                    place.badLength,
                    path,
                    "%s has %d octets, 0 were given".formatted(field.fieldName(), field.octets()));
        }
        Bits number = Octets.number(octets);
        if (Octets.significant(octets) > 16
                || !number.and(field.allOnes().not()).isZero()) {
            throw new FlowException(
                    place.badValue,
                    path,
                    "the %s of %s does not fit in its %d bits".formatted(path, field.fieldName(), field.bits()));
        }
        return number;
    }

    private static Bits number(MatchField field, long number, Place place) throws FlowException {
        if (field.bits() < 64 && number >>> field.bits() != 0) {
            throw new FlowException(
                    place.badValue,
                    "number",
                    "%s of %s does not fit in its %d bits"
                            .formatted(Long.toUnsignedString(number), field.fieldName(), field.bits()));
        }
        return Bits.of(number);
    }

    private static long[] allOnes() {
        long[] words = new long[io.heddle.flow.match.KeyLayout.WORDS];
        Arrays.fill(words, -1L);
        return words;
    }
}
