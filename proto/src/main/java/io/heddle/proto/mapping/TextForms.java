package io.heddle.proto.mapping;

import io.heddle.flow.action.Action;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.v1.FieldMatch;
import java.util.List;

/** The text forms that messages may carry, with the port names of one bridge. */
public final class TextForms {
    private final FlowParser parser;
    private final FlowFormatter formatter;

    /** @param ports names that texts may use beside port numbers */
    public TextForms(PortNames ports) {
        this.parser = new FlowParser(ports);
        this.formatter = new FlowFormatter(ports);
    }

    /** Prints what a client asks for as text. */
    public FlowFormatter formatter() {
        return formatter;
    }

    /** Parses what the messages do not carry, a key for instance. */
    public FlowParser parser() {
        return parser;
    }

    FlowMod flow(FlowMod.Command command, String text) throws FlowException {
        return under("text", () -> parser.flow(command, text));
    }

    GroupMod group(GroupMod.Command command, String text) throws FlowException {
        return under("text", () -> parser.group(command, text));
    }

    MeterMod meter(MeterMod.Command command, String text) throws FlowException {
        return under("text", () -> parser.meter(command, text));
    }

    Match match(String text) throws FlowException {
        return under("text", () -> parser.match(text));
    }

    List<Action> actions(String text) throws FlowException {
        return under("text", () -> parser.actions(text));
    }

    FieldMapping.Value field(FieldMatch proto, FieldMapping.Place place) throws FlowException {
        MatchField field = FieldMapping.field(proto.getField(), place, "field");
        if (!proto.getMask().isEmpty()) {
            throw new FlowException(
                    place.badMask, "mask", "with text the mask stands in the text: 10.0.0.0/8, or 0x10/0xf0");
        }
        Match match = under("text", () -> parser.field(field, proto.getText()));
        if (!match.has(field)) {
            throw new FlowException(
                    place.badMask, "text", field.fieldName() + " has an empty mask: leave the field out instead");
        }
        return new FieldMapping.Value(field, match.valueOf(field), match.maskOf(field));
    }

    private interface Parse<T> {
        T parse() throws FlowException;
    }

    /** A text is one field of the message: the parser's own path says nothing to the client, its message says the character. */
    private static <T> T under(String path, Parse<T> parse) throws FlowException {
        try {
            return parse.parse();
        } catch (FlowException e) {
            throw new FlowException(e.error().code(), path, e.error().message());
        }
    }
}
