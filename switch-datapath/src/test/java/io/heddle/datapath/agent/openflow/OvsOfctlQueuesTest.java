package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.QosConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ovs-ofctl} prints of queues, in every version. */
@Tag("differential")
final class OvsOfctlQueuesTest {
    private final AgentLab lab = AgentLab.of("OpenFlow13");

    @BeforeEach
    void giveQueues() {
        lab.awaitListening();
        QosConfiguration qos = new QosConfiguration(
                QosConfiguration.HTB,
                100_000_000,
                Map.of(
                        0, new QosConfiguration.Queue(0, 0, 0, 0, null),
                        7, new QosConfiguration.Queue(25_000_000, 50_000_000, 0, 1, null)),
                QosConfiguration.Policing.NONE);
        var port = lab.bridge().configuration().ports().get(1).withQos(qos);
        lab.vswitch
                .configure(List.of(new ConfigurationChange.PutPort("br0", port)), 0, false)
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldPrintStatistics(String version) throws Exception {
        lab.speak(version);
        String frame = "020000000002" + "020000000001" + "88b5" + "00".repeat(46);
        lab.ovsOfctl("packet-out", "in_port=CONTROLLER,packet=" + frame + ",actions=set_queue:7,output:2");

        boolean hasDuration = version.compareTo("OpenFlow13") >= 0;
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(lab.ovsOfctl("queue-stats", "2", "7"))
                        .contains("1 queues")
                        .containsPattern("port 2 queue 7: bytes=60, pkts=1, errors=0, duration="
                                + (hasDuration ? "[0-9]+\\.[0-9]+s" : "\\?")));
        assertThat(lab.ovsOfctl("queue-stats"))
                .contains("2 queues", "port 2 queue 0: bytes=0, pkts=0, errors=0", "port 2 queue 7: bytes=60, pkts=1");
        assertThat(lab.ovsOfctl("queue-stats", "1")).contains("0 queues");
        assertThat(lab.ovsOfctl("queue-stats", "any", "0")).contains("1 queues", "port 2 queue 0");
        assertThat(lab.ovsOfctl("queue-stats", "9")).contains("OFPQOFC_BAD_PORT");
        assertThat(lab.ovsOfctl("queue-stats", "2", "8")).contains("OFPQOFC_BAD_QUEUE");
        assertThat(lab.ovsOfctl("queue-stats", "any", "8")).contains("OFPQOFC_BAD_QUEUE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldPrintConfigurations(String version) throws Exception {
        lab.speak(version);
        boolean hasMaxRate = version.compareTo("OpenFlow12") >= 0;
        String rates = hasMaxRate ? "min_rate:25.0% max_rate:50.0%" : "min_rate:25.0%";

        assertThat(lab.ovsOfctl("queue-get-config", "2").lines().map(String::strip))
                .hasSize(3)
                .endsWith("queue 0:", "queue 7: " + rates)
                .first()
                .asString()
                .startsWith(version.compareTo("OpenFlow14") >= 0 ? "OFPST_QUEUE_DESC" : "OFPT_QUEUE_GET_CONFIG_REPLY")
                .endsWith("port=2");
        assertThat(lab.ovsOfctl("queue-get-config", "9")).contains("OFPQOFC_BAD_PORT");
    }
}
