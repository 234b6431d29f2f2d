package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's controllers drive a switch process between two hosts. */
@Tag("netns")
@Tag("differential")
final class ControllersTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private Path folder = Path.of("");

    private final NetnsLab lab = new NetnsLab();
    private final NetnsLab.Host one = lab.host("a");
    private final NetnsLab.Host two = lab.host("b");
    private final NetnsLab.Host machine = lab.host("sw");

    @BeforeEach
    void startSwitch() throws Exception {
        Path configuration = folder.resolve("switch.yaml");
        Files.writeString(configuration, """
                switch:
                  grpc: { listen: ["unix:%1$s/grpc.sock"] }
                  metrics: { listen: "off" }
                  state: "%1$s/state"
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    fail-mode: secure
                    controllers: ["tcp:127.0.0.1:6653"]
                    listen: ["punix:%1$s/br0.mgmt"]
                    ports:
                      - { name: sw1, number: 1, type: veth, peer: eth0, netns: %2$s }
                      - { name: sw2, number: 2, type: veth, peer: eth0, netns: %3$s }
                """.formatted(folder, one.netns(), two.netns()));
        machine.start(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.heddle.datapath.main.SwitchProcess",
                        "--config",
                        configuration.toString())
                .awaitOutput("heddle-switch: ready", DEADLINE);
        one.configure("eth0", "10.0.0.1/24");
        two.configure("eth0", "10.0.0.2/24");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private String flows() {
        return machine.run("ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "unix:" + folder + "/br0.mgmt");
    }

    private void awaitPing() {
        await().atMost(DEADLINE).until(() -> {
            LabProcess ping = one.start("ping", "-c", "1", "-W", "1", "10.0.0.2");
            return ping.awaitExit(Duration.ofSeconds(10)) == 0;
        });
        assertThat(one.run("ping", "-c", "5", "-i", "0.1", "-W", "2", "10.0.0.2"))
                .contains(" 0% packet loss");
    }

    @ParameterizedTest
    @CsvSource({"10, 1", "13, 4", "13, 5"})
    void shouldBeDrivenByTheLearningSwitchOfOsKen(String app, int wire) throws Exception {
        URL file = Objects.requireNonNull(ControllersTest.class.getResource("/os_ken/simple_switch_" + app + ".py"));
        LabProcess controller = machine.start(
                "env",
                "OFP_WIRE=" + wire,
                "osken-manager",
                "--ofp-listen-host",
                "127.0.0.1",
                "--ofp-tcp-listen-port",
                "6653",
                Path.of(file.toURI()).toString());

        awaitPing();

        assertThat(flows()).contains("priority=1,in_port=1", "actions=output:2");
        if (wire > 1) {
            assertThat(flows()).contains("priority=0 actions=CONTROLLER:65535");
        }
        assertThat(controller.isRunning()).as(controller.output()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow10", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldBeDrivenByTheTestControllerOfOpenVSwitch(String version) {
        LabProcess controller = machine.start(
                "ovs-testcontroller",
                "-O",
                version,
                "--unixctl=" + folder.resolve("controller.ctl"),
                "ptcp:6653:127.0.0.1");

        awaitPing();

        assertThat(flows()).contains("actions=output:2");
        assertThat(controller.isRunning()).as(controller.output()).isTrue();
    }
}
