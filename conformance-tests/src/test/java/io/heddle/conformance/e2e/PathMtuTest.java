package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.NetnsLab.Host;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A packet that does not fit a tunnel is answered, and the sender's kernel believes the answer (RFC 1191, RFC 8201).
 *
 * <pre>
 *   a, MTU 1500 --- s --- vxlan over an underlay of MTU 1400 --- t --- b, MTU 1500
 * </pre>
 */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class PathMtuTest {
    /** The underlay's 1400 less 14 (inner Ethernet), 8 (VXLAN), 8 (UDP) and 20 (IPv4). */
    private static final String TUNNEL_MTU = "1350";

    private HeddleLab lab;
    private Host a;
    private Host b;

    @BeforeEach
    void startNetwork() {
        lab = new HeddleLab();
        Host s = lab.net.host("s");
        Host t = lab.net.host("t");
        a = lab.net.host("a");
        b = lab.net.host("b");
        lab.net.run(
                "ip", "link", "add", "under", "mtu", "1400", "netns", s.netns(), "type", "veth", "peer", "name",
                "under", "mtu", "1400", "netns", t.netns());
        s.configure("under", "10.99.0.1/24");
        t.configure("under", "10.99.0.2/24");
        startSwitch(s, "s", a, "10.99.0.1", "10.99.0.2");
        startSwitch(t, "t", b, "10.99.0.2", "10.99.0.1");
        address(a, "10.30.0.1/24", "fd30::1/64");
        address(b, "10.30.0.2/24", "fd30::2/64");
    }

    private void startSwitch(Host at, String name, Host host, String local, String remote) {
        lab.startSwitch(at, name, """
                bridges:
                  - name: br0
                    fail-mode: standalone
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: v1, number: 2, type: vxlan, local: %s, remote: %s, key: 30 }
                """.formatted(host.netns(), local, remote));
    }

    private static void address(Host host, String v4, String v6) {
        host.configure("eth0", v4);
        host.run("ip", "-6", "addr", "add", v6, "dev", "eth0", "nodad");
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    /** A small packet first: it says that the path is there, and fills the neighbour tables. */
    private void awaitPing(String to) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .ignoreException(AssertionError.class)
                .until(() -> {
                    a.run("ping", "-c", "1", "-W", "1", to);
                    return true;
                });
    }

    /** One answer is enough; answers are bounded per cycle, and pings may be lost on a busy machine: ask until it is known. */
    private void awaitLearned(String to, String... ping) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            a.start(ping).awaitExit(Duration.ofSeconds(20));
            return a.run("ip", "route", "get", to).contains(" mtu " + TUNNEL_MTU + " ");
        });
    }

    @Test
    void shouldTeachTheSenderThePathMtuOfATunnel() {
        awaitPing("10.30.0.2");
        assertThat(a.run("ip", "route", "get", "10.30.0.2")).doesNotContain(" mtu ");

        awaitLearned("10.30.0.2", "ping", "-c", "1", "-W", "1", "-M", "do", "-s", "1400", "10.30.0.2");

        // The longest that fits passes unfragmented: 1350 - 20 (IPv4) - 8 (ICMP). One octet more is refused by the
        // sender itself.
        a.run("ping", "-c", "5", "-i", "0.2", "-W", "5", "-M", "do", "-s", "1322", "10.30.0.2");
        var tooLong = a.start("ping", "-c", "1", "-W", "1", "-M", "do", "-s", "1323", "10.30.0.2");
        assertThat(tooLong.awaitExit(Duration.ofSeconds(20))).isEqualTo(1);
        assertThat(tooLong.output()).contains("message too long, mtu=" + TUNNEL_MTU);
    }

    @Test
    void shouldTeachTheSenderThePathMtuOfATunnelByIpv6() {
        awaitPing("fd30::2");
        assertThat(a.run("ip", "route", "get", "fd30::2")).doesNotContain(" mtu ");

        awaitLearned("fd30::2", "ping", "-6", "-c", "1", "-W", "1", "-M", "do", "-s", "1400", "fd30::2");

        // 1350 - 40 (IPv6) - 8 (ICMPv6)
        a.run("ping", "-6", "-c", "5", "-i", "0.2", "-W", "5", "-M", "do", "-s", "1302", "fd30::2");
    }
}
