package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What hosts expect of a switch, whichever way frames pass between it and its interfaces.
 *
 * <pre>
 *   a --veth (system)--+             +--veth (veth)-- c
 *                      s ==VXLAN== t
 *   b --veth (veth)----+
 * </pre>
 */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class PortIoTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private HeddleLab lab;
    private NetnsLab.Host s;
    private NetnsLab.Host a;
    private NetnsLab.Host b;
    private LabProcess running;

    @BeforeEach
    void build() {
        lab = new HeddleLab();
        s = lab.net.host("s");
        a = lab.net.host("a");
        b = lab.net.host("b");
        s.run("ip", "link", "add", "pa", "type", "veth", "peer", "name", "eth0", "netns", a.netns());
        s.run("ip", "link", "set", "pa", "up");
        a.configure("eth0", "10.0.0.1/24");
    }

    @AfterEach
    void remove() {
        lab.close();
    }

    private void start(String io) {
        running = lab.startSwitch(s, "s", bridge(io));
        b.configure("eth0", "10.0.0.2/24");
    }

    private String bridge(String io) {
        return """
                bridges:
                  - name: br0
                    fail-mode: standalone
                    ports:
                      - { name: pa, number: 1, type: system, io: %1$s }
                      - { name: pb, number: 2, type: veth, peer: eth0, netns: %2$s, io: %1$s }
                      - { name: tp, number: 3, type: tap }
                """.formatted(io, b.netns());
    }

    private static boolean reaches(NetnsLab.Host from, String address) {
        return from.run("sh", "-c", "ping -c1 -W1 " + address + " || true").contains("1 received");
    }

    private void transfer(NetnsLab.Host client, NetnsLab.Host server, String address, String... options) {
        LabProcess listening =
                server.start("iperf3", "-s", "-1", "--forceflush").awaitOutput("listening", SOON);
        String command = "iperf3 -c " + address + " -n10M --connect-timeout 20000 " + String.join(" ", options);
        client.run(Duration.ofSeconds(60), "sh", "-c", command);
        listening.awaitExit(SOON);
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1", "af_packet, 3", "af_xdp, 3"})
    void shouldPassWhatHostsWithOffloadsSend(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        a.run("ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on", "gso", "on");
        start(io);
        assertThat(lab.heddle("s", "port", "show", "br0", "pa")).contains("  io     " + io);
        assertThat(lab.heddle("s", "port", "list")).contains("system  " + io).contains("veth    " + io);
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        transfer(a, b, "10.0.0.2");
        transfer(a, b, "10.0.0.2", "-R");
        transfer(a, b, "10.0.0.2", "-u", "-b500M", "-l1400");
        // Offloads that somebody turns on again while the port is open.
        a.run("ethtool", "-K", "eth0", "tx", "on");
        b.run("ethtool", "-K", "eth0", "tx", "on");
        transfer(a, b, "10.0.0.2");
        transfer(a, b, "10.0.0.2", "-R");
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1", "af_packet, 3"})
    void shouldPassBetweenOtherKindsOfPorts(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        NetnsLab.Host d = lab.net.host("d");
        start(io);
        s.run("ip", "link", "set", "tp", "netns", d.netns());
        d.configure("tp", "10.0.0.4/24");
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.4"));
        transfer(a, d, "10.0.0.4");
        transfer(a, d, "10.0.0.4", "-R"); // super-frames of the TAP
        transfer(d, b, "10.0.0.2");
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1", "af_packet, 3"})
    void shouldPassThroughATunnel(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        NetnsLab.Host t = lab.net.host("t");
        NetnsLab.Host c = lab.net.host("c");
        s.run("ip", "link", "add", "under", "type", "veth", "peer", "name", "under", "netns", t.netns());
        s.configure("under", "192.168.7.1/24");
        t.configure("under", "192.168.7.2/24");
        start(io);
        lab.heddle("s", "port", "add", "br0", "vx", "--type", "vxlan", "--remote", "192.168.7.2", "--key", "7");
        lab.startSwitch(t, "t", """
                bridges:
                  - name: br0
                    fail-mode: standalone
                    ports:
                      - { name: vx, type: vxlan, remote: 192.168.7.1, key: 7 }
                      - { name: pc, type: veth, peer: eth0, netns: %s, io: %s, mtu: 1450 }
                """.formatted(c.netns(), io));
        c.configure("eth0", "10.0.0.3/24");
        a.run("ip", "link", "set", "eth0", "mtu", "1450");
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.3"));
        transfer(a, c, "10.0.0.3");
        transfer(a, c, "10.0.0.3", "-R");
    }

    @ParameterizedTest
    @ValueSource(strings = {"af_packet", "af_xdp"})
    void shouldKeepVlansApart(String io) {
        start(io);
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        lab.heddle(
                "s",
                "flow",
                "add",
                "br0",
                "priority=9,in_port=1,icmp actions=push_vlan:0x8100,set_field:4196->vlan_vid,output:2");
        LabProcess sniffer =
                b.start("tcpdump", "-i", "eth0", "-neU", "-c1", "vlan 100").awaitOutput("listening on", SOON);
        LabProcess ping = a.start("ping", "-i0.2", "10.0.0.2");
        sniffer.awaitExit(SOON);
        ping.close();
        assertThat(sniffer.output()).contains("vlan 100");
        assertThat(reaches(a, "10.0.0.2")).as("an answer to a tagged request").isFalse();
    }

    @ParameterizedTest
    @CsvSource({"af_packet, 1", "af_xdp, 1", "af_packet, 3"})
    void shouldSurviveFlapsAndRemovalsWithTrafficRunning(String io, int pollLoops) {
        lab.setPollLoops(pollLoops);
        start(io);
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        LabProcess flood = a.start("ping", "-f", "-q", "-s", "1400", "10.0.0.2");
        for (int i = 0; i < 3; i++) {
            a.run("ip", "link", "set", "eth0", "down");
            await().atMost(SOON).until(() -> state("pa").contains("link-down"));
            a.run("ip", "link", "set", "eth0", "up");
            await().atMost(SOON).until(() -> !state("pa").contains("link-down"));
            lab.heddle("s", "port", "del", "br0", "pb");
            lab.heddle(
                    "s", "port", "add", "br0", "pb", "--type", "veth", "--peer", "eth0", "--netns", b.netns(), "--io",
                    io);
            b.configure("eth0", "10.0.0.2/24");
            await().atMost(SOON).until(() -> reaches(b, "10.0.0.1"));
        }
        flood.close();
        transfer(a, b, "10.0.0.2");
        assertThat(running.output()).doesNotContain("Exception").doesNotContain("failed while");
    }

    private String state(String port) {
        return lab.heddle("s", "port", "show", "br0", port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"af_packet", "af_xdp"})
    void shouldComeBackAfterItWasKilled(String io) {
        start(io);
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        LabProcess flood = a.start("ping", "-f", "-q", "10.0.0.2");
        running.signal("KILL");
        running.awaitExit(SOON);
        assertThat(s.run("ip", "link", "show", "pa")).doesNotContain("prog/xdp");
        running = lab.startSwitch(s, "s", bridge(io));
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        flood.close();
        transfer(b, a, "10.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"af_packet", "af_xdp"})
    void shouldPassWhatFitsTheMtuAndNothingElse(String io) {
        start(io);
        await().atMost(SOON).until(() -> reaches(a, "10.0.0.2"));
        s.run("ip", "link", "set", "pa", "mtu", "3000");
        a.run("ip", "link", "set", "eth0", "mtu", "3000");
        b.run("ip", "link", "set", "eth0", "mtu", "3000");
        s.run("ip", "link", "set", "pb", "mtu", "3000");
        await().atMost(SOON)
                .until(() -> state("pa").contains("mtu    3000") && state("pb").contains("mtu    3000"));
        assertThat(a.run("ping", "-c1", "-W10", "-Mdo", "-s2972", "10.0.0.2")).contains("1 received");
        s.run("ip", "link", "set", "pb", "mtu", "1500");
        b.run("ip", "link", "set", "eth0", "mtu", "1500");
        await().atMost(SOON).until(() -> state("pb").contains("mtu    1500"));
        assertThat(a.run("sh", "-c", "ping -c1 -W1 -Mdo -s2972 10.0.0.2 || true"))
                .contains("0 received");
        assertThat(state("pb")).doesNotContain("dropped=0 errors=0\n  tx     packets=0");
    }
}
