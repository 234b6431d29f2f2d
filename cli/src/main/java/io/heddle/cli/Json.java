package io.heddle.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Messages as JSON, with the names of the .proto files. */
final class Json {
    /** An escape that is one: an even number of backslashes stands before it. */
    private static final Pattern HTML_ESCAPE =
            Pattern.compile("(?<!\\\\)((?:\\\\\\\\)*)\\\\u(003c|003d|003e|0026|0027)");

    private Json() {}

    static void print(PrintWriter out, Message message) {
        out.println(text(message));
    }

    /** An array, an element a line group. */
    static void print(PrintWriter out, List<? extends Message> messages) {
        if (messages.isEmpty()) {
            out.println("[]");
            return;
        }
        out.println("[");
        for (int i = 0; i < messages.size(); i++) {
            out.print(text(messages.get(i)));
            out.println(i + 1 < messages.size() ? "," : "");
        }
        out.println("]");
    }

    private static String text(Message message) {
        try {
            return readable(JsonFormat.printer()
                    .preservingProtoFieldNames()
                    .alwaysPrintFieldsWithNoPresence()
                    .print(message));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "a message of " + message.getDescriptorForType().getFullName(), e);
        }
    }

    /** The printer escapes what HTML reserves, which flows are full of; JSON does not ask for it (RFC 8259 section 7). */
    private static String readable(String json) {
        return HTML_ESCAPE
                .matcher(json)
                .replaceAll(match ->
                        Matcher.quoteReplacement(match.group(1) + (char) Integer.parseInt(match.group(2), 16)));
    }
}
