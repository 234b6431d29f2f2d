package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connection tracking and NAT under the kernel's own TCP, with its super-frames and unfinished checksums. */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class ConntrackTrafficTest {
    private static final Duration TRAFFIC = Duration.ofSeconds(30);

    private HeddleLab lab;
    private Host a;
    private Host b;

    @BeforeEach
    void startNetwork() {
        lab = new HeddleLab();
        a = lab.net.host("a");
        b = lab.net.host("b");
        lab.startSwitch(lab.net.host("s"), "s", """
                bridges:
                  - name: br0
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: p2, number: 2, type: veth, peer: eth0, netns: %s, mac: "02:00:00:00:00:02" }
                """.formatted(a.netns(), b.netns()));
        a.run("ip", "addr", "add", "10.9.0.1/24", "dev", "eth0");
        b.run("ip", "addr", "add", "10.9.0.2/24", "dev", "eth0");
        for (Host host : new Host[] {a, b}) {
            host.run("ip", "link", "set", "eth0", "up");
        }
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    private void flows(String... flows) {
        Path file = lab.write("flows.txt", String.join("\n", flows));
        lab.heddle("s", "flow", "add", "br0", "--file", file.toString());
    }

    /** A megabyte or more by TCP from {@code a} to {@code b}, and back with {@code options} {@code -R}. */
    private void transfer(String... options) {
        try (LabProcess server = b.start("iperf3", "-s", "-1", "--forceflush")) {
            server.awaitOutput("listening", NetnsLab.DEADLINE);
            List<String> command = new ArrayList<>(List.of("iperf3", "-c", "10.9.0.2", "-n", "64M"));
            command.addAll(List.of(options));
            a.run(TRAFFIC, command.toArray(String[]::new));
        }
    }

    private void assertNoAnswer(Host from, String address) {
        try (LabProcess ping = from.start("ping", "-c", "2", "-i", "0.2", "-W", "1", address)) {
            assertThat(ping.awaitExit(NetnsLab.DEADLINE)).as(ping.output()).isEqualTo(1);
        }
    }

    @Test
    void shouldLetOnlyAnswersIn() {
        flows(
                "table=0,priority=10,arp,actions=normal",
                "table=0,priority=5,ip,ct_state=-trk,actions=ct(zone=1,table=1)",
                "table=1,in_port=1,ip,ct_state=+trk+new,actions=ct(commit,zone=1),output:2",
                "table=1,in_port=1,ip,ct_state=+trk+est,actions=output:2",
                "table=1,in_port=2,ip,ct_state=+trk+est,actions=output:1",
                "table=1,in_port=2,ip,ct_state=+trk+rel,actions=output:1");

        a.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.9.0.2");
        a.run("ping", "-c", "2", "-i", "0.2", "-s", "8000", "-W", "5", "10.9.0.2"); // in fragments
        assertNoAnswer(b, "10.9.0.1");
        transfer();
        transfer("-R");
        transfer("-P", "4");
        // The port is closed: the ICMP error is related to the connection that it is about.
        assertThat(a.run("/usr/bin/python3", "-c", """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(10)
                s.connect(("10.9.0.2", 9))
                s.send(b"x")
                try:
                    s.recv(10)
                except ConnectionRefusedError:
                    print("refused")
                """)).isEqualTo("refused\n");
        assertThat(lab.heddle("s", "flow", "dump", "br0").lines().filter(line -> line.contains("+rel")))
                .singleElement()
                .asString()
                .contains("n_packets=1,");
    }

    @Test
    void shouldHideAnAddressBehindAnother() {
        flows(
                "table=0,priority=10,arp,actions=normal",
                "table=0,priority=5,in_port=1,ip,actions=ct(commit,zone=2,nat(src=10.9.0.77:2000-2999)),output:2",
                "table=0,priority=5,in_port=2,ip,actions=ct(zone=2,nat,table=1)",
                "table=1,in_port=2,ip,ct_state=+est,actions=output:1");
        String mac = a.run("cat", "/sys/class/net/eth0/address").strip();
        b.run("ip", "neigh", "add", "10.9.0.77", "lladdr", mac, "dev", "eth0");

        transfer();
        transfer("-R");
        a.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.9.0.2");
        a.run("ping", "-c", "2", "-i", "0.2", "-s", "8000", "-W", "5", "10.9.0.2"); // in fragments

        assertThat(lab.heddle("s", "conntrack", "dump").lines().filter(line -> line.startsWith("tcp")))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line)
                        .contains("orig=(src=10.9.0.1,dst=10.9.0.2,")
                        .containsPattern(
                                "reply=\\(src=10\\.9\\.0\\.2,dst=10\\.9\\.0\\.77,sport=5201,dport=2\\d{3}\\)"));
    }
}
