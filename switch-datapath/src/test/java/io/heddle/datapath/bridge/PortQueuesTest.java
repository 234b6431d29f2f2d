package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.heddle.datapath.bridge.QosConfiguration.Policing;
import io.heddle.datapath.bridge.QosConfiguration.Queue;
import io.heddle.datapath.metrics.DropReason;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queues of ports behind flows that choose them. */
class PortQueuesTest {
    private static final long MBIT = 1_000_000;

    private static byte[] frame(int vlanOrZero) {
        String type = vlanOrZero == 0 ? "88b5" : "8100000" + vlanOrZero + "88b5";
        String head = "020000000002" + "020000000001" + type;
        return HexFormat.of().parseHex(head + "00".repeat(1000 - head.length() / 2));
    }

    private static Queue queue(long minRate, long maxRate) {
        return new Queue(minRate, maxRate, 0, 0, null);
    }

    private static QosConfiguration qos(long maxRate, Map<Integer, Queue> queues) {
        return new QosConfiguration(QosConfiguration.HTB, maxRate, queues, Policing.NONE);
    }

    private static void give(SwitchLab lab, String port, QosConfiguration qos) {
        BridgeConfiguration bridge = lab.bridge().configuration();
        PortConfiguration before = bridge.ports().stream()
                .filter(each -> each.name().equals(port))
                .findFirst()
                .orElseThrow();
        lab.configure(new ConfigurationChange.PutPort("br0", before.withQos(qos)));
    }

    private static List<QueueState> queues(SwitchLab lab) {
        return lab.await(lab.bridge().read(BridgeReader::queues));
    }

    private static int drained(SwitchLab lab, String port) {
        int count = 0;
        while (lab.receive(port) != null) {
            count++;
        }
        return count;
    }

    /** Sends {@code perMs} frames of 1000 octets in each millisecond; returns how many came out of p2. */
    private static int run(SwitchLab lab, int milliseconds, int perMs, int... vlans) {
        int count = 0;
        for (int i = 0; i < milliseconds; i++) {
            for (int vlan : vlans) {
                for (int j = 0; j < perMs; j++) {
                    lab.send("p1", frame(vlan));
                }
            }
            lab.turn();
            count += drained(lab, "p2");
        }
        return count;
    }

    @Test
    void shouldSteerBySetQueueEnqueueAndPopQueue() {
        try (SwitchLab lab = SwitchLab.withPorts(3)
                .flows(
                        "dl_vlan=1 actions=set_queue:1,output:2",
                        "dl_vlan=2 actions=enqueue:2:2",
                        "dl_vlan=3 actions=set_queue:1,pop_queue,output:2",
                        "dl_vlan=4 actions=set_queue:9,output:2",
                        "dl_vlan=5 actions=set_queue:2,output:3,output:2")) {
            give(lab, "p2", qos(0, Map.of(0, queue(0, 0), 1, queue(0, 0), 2, queue(0, 0))));
            for (int vlan = 1; vlan <= 5; vlan++) {
                lab.send("p1", frame(vlan));
            }
            lab.turn();

            assertThat(lab.outputs()).isEqualTo("p2x5 p3x1");
            assertThat(queues(lab))
                    .extracting(each -> each.queueId() + ": " + each.txPackets() + ", " + each.txOctets())
                    .containsExactly("0: 2, 2000", "1: 1, 1000", "2: 2, 2000");
        }
    }

    @Test
    void shouldHoldRatesOfPortAndQueues() {
        try (SwitchLab lab = SwitchLab.withPorts(2)
                .flows("dl_vlan=1 actions=set_queue:1,output:2", "dl_vlan=2 actions=set_queue:2,output:2")) {
            give(lab, "p2", qos(8 * MBIT, Map.of(1, queue(6 * MBIT, 0), 2, queue(2 * MBIT, 0))));

            int count = run(lab, 3000, 2, 1, 2); // 32 Mbit/s

            assertThat(count).isCloseTo(3000, Percentage.withPercentage(4));
            List<QueueState> states = queues(lab);
            assertThat((double) states.get(0).txPackets() / states.get(1).txPackets())
                    .isCloseTo(3, within(0.2));
            assertThat(states.getFirst().txErrors()).isPositive();
            assertThat(states.getFirst().waiting()).isPositive();
            long dropped = states.stream().mapToLong(QueueState::txErrors).sum();
            assertThat(lab.port("p2").statistics().transmitDrops(DropReason.QUEUE_FULL))
                    .isEqualTo(dropped);
            assertThat(lab.heddle.drops())
                    .anyMatch(drop -> drop.reason().equals("QUEUE_FULL")
                            && drop.port().equals("p2")
                            && drop.packets() == dropped);
        }
    }

