package io.heddle.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.conformance.command.Command;
import io.heddle.conformance.command.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The closing line of a test run: what counts is what the reports say, and no test at all is a failure. */
class TestSummaryTest {
    private static final String GOOD = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuite name="a.Good" time="0.1" tests="3" errors="0" skipped="1" failures="0">
              <testcase name="shouldA" classname="a.Good" time="0.01"/>
              <testcase name="shouldB" classname="a.Good" time="0.01"/>
              <testcase name="shouldC" classname="a.Good" time="0.01">
                <skipped type="x.TestAbortedException"><![CDATA[x.TestAbortedException: Assumption failed: no engine
            	at a.Good.shouldC(Good.java:1)]]></skipped>
              </testcase>
            </testsuite>
            """;
    private static final String BAD = """
            <testsuite name="b.Bad" time="0.1" tests="3" errors="1" skipped="0" failures="1">
              <testcase name="shouldA" classname="b.Bad" time="0.01">
                <failure message="1 != 2" type="X">trace</failure>
              </testcase>
              <testcase name="shouldB" classname="b.Bad" time="0.01">
                <error type="Y">trace</error>
              </testcase>
              <testcase name="shouldC" classname="b.Bad" time="0.01"/>
            </testsuite>
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit before each test
    Path tree;

    @Test
    void shouldSumReportsOfAllModules() throws IOException {
        report("x/target/surefire-reports/TEST-a.Good.xml", GOOD);
        report("y/target/failsafe-reports/TEST-b.Bad.xml", BAD);

        Result summary = summary();

        assertThat(summary.output().lines())
                .containsExactly(
                        "skipped a.Good.shouldC: no engine",
                        "FAILED b.Bad.shouldA",
                        "FAILED b.Bad.shouldB",
                        "3 passed, 2 failed, 1 skipped");
        assertThat(summary.status()).isEqualTo(1);
    }

    @Test
    void shouldSucceedWhenNothingFailed() throws IOException {
        report("x/target/surefire-reports/TEST-a.Good.xml", GOOD);

        assertThat(summary().status()).isZero();
    }

    @Test
    void shouldFailWhenNoTestRan() throws IOException {
        assertThat(summary().output()).isEqualTo("0 passed, 0 failed, 0 skipped\n");
        assertThat(summary().status()).isEqualTo(1);

        report(
                "x/target/surefire-reports/TEST-a.Good.xml",
                "<testsuite name=\"a\" tests=\"1\" errors=\"0\" skipped=\"1\" failures=\"0\">\n</testsuite>\n");
        assertThat(summary().status()).isEqualTo(1);
    }

    private void report(String name, String content) throws IOException {
        Path file = tree.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, content);
    }

    private Result summary() throws IOException {
        return Command.of("bash", "-c", ". deploy/lib/test-summary.sh; test_summary \"$1\"", "_", tree.toString())
                .run();
    }
}
