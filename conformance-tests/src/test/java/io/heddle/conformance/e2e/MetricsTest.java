package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.NetnsLab.Host;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What Prometheus scrapes from the switch. */
@Tag("netns")
class MetricsTest {
    @Test
    void shouldServeMetricsThatPromtoolFindsClean() {
        try (HeddleLab lab = new HeddleLab()) {
            Host sw = lab.net.host("s");
            Host a = lab.net.host("a");
            lab.startSwitch(sw, "s", """
                    bridges:
                      - name: br0
                        ports:
                          - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                    """.formatted(a.netns()));
            String metrics = sw.run("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:9464/metrics");

            assertThat(metrics)
                    .contains("heddle_port_rx_packets_total{bridge=\"br0\",port=\"p1\"}")
                    .contains("heddle_port_tx_bytes_total{bridge=\"br0\",port=\"p1\"}")
                    .contains("heddle_drops_total{port=\"\",reason=\"TABLE_MISS\"}")
                    .contains("heddle_cache_hits_total{cache=\"exact\",loop=\"0\"}")
                    .contains("heddle_poll_loop_busy_ratio{loop=\"0\"}")
                    .contains("jvm_memory_used_bytes");
            String file = lab.write("metrics.txt", metrics).toString();
            lab.net.run("sh", "-c", "promtool check metrics < " + file);
        }
    }
}
