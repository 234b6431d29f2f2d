package io.heddle.cli.conformance;

import io.heddle.cli.lab.Shell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the figures of a report were taken on. */
final class Machine {
    private Machine() {}

    /** Returns name and value of what matters, in the order in which a reader wants it. */
    static Map<String, String> describe() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "Date",
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'")
                        .withZone(ZoneOffset.UTC)
                        .format(Instant.now()));
        facts.put("Processors", Runtime.getRuntime().availableProcessors() + " x " + processor());
        facts.put("Kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("JDK", System.getProperty("java.vendor.version", "") + " (" + Runtime.version() + ")");
        facts.put("Runner", "python3-os-ken " + debianVersion("python3-os-ken"));
        facts.put("Tester", "openvswitch-switch " + debianVersion("openvswitch-switch"));
        return facts;
    }

    private static String debianVersion(String name) {
        Shell.Result result = Shell.run("dpkg-query", "-W", "-f=${Version}", name);
        return result.succeeded() ? result.output().strip() : "(version unknown)";
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException _) {
            return System.getProperty("os.arch");
        }
    }
}
