package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.pipeline.PortVlans.Mode;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Access ports, trunks and native VLANs under NORMAL, from frame to frame. */
class VlanPortTest {
    private static final PortVlans TEN = PortVlans.of(null, 10, Set.of());
    private static final PortVlans TWENTY = PortVlans.of(null, 20, Set.of());

    /** Ports 1 and 2 in VLAN 10, 3 in VLAN 20, 4 a trunk for both. */
    private static SwitchLab lab() {
        SwitchLab lab = SwitchLab.withPorts(4).flows("actions=NORMAL");
        put(lab, 1, TEN);
        put(lab, 2, TEN);
        put(lab, 3, TWENTY);
        put(lab, 4, PortVlans.of(null, -1, Set.of(10, 20)));
        return lab;
    }

    private static SwitchControl.ConfigurationResult put(SwitchLab lab, int number, PortVlans vlans) {
        return lab.configure(new ConfigurationChange.PutPort(
                "br0",
                PortConfiguration.of("p" + number, number, PortType.MEMORY).withVlans(vlans)));
    }

    /** A frame to everybody; {@code tci} as in the tag, -1 for none. */
    private static byte[] frame(int tci) {
        String tag = tci < 0 ? "" : "8100%04x".formatted(tci);
        return HexFormat.of().parseHex("ffffffffffff" + "020000000001" + tag + "88b5" + "00".repeat(46));
    }

    @Test
    void shouldKeepVlansApart() {
        try (SwitchLab lab = lab()) {
            lab.send("p1", frame(-1)).turn();
            assertThat(lab.receive("p2")).isEqualTo(frame(-1));
            assertThat(lab.receive("p4")).isEqualTo(frame(10));
            assertThat(lab.outputs()).as("not VLAN 20").isEmpty();

            lab.send("p4", frame(0x6014)).turn();
            assertThat(lab.receive("p3")).isEqualTo(frame(-1));
            assertThat(lab.outputs()).as("not VLAN 10").isEmpty();
        }
    }

    @Test
    void shouldCountWhatAPortDoesNotAdmit() {
        try (SwitchLab lab = lab()) {
            lab.send("p1", frame(10)).turn();
            lab.send("p4", frame(30)).turn();
            lab.send("p4", frame(-1)).turn();

            assertThat(lab.outputs()).isEmpty();
            assertThat(lab.heddle.datapathLoops().first().statistics().drops(DropReason.VLAN))
                    .isEqualTo(3);
        }
    }

    @Test
    void shouldTakeAndGiveTheNativeVlan() {
        try (SwitchLab lab = lab()) {
            put(lab, 4, PortVlans.of(Mode.NATIVE_UNTAGGED, 10, Set.of(20)));

            lab.send("p4", frame(-1)).turn();
            assertThat(lab.outputs()).isEqualTo("p1x1 p2x1");
            lab.send("p1", frame(-1)).turn();
            assertThat(lab.receive("p4")).isEqualTo(frame(-1));
            lab.outputs();

            put(lab, 4, PortVlans.of(Mode.NATIVE_TAGGED, 10, Set.of(20)));
            lab.send("p1", frame(-1)).turn();
            assertThat(lab.receive("p4")).isEqualTo(frame(10));
        }
    }

    @Test
    void shouldChangeVlansOfAWorkingPort() {
        try (SwitchLab lab = lab()) {
            lab.send("p1", frame(-1)).turn();
            lab.outputs();

            List<String> done = put(lab, 1, TWENTY).applied();

            assertThat(done).containsExactly("br0: changed VLANs of port p1");
            lab.send("p1", frame(-1)).turn();
            assertThat(lab.outputs()).isEqualTo("p3x1 p4x1");
            assertThat(lab.port("p1").statistics().receivedPackets())
                    .as("of the same device")
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ACCESS        | -1   |    | tag: is missing",
                "NATIVE_TAGGED | -1   | 10 | tag: is missing",
                "TRUNK         | 10   |    | tag: a trunk has none",
                "ACCESS        | 10   | 20 | trunks: an access port has none",
                "              | 10   | 20 | trunks: an access port has none",
                "              | 4096 |    | tag: 4096 is no VLAN id: 0 to 4095",
                "TRUNK         | -1   | -3 | trunks: -3 is no VLAN id: 0 to 4095",
            })
    void shouldSayWhatIsWrong(@Nullable Mode mode, int tag, @Nullable Integer trunk, String message) {
        Set<Integer> trunks = trunk == null ? Set.of() : Set.of(trunk);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortVlans.of(mode, tag, trunks))
                .withMessageStartingWith(message);
    }
}
