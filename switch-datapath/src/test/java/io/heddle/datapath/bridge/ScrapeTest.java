package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.agent.metrics.MetricsServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus gets from a whole switch. */
class ScrapeTest {
    @TempDir
    private Path folder;

    private static String scrape(SwitchLab lab) throws Exception {
        try (MetricsServer server = MetricsServer.start("127.0.0.1:0", lab.heddle);
                HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + "/metrics");
            return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void shouldCountPacketsFlowModsAndDrops() throws Exception {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("in_port=1 actions=output:2")) {
            lab.send("p1", HeddleSwitchTest.udp(0x0200_0000_000aL, 0x0200_0000_000bL, 1, 2))
                    .send("p2", HeddleSwitchTest.udp(0x0200_0000_000bL, 0x0200_0000_000aL, 1, 2))
                    .turn();
            lab.start();

            assertThat(scrape(lab))
                    .contains("heddle_port_rx_packets_total{bridge=\"br0\",port=\"p1\"} 1.0")
                    .contains("heddle_port_tx_packets_total{bridge=\"br0\",port=\"p2\"} 1.0")
                    .contains("heddle_flow_mods_total{bridge=\"br0\",result=\"applied\"} 1.0")
                    .contains("heddle_drops_total{port=\"\",reason=\"TABLE_MISS\"} 1.0");
        }
    }

    @Test
    void shouldPassPrometheusOwnLint() throws Exception {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            lab.start();
            Path file = Files.writeString(folder.resolve("metrics.txt"), scrape(lab));

            Process promtool = promtool(file);
            String complaints = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(complaints).isEmpty();
            assertThat(promtool.waitFor()).isZero();
        }
    }

    private static Process promtool(Path metrics) throws IOException {
        try {
            return new ProcessBuilder("promtool", "check", "metrics")
                    .redirectInput(metrics.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new IOException("promtool is missing: install Debian's package prometheus", e);
        }
    }
}
