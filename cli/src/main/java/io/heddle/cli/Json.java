package io.heddle.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.util.List;

/** Messages as JSON, with the names of the .proto files. */
final class Json {
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
            return JsonFormat.printer()
                    .preservingProtoFieldNames()
                    .alwaysPrintFieldsWithNoPresence()
                    .print(message);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "a message of " + message.getDescriptorForType().getFullName(), e);
        }
    }
}
