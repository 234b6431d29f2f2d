package io.heddle.conformance.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.conformance.command.Command;
import io.heddle.conformance.command.Command.Result;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code docker compose up} for real: the images are built, the switch, the controller and Prometheus run with the
 * privileges that the compose file gives them.
 *
 * <p>Where no engine can be started every test is reported as skipped, with the reason, which is also printed. Grafana's
 * image cannot be made here: its dashboard's queries are asked of Prometheus instead.
 */
@Tag("docker")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DockerComposeTest {
    private static final Path ROOT = Command.ROOT;
    /** CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13; capabilities(7). */
    private static final String NET_ADMIN_AND_NET_RAW = "0000000000003000";

    private static final String NONE = "0000000000000000";
    private static @Nullable DockerEngine running;

    @BeforeAll
    static void startServices() throws IOException {
        unlessMissing("root", isRoot());
        for (String tool : List.of("dockerd", "docker", "docker-compose", "iptables", "busybox", "prometheus", "ip")) {
            unlessMissing("the program " + tool, onPath(tool));
        }
        unlessMissing(
                "the built jars, cli/target/dist/lib (run ./mvnw verify, not test)",
                Files.isDirectory(ROOT.resolve("cli/target/dist/lib")));
        DockerEngine engine;
        try {
            engine = DockerEngine.start();
        } catch (IOException e) {
            skip(e.getMessage());
            return;
        }
        running = engine;
        engine.makeBaseImages();
        engine.compose("build", "switch", "controller").orThrow();
        try {
            engine.compose("up", "-d", "switch", "controller", "prometheus").orThrow();
        } catch (IOException e) {
            throw new IOException(
                    e.getMessage() + "\n" + engine.compose("logs", "--tail=40").output(), e);
        }
    }

    @AfterAll
    static void stopEngine() throws IOException {
        if (running != null) {
            running.close();
        }
    }

    @Test
    @Order(1)
    void shouldBecomeHealthy() throws Exception {
        for (String service : List.of("switch", "controller")) {
            String container = engine().container(service);
            try {
                await(service)
                        .atMost(Duration.ofSeconds(40))
                        .until(() -> health(container).equals("healthy"));
            } finally {
                System.out.println(service + ": " + health(container));
                System.out.println(
                        engine().docker("logs", "--tail", "20", container).output());
            }
        }
    }

    @Test
    @Order(2)
    void shouldGiveSwitchItsTwoCapabilitiesOnly() throws Exception {
        assertThat(effectiveCapabilities("switch")).isEqualTo(NET_ADMIN_AND_NET_RAW);
        assertThat(engine().docker("inspect", "-f", "{{.HostConfig.Privileged}}", engine().container("switch"))
                        .orThrow())
                .isEqualToIgnoringNewLines("false");
    }

    @Test
    @Order(2)
    void shouldGiveControllerNoPrivilege() throws Exception {
        assertThat(effectiveCapabilities("controller")).isEqualTo(NONE);
        assertThat(inContainer("controller", "cat", "/proc/1/status").orThrow()).contains("Uid:\t10001\t10001");
    }

    @Test
    @Order(2)
    void shouldMakeTapsInsideTheContainer() throws Exception {
        assertThat(inContainer("switch", "ls", "/sys/class/net").orThrow()).contains("tap0", "tap1");
    }

    @Test
    @Order(2)
    void shouldAnswerTheCommandLineInsideTheContainer() throws Exception {
        assertThat(inContainer("switch", "heddle", "bridge", "list").orThrow()).contains("br0");
    }

    @Test
    @Order(3)
    void shouldBeScrapedByPrometheus() throws Exception {
        await("scraped").atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            List<String> up = new ArrayList<>();
            for (JsonNode each : query("up == 1").at("/data/result")) {
                up.add(each.at("/metric/job").asString());
            }
            assertThat(up).contains("heddle-switch", "heddle-controller");
        });
    }

    @Test
    @Order(4)
    void shouldHaveDashboardWhoseQueriesPrometheusUnderstands() throws Exception {
        JsonNode dashboard = JsonMapper.shared().readTree(ROOT.resolve("deploy/grafana/dashboards/heddle.json"));
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : dashboard.at("/panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(target.path("expr").asString());
            }
        }

        assertThat(queries).hasSizeGreaterThan(10);
        for (String each : queries) {
            assertThat(query(each.replace("$__rate_interval", "1m"))
                            .path("status")
                            .asString())
                    .as(each)
                    .isEqualTo("success");
        }
    }

    @Test
    @Order(5)
    void shouldStopOnSigtermBeforeDockerKillsIt() throws Exception {
        List<String> containers = List.of(engine().container("switch"), engine().container("controller"));

        engine().compose("stop", "-t", "9", "switch", "controller").orThrow();

        for (String each : containers) {
            // 128 + SIGTERM; 137 would mean that it had to be killed.
            assertThat(engine().docker("inspect", "-f", "{{.State.ExitCode}}", each)
                            .orThrow()
                            .strip())
                    .isIn("0", "143");
        }
    }

    private static DockerEngine engine() {
        if (running == null) {
            throw new IllegalStateException("the engine was not started");
        }
        return running;
    }

    private static String health(String container) throws IOException {
        return engine().docker("inspect", "-f", "{{.State.Health.Status}}", container)
                .orThrow()
                .strip();
    }

    private static Result inContainer(String service, String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of("exec", engine().container(service)));
        words.addAll(List.of(command));
        return engine().docker(words.toArray(String[]::new));
    }

    private static String effectiveCapabilities(String service) throws IOException {
        return inContainer(service, "cat", "/proc/1/status")
                .orThrow()
                .lines()
                .filter(line -> line.startsWith("CapEff:"))
                .map(line -> line.substring("CapEff:".length()).strip())
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode query(String expression) throws IOException {
        String url =
                "http://127.0.0.1:9090/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
        return JsonMapper.shared()
                .readTree(
                        inContainer("prometheus", "wget", "-q", "-O", "-", url).orThrow());
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static boolean onPath(String program) {
        for (String each : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(each, program))) {
                return true;
            }
        }
        return false;
    }

    private static void unlessMissing(String what, boolean there) {
        if (!there) {
            skip("missing: " + what);
        }
    }

    private static void skip(@Nullable String reason) {
        System.out.println("docker tests skipped: " + reason);
        assumeTrue(false, "docker tests skipped: " + reason);
    }
}
