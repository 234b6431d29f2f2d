package io.heddle.flow.text;

import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.action.LearnSpec.Part;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads and prints what stands in {@code learn(...)}. */
final class LearnText {
    private static final Token.Place PLACE = new Token.Place(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "actions.learn");
    private static final String FORM =
            "learn(...) takes table, priority, timeouts, cookie, limit, flags, FIELD=VALUE, FIELD=FIELD, load:... and output:FIELD";

    private final FieldText values;
    private int table = LearnSpec.DEFAULT_TABLE;
    private int priority = FlowMod.DEFAULT_PRIORITY;
    private long cookie;
    private int idleTimeout;
    private int hardTimeout;
    private int finIdleTimeout;
    private int finHardTimeout;
    private boolean sendsFlowRemoved;
    private boolean isDeletedWithIt;
    private int limit;
    private @Nullable Subfield result;
    private final List<Part> parts = new ArrayList<>();

    private LearnText(FieldText values) {
        this.values = values;
    }

    static LearnSpec parse(FieldText values, String text, int offset) throws FlowException {
        LearnText learn = new LearnText(values);
        for (Token token : Token.all(text, offset, PLACE)) {
            learn.argument(token);
        }
        return learn.build();
    }

    private LearnSpec build() {
        return new LearnSpec(
                table,
                priority,
                cookie,
                idleTimeout,
                hardTimeout,
                finIdleTimeout,
                finHardTimeout,
                sendsFlowRemoved,
                isDeletedWithIt,
                limit,
                result,
                parts);
    }

    private void argument(Token token) throws FlowException {
        switch (token.name()) {
            case "table" -> table = number(token, 254);
            case "priority" -> priority = number(token, 0xffff);
            case "idle_timeout" -> idleTimeout = number(token, 0xffff);
            case "hard_timeout" -> hardTimeout = number(token, 0xffff);
            case "fin_idle_timeout" -> finIdleTimeout = number(token, 0xffff);
            case "fin_hard_timeout" -> finHardTimeout = number(token, 0xffff);
            case "cookie" -> cookie = bits(token, 64).low();
            case "limit" -> limit = (int) bits(token, 32).low();
            case "send_flow_rem" -> sendsFlowRemoved = true;
            case "delete_learned" -> isDeletedWithIt = true;
            case "result_dst" -> {
                result = FieldActionText.subfield(token.required(PLACE, "result_dst=reg0[0]"), token.valuePosition());
                if (result.bits() != 1) {
                    throw PLACE.at(token.valuePosition(), "result_dst", "the result is one bit: write reg0[0]");
                }
            }
            case "load" -> parts.add(load(token));
            case "output" ->
                parts.add(Part.output(source(token.required(PLACE, "output:NXM_OF_IN_PORT[]"), token.valuePosition())));
            default -> parts.add(match(token));
        }
    }

    private static int number(Token token, int most) throws FlowException {
        return FieldText.integer(
                token.required(PLACE, token.name() + "=1"), most, token.name(), token.valuePosition(), PLACE);
    }

    private static Bits bits(Token token, int width) throws FlowException {
        return FieldText.number(
                token.required(PLACE, token.name() + "=1"), width, token.name(), token.valuePosition(), PLACE);
    }

    private Part load(Token token) throws FlowException {
        String text = token.required(PLACE, "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]");
        int at = token.valuePosition();
        int arrow = text.indexOf("->");
        if (arrow < 0) {
            throw PLACE.at(at, text, "no \"->\" and field after the value: write load:1->NXM_NX_REG0[]");
        }
        Subfield to = source(text.substring(arrow + 2), at + arrow + 2);
        if (!to.field().isWritable()) {
            throw PLACE.at(at + arrow + 2, text, to.field().fieldName() + " cannot be written");
        }
        String from = text.substring(0, arrow);
        if (!isField(from)) {
            return Part.load(to, FieldText.number(from, to.bits(), "the value", at, PLACE));
        }
        return Part.load(to, sameWidth(source(from, at), to, from, at));
    }

