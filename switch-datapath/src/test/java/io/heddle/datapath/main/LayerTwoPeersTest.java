package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The switch as a process, connected by two cables with the kernel's bridge and with Open vSwitch. */
class LayerTwoPeersTest {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration CONVERGENCE = Duration.ofSeconds(90);
    private static final String ADDRESS = "10.78.0.2";

    @TempDir
    private Path folder;

    /** A switch with a host at port 1 and cables e1 and e2 to a namespace, in which somebody is to bridge them. */
    private final class Life implements AutoCloseable {
        final NetnsLab lab = new NetnsLab();
        final NetnsLab.Host host = lab.host("h");
        final NetnsLab.Host peer = lab.host("p");
        private final LabProcess process;

        Life(String settings) throws IOException {
            Path file = Files.writeString(folder.resolve("switch.yaml"), """
                    switch:
                      grpc: { listen: ["unix:%1$s/switch.sock"] }
                      metrics: { listen: "off" }
                      state: %1$s/state
                    bridges:
                      - name: br0
                        fail-mode: standalone
                        listen: ["punix:%1$s/br0.mgmt"]
                    %2$s
                        ports:
                          - { name: %3$s, number: 1, type: veth, peer: eth0, netns: %6$s }
                          - { name: %4$s, number: 2, type: veth, peer: e1, netns: %7$s }
                          - { name: %5$s, number: 3, type: veth, peer: e2, netns: %7$s }
                    """.formatted(
                            folder,
                            settings.replace("E1", lab.device("v2"))
                                    .replace("E2", lab.device("v3"))
                                    .indent(4)
                                    .stripTrailing(),
                            lab.device("v1"),
                            lab.device("v2"),
                            lab.device("v3"),
                            host.netns(),
                            peer.netns()));
            process = lab.start(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            "io.heddle.datapath.main.SwitchProcess",
                            "--config",
                            file.toString())
                    .awaitOutput("heddle-switch: ready", START);
            host.configure("eth0", "10.78.0.1/24");
            // The peer's kernel hears of requests by e1 and e2 too, and is not to answer for the address of its bridge.
            peer.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore");
            peer.run("ip", "link", "set", "e1", "up");
            peer.run("ip", "link", "set", "e2", "up");
        }

        /** Port states as OpenFlow 1.0 says them. */
        String states() {
            return lab.run("ovs-ofctl", "-O", "OpenFlow10", "show", "unix:" + folder.resolve("br0.mgmt"));
        }

        void awaitPing() {
            await().atMost(CONVERGENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() ->
                            host.start("ping", "-c", "1", "-W", "1", ADDRESS).awaitExit(START) == 0);
        }

        void cutAndMend(String cable, String other) {
            peer.run("ip", "link", "set", other, "up");
            awaitPing();
            peer.run("ip", "link", "set", cable, "down");
            awaitPing();
            peer.run("ip", "link", "set", cable, "up");
        }

        long received() {
            return Long.parseLong(
                    host.run("cat", "/sys/class/net/eth0/statistics/rx_packets").strip());
        }

        /** Some broadcasts do not come back for ever. */
        void assertNoStorm() {
            long before = received();
            for (int i = 0; i < 5; i++) {
                host.run("ip", "neigh", "flush", "dev", "eth0");
                awaitPing();
            }
            assertThat(received() - before).isLessThan(2000);
        }

        @Override
        public void close() {
            process.signal("TERM");
            try {
                process.awaitExit(Duration.ofSeconds(30));
            } finally {
                lab.close();
            }
        }
    }

    @Test
    @Tag("netns")
    void shouldBreakALoopWithTheKernelsBridge() throws IOException {
        try (Life life = new Life("""
                rstp-enable: true
                other-config: { rstp-forward-delay: 4, rstp-max-age: 6 }""")) {
            life.peer.run("ip", "link", "add", "kb", "type", "bridge");
            life.peer.run("ip", "link", "set", "kb", "type", "bridge", "forward_delay", "400", "max_age", "600");
            life.peer.run("ip", "link", "set", "kb", "type", "bridge", "stp_state", "1");
            life.peer.run("ip", "link", "set", "e1", "master", "kb");
            life.peer.run("ip", "link", "set", "e2", "master", "kb");
            life.peer.configure("kb", ADDRESS + "/24");

            life.awaitPing();
            life.assertNoStorm();
            await().atMost(CONVERGENCE).untilAsserted(() -> {
                String blocked = life.states() + life.peer.run("bridge", "link", "show");
                assertThat(blocked).containsAnyOf("STP_BLOCK", "state blocking");
            });
            assertThat(life.states()).contains("STP_FORWARD");
            life.cutAndMend("e1", "e2");
            life.cutAndMend("e2", "e1");
            life.assertNoStorm();
        }
    }

    /** An Open vSwitch in the peer's namespace. */
    private final class Peer {
        private final Life life;

