package io.heddle.cli.conformance;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** What the suites showed, for people ({@code docs/conformance.md}) and for programs (JSON). Immutable. */
final class ConformanceReport {
    /**
     * One suite against one switch.
     *
     * @param results one for each case
     * @param seconds that it took, starting the switches included
     */
    record Run(Target target, OpenFlowVersion version, List<CaseResult> results, long seconds) {
        Run {
            results = List.copyOf(results);
        }

        String title() {
            return "Ryu switch test, OpenFlow " + version.number();
        }

        boolean passed() {
            return !results.isEmpty() && results.stream().allMatch(CaseResult::passed);
        }

        Map<String, List<CaseResult>> byCategory() {
            return results.stream()
                    .collect(Collectors.groupingBy(
                            result -> result.test().category(), TreeMap::new, Collectors.toList()));
        }
    }

    private final List<Run> runs;
    private final Map<String, String> machine;

    ConformanceReport(List<Run> runs, Map<String, String> machine) {
        this.runs = List.copyOf(runs);
        this.machine = new LinkedHashMap<>(machine);
    }

    /** Prints a row for each switch and category, and how often each reason occurred. */
    void summary(PrintWriter out) {
        for (Run run : runs) {
            out.printf("%n%s, %s, %d s%n", run.target().title(), run.title(), run.seconds());
            run.byCategory()
                    .forEach((category, results) ->
                            out.printf("  %-8s %4d of %d passed%n", category, passed(results), results.size()));
            reasons(run.results()).forEach((reason, count) -> out.printf("    %4d x %s%n", count, reason));
        }
        out.flush();
    }

    private static long passed(List<CaseResult> results) {
        return results.stream().filter(CaseResult::passed).count();
    }

    private static Map<String, Long> reasons(List<CaseResult> results) {
        return results.stream()
                .filter(result -> !result.passed())
                .collect(Collectors.groupingBy(CaseResult::reason, TreeMap::new, Collectors.counting()));
    }

    /** The report as a document. */
    String markdown() {
        StringBuilder text = new StringBuilder("""
                # Conformance

                Written by `./heddle conformance --target heddle,ovs`; do not edit. The runner is Debian's, unmodified, and pauses after
                no barrier. The tester is Open vSwitch; every switch and the runner are in network namespaces of the run's own.

                """);
        machine.forEach((name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
        text.append("\n| suite | category | switch | cases | passed | failed |\n|---|---|---|---|---|---|\n");
        for (Run run : runs) {
            run.byCategory().forEach((category, results) -> {
                long passed = passed(results);
                text.append("| %s | %s | %s | %d | %d | %d |%n"
                        .formatted(
                                run.title(),
                                category,
                                run.target().title(),
                                results.size(),
                                passed,
                                results.size() - passed));
            });
        }
        for (Run run : runs) {
            failures(text, run);
        }
        return text.toString();
    }

    private static void failures(StringBuilder text, Run run) {
        text.append("\n## %s: %s%n%n".formatted(run.target().title(), run.title()));
        text.append("%d cases in %d s.%n%n".formatted(run.results().size(), run.seconds()));
        if (run.passed()) {
            text.append("Every case passed.\n");
            return;
        }
        text.append("| failed | reason |\n|---|---|\n");
        reasons(run.results()).forEach((reason, count) -> text.append("| %d | %s |%n".formatted(count, cell(reason))));
        if (run.target() == Target.HEDDLE) {
            text.append("\n| file | case | reason |\n|---|---|---|\n");
            run.results().stream()
                    .filter(result -> !result.passed())
                    .forEach(result -> text.append("| %s | %s | %s |%n"
                            .formatted(result.test().file(), code(result.test().name()), cell(result.reason()))));
        }
    }

    private static String code(String text) {
        return "`" + text.replace("|", "\\|") + "`";
    }

    private static String cell(String text) {
        return text.replace("\\", "\\\\")
                .replace("|", "\\|")
                .replace("<", "&lt;")
                .replace("*", "\\*");
    }

    /** Every case, for programs. */
    String json() {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Run run : runs) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("suite", "ryu");
            one.put("openflow", run.version().number());
            one.put("target", run.target().title());
            one.put("seconds", run.seconds());
            Map<String, Object> categories = new LinkedHashMap<>();
            run.byCategory()
                    .forEach((category, results) ->
                            categories.put(category, Map.of("cases", results.size(), "passed", passed(results))));
            one.put("categories", categories);
            one.put(
                    "results",
                    run.results().stream().map(ConformanceReport::json).toList());
            list.add(one);
        }
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("machine", machine);
        root.put("runs", list);
        return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }

    private static Map<String, Object> json(CaseResult result) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("category", result.test().category());
        one.put("file", result.test().file());
        one.put("test", result.test().name());
        one.put("passed", result.passed());
        one.put("reason", result.reason());
        one.put("detail", result.detail());
        return one;
    }
}
