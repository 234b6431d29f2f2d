package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The controller and switches that it reaches by OpenFlow: a Heddle bridge and an Open vSwitch, one network. */
@Tag("netns")
@Tag("differential")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class OpenFlowControllerTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private HeddleLab lab;
    private Host sw;
    private Host a;
    private Host b;
    private OpenVSwitch ovs;
    private Path controllerConfig;
    private LabProcess controllerProcess;

    /** {@code a -- Heddle's br0 -- Open vSwitch's ovs0 -- b}. */
    private void startNetwork(String protocols) {
        lab = new HeddleLab();
        sw = lab.net.host("s");
        Host peer = lab.net.host("o");
        a = lab.net.host("a");
        b = lab.net.host("b");
        // Open vSwitch connects to sockets in its own folder only.
        String openFlow = lab.folder.resolve("ovs/openflow.sock").toString();
        controllerConfig = lab.write("controller.yaml", """
                controller:
                  openflow: { listen: ["punix:%s"] }
                  api:      { listen: ["unix:%s"] }
                  metrics:  { listen: "off" }
                  state:    "%s"
                networks:
                  - name: test
                    subnet: 10.20.0.0/16
                    pools: ["10.20.0.100-10.20.0.199"]
                """.formatted(
                        openFlow, lab.socket("controller"), lab.folder.resolve("controller.state")));
        controllerProcess = lab.startController(sw, controllerConfig);
        lab.startSwitch(sw, "s", """
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    fail-mode: secure
                    controllers: ["unix:%s"]
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: p2, number: 2, type: veth, peer: uplink, netns: %s }
                """.formatted(openFlow, a.netns(), peer.netns()));
        peer.run("ip", "link", "add", "tob", "type", "veth", "peer", "name", "eth0", "netns", b.netns());
        peer.run("ip", "link", "set", "tob", "up");
        peer.run("ip", "link", "set", "uplink", "up");
        ovs = OpenVSwitch.start(peer, lab.folder.resolve("ovs"));
        ovs.vsctl(
                "add-br",
                "ovs0",
                "--",
                "set",
                "bridge",
                "ovs0",
                "datapath_type=netdev",
                "fail-mode=secure",
                "protocols=" + protocols,
                "other-config:datapath-id=0000000000000002",
                "--",
                "add-port",
                "ovs0",
                "uplink",
                "--",
                "add-port",
                "ovs0",
                "tob",
                "--",
                "set-controller",
                "ovs0",
                "unix:" + openFlow);
        for (Host host : new Host[] {a, b}) {
            host.run("ip", "link", "set", "eth0", "up");
        }
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    private String lease(Host host) {
        String said = host.run(
                SOON, "busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "20", "-T", "1", "-s", "/bin/true");
        Matcher matcher =
                Pattern.compile("lease of (10\\.20\\.0\\.\\d+) obtained").matcher(said);
        assertThat(matcher.find()).as(said).isTrue();
        host.run("ip", "addr", "replace", matcher.group(1) + "/16", "dev", "eth0");
        return matcher.group(1);
    }

    private void awaitPing(String address) {
        Awaitility.await().atMost(SOON).ignoreException(AssertionError.class).until(() -> {
            a.run("ping", "-c", "1", "-W", "1", address);
            return true;
        });
    }

    @Test
    void shouldRunOneNetworkOverBothKindsOfSwitches() {
        startNetwork("OpenFlow13");
        lease(a);
        String address = lease(b);

        awaitPing(address);

        assertThat(lab.heddle("controller", "host", "list")).contains("br0", "ovs0", "p1", "tob");
        assertThat(lab.heddle("controller", "lease", "list")).contains(address);
        String flows = ovs.ofctl("dump-flows", "ovs0");
        assertThat(flows).contains("cookie=0x4864").contains("send_flow_rem");

        // A new controller finds the flows as they should be and leaves them alone: their counters go on.
        controllerProcess.signal("KILL");
        controllerProcess.awaitExit(SOON);
        a.run("ping", "-c", "3", "-i", "0.2", "-W", "2", address);
        controllerProcess = lab.startController(sw, controllerConfig);
        controllerProcess.awaitOutput("bridge ovs0 ready", SOON);
        awaitPing(address);
        assertThat(ovs.ofctl("dump-flows", "ovs0").lines().filter(line -> line.contains("table=0,")))
                .as("flows that were there before")
                .isNotEmpty()
                .allSatisfy(line -> assertThat(flows).contains(line.replaceAll(".*(priority=\\d+\\S*).*", "$1")));
        assertThat(controllerProcess.output()).contains("bridge ovs0 (0000000000000002) up, 0 flows to write");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13,OpenFlow14", "OpenFlow13,OpenFlow15"})
    void shouldRestoreFlowsThatSomebodyElseDeleted(String protocols) {
        startNetwork(protocols);
        lease(a);
        String address = lease(b);
        awaitPing(address);

        ovs.ofctl("del-flows", "ovs0");

        awaitPing(address);
        assertThat(ovs.ofctl("dump-flows", "ovs0")).contains("cookie=0x4864");
    }
}