    private Part match(Token token) throws FlowException {
        if (!isField(token.name())) {
            throw PLACE.at(token.position(), token.name(), "no field has this name; " + FORM);
        }
        Subfield to = source(token.name(), token.position());
        String text = token.value();
        if (text == null || text.isEmpty()) {
            return Part.match(to, to);
        }
        int at = token.valuePosition();
        if (isField(text)) {
            return Part.match(to, sameWidth(source(text, at), to, text, at));
        }
        if (token.name().indexOf('[') >= 0) {
            return Part.match(to, FieldText.number(text, to.bits(), "the value", at, PLACE));
        }
        FieldText.Masked value = values.parse(to.field(), text, at, PLACE);
        if (!value.mask().equals(to.field().allOnes())) {
            throw PLACE.at(at, text, "a learned flow matches on this value as a whole: leave the mask out");
        }
        return Part.match(to, value.value().and(Bits.ones(to.bits())));
    }

    private static Subfield sameWidth(Subfield from, Subfield to, String text, int at) throws FlowException {
        if (from.bits() != to.bits()) {
            throw PLACE.at(
                    at,
                    text,
                    "the source has %d bits and the destination %d: they must be as many"
                            .formatted(from.bits(), to.bits()));
        }
        return from;
    }

    private static boolean isField(String text) {
        int bracket = text.indexOf('[');
        return FieldNames.byName(bracket < 0 ? text : text.substring(0, bracket))
                .isPresent();
    }

    /** Bits of a field; {@code in_port} is what the extensions know of it. */
    private static Subfield source(String text, int at) throws FlowException {
        if (text.equals("in_port")) {
            return new Subfield(MatchField.IN_PORT, 0, FieldNames.NXM_IN_PORT_BITS);
        }
        return FieldActionText.subfield(text, at);
    }

    static String format(FieldText values, LearnSpec spec) {
        StringBuilder text = new StringBuilder("learn(table=").append(spec.tableId());
        append(text, "idle_timeout", spec.idleTimeoutSeconds(), 0);
        append(text, "hard_timeout", spec.hardTimeoutSeconds(), 0);
        append(text, "fin_idle_timeout", spec.finIdleTimeoutSeconds(), 0);
        append(text, "fin_hard_timeout", spec.finHardTimeoutSeconds(), 0);
        append(text, "priority", spec.priority(), FlowMod.DEFAULT_PRIORITY);
        text.append(spec.sendsFlowRemoved() ? ",send_flow_rem" : "");
        text.append(spec.isDeletedWithIt() ? ",delete_learned" : "");
        if (spec.cookie() != 0) {
            text.append(",cookie=0x").append(Long.toHexString(spec.cookie()));
        }
        append(text, "limit", Integer.toUnsignedLong(spec.limit()), 0);
        Subfield result = spec.result();
        if (result != null) {
            text.append(",result_dst=").append(ActionFormatter.subfield(result));
        }
        for (Part part : spec.parts()) {
            text.append(',').append(format(values, part));
        }
        return text.append(')').toString();
    }

    private static void append(StringBuilder text, String name, long value, long unless) {
        if (value != unless) {
            text.append(',').append(name).append('=').append(value);
        }
    }

    private static String format(FieldText values, Part part) {
        Subfield source = part.source();
        Subfield destination = part.destination();
        String from = source == null ? FieldText.hex(part.value()) : ActionFormatter.subfield(source);
        if (destination == null) {
            return "output:" + from;
        }
        String to = ActionFormatter.subfield(destination);
        if (part.target() == LearnSpec.Target.LOAD) {
            return "load:" + from + "->" + to;
        }
        if (source == null && LearnSpec.isWhole(destination)) {
            MatchField field = destination.field();
            Bits value = field == MatchField.IN_PORT ? widePort(part.value()) : part.value();
            return FieldNames.ofSetField(field) + "=" + values.formatForAction(field, value, field.allOnes());
        }
        return destination.equals(source) ? to : to + "=" + from;
    }

    private static Bits widePort(Bits port) {
        return port.low() >= 0xff00 && port.low() <= 0xffff ? Bits.of(port.low() | 0xffff0000L) : port;
    }
}
