package io.heddle.cli.conformance;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The long run of the differential test, which lives with the tests of {@code flow-tables}. */
final class Differential {
    private Differential() {}

    /** Runs {@code cases} comparisons; returns Maven's exit status. */
    static int run(Path root, int cases, long seed, PrintWriter out) throws IOException {
        out.printf("comparing %d random packets, seed %d, with Open vSwitch%n", cases, seed);
        out.flush();
        Process maven = new ProcessBuilder(List.of(
                        root.resolve("mvnw").toString(),
                        "-q",
                        "-B",
                        "-ntp",
                        "-Dquick",
                        "-pl",
                        "flow-tables",
                        "-am",
                        "test",
                        "-Dtest=OpenVSwitchDifferentialTest",
                        "-Dsurefire.failIfNoSpecifiedTests=false",
                        "-Dheddle.differential.cases=" + cases,
                        "-Dheddle.differential.seed=" + seed))
                .directory(root.toFile())
                .inheritIO()
                .start();
        try {
            int status = maven.waitFor();
            Path reports = root.resolve("flow-tables/target/differential");
            for (String name : List.of("conjunctions.txt", "pipeline.txt")) {
                if (Files.exists(reports.resolve(name))) {
                    out.print(Files.readString(reports.resolve(name)));
                }
            }
            out.printf(
                    "differential: %s; every difference and crash is in %s%n",
                    status == 0 ? cases + " cases agree" : "FAILED", reports);
            out.flush();
            return status == 0 ? 0 : 1;
        } catch (InterruptedException e) {
            maven.destroy();
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
