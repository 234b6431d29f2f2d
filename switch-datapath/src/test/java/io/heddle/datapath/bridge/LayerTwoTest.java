package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayerTwoTest {
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";

    private static byte[] frame(String to, String from) {
        return HexFormat.of().parseHex(to + from + "88b5" + "00".repeat(46));
    }

    private static SwitchLab lab(Map<String, String> otherConfig) {
        SwitchLab lab = SwitchLab.withPorts(3).flows("actions=NORMAL");
        BridgeConfiguration bridge = lab.bridge().configuration();
        lab.configure(new ConfigurationChange.PutBridge(
                bridge.withLayer2(new Layer2Configuration(false, false, false, otherConfig, List.of(), List.of()))));
        return lab;
    }

    private static String outputsForAAfter(SwitchLab lab, int seconds) {
        lab.send("p1", frame(B, A)).turn();
        lab.outputs();
        for (int i = 0; i < seconds; i++) {
            lab.nowNs.addAndGet(1_000_000_000);
            lab.turn();
        }
        lab.send("p2", frame(A, B)).turn();
        return lab.outputs();
    }

    @Test
    void shouldForgetAddressesAfterTheTimeThatIsSet() {
        try (SwitchLab lab = lab(Map.of("mac-aging-time", "15"))) {
            assertThat(outputsForAAfter(lab, 13)).isEqualTo("p1x1");
            assertThat(outputsForAAfter(lab, 20)).isEqualTo("p1x1 p3x1");
        }
        try (SwitchLab lab = lab(Map.of())) {
            assertThat(outputsForAAfter(lab, 20)).isEqualTo("p1x1");
        }
    }

    @Test
    void shouldLearnNoMoreAddressesThanIsSet() {
        try (SwitchLab lab = lab(Map.of("mac-table-size", "10"))) {
            for (int i = 0; i < 10; i++) {
                lab.send("p1", frame(B, "0200000001%02x".formatted(i))).turn();
            }
            lab.send("p1", frame(B, A)).turn();
            lab.outputs();
            lab.send("p2", frame("020000000109", B)).turn();
            assertThat(lab.outputs()).isEqualTo("p1x1");
            lab.send("p2", frame(A, B)).turn();
            assertThat(lab.outputs()).isEqualTo("p1x1 p3x1");
        }
    }
}
