package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tunnels of every kind between Heddle and an Open vSwitch with its user-space datapath. Each has a bridge of its own at either end.
 *
 * <pre>
 *   10.30.N.1, t0 ... (Heddle) s ==== 10.99.0.0/24, fd99::/64 ==== t (Open vSwitch) t0 ..., 10.30.N.2
 * </pre>
 */
@Tag("differential")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class TunnelPeersTest {
    private static final Duration BUSY = Duration.ofSeconds(40);

    /** A tunnel as both say it, and what a capture says of its packets from Heddle. */
    private record Kind(String heddle, String openVSwitch, String filter, List<String> seen) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(
                    "type: geneve, remote: 10.99.0.2, key: 71",
                    "type=geneve options:remote_ip=10.99.0.1 options:key=71",
                    "udp port 6081 and udp[13] == 0 and udp[14] == 71",
                    List.of("10.99.0.1.", "Geneve", "vni 0x47", "[no cksum]", "flags [none]")),
            new Kind(
                    "type: geneve, remote: 10.99.0.2, key: 72, csum: true, tos: 32, ttl: 9, df: true",
                    "type=geneve options:remote_ip=10.99.0.1 options:key=72 options:csum=true",
                    "udp port 6081 and udp[14] == 72",
                    List.of("tos 0x20", "ttl 9,", "flags [DF]", "[udp sum ok]", "vni 0x48")),
            new Kind(
                    "type: geneve, remote: \"fd99::2\", key: 73",
                    "type=geneve options:remote_ip=fd99::1 options:key=73",
                    "ip6 and udp port 6081 and ip6[54] == 73",
                    List.of("fd99::1.", "[udp sum ok]", "Geneve", "vni 0x49")),
            new Kind(
                    "type: vxlan, remote: \"fd99::2\", key: 74",
                    "type=vxlan options:remote_ip=fd99::1 options:key=74",
                    "ip6 and udp port 4789 and ip6[54] == 74",
                    List.of("fd99::1.", "VXLAN", "vni 74")),
            new Kind(
                    "type: gre, remote: 10.99.0.2",
                    "type=gre options:remote_ip=10.99.0.1",
                    "ip proto 47 and ip[20] == 0",
                    List.of("10.99.0.1 > 10.99.0.2: GREv0, Flags [none]")),
            new Kind(
                    "type: gre, remote: 10.99.0.2, key: 4000000000, csum: true",
                    "type=gre options:remote_ip=10.99.0.1 options:key=4000000000 options:csum=true",
                    "ip proto 47 and ip[20] == 0xa0",
                    List.of("GREv0, Flags [checksum present, key present]", "key=0xee6b2800")),
            // Not with a checksum, too: this Open vSwitch computes it before it writes the sequence number.
            new Kind(
                    "type: gre, remote: 10.99.0.2, key: 77, seq: true",
                    "type=gre options:remote_ip=10.99.0.1 options:key=77 options:seq=true",
                    "ip proto 47 and ip[20] == 0x30",
                    List.of("GREv0, Flags [key present, sequence# present]", "key=0x4d", "seq ")),
            new Kind(
                    "type: gre, remote: \"fd99::2\", key: 76",
                    "type=gre options:remote_ip=fd99::1 options:key=76",
                    "ip6 proto 47 and ip6[40] == 0x20",
                    List.of("fd99::1 > fd99::2: GREv0, Flags [key present]", "key=0x4c")));

    private HeddleLab lab;
    private Host s;
    private Host t;

    @BeforeEach
    void startNetwork() {
        lab = new HeddleLab();
        s = lab.net.host("s");
        t = lab.net.host("t");
        lab.net.run(
                "ip", "link", "add", "under", "mtu", "1600", "netns", s.netns(), "type", "veth", "peer", "name",
                "under", "mtu", "1600", "netns", t.netns());
        address(s, "under", 1);
        // What a wire would need, the kernel does before: this Open vSwitch knows no offloads.
        s.run("ethtool", "-K", "under", "tx", "off", "tso", "off", "gso", "off");
        t.run("ip", "link", "set", "under", "up");
    }

    private static void address(Host host, String device, int last) {
        host.configure(device, "10.99.0." + last + "/24");
        host.run("ip", "-6", "addr", "add", "fd99::" + last + "/64", "dev", device, "nodad");
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    private OpenVSwitch startOpenVSwitch() {
        OpenVSwitch peer = OpenVSwitch.start(t, lab.folder.resolve("ovs"));
        List<String> setup =
                new ArrayList<>(List.of("add-br", "phy", "--", "set", "bridge", "phy", "datapath_type=netdev"));
        setup.addAll(List.of("--", "add-port", "phy", "under"));
        peer.vsctl(setup.toArray(String[]::new));
        address(t, "phy", 2);
        for (int i = 0; i < KINDS.size(); i++) {
            List<String> bridge = new ArrayList<>(List.of("add-br", "t" + i));
            bridge.addAll(List.of("--", "set", "bridge", "t" + i, "datapath_type=netdev"));
            bridge.addAll(List.of("--", "add-port", "t" + i, "x" + i, "--", "set", "interface", "x" + i));
            bridge.addAll(List.of(KINDS.get(i).openVSwitch.split(" ")));
            peer.vsctl(bridge.toArray(String[]::new));
            host(t, i, 2);
        }
        return peer;
    }

    private static void host(Host at, int tunnel, int last) {
        at.run("ip", "link", "set", "t" + tunnel, "mtu", "1400");
        at.configure("t" + tunnel, "10.30." + tunnel + "." + last + "/24");
    }

    private void startHeddle() {
        StringBuilder bridges = new StringBuilder("bridges:\n");
        for (int i = 0; i < KINDS.size(); i++) {
            bridges.append("""
                      - name: b%1$d
                        fail-mode: standalone
                        listen: ["punix:%3$s"]
                        ports:
                          - { name: t%1$d, type: internal }
                          - { name: x%1$d, number: 1, %2$s }
                    """.formatted(i, KINDS.get(i).heddle, lab.socket("b" + i + ".mgmt")));
        }
        lab.startSwitch(s, "s", bridges.toString());
        for (int i = 0; i < KINDS.size(); i++) {
            host(s, i, 1);
        }
    }

    private void awaitPing(int tunnel) {
        String to = "10.30." + tunnel + ".2";
        Awaitility.await(KINDS.get(tunnel).heddle)
                .atMost(BUSY)
                .until(() -> s.start("ping", "-c", "1", "-W", "1", to).awaitExit(BUSY) == 0);
    }

    @Test
    void shouldCarryPacketsBothWays() {
        startOpenVSwitch();
        startHeddle();
        for (int i = 0; i < KINDS.size(); i++) {
            Kind kind = KINDS.get(i);
            awaitPing(i);
            String from = kind.filter.startsWith("ip6") ? "src fd99::1 and " : "src 10.99.0.1 and ";
            try (LabProcess dump = s.start("tcpdump", "-nvvi", "under", "-c", "1", from + kind.filter)) {
                dump.awaitOutput("listening on", BUSY);
                s.run(BUSY, "ping", "-c", "3", "-i", "0.2", "-W", "5", "-s", "1300", "10.30." + i + ".2");
                assertThat(dump.awaitExit(BUSY)).as(dump.output()).isZero();
                assertThat(dump.output().replaceAll("\\s+", " "))
                        .as(kind.heddle)
                        .contains(kind.seen);
            }
            t.run(BUSY, "ping", "-c", "3", "-i", "0.2", "-W", "5", "-s", "1300", "10.30." + i + ".1");
        }
    }

    /** Each end takes only packets with the option that the other is to set. */
    @Test
    void shouldMatchAndSetGeneveOptions() {
        OpenVSwitch peer = startOpenVSwitch();
        startHeddle();
        String heddle = "unix:" + lab.socket("b0.mgmt");
        String other = "unix:" + lab.folder.resolve("ovs").resolve("t0.mgmt");
        String options = "{class=0x102,type=0x80,len=4}->tun_metadata0,{class=0x108,type=1,len=8}->tun_metadata1";
        lab.net.run("ovs-ofctl", "add-tlv-map", heddle, options);
        peer.ofctl("add-tlv-map", other, options);
        lab.net.run("ovs-ofctl", "del-flows", heddle);
        peer.ofctl("del-flows", other);
        String toOther = "set_field:0xa1b2c3d4->tun_metadata0,set_field:0x1122334455667788->tun_metadata1";
        String fromOther = "set_field:0x77->tun_metadata0,set_field:0x8899aabbccddeeff->tun_metadata1";
        lab.net.run("ovs-ofctl", "add-flow", heddle, "in_port=LOCAL,actions=" + toOther + ",output:1");
        peer.ofctl("add-flow", other, "in_port=LOCAL,actions=" + fromOther + ",output:1");
        lab.net.run(
                "ovs-ofctl",
                "add-flow",
                heddle,
                "in_port=1,tun_metadata0=0x77,tun_metadata1=0x8899aa0000000000/0xffffff0000000000,actions=LOCAL");
        peer.ofctl(
                "add-flow", other, "in_port=1,tun_metadata0=0xa1b2c3d4,tun_metadata1=0x1122334455667788,actions=LOCAL");

        awaitPing(0);

        try (LabProcess dump = s.start("tcpdump", "-nvvi", "under", "-c", "1", "src 10.99.0.1 and udp port 6081")) {
            dump.awaitOutput("listening on", BUSY);
            s.run(BUSY, "ping", "-c", "3", "-i", "0.2", "-W", "5", "10.30.0.2");
            assertThat(dump.awaitExit(BUSY)).as(dump.output()).isZero();
            assertThat(dump.output())
                    .contains(
                            "Flags [C]", "class Open Virtual Networking (OVN) (0x102) type 0x80(C) len 8 data a1b2c3d4")
                    .contains("type 0x1 len 12 data 11223344 55667788");
        }
    }

    @Test
    void shouldCarryTcpBothWays() {
        startOpenVSwitch();
        startHeddle();
        try (LabProcess server = t.start("iperf3", "-s", "--forceflush")) {
            server.awaitOutput("listening", BUSY);
            for (int i = 0; i < KINDS.size(); i++) {
                awaitPing(i);
                String before = receiveDrops(i);
                // Whole super-frames enter Heddle's end, and leave in segments; the other way they come in segments.
                String to = "10.30." + i + ".2";
                for (List<String> way : List.of(List.of("-n", "2M"), List.of("-n", "2M", "-R"))) {
                    List<String> client = new ArrayList<>(List.of("iperf3", "-c", to));
                    client.addAll(way);
                    assertThat(s.run(BUSY, client.toArray(String[]::new)))
                            .as(KINDS.get(i).heddle)
                            .containsPattern("2\\.0\\d MBytes .* sender");
                }
                assertThat(receiveDrops(i)).as(KINDS.get(i).heddle).isEqualTo(before);
            }
        }
    }

    /** What a tunnel's port received when no port was there for it yet is among them, so only that none are added can be asserted. */
    private String receiveDrops(int tunnel) {
        String port = lab.heddle("s", "port", "show", "b" + tunnel, "x" + tunnel);
        Matcher counted =
                Pattern.compile("rx +packets=[1-9]\\d* .* dropped=(\\d+)").matcher(port);
        assertThat(counted.find()).as(port).isTrue();
        return counted.group(1);
    }
}
