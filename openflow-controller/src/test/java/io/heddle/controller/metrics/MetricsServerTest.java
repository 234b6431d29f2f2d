package io.heddle.controller.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.controller.api.FixedInventory;
import io.heddle.controller.api.Inventory;
import io.heddle.controller.api.Inventory.LeaseEntry;
import io.heddle.controller.app.learning.LearningApp;
import io.heddle.controller.app.learning.LearningLimits;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.loop.ControllerLoop;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.store.Lease;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsServerTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final SwitchView VIEW = new SwitchView(new SwitchId(1), "br0", "unix:/a", Map.of());

    private final List<SwitchStatus> switches = new ArrayList<>();
    private final List<LeaseEntry> leases = new ArrayList<>();
    private MetricsServer server;

    @BeforeEach
    void start() throws IOException {
        PrometheusMeterRegistry registry = MetricsServer.newRegistry();
        var _ = new LearningApp(LearningLimits.DEFAULT, registry);
        var _ = new ControllerLoop(
                List.of(), Runnable::run, () -> new Now(0, NOW), (all, then) -> then.run(), registry);
        registry.counter("heddle.dhcp.transactions", "type", "discover", "result", "offered")
                .increment(3);
        Inventory inventory = new FixedInventory(switches, List.of(), leases, NOW);
        server = MetricsServer.start("127.0.0.1:0", registry, inventory, List.of("lan"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static LeaseEntry lease(int ip, Lease.State state, long expires, boolean offered) {
        return new LeaseEntry(new Lease("lan", ip, "", 1, "", "", state, 0, expires, false, 1, 1, ""), offered);
    }

    @Test
    void shouldShowWhatIsThereAndForgetWhatIsGone() throws Exception {
        switches.add(new SwitchStatus("unix:/a", VIEW, SwitchStatus.State.READY, 0, 12, ""));
        switches.add(new SwitchStatus("unix:/b", null, SwitchStatus.State.CONNECTING, 0, 0, "gone"));
        leases.add(lease(1, Lease.State.BOUND, Lease.ENDLESS, false));
        leases.add(lease(2, Lease.State.BOUND, NOW, false));
        leases.add(lease(3, Lease.State.RELEASED, NOW, false));
        leases.add(lease(4, Lease.State.BOUND, NOW + 1, true));
        assertThat(get("/metrics").body().lines())
                .contains(
                        "heddle_dhcp_transactions_total{result=\"offered\",type=\"discover\"} 3.0",
                        "heddle_leases{network=\"lan\",state=\"bound\"} 1.0",
                        "heddle_leases{network=\"lan\",state=\"expired\"} 1.0",
                        "heddle_leases{network=\"lan\",state=\"released\"} 1.0",
                        "heddle_leases{network=\"lan\",state=\"offered\"} 1.0",
                        "heddle_switch_connected{target=\"unix:/a\"} 1.0",
                        "heddle_switch_connected{target=\"unix:/b\"} 0.0",
                        "heddle_bridge_ready{bridge=\"br0\",target=\"unix:/a\"} 1.0",
                        "heddle_learned_hosts 0.0",
                        "heddle_packet_ins_total 0.0",
                        "heddle_flow_writes_total{result=\"done\"} 0.0");
        switches.clear();
        leases.clear();
        assertThat(get("/metrics").body())
                .contains("heddle_leases{network=\"lan\",state=\"bound\"} 0.0")
                .doesNotContain("state=\"expired\"")
                .doesNotContain("unix:/a")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    @Tag("tools")
    void shouldSatisfyPromtool(@TempDir Path directory) throws Exception {
        Path promtool = Path.of("/usr/bin/promtool");
        assertThat(promtool)
                .as("needs promtool, of Debian's package prometheus")
                .isExecutable();
        leases.add(lease(1, Lease.State.BOUND, Lease.ENDLESS, false));
        switches.add(new SwitchStatus("unix:/a", VIEW, SwitchStatus.State.READY, 0, 12, ""));
        Path scrape =
                Files.writeString(directory.resolve("scrape"), get("/metrics").body());
        Process process = new ProcessBuilder(promtool.toString(), "check", "metrics")
                .redirectInput(scrape.toFile())
                .redirectErrorStream(true)
                .start();
        String complaints =
                new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(complaints).isEmpty();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void shouldDescribeEveryMetricOfItsOwn() throws Exception {
        List<String> undescribed = get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("# HELP heddle_"))
                .filter(line -> line.split(" ", 4).length < 4 || line.split(" ", 4)[3].isBlank())
                .toList();
        assertThat(undescribed).isEmpty();
    }

    @Test
    void shouldSayWhereToLook() throws Exception {
        HttpResponse<String> response = get("/");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.body()).isEqualTo("Heddle controller: GET /metrics\n");
    }

    @Test
    void shouldNameTheAddressThatItCannotUse() {
        String taken = "127.0.0.1:" + server.port();
        FixedInventory nothing = new FixedInventory(List.of(), List.of(), List.of(), NOW);
        assertThatThrownBy(() -> MetricsServer.start(taken, MetricsServer.newRegistry(), nothing, List.of()))
                .hasMessageStartingWith("cannot listen on " + taken + " for metrics: ");
        assertThatThrownBy(() -> MetricsServer.start("9465", MetricsServer.newRegistry(), nothing, List.of()))
                .hasMessage("\"9465\" is no address for the metrics: write ADDRESS:PORT, for example 127.0.0.1:9464");
    }
}
