package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.bridge.Layer2Configuration.BondMode;
import io.heddle.datapath.bridge.Layer2Configuration.LacpMode;
import io.heddle.datapath.metrics.DropReason;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bonds from frame to frame: ports 1 and 2 are the bond, 3 and 4 have hosts. */
class BondTest {
    private static final long MS = 1_000_000L;

    private static SwitchLab lab(BondMode mode, LacpMode lacp, int updelayMs, String... ports) {
        SwitchLab lab = SwitchLab.withPorts(4).flows("actions=NORMAL");
        bond(lab, "br0", mode, lacp, updelayMs, ports);
        return lab;
    }

    private static void bond(
            SwitchLab lab, String bridge, BondMode mode, LacpMode lacp, int updelayMs, String... ports) {
        Bond bond = new Bond("bond0", List.of(ports), mode, lacp, updelayMs, 0, Map.of("lacp-time", "fast"));
        lab.configure(new ConfigurationChange.PutBridge(lab.bridge(bridge)
                .configuration()
                .withLayer2(new Layer2Configuration(false, false, false, Map.of(), List.of(), List.of(bond)))));
    }

    private static byte[] frame(long to, long from) {
        return HexFormat.of().parseHex("%012x%012x".formatted(to, from) + "88b5" + "00".repeat(46));
    }

    private static byte[] udp(int port) {
        return HexFormat.of()
                .parseHex("ffffffffffff0200000000300800" + "4500001c000000004011000" + "00a0000010a000002"
                        + "%04x".formatted(port) + "200000080000" + "00".repeat(18));
    }

    private static String sent(SwitchLab lab, String port, byte[] frame) {
        lab.send(port, frame).turn();
        return lab.outputs();
    }

    private static void pass(SwitchLab lab, int milliseconds) {
        for (int i = 0; i < milliseconds / 50; i++) {
            lab.nowNs.addAndGet(50 * MS);
            lab.turn();
        }
    }

    private static void link(SwitchLab lab, String port, boolean isUp) {
        lab.port(port).setLinkUp(isUp);
        pass(lab, 300);
    }

    @Test
    void shouldGoOnByTheOtherPort() {
        try (SwitchLab lab = lab(BondMode.ACTIVE_BACKUP, LacpMode.OFF, 1000, "p1", "p2")) {
            pass(lab, 1200);
            lab.outputs();
            assertThat(sent(lab, "p3", frame(-1L >>> 16, 0x020000000030L))).isEqualTo("p1x1 p4x1");
            assertThat(sent(lab, "p2", frame(0x020000000030L, 0x020000000001L)))
                    .as("only the active one receives")
                    .isEmpty();
            assertThat(lab.heddle.datapathLoops().first().statistics().drops(DropReason.BOND))
                    .isEqualTo(1);

            link(lab, "p1", false);
            assertThat(lab.outputs())
                    .as("who is here is said by the new active port")
                    .isEqualTo("p2x1");
            assertThat(sent(lab, "p3", frame(-1L >>> 16, 0x020000000030L))).isEqualTo("p2x1 p4x1");
            assertThat(sent(lab, "p2", frame(0x020000000030L, 0x020000000001L))).isEqualTo("p3x1");
            assertThat(sent(lab, "p3", frame(0x020000000001L, 0x020000000030L))).isEqualTo("p2x1");

            link(lab, "p1", true);
            link(lab, "p2", false);
            lab.outputs();
            assertThat(sent(lab, "p3", frame(0x020000000001L, 0x020000000030L)))
                    .as("the only one is used before its delay is over")
                    .isEqualTo("p1x1");
        }
    }

