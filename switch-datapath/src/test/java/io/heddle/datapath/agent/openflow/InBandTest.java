package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bridge that reaches its controller through its own ports only. */
@Tag("netns")
@Tag("differential")
final class InBandTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private Path folder = Path.of("");

    private final NetnsLab lab = new NetnsLab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void shouldComeUpWithoutAnyFlow() throws Exception {
        NetnsLab.Host host = lab.host("c");
        NetnsLab.Host machine = lab.host("sw");
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
                    protocols: [OpenFlow13]
                    controllers: ["tcp:10.0.0.2:6653"]
                    listen: ["punix:%1$s/br0.mgmt"]
                    other-config: { connection-mode: in-band }
                    ports:
                      - { name: br0, type: internal }
                      - { name: sw1, number: 1, type: veth, peer: eth0, netns: %2$s }
                """.formatted(folder, host.netns()));
        machine.start(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.heddle.datapath.main.SwitchProcess",
                        "--config",
                        configuration.toString())
                .awaitOutput("heddle-switch: ready", DEADLINE);
        host.configure("eth0", "10.0.0.2/24");
        machine.configure("br0", "10.0.0.1/24");
        assertThat(flows(machine)).doesNotContain("actions=");

        LabProcess controller = host.start(
                "ovs-testcontroller",
                "-O",
                "OpenFlow13",
                "--unixctl=" + folder.resolve("controller.ctl"),
                "ptcp:6653:10.0.0.2");

        await().atMost(DEADLINE).until(() -> flows(machine).contains("priority=0 actions=CONTROLLER"));
        assertThat(flows(machine)).as("hidden").doesNotContain("10.0.0.2");
        assertThat(controller.isRunning()).as(controller.output()).isTrue();
    }

    private String flows(NetnsLab.Host machine) {
        return machine.run("ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "unix:" + folder + "/br0.mgmt");
    }
}