    @Test
    void shouldKeepCountersAndMacAddressesWhenRatesChange() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=set_queue:1,output:2")) {
            give(lab, "p2", qos(8 * MBIT, Map.of(1, queue(MBIT, 0), 2, queue(MBIT, 0))));
            run(lab, 20, 1, 0);
            QueueState before = queues(lab).getFirst();

            give(lab, "p2", qos(4 * MBIT, Map.of(1, queue(2 * MBIT, 0), 3, queue(MBIT, 0))));

            List<QueueState> after = queues(lab);
            assertThat(after).extracting(QueueState::queueId).containsExactly(1, 3);
            assertThat(after.getFirst().txPackets())
                    .isEqualTo(before.txPackets())
                    .isPositive();
            assertThat(after.getFirst().durationNs()).isGreaterThanOrEqualTo(before.durationNs());
            assertThat(after.getFirst().portMaxRate()).isEqualTo(4 * MBIT);
        }
    }

    @Test
    void shouldSendWhatWaitsWhenThereAreNoQueuesAnyMore() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=output:2")) {
            give(lab, "p2", qos(MBIT, Map.of()));
            int first = run(lab, 1, 60, 0);
            assertThat(first).isBetween(1, 20);

            give(lab, "p2", QosConfiguration.NONE);
            lab.turn();

            assertThat(first + drained(lab, "p2")).isEqualTo(60);
            assertThat(queues(lab)).isEmpty();
            assertThat(run(lab, 1, 60, 0)).isEqualTo(60);
        }
    }

    @Test
    void shouldPoliceWhatComesIn() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=output:2")) {
            give(lab, "p1", new QosConfiguration("", 0, Map.of(), new Policing(4000, 100, 0, 0)));

            int count = run(lab, 2000, 2, 0); // 16 Mbit/s

            assertThat(count).isCloseTo(1000, Percentage.withPercentage(4));
            assertThat(lab.port("p1").statistics().receiveDrops(DropReason.POLICED))
                    .isEqualTo(4000 - count);
        }
    }

    @Test
    void shouldReleaseWhatWaitsWhenThePortGoes() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=output:2")) {
            give(lab, "p2", qos(MBIT, Map.of()));
            run(lab, 1, 60, 0);
            lab.configure(new ConfigurationChange.DeletePort("br0", "p2"));
            lab.turn();
            assertThat(lab.exceptions).isEmpty();
            assertThat(lab.heddle.drops()).anyMatch(drop -> drop.reason().equals("LINK_DOWN") && drop.packets() > 40);
        }
    }

    @Test
    void shouldQueueOnThePortsLoop() {
        try (SwitchLab lab = SwitchLab.withLoops(2, 2)) {
            give(lab, "p2", qos(0, Map.of(5, queue(0, 0))));
            lab.start().flows("actions=set_queue:5,output:2");
            lab.send("p1", frame(0));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(queues(lab).getFirst().txPackets()).isEqualTo(1));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            linux-hfsc | 0             | 0  | 0  | qos.type: "linux-hfsc" is not known: linux-htb is
            ''         | 5             | 0  | 0  | qos.type: is missing: linux-htb
            linux-htb  | 2000000000000 | 0  | 0  | qos.max-rate: 2000000000000 is not in [0, 1000000000000]
            linux-htb  | 0             | 9  | 5  | qos.queues[1].min-rate: 9 is more than the queue's max-rate of 5
            linux-htb  | 0             | -1 | 0  | qos.queues[1].min-rate: 18446744073709551615 is not in [0, 1000000000000]
            """)
    void shouldRefuseWhatCannotBe(String type, long maxRate, long minRate, long queueRate, String message) {
        try (SwitchLab lab = SwitchLab.withPorts(1)) {
            QosConfiguration qos = new QosConfiguration(
                    type,
                    maxRate,
                    minRate == 0 && queueRate == 0 ? Map.of() : Map.of(1, queue(minRate, queueRate)),
                    Policing.NONE);
            assertThatThrownBy(() -> give(lab, "p1", qos))
                    .cause()
                    .isInstanceOfSatisfying(
                            ConfigurationException.class,
                            e -> assertThat(e.path() + ": " + e.getMessage())
                                    .isEqualTo("bridges[0].ports[0]." + message));
        }
    }
}