        Peer(Life life) {
            this.life = life;
            life.lab.run("ovsdb-tool", "create", at("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema");
            life.peer.start(words(List.of(
                    "ovsdb-server", "--remote=punix:" + at("db.sock"), "--unixctl=" + at("db.ctl"), at("conf.db"))));
            await().atMost(START).until(() -> Files.exists(folder.resolve("db.sock")));
            life.lab.run(words(List.of("ovs-vsctl", "--db=unix:" + at("db.sock"), "--no-wait", "init")));
            life.peer.start(words(
                    List.of("ovs-vswitchd", "unix:" + at("db.sock"), "--disable-system", "--unixctl=" + at("vs.ctl"))));
            await().atMost(START).until(() -> Files.exists(folder.resolve("vs.ctl")));
            vsctl("add-br", "ob", "--", "set", "bridge", "ob", "datapath_type=netdev");
        }

        private String at(String name) {
            return folder.resolve(name).toString();
        }

        private String[] words(List<String> command) {
            List<String> all = new ArrayList<>(List.of("env"));
            for (String name : List.of("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")) {
                all.add(name + "=" + folder);
            }
            all.addAll(command);
            return all.toArray(String[]::new);
        }

        void vsctl(String... command) {
            List<String> all = new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + at("db.sock"), "-t", "20"));
            all.addAll(List.of(command));
            life.peer.run(words(all));
        }

        String appctl(String... command) {
            List<String> all = new ArrayList<>(List.of("ovs-appctl", "-t", at("vs.ctl")));
            all.addAll(List.of(command));
            return life.peer.run(words(all));
        }
    }

    @Test
    @Tag("differential")
    void shouldBreakALoopWithOpenVSwitch() throws IOException {
        try (Life life = new Life("rstp-enable: true")) {
            Peer ovs = new Peer(life);
            ovs.vsctl("set", "bridge", "ob", "rstp_enable=true");
            ovs.vsctl("add-port", "ob", "e1", "--", "add-port", "ob", "e2");
            life.peer.configure("ob", ADDRESS + "/24");

            life.awaitPing();
            life.assertNoStorm();
            await().atMost(CONVERGENCE)
                    .untilAsserted(() -> assertThat(life.states() + ovs.appctl("rstp/show"))
                            .containsAnyOf("STP_BLOCK", "Alternate"));
            life.cutAndMend("e1", "e2");
            life.cutAndMend("e2", "e1");
            life.assertNoStorm();
        }
    }

    @Test
    @Tag("differential")
    void shouldAggregateLinksWithOpenVSwitch() throws IOException {
        try (Life life = new Life("""
                bonds:
                  - name: bond0
                    ports: [E1, E2]
                    bond-mode: balance-tcp
                    lacp: active
                    other-config: { lacp-time: fast }""")) {
            Peer ovs = new Peer(life);
            ovs.vsctl(
                    "add-bond",
                    "ob",
                    "bond0",
                    "e1",
                    "e2",
                    "bond_mode=balance-tcp",
                    "lacp=active",
                    "other_config:lacp-time=fast");
            life.peer.configure("ob", ADDRESS + "/24");

            life.awaitPing();
            await().atMost(CONVERGENCE)
                    .untilAsserted(() -> assertThat(ovs.appctl("lacp/show", "bond0"))
                            .contains("status: active negotiated")
                            .doesNotContain("expired", "defaulted"));
            life.assertNoStorm();
            life.cutAndMend("e1", "e2");
            life.cutAndMend("e2", "e1");
        }
    }

    /** A host joins by its own kernel, with IGMPv3 and MLDv2; others do not get what it asks for. */
    @Test
    @Tag("netns")
    void shouldHearRealJoins() throws IOException {
        try (Life life = new Life("mcast-snooping-enable: true")) {
            life.peer.configure("e1", ADDRESS + "/24");
            LabProcess joined = life.peer.start("python3", "-c", """
                    import socket, struct, sys
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'e1')
                    s.bind(('239.7.7.7', 7777))
                    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        struct.pack('4s4s', socket.inet_aton('239.7.7.7'), socket.inet_aton('%s')))
                    print('joined', flush=True)
                    print('got', s.recv(100), flush=True)
                    sys.stdin.read()
                    """.formatted(ADDRESS));
            joined.awaitOutput("joined", START);
            LabProcess sender = life.host.start("python3", "-c", """
                    import socket, time
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('10.78.0.1'))
                    for i in range(600):
                        s.sendto(b'news', ('239.7.7.7', 7777))
                        print('sent', i, flush=True)
                        time.sleep(0.05)
                    """);
            joined.awaitOutput("got b'news'", START);
            // The report may have come while the first packets were flooded: from now on the other cable gets none.
            String path = "/sys/class/net/e2/statistics/rx_packets";
            await().atMost(START).untilAsserted(() -> {
                long before = Long.parseLong(life.peer.run("cat", path).strip());
                int sent = sender.output().length();
                await().atMost(START).until(() -> sender.output().length() > sent + 60);
                assertThat(Long.parseLong(life.peer.run("cat", path).strip()) - before)
                        .isLessThan(4);
            });
        }
    }
}
