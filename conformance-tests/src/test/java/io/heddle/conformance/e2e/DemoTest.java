package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The main job, in the one command that users type. */
@Tag("netns")
class DemoTest {
    private static final String LAUNCHER =
            Path.of(System.getProperty("heddle.root"), "heddle").toString();

    @Test
    void shouldPassEveryCheckAndLeaveNothingBehind(@TempDir Path folder) throws Exception {
        try (NetnsLab lab = new NetnsLab()) {
            Path results = folder.resolve("demo.json");
            LabProcess demo = lab.start(LAUNCHER, "demo", "--json", results.toString());
            int status = demo.awaitExit(Duration.ofSeconds(150));

            assertThat(demo.output().lines().reduce((a, b) -> b).orElse(""))
                    .matches("demo: \\d+ checks passed, 0 failed");
            assertThat(status).isZero();
            JsonNode json = JsonMapper.builder().build().readTree(Files.readString(results));
            assertThat(json.path("failed").asInt(-1)).isZero();
            assertThat(json.path("passed").asInt(0))
                    .isEqualTo(json.path("checks").size())
                    .isGreaterThan(25);
            assertThat(lab.run("ip", "netns", "list")).doesNotContain("hd" + demo.pid() + "-");
            assertThat(Path.of("/run/heddle/demo-hd" + demo.pid())).doesNotExist();
        }
    }

    @Test
    void shouldRemoveEverythingWhenItIsInterrupted() {
        try (NetnsLab lab = new NetnsLab()) {
            LabProcess demo = lab.start(LAUNCHER, "demo").awaitOutput("ok .* gets a lease", Duration.ofSeconds(90));
            demo.signal("INT");
            demo.awaitExit(Duration.ofSeconds(30));

            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(lab.run("ip", "netns", "list")).doesNotContain("hd" + demo.pid() + "-"));
            assertThat(lab.run("sh", "-c", "pgrep -fa demo-hd" + demo.pid() + " | grep -v pgrep || true"))
                    .isBlank();
        }
    }
}
