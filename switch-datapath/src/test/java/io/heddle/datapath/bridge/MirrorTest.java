package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.Layer2Configuration.Mirror;
import io.heddle.flow.pipeline.PortVlans;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Mirrors from frame to frame, through the caches. */
class MirrorTest {
    private static final String A = "020000000001";
    private static final String B = "020000000002";

    private static byte[] frame(String to, String from) {
        return HexFormat.of().parseHex(to + from + "88b5" + "00".repeat(46));
    }

    private static SwitchLab lab(Mirror... mirrors) {
        SwitchLab lab = SwitchLab.withPorts(4).flows("actions=NORMAL");
        configure(lab, mirrors);
        return lab;
    }

    private static void configure(SwitchLab lab, Mirror... mirrors) {
        BridgeConfiguration bridge = lab.bridge().configuration();
        lab.configure(new ConfigurationChange.PutBridge(bridge.withLayer2(
                new Layer2Configuration(false, false, false, Map.of(), List.of(mirrors), List.of()))));
    }

    private static Mirror to(String port, Set<String> sources, Set<String> destinations) {
        return new Mirror(
                "m", sources.isEmpty() && destinations.isEmpty(), sources, destinations, Set.of(), port, 0, 0);
    }

    @Test
    void shouldCopyWhatComesInAndWhatLeavesOnce() {
        try (SwitchLab lab = lab(to("p4", Set.of(), Set.of()))) {
            for (int i = 0; i < 3; i++) {
                lab.send("p2", frame(A, B)).turn();
                lab.outputs();
            }
            lab.send("p1", frame(B, A)).turn();
            assertThat(lab.outputs()).isEqualTo("p2x1 p4x1");

            configure(lab, to("p4", Set.of("p3"), Set.of("p2")));
            lab.send("p1", frame(B, A)).turn();
            assertThat(lab.outputs()).as("leaves by p2").isEqualTo("p2x1 p4x1");
            lab.send("p2", frame(A, B)).turn();
            assertThat(lab.outputs()).as("not selected").isEqualTo("p1x1");

            configure(lab);
            lab.send("p1", frame(B, A)).turn();
            assertThat(lab.outputs()).as("no mirror any more").isEqualTo("p2x1");
        }
    }

    @Test
    void shouldKeepTheOutputPortForCopies() {
        try (SwitchLab lab = lab(to("p4", Set.of("p1"), Set.of()))) {
            lab.send("p4", frame(A, B)).turn();
            assertThat(lab.outputs()).isEmpty();
            lab.send("p2", frame("ffffffffffff", B)).turn();
            assertThat(lab.outputs()).as("no flood").isEqualTo("p1x1 p3x1");
        }
    }

    @Test
    void shouldCutCopiesAndSelectVlans() {
        Mirror cut = new Mirror("cut", true, Set.of(), Set.of(), Set.of(0), "p4", 0, 20);
        try (SwitchLab lab = lab(cut)) {
            lab.send("p1", frame("ffffffffffff", A)).turn();
            assertThat(lab.receive("p4")).hasSize(20);
            assertThat(lab.receive("p2")).hasSize(60);

            configure(lab, new Mirror("ten", true, Set.of(), Set.of(), Set.of(10), "p4", 0, 0));
            lab.send("p1", frame("ffffffffffff", A)).turn();
            assertThat(lab.outputs()).as("VLAN 0 is not selected").isEqualTo("p2x1 p3x2");
        }
    }

    @Test
    void shouldMirrorToAVlan() {
        Mirror remote = new Mirror("remote", false, Set.of("p1"), Set.of(), Set.of(), "", 99, 0);
        try (SwitchLab lab = lab(remote)) {
            for (int port = 2; port <= 3; port++) {
                lab.configure(new ConfigurationChange.PutPort(
                        "br0",
                        PortConfiguration.of("p" + port, port, PortConfiguration.PortType.MEMORY)
                                .withVlans(PortVlans.of(null, port == 2 ? 99 : 7, Set.of()))));
            }
            lab.send("p1", frame("ffffffffffff", A)).turn();
            // p2 is an access port of VLAN 99, p3 one of VLAN 7, p1 and p4 are trunks.
            assertThat(lab.receive("p2")).isEqualTo(frame("ffffffffffff", A));
            assertThat(lab.receive("p1")).hasSize(64);
            assertThat(lab.outputs()).as("the copy in VLAN 99, and the packet").isEqualTo("p4x2");
        }
    }

    @Test
    void shouldSayWhatIsWrong() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            assertThatThrownBy(() -> configure(lab, to("p9", Set.of(), Set.of())))
                    .hasRootCauseMessage("the bridge has no port or bond \"p9\", or it is a port of a bond");
            assertThatThrownBy(() -> configure(lab, to("", Set.of("p1"), Set.of())))
                    .hasRootCauseMessage("say either output-port or output-vlan");
        }
    }
}
