package io.heddle.proto.document;

import io.heddle.proto.transport.Tls;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** The part of a configuration file that says where keys and certificates are. */
public final class TlsSection {
    private TlsSection() {}

    /** Reads the section, of which the schema has been checked. */
    public static Tls.Sources read(JsonNode node) {
        return new Tls.Sources(file(node, "private-key"), file(node, "certificate"), file(node, "ca-cert"));
    }

    private static Path file(JsonNode node, String key) {
        return Path.of(node.path(key).asString());
    }
}
