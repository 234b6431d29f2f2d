package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code docs/openflow-checklist.md} says what the code does, and every row of it names a test that is there. After a change
 * {@code ./mvnw -pl proto -am test -Dtest=ChecklistTest -Dchecklist.write=true} writes it again.
 */
class ChecklistTest {
    private static final Path ROOT = Path.of("..");
    private static final Path DOCUMENT = ROOT.resolve("docs/openflow-checklist.md");

    private final Checklist checklist;

    ChecklistTest() throws IOException {
        checklist = Checklist.read();
    }

    @Test
    void shouldBeWhatTheDocumentSays() throws IOException {
        if (Boolean.getBoolean("checklist.write")) {
            Files.writeString(DOCUMENT, checklist.render());
        }
        assertThat(Files.readString(DOCUMENT)).isEqualTo(checklist.render());
    }

    @ParameterizedTest
    @ValueSource(strings = {"field", "action", "message"})
    void shouldHaveARowForEachName(String kind) {
        assertThat(checklist.rows(kind))
                .extracting(Checklist.Row::key)
                .containsExactlyElementsOf(Checklist.names(kind));
    }

    @ParameterizedTest
    @ValueSource(strings = {"instruction", "nicira-action", "multipart", "nicira-message", "onf-message"})
    void shouldHaveARowForEachNumber(String kind) {
        assertThat(checklist.rows(kind).stream()
                        .filter(Checklist::isThere)
                        .map(row -> Integer.decode(row.key()))
                        .filter(number -> number < 2500))
                .containsExactlyInAnyOrderElementsOf(Checklist.numbers(kind));
    }

    @Test
    void shouldNameTestsThatAreThere() throws IOException {
        Set<String> tests;
        try (Stream<Path> files = Files.walk(ROOT)) {
            tests = files.map(Path::toString)
                    .filter(file -> file.contains("/src/test/java/") && file.endsWith(".java"))
                    .map(file -> file.substring(file.lastIndexOf('/') + 1, file.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
        for (Checklist.Row row : checklist.rows()) {
            assertThat(row.tests()).as("%s %s", row.kind(), row.key()).isSubsetOf(tests);
            assertThat(row.tests().isEmpty())
                    .as("a test stands where there is something to test: %s %s", row.kind(), row.key())
                    .isEqualTo(!Checklist.isThere(row));
        }
    }
}
