package io.heddle.flow.text;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.List;

/** Parses how a select group chooses: {@code selection_method=hash,selection_method_param=7,fields(ip_dst=255.255.0.0,tcp_src)}. */
final class SelectionParser {
    private static final Token.Place PLACE = new Token.Place(ErrorCode.BAD_PROPERTY_BAD_EXP_VALUE, "group.selection");

    private final FieldText values;
    private Selection.Method method = Selection.Method.DEFAULT;
    private long parameter;
    private final List<Selection.Field> fields = new ArrayList<>();

    SelectionParser(FieldText values) {
        this.values = values;
    }

    void take(Token token) throws FlowException {
        switch (token.name()) {
            case "selection_method" -> method = method(token);
            case "selection_method_param" -> {
                String text = token.required(PLACE, "selection_method_param=7");
                parameter = FieldText.number(text, 64, "a parameter", token.valuePosition(), PLACE)
                        .low();
            }
            default -> fields(token);
        }
    }

    private static Selection.Method method(Token token) throws FlowException {
        String text = token.required(PLACE, "selection_method=hash");
        for (Selection.Method each : Selection.Method.values()) {
            if (each.word().equals(text)) {
                return each;
            }
        }
        throw PLACE.at(token.valuePosition(), text, "a selection method is hash or dp_hash");
    }

    private void fields(Token token) throws FlowException {
        String list = token.required(PLACE, "fields(ip_dst,tcp_src)");
        for (Token each : Token.all(list, token.valuePosition(), PLACE)) {
            MatchField field = FieldNames.byName(each.name())
                    .orElseThrow(() -> PLACE.at(each.position(), each.name(), "no field has this name"));
            String mask = each.value();
            fields.add(new Selection.Field(
                    field,
                    mask == null
                            ? field.allOnes()
                            : values.parse(field, mask, each.valuePosition(), PLACE)
                                    .value()));
        }
    }

    Selection selection() throws FlowException {
        if (method == Selection.Method.DEFAULT && parameter != 0) {
            throw PLACE.at(0, "selection_method_param", "it needs a selection_method");
        }
        if (method != Selection.Method.HASH && !fields.isEmpty()) {
            throw PLACE.at(0, "fields", "they need selection_method=hash");
        }
        return new Selection(method, parameter, fields);
    }
}
