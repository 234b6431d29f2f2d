package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.pipeline.SpanningState;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two bridges of one switch with two cables between them: a loop, which the spanning tree opens. */
class SpanningBridgeTest {
    private static final byte[] BROADCAST =
            HexFormat.of().parseHex("ffffffffffff" + "020000000001" + "88b5" + "00".repeat(46));

    private static BridgeConfiguration bridge(String name, String other) {
        List<PortConfiguration> ports = new ArrayList<>();
        ports.add(PortConfiguration.of(name + "-h", 1, PortConfiguration.PortType.MEMORY)
                .withOtherConfig(Map.of("rstp-enable", "false")));
        for (int i = 1; i <= 2; i++) {
            ports.add(new PortConfiguration(
                    name + "-" + i,
                    1 + i,
                    PortConfiguration.PortType.PATCH,
                    other + "-" + i,
                    "",
                    "",
                    0,
                    "",
                    "",
                    "",
                    0,
                    PortVlans.ALL));
        }
        return new BridgeConfiguration(
                        name, "", BridgeConfiguration.FailMode.STANDALONE, List.of(), List.of(), List.of(), ports)
                .withLayer2(new Layer2Configuration(false, true, false, Map.of(), List.of(), List.of()));
    }

    private static void seconds(SwitchLab lab, int count) {
        for (int i = 0; i < 20 * count; i++) {
            lab.nowNs.addAndGet(50_000_000);
            lab.turn();
        }
    }

    private static List<PortState> ports(SwitchLab lab, String bridge) {
        return lab.await(lab.bridge(bridge).read(BridgeReader::ports));
    }

    @Test
    void shouldOpenTheLoopAndCloseItWhenACableIsCut() {
        try (SwitchLab lab = new SwitchLab()) {
            lab.configure(
                    new ConfigurationChange.PutBridge(bridge("x", "y")),
                    new ConfigurationChange.PutBridge(bridge("y", "x")));
            lab.send("x-h", BROADCAST).turn();
            assertThat(lab.outputs()).as("no port forwards yet").isEmpty();

            seconds(lab, 8);

            List<PortState> all = new ArrayList<>(ports(lab, "x"));
            all.addAll(ports(lab, "y"));
            assertThat(all)
                    .filteredOn(port -> port.layer2().spanning() == SpanningState.BLOCKING)
                    .hasSize(1);
            assertThat(all)
                    .filteredOn(port -> port.layer2().spanning() == SpanningState.FORWARDING)
                    .hasSize(3);
            assertThat(all)
                    .filteredOn(port -> port.layer2().role().equals("root"))
                    .hasSize(1);
            for (int i = 0; i < 10; i++) {
                lab.send("x-h", BROADCAST).turn();
                assertThat(lab.outputs()).as("one copy each, no storm").isEqualTo("y-hx1");
            }

            PortState root = all.stream()
                    .filter(port -> port.layer2().role().equals("root"))
                    .findFirst()
                    .orElseThrow();
            String bridge = root.name().substring(0, 1);
            lab.configure(new ConfigurationChange.DeletePort(bridge, root.name()));
            seconds(lab, 8);
            lab.send("x-h", BROADCAST).turn();
            assertThat(lab.outputs()).as("by the other cable").isEqualTo("y-hx1");
        }
    }

    @Test
    void shouldHearOtherBridgesWhenControllersAreFloodedWithPackets() {
        try (SwitchLab lab = SwitchLab.withPorts(8).flows("actions=controller")) {
            Layer2Configuration on = new Layer2Configuration(false, true, false, Map.of(), List.of(), List.of());
            lab.configure(new ConfigurationChange.PutBridge(
                    lab.bridge().configuration().withLayer2(on)));
            PollLoop loop = lab.heddle.datapathLoops().first();
            seconds(lab, 40); // then all ports forward
            lab.outputs();
            for (int i = 0; i < 400; i++) {
                for (int port = 1; port <= 8; port++) {
                    lab.send("p" + port, BROADCAST);
                }
                loop.doWork(lab.nowNs.addAndGet(1000)); // and the control loop does not come to its turn
                lab.outputs();
            }
            assertThat(loop.statistics().drops(DropReason.PUNT_FULL)).isPositive();
            byte[] bpdu = new byte[60];
            byte[] head = HexFormat.of().parseHex("0180c2000000020000000099002742420300000000");
            System.arraycopy(head, 0, bpdu, 0, head.length);
            lab.send("p1", bpdu);
            loop.doWork(lab.nowNs.addAndGet(1000));
            assertThat(loop.protocols().poll()).isNotNull();
        }
    }

    @Test
    void shouldForwardAgainWhenSwitchedOff() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=NORMAL")) {
            Layer2Configuration on = new Layer2Configuration(true, false, false, Map.of(), List.of(), List.of());
            BridgeConfiguration plain = lab.bridge().configuration();
            lab.configure(new ConfigurationChange.PutBridge(plain.withLayer2(on)));
            lab.send("p1", BROADCAST).turn();
            lab.outputs();
            assertThat(lab.heddle.datapathLoops().first().statistics().drops(DropReason.SPANNING_TREE))
                    .isEqualTo(1);

            lab.configure(new ConfigurationChange.PutBridge(plain));
            lab.outputs();
            lab.send("p1", BROADCAST).turn();
            assertThat(lab.outputs()).isEqualTo("p2x1");
        }
    }
}
