package io.heddle.proto.document;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A YAML file that fits its schema, and the line that each part of it stands on.
 *
 * <p>Parts are named as in {@code bridges[0].ports[2].type}; the whole is the empty path.
 */
public final class YamlDocument {
    private final String name;
    private final JsonNode root;
    private final Map<String, Integer> lines;

    private YamlDocument(String name, JsonNode root, Map<String, Integer> lines) {
        this.name = name;
        this.root = root;
        this.lines = lines;
    }

    /**
     * Reads a file.
     *
     * @param schemaResource the schema on the class path, such as {@code /schema/switch.schema.json}
     * @throws DocumentException when the file cannot be read, is not YAML, or does not fit the schema; with one line per error
     */
    public static YamlDocument load(Path file, String schemaResource) throws DocumentException {
        try {
            return parse(file.toString(), Files.readString(file), schemaResource);
        } catch (NoSuchFileException e) {
            throw new DocumentException(file + ": there is no such file");
        } catch (IOException e) {
            throw new DocumentException(file + ": cannot be read: " + e.getMessage());
        }
    }

    /** As {@link #load}, from text; {@code name} stands for the file in errors. */
    public static YamlDocument parse(String name, String text, String schemaResource) throws DocumentException {
        Map<String, Integer> lines = new HashMap<>();
        YamlDocument document;
        try (JsonParser parser = new YAMLMapper().createParser(text)) {
            JsonNode root = parser.nextToken() == null
                    ? JsonNodeFactory.instance.objectNode()
                    : new Reader(name, parser, lines).value("");
            document = new YamlDocument(name, root, lines);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw new DocumentException("%s:%d: not YAML: %s"
                    .formatted(name, at == null ? 1 : Math.max(1, at.getLineNr()), firstLine(e.getOriginalMessage())));
        }
        document.checkAgainst(schemaResource);
        return document;
    }

    private void checkAgainst(String schemaResource) throws DocumentException {
        List<Error> errors;
        try (InputStream schema = YamlDocument.class.getResourceAsStream(schemaResource)) {
            if (schema == null) {
                throw new IllegalArgumentException("no schema on the class path at " + schemaResource);
            }
            errors = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(schema, InputFormat.JSON)
                    .validate(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!errors.isEmpty()) {
            throw new DocumentException(String.join(
                    "\n",
                    errors.stream()
                            .map(error -> errorAt(pathOf(error), messageOf(error)))
                            .distinct()
                            .toList()));
        }
    }

    private static String messageOf(Error error) {
        String message = error.getMessage();
        if (error.getKeyword() != null && error.getKeyword().equals("additionalProperties")) {
            message = "there is no such key; see the schema or docs/configuration.md for those there are";
        }
        return message;
    }

    /** JSON pointer to path; a key that should not be there is named itself. */
    private static String pathOf(Error error) {
        StringBuilder path = new StringBuilder();
        String pointer = error.getInstanceLocation().toString();
        for (String step : pointer.split("/", -1)) {
            if (step.isEmpty()) {
                continue;
            }
            boolean index = step.chars().allMatch(Character::isDigit);
            path.append(
                    index
                            ? "[" + step + "]"
                            : (path.isEmpty() ? "" : ".")
                                    + step.replace("~1", "/").replace("~0", "~"));
        }
        boolean extra = "additionalProperties".equals(error.getKeyword()) && error.getProperty() != null;
        return extra ? path + (path.isEmpty() ? "" : ".") + error.getProperty() : path.toString();
    }

    /** The document's tree. */
    public JsonNode root() {
        return root;
    }

    /** The line that a part stands on, or that of the nearest part around it; from 1. */
    public int line(String path) {
        String at = path;
        while (!at.isEmpty()) {
            Integer line = lines.get(at);
            if (line != null) {
                return line;
            }
            int cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
            at = cut < 0 ? "" : at.substring(0, cut);
        }
        return lines.getOrDefault("", 1);
    }

    /** An error of a part, for a person: {@code switch.yaml:7: bridges[0].ports[1].type: message}. */
    public String errorAt(String path, String message) {
        return name + ":" + line(path) + ": " + (path.isEmpty() ? "" : path + ": ") + message;
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    /** Builds the tree and notes where its parts stand. */
    private record Reader(String name, JsonParser parser, Map<String, Integer> lines) {
        private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

        /** The value whose first token is the current one. */
        JsonNode value(String path) throws DocumentException {
            lines.putIfAbsent(path, parser.currentTokenLocation().getLineNr());
            JsonToken token = parser.currentToken();
            return switch (token) {
                case START_OBJECT -> object(path);
                case START_ARRAY -> array(path);
                case VALUE_NUMBER_INT -> NODES.numberNode(parser.getLongValue());
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
                case VALUE_TRUE, VALUE_FALSE -> NODES.booleanNode(token == JsonToken.VALUE_TRUE);
                case VALUE_NULL -> NODES.nullNode();
                case VALUE_STRING, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME ->
                    NODES.stringNode(parser.getString());
            };
        }

        private ObjectNode object(String path) throws DocumentException {
            ObjectNode node = NODES.objectNode();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = parser.currentName();
                String child = path.isEmpty() ? key : path + "." + key;
                int line = parser.currentTokenLocation().getLineNr();
                if (lines.put(child, line) != null) {
                    throw new DocumentException(name + ":" + line + ": " + child + ": the key stands there twice");
                }
                parser.nextToken();
                node.set(key, value(child));
            }
            return node;
        }

        private ArrayNode array(String path) throws DocumentException {
            ArrayNode node = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                node.add(value(path + "[" + node.size() + "]"));
            }
            return node;
        }
    }
}
