package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.Configurations;
import io.heddle.datapath.bridge.Layer2Configuration;
import io.heddle.datapath.bridge.Layer2Configuration.Bond;
import io.heddle.datapath.bridge.Layer2Configuration.BondMode;
import io.heddle.datapath.bridge.Layer2Configuration.LacpMode;
import io.heddle.datapath.bridge.Layer2Configuration.Mirror;
import io.heddle.datapath.bridge.SwitchConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a bridge does as an Ethernet bridge, in the configuration file and in the state folder. */
class Layer2FileTest {
    private static final String GOOD = """
            bridges:
              - name: br0
                rstp-enable: true
                mcast-snooping-enable: true
                other-config: { rstp-priority: 4096, mcast-snooping-disable-flood-unregistered: true }
                mirrors:
                  - { name: m, select-src-port: [p1, bond0], select-vlan: [10], output-port: p4, snaplen: 100 }
                  - { name: all, select-all: true, output-vlan: 99 }
                bonds:
                  - { name: bond0, ports: [p2, p3], bond-mode: balance-tcp, lacp: active, bond-updelay: 50,
                      other-config: { lacp-time: fast } }
                ports:
                  - { name: p1, type: tap, other-config: { lldp-enable: true, rstp-path-cost: 200 } }
                  - { name: p2, type: tap }
                  - { name: p3, type: tap }
                  - { name: p4, type: tap }
            """;

    @TempDir
    private Path folder;

    private static BridgeConfiguration bridge(String yaml) throws Exception {
        return ConfigurationFile.parse("switch.yaml", yaml)
                .configuration()
                .bridges()
                .getFirst();
    }

    @Test
    void shouldReadEveryKey() throws Exception {
        BridgeConfiguration bridge = bridge(GOOD);

        assertThat(bridge.layer2())
                .isEqualTo(new Layer2Configuration(
                        false,
                        true,
                        true,
                        Map.of("rstp-priority", "4096", "mcast-snooping-disable-flood-unregistered", "true"),
                        List.of(
                                new Mirror("m", false, Set.of("p1", "bond0"), Set.of(), Set.of(10), "p4", 0, 100),
                                new Mirror("all", true, Set.of(), Set.of(), Set.of(), "", 99, 0)),
                        List.of(new Bond(
                                "bond0",
                                List.of("p2", "p3"),
                                BondMode.BALANCE_TCP,
                                LacpMode.ACTIVE,
                                50,
                                0,
                                Map.of("lacp-time", "fast")))));
        assertThat(bridge.ports().getFirst().otherConfig())
                .isEqualTo(Map.of("lldp-enable", "true", "rstp-path-cost", "200"));
        Configurations.check(new SwitchConfiguration(List.of(bridge)));
    }

    @Test
    void shouldKeepItOverARestart() throws Exception {
        SwitchConfiguration configuration = new SwitchConfiguration(List.of(bridge(GOOD)));
        try (FileStateStore store = FileStateStore.open(folder)) {
            store.saveConfiguration(configuration);

            assertThat(store.load().current()).isEqualTo(configuration);
        }
    }

    @Test
    void shouldSayWhichSettingIsWrong() throws Exception {
        check("rstp-priority: 4096", "rstp-prio: 1", "there is no setting \"rstp-prio\": ");
        check("rstp-path-cost: 200", "rstp-path-cost: 0", "rstp-path-cost: \"0\" is not a number from 1 to 200000000");
        check("lacp-time: fast", "lacp-time: often", "lacp-time: \"often\" is not fast or slow");
        check("ports: [p2, p3]", "ports: [p2, p9]", "the bridge has no port \"p9\"");
        check("rstp-enable: true", "{ rstp-enable: true }", "");
    }

    private static void check(String right, String wrong, String message) throws Exception {
        if (message.isEmpty()) {
            assertThatThrownBy(() -> bridge(GOOD.replace(right, wrong))).hasMessageContaining("switch.yaml");
            return;
        }
        BridgeConfiguration bridge = bridge(GOOD.replace(right, wrong));
        assertThatThrownBy(() -> Configurations.check(new SwitchConfiguration(List.of(bridge))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message);
    }
}
