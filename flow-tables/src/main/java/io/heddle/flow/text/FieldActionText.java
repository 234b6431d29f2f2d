package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;

/** Reads the actions that write fields, and the names of bits of a field. */
final class FieldActionText {
    private static final Token.Place SET_TYPE = new Token.Place(ErrorCode.BAD_ACTION_BAD_SET_TYPE, "actions");
    private static final Token.Place SET_VALUE = new Token.Place(ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT, "actions");

    private FieldActionText() {}

    /** {@code set_field:VALUE->FIELD}. */
    static Action setField(FieldText values, Token token) throws FlowException {
        String text = token.required(SET_VALUE, "set_field:02:00:00:00:00:01->eth_dst");
        int at = token.valuePosition();
        int arrow = arrow(token, text, "set_field:VALUE->FIELD");
        String name = text.substring(arrow + 2);
        MatchField field = named(name, at + arrow + 2);
        if (!field.isSettable()) {
            throw notWritable(field, name, at + arrow + 2);
        }
        Token.Place place = SET_VALUE.under(field.fieldName());
        FieldText.Masked value = values.parse(field, text.substring(0, arrow), at, place);
        if (value.mask().isZero()) {
            throw place.at(at, text.substring(0, arrow), "the mask leaves no bit to write");
        }
        if (field == MatchField.VLAN_VID && value.mask().equals(field.allOnes())) {
            return new Action.SetField(field, value.value().or(Bits.of(KeyLayout.VLAN_PRESENT)));
        }
        return new Action.SetField(field, value.value(), value.mask());
    }

    /** {@code load:VALUE->FIELD[FIRST..LAST]}. */
    static Action load(Token token) throws FlowException {
        String text = token.required(SET_VALUE, "load:0x1->NXM_NX_REG0[0..7]");
        int at = token.valuePosition();
        int arrow = arrow(token, text, "load:VALUE->FIELD[FIRST..LAST]");
        Subfield to = subfield(text.substring(arrow + 2), at + arrow + 2);
        writable(to.field().fieldName(), at + arrow + 2);
        Bits value = FieldText.number(text.substring(0, arrow), to.bits(), "the value", at, SET_VALUE);
        return new Action.SetField(
                to.field(), value.shiftLeft(to.bit()), Bits.ones(to.bits()).shiftLeft(to.bit()));
    }

    /** {@code move:FIELD[FIRST..LAST]->FIELD[FIRST..LAST]}. */
    static Action move(Token token) throws FlowException {
        String text = token.required(SET_VALUE, "move:NXM_NX_REG0[]->NXM_NX_REG1[]");
        int at = token.valuePosition();
        int arrow = arrow(token, text, "move:FIELD[FIRST..LAST]->FIELD[FIRST..LAST]");
        Subfield from = subfield(text.substring(0, arrow), at);
        Subfield to = subfield(text.substring(arrow + 2), at + arrow + 2);
        writable(to.field().fieldName(), at + arrow + 2);
        if (from.bits() != to.bits()) {
            throw SET_VALUE.at(
                    at,
                    text,
                    "the source has " + from.bits() + " bits and the destination " + to.bits()
                            + ": they must be as many");
        }
        return new Action.CopyField(from.field(), from.bit(), to.field(), to.bit(), from.bits());
    }

    private static int arrow(Token token, String text, String form) throws FlowException {
        int arrow = text.indexOf("->");
        if (arrow < 0) {
            throw SET_VALUE.at(token.position(), token.name(), "no \"->\" and field after the value: write " + form);
        }
        return arrow;
    }

    private static void writable(String name, int at) throws FlowException {
        MatchField field = named(name, at);
        if (!field.isWritable()) {
            throw notWritable(field, name, at);
        }
    }

    private static FlowException notWritable(MatchField field, String name, int at) {
        return SET_TYPE.under(field.fieldName()).at(at, name, field.fieldName() + " cannot be written");
    }

    static MatchField named(String name, int at) throws FlowException {
        return FieldNames.byName(name)
                .orElseThrow(
                        () -> SET_TYPE.at(at, name, "no field has this name: write one of ovs-fields(7), as eth_dst"));
    }

    /** Some bits of a field, {@code NAME[]}, {@code NAME[BIT]} or {@code NAME[FIRST..LAST]}. */
    static Subfield subfield(String text, int at) throws FlowException {
        int open = text.indexOf('[');
        String name = open < 0 ? text : text.substring(0, open);
        MatchField field = FieldNames.byName(name)
                .orElseThrow(() ->
                        SET_TYPE.at(at, name, "no field has this name: write one of ovs-fields(7), as NXM_NX_REG0"));
        int width = name.equalsIgnoreCase(FieldNames.NXM_IN_PORT) ? FieldNames.NXM_IN_PORT_BITS : field.bits();
        if (open < 0) {
            return new Subfield(field, 0, width);
        }
        if (!text.endsWith("]")) {
            throw SET_VALUE.at(at, text, "bits are written " + name + "[FIRST..LAST]");
        }
        String range = text.substring(open + 1, text.length() - 1);
        if (range.isEmpty()) {
            return new Subfield(field, 0, width);
        }
        int dots = range.indexOf("..");
        Token.Place place = SET_VALUE.under(field.fieldName());
        int most = width - 1;
        int first = FieldText.integer(
                dots < 0 ? range : range.substring(0, dots), most, "the first bit", at + open + 1, place);
        int last = dots < 0
                ? first
                : FieldText.integer(range.substring(dots + 2), most, "the last bit", at + open + dots + 3, place);
        if (last < first) {
            throw place.at(at, text, "the last bit is before the first: write [" + last + ".." + first + "]");
        }
        return new Subfield(field, first, last - first + 1);
    }
}