    @Test
    void shouldKeepTheAddressesBehindABondThatNothingIsChangedOf() {
        try (SwitchLab lab = lab(BondMode.ACTIVE_BACKUP, LacpMode.OFF, 0, "p1", "p2")) {
            pass(lab, 300);
            sent(lab, "p1", frame(-1L >>> 16, 0x020000000010L));
            assertThat(lab.bridge().macs().find(0, 0x020000000010L)).isNotNull();
            lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("other", 1)));
            assertThat(lab.bridge().macs().find(0, 0x020000000010L)).isNotNull();
        }
    }

    @Test
    void shouldWaitForTheUpdelay() {
        try (SwitchLab lab = lab(BondMode.BALANCE_SLB, LacpMode.OFF, 5000, "p1", "p2")) {
            pass(lab, 1000);
            assertThat(states(lab)).containsExactly("active", "disabled");
            pass(lab, 5000);
            assertThat(states(lab)).containsExactly("active", "enabled");
        }
    }

    private static List<String> states(SwitchLab lab) {
        return lab.await(lab.bridge().read(BridgeReader::ports)).stream()
                .map(port -> port.layer2().bondState())
                .filter(state -> !state.isEmpty())
                .toList();
    }

    @Test
    void shouldSpreadSourcesOverBothPorts() {
        try (SwitchLab lab = lab(BondMode.BALANCE_SLB, LacpMode.OFF, 0, "p1", "p2")) {
            pass(lab, 500);
            List<String> ways = new ArrayList<>();
            for (int host = 0; host < 64; host++) {
                ways.add(sent(lab, "p3", frame(0x020000000001L, 0x020000001000L + host)));
            }
            assertThat(ways).allMatch(way -> way.matches("p[12]x1 p4x1"));
            assertThat(ways.stream().distinct().count()).as("both are used").isEqualTo(2);

            // What comes back by the other port was flooded there: hosts are not learned on the bond.
            assertThat(sent(lab, "p1", frame(0x020000000031L, 0x020000001000L))).isEmpty();
            link(lab, "p1", false);
            for (int host = 0; host < 16; host++) {
                assertThat(sent(lab, "p3", frame(0x020000000001L, 0x020000001000L + host)))
                        .isEqualTo("p2x1 p4x1");
            }
        }
    }

    @Test
    void shouldMoveLoadToTheIdlePort() {
        try (SwitchLab lab = lab(BondMode.BALANCE_SLB, LacpMode.OFF, 0, "p1", "p2")) {
            pass(lab, 500);
            // Hosts whose packets leave by p1 only.
            List<Long> hosts = new ArrayList<>();
            for (long host = 0x020000001000L; hosts.size() < 8; host++) {
                if (sent(lab, "p3", frame(0x020000000001L, host)).startsWith("p1")) {
                    hosts.add(host);
                }
            }
            long moved = 0;
            for (int round = 0; round < 10 && moved == 0; round++) {
                for (long host : hosts) {
                    for (int i = 0; i < 10; i++) {
                        sent(lab, "p3", frame(0x020000000001L, host));
                    }
                }
                pass(lab, 11_000);
                moved = hosts.stream()
                        .filter(host ->
                                sent(lab, "p3", frame(0x020000000001L, host)).startsWith("p2"))
                        .count();
            }
            assertThat(moved).isPositive();
        }
    }

    /** Two bridges with two cables between their bonds, carried by hand. */
    @Test
    void shouldBalanceConnectionsWhenLacpAgrees() {
        try (SwitchLab lab = lab(BondMode.BALANCE_TCP, LacpMode.ACTIVE, 0, "p1", "p2")) {
            assertThat(sent(lab, "p3", udp(1)).replaceAll("p[12]x\\d+ ", ""))
                    .as("no partner: nothing by the bond")
                    .isEqualTo("p4x1");
            lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br1", 3)));
            bond(lab, "br1", BondMode.BALANCE_TCP, LacpMode.PASSIVE, 0, "br1-p1", "br1-p2");
            for (int i = 0; i < 60; i++) {
                pass(lab, 100);
                carry(lab, "p1", "br1-p1");
                carry(lab, "p2", "br1-p2");
            }
            assertThat(states(lab)).containsExactly("active, lacp current attached", "enabled, lacp current attached");
            lab.outputs();
            List<String> ways = new ArrayList<>();
            for (int port = 1; port <= 64; port++) {
                ways.add(sent(lab, "p3", udp(port)));
            }
            assertThat(ways.stream().filter(way -> way.equals("p1x1 p4x1")).count())
                    .isBetween(8L, 56L);
            assertThat(ways).allMatch(way -> way.matches("p[12]x1 p4x1"));
            assertThat(lab.allFlows().getFirst().packets())
                    .as("LACP is no flow's")
                    .isEqualTo(65);
        }
    }

    private static void carry(SwitchLab lab, String one, String other) {
        byte[] frame = lab.receive(one);
        for (; frame != null; frame = lab.receive(one)) {
            lab.send(other, frame);
        }
        lab.turn();
        for (frame = lab.receive(other); frame != null; frame = lab.receive(other)) {
            lab.send(one, frame);
        }
        lab.turn();
    }

    @Test
    void shouldSayWhatIsWrong() {
        try (SwitchLab lab = SwitchLab.withPorts(4)) {
            assertThatThrownBy(() -> bond(lab, "br0", BondMode.BALANCE_TCP, LacpMode.OFF, 0, "p1", "p2"))
                    .hasRootCauseMessage("balance-tcp needs LACP: say lacp active or passive, or balance-slb");
            assertThatThrownBy(() -> bond(lab, "br0", BondMode.ACTIVE_BACKUP, LacpMode.OFF, 0, "p1"))
                    .hasRootCauseMessage("a bond has two or more ports");
        }
    }

    @Test
    void shouldFindItsNeighbours() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("actions=NORMAL")) {
            for (int i = 1; i <= 2; i++) {
                lab.configure(new ConfigurationChange.PutPort(
                        "br0",
                        PortConfiguration.of("p" + i, i, PortConfiguration.PortType.MEMORY)
                                .withOtherConfig(Map.of("lldp-enable", "true"))));
            }
            pass(lab, 2000);
            EventSubscription events = lab.bridge().subscribe(EventInterest.all(() -> {}));
            carry(lab, "p1", "p2");
            pass(lab, 100);
            assertThat(portsThatChanged(events)).as("once each").containsExactlyInAnyOrder("p1", "p2");
            pass(lab, 40_000); // the same is said again
            carry(lab, "p1", "p2");
            pass(lab, 100);
            assertThat(portsThatChanged(events)).as("nothing new").isEmpty();
            List<PortState> ports = lab.await(lab.bridge().read(BridgeReader::ports));
            assertThat(ports.get(1).layer2().neighbours())
                    .singleElement()
                    .satisfies(neighbour -> assertThat(neighbour.port()).isEqualTo("p1"));
            assertThat(ports.get(0).layer2().neighbours())
                    .singleElement()
                    .satisfies(neighbour -> assertThat(neighbour.systemName()).isEqualTo("br0"));
            assertThat(lab.onlyFlow().packets()).as("no flow's").isZero();

            lab.port("p1").setLinkUp(false);
            lab.nowNs.addAndGet(130_000 * MS);
            pass(lab, 2000);
            assertThat(lab.await(lab.bridge().read(BridgeReader::ports))
                            .get(1)
                            .layer2()
                            .neighbours())
                    .isEmpty();
        }
    }

    private static List<String> portsThatChanged(EventSubscription events) {
        List<String> names = new ArrayList<>();
        for (BridgeEvent event = events.poll(); event != null; event = events.poll()) {
            if (event instanceof BridgeEvent.PortStatus status) {
                names.add(status.port().name());
            }
        }
        return names;
    }
}
