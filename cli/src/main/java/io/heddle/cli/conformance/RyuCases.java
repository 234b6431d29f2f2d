package io.heddle.cli.conformance;

import io.heddle.cli.lab.LabFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The Ryu project's switch-test cases: files of JSON, each a title and a list of cases.
 *
 * @see <a href="https://ryu.readthedocs.io/en/latest/test-of-v1.3.html">Ryu: switch test tool</a>
 */
final class RyuCases {
    private static final Set<String> CATEGORIES = Set.of("action", "group", "match", "meter");

    /**
     * One file of cases.
     *
     * @param path where it is
     * @param name relative to the suite's folder
     * @param cases in the order in which the runner takes them
     */
    record CaseFile(Path path, String name, List<SuiteCase> cases) {}

    private RyuCases() {}

    /**
     * Reads the case files below a folder.
     *
     * @param only files whose relative name this is found in
     * @throws LabFailure when there is none, or one is not made as it should be
     */
    static List<CaseFile> read(Path folder, Pattern only) throws LabFailure {
        List<CaseFile> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.filter(file -> file.toString().endsWith(".json"))
                    .sorted(Comparator.naturalOrder())
                    .toList()) {
                String name = folder.relativize(path).toString();
                if (only.matcher(name).find()) {
                    files.add(readFile(path, name));
                }
            }
        } catch (IOException e) {
            throw new LabFailure("cases in " + folder + " cannot be read: " + e.getMessage());
        }
        if (files.isEmpty()) {
            throw new LabFailure("no case files (*.json) in " + folder + " whose name fits " + only);
        }
        return files;
    }

    private static CaseFile readFile(Path path, String name) throws LabFailure {
        JsonNode root;
        try {
            root = JsonMapper.builder().build().readTree(path.toFile());
        } catch (JacksonException e) {
            throw new LabFailure(path + " is not JSON: " + e.getOriginalMessage());
        }
        String group = "";
        for (JsonNode node : root) {
            if (node.isString()) {
                group = node.asString();
                break;
            }
        }
        List<SuiteCase> cases = new ArrayList<>();
        String category = category(path);
        for (JsonNode node : root) {
            if (node.isObject()) {
                cases.add(new SuiteCase(
                        category, name, group, node.path("description").asString("")));
            }
        }
        return new CaseFile(path, name, cases);
    }

    private static String category(Path path) {
        return StreamSupport.stream(path.toAbsolutePath().spliterator(), false)
                .map(Path::toString)
                .filter(CATEGORIES::contains)
                .reduce((_, last) -> last)
                .orElse("other");
    }
}
