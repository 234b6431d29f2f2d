package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.BridgeConfiguration.FailMode;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortConfiguration.PortIo;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.QosConfiguration;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.proto.document.DocumentException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationFileTest {
    private static final String GOOD = """
            switch:
              grpc:    { listen: ["unix:/run/heddle/switch.sock", "127.0.0.1:9559"] }
              metrics: { listen: "127.0.0.1:9464" }
            bridges:
              - name: br0
                datapath-id: "1a"
                fail-mode: standalone
                controllers: ["tcp:127.0.0.1:6653"]
                listen: ["ptcp:6634:127.0.0.1", "punix:/run/heddle/br0.mgmt"]
                protocols: [OpenFlow13]
                ports:
                  - { name: tap0, number: 1, type: tap }
                  - { name: h3, number: 3, type: veth, peer: eth0, netns: h3, io: af_xdp }
                  - { name: vx0, number: 4, type: vxlan, remote: 10.0.0.2, key: 5000, local: 10.0.0.1, port: 4789 }
                  - { name: vxf, number: 5, type: vxlan, remote: flow, key: flow }
            """;

    @Test
    void shouldReadEveryKey() throws DocumentException {
        ConfigurationFile file = ConfigurationFile.parse("switch.yaml", GOOD);

        assertThat(file.settings().grpcListen()).containsExactly("unix:/run/heddle/switch.sock", "127.0.0.1:9559");
        assertThat(file.settings().stateFolder()).isEqualTo(Path.of("/var/lib/heddle/switch"));
        assertThat(file.configuration().bridges()).singleElement().satisfies(bridge -> {
            assertThat(bridge.datapathId()).isEqualTo("000000000000001a");
            assertThat(bridge.failMode()).isEqualTo(FailMode.STANDALONE);
            assertThat(bridge.listen()).containsExactly("ptcp:6634:127.0.0.1", "punix:/run/heddle/br0.mgmt");
            assertThat(bridge.ports())
                    .isEqualTo(List.of(
                            PortConfiguration.of("tap0", 1, PortType.TAP),
                            new PortConfiguration(
                                    "h3",
                                    3,
                                    PortType.VETH,
                                    "eth0",
                                    "h3",
                                    "",
                                    0,
                                    "",
                                    "",
                                    "",
                                    0,
                                    PortConfiguration.OuterHeaders.DEFAULT,
                                    PortVlans.ALL,
                                    Map.of(),
                                    PortIo.AF_XDP,
                                    QosConfiguration.NONE),
                            new PortConfiguration(
                                    "vx0",
                                    4,
                                    PortType.VXLAN,
                                    "",
                                    "",
                                    "",
                                    0,
                                    "10.0.0.2",
                                    "10.0.0.1",
                                    "5000",
                                    4789,
                                    PortVlans.ALL),
                            new PortConfiguration(
                                    "vxf", 5, PortType.VXLAN, "", "", "", 0, "flow", "", "flow", 0, PortVlans.ALL)));
        });
    }

    @Test
    void shouldHaveDefaultsForEverything() throws DocumentException {
        ConfigurationFile file = ConfigurationFile.parse("switch.yaml", "");

        assertThat(file.settings().grpcListen()).containsExactly("unix:/run/heddle/switch.sock");
        assertThat(file.settings().metricsListen()).isEqualTo("127.0.0.1:9464");
        assertThat(file.configuration().bridges()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    type: tap }              | type: tapp }                  | switch.yaml:12: bridges[0].ports[0].type: does not have a value in the enumeration
                    type: tap }              | type: tap, speed: 1 }         | switch.yaml:12: bridges[0].ports[0].speed: there is no such key
                    peer: eth0, netns        | netns                         | switch.yaml:13: bridges[0].ports[1]: required property 'peer' not found
                    number: 3                | number: 0                     | switch.yaml:13: bridges[0].ports[1].number: must have a minimum value of 1
                    number: 3                | number: 1                     | switch.yaml:13: bridges[0].ports[1].number: number 1 of bridge br0 is there already, at bridges[0].ports[0].number (line 12)
                    fail-mode: standalone    | fail-mode: open               | switch.yaml:7: bridges[0].fail-mode: does not have a value in the enumeration
                    fail-mode: standalone    | name: br1                     | switch.yaml:7: bridges[0].name: the key stands there twice
                    fail-mode: standalone    | 'fail-mode: ['                | switch.yaml:9: not YAML:
                    """)
    void shouldSayFileLineAndPathOfWhatIsWrong(String good, String bad, String error) {
        assertThat(GOOD).contains(good);
        assertThatThrownBy(() -> ConfigurationFile.parse("switch.yaml", GOOD.replaceFirst(Pattern.quote(good), bad)))
                .isInstanceOf(DocumentException.class)
                .hasMessageStartingWith(error);
    }

    @Test
    void shouldRefuseTwoBridgesWithOneDatapathId() {
        assertThatThrownBy(() ->
                        ConfigurationFile.parse("switch.yaml", GOOD + "  - { name: br1, datapath-id: \"0x1A\" }\n"))
                .hasMessage("switch.yaml:16: bridges[1].datapath-id: datapath id 000000000000001a is there already, at"
                        + " bridges[0].datapath-id (line 6)");
    }

    @Test
    void shouldReadVlans() throws DocumentException {
        ConfigurationFile file = ConfigurationFile.parse("switch.yaml", """
                bridges:
                  - name: br0
                    ports:
                      - { name: p1, type: system, tag: 10 }
                      - { name: p2, type: system, trunks: [10, 20] }
                      - { name: p3, type: system, vlan-mode: native-untagged, tag: 10, trunks: [20] }
                """);

        assertThat(file.configuration().bridges().getFirst().ports())
                .extracting(port -> port.vlans().toString())
                .containsExactly("access 10", "trunk 10,20", "native-untagged 10, trunk 20");
        assertThatThrownBy(() -> ConfigurationFile.parse("switch.yaml", """
                        bridges:
                          - name: br0
                            ports:
                              - { name: p1, type: system, tag: 10, trunks: [20] }
                        """))
                .isInstanceOf(DocumentException.class)
                .hasMessageStartingWith("switch.yaml:4: bridges[0].ports[0].trunks: an access port has none");
    }

    @Test
    void shouldSayThatFileDoesNotExist() {
        assertThatThrownBy(() -> ConfigurationFile.load(Path.of("/nonexistent/switch.yaml")))
                .hasMessage("/nonexistent/switch.yaml: there is no such file");
    }
}
