package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NetworkNamespace;
import io.heddle.datapath.os.PacketSocket;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two hosts, each on a veth pair that the switch finds or makes. */
@Tag("netns")
class SystemPortTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final PacketPool pool = new PacketPool(256);
    private NetnsLab lab;
    private NetnsLab.Host a;
    private NetnsLab.Host b;
    private Cable cable;
    private Port found;
    private Port made;

    @BeforeEach
    void build() throws IOException {
        lab = new NetnsLab();
        a = lab.host("a");
        b = lab.host("b");
        cable = new Cable(pool, OversizeHandler.NONE);
        String name = lab.device("s");
        makeFoundDevice(name);
        found = cable.open(new PortSpec.SystemDevice(name));
        made = cable.open(new PortSpec.Veth(lab.device("v"), "eth0", b.netns()));
        b.configure("eth0", "10.0.0.2/24");
    }

    private void makeFoundDevice(String name) {
        lab.run(
                "ip",
                "link",
                "add",
                name,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "address",
                "02:00:00:00:00:0a",
                "netns",
                a.netns());
        lab.run("ip", "link", "set", name, "up");
        a.configure("eth0", "10.0.0.1/24");
    }

    @AfterEach
    void remove() throws InterruptedException {
        cable.close();
        lab.close();
        assertThat(pool.available()).as("frames that came back").isEqualTo(pool.capacity());
        pool.close();
    }

    @Test
    void shouldPassSuperFramesWithinTheRings() {
        cable.start();
        b.start("iperf3", "-s", "--forceflush").awaitOutput("listening", SOON);
        a.run("iperf3", "-c", "10.0.0.2", "-t1");
        assertThat(cable.superFrames()).isGreaterThan(100);
        a.run("iperf3", "-c", "10.0.0.2", "-t1", "-R", "-P4");
        assertThat(made.statistics().receiveErrors() + found.statistics().transmitErrors())
                .isZero();
    }

    @Test
    void shouldComeBackWithTheDevice() {
        cable.start();
        a.run("ping", "-c1", "-W2", "10.0.0.2");
        lab.run("ip", "link", "del", found.name());
        await().atMost(SOON).until(() -> found.state() == PortState.GONE);
        makeFoundDevice(found.name());
        await().atMost(SOON).until(found::linkUp);
        assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
    }

    @Test
    void shouldTellThatTheLinkIsDown() {
        cable.start();
        assertThat(found.linkUp()).isTrue();
        a.run("ip", "link", "set", "eth0", "down");
        await().atMost(SOON).until(() -> found.state() == PortState.DOWN);
        a.run("ip", "link", "set", "eth0", "up");
        await().atMost(SOON).until(found::linkUp);
        assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
    }

    @Test
    void shouldPutTagsBackThatTheKernelHasTakenOut() throws IOException {
        cable.start();
        LabProcess sniffer = b.start("tcpdump", "-i", "eth0", "-exxnU", "-c1", "ether proto 0x88b5 or vlan")
                .awaitOutput("listening on", SOON);
        String frame = "ffffffffffff" + "02000000000a" + "8100" + "6064" + "88b5" + "48656464" + "00".repeat(46);
        send(a.netns(), HexFormat.of().parseHex(frame));
        sniffer.awaitExit(SOON);
        assertThat(sniffer.output()).contains("vlan 100").contains("p 3").contains("0x88b5");
        assertThat(sniffer.output().replaceAll("\\s", "")).contains("48656464");
        assertThat(found.statistics().receivedOctets() % 1000).isNotZero();
    }

    private static void send(String netns, byte[] frame) throws IOException {
        int sent = NetworkNamespace.run(netns, () -> {
            try (PacketSocket socket =
                            PacketSocket.open("eth0", 0, new PacketSocket.Options(0x88b6, 1, 0, false, false, null));
                    Arena arena = Arena.ofConfined()) {
                socket.bind(java.net.NetworkInterface.getByName("eth0").getIndex());
                MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame);
                MessageBatch messages = new MessageBatch(1, PacketSocket.VNET_HEADER);
                messages.add(PacketSocket.VNET_HEADER, memory, 0, frame.length);
                return socket.send(messages, 0);
            }
        });
        assertThat(sent).isEqualTo(1);
    }

    @Test
    void shouldKeepFramesFromTheHostsOwnStack() {
        cable.start();
        String own = lab.device("d");
        lab.run("ip", "link", "add", own, "type", "veth", "peer", "name", lab.device("e"));
        lab.run("ip", "addr", "add", "192.0.2.77/32", "dev", own);
        lab.run("ip", "link", "set", own, "up");
        a.run("ip", "route", "add", "192.0.2.77/32", "dev", "eth0");
        assertThat(a.start("ping", "-c1", "-W1", "192.0.2.77").awaitExit(SOON)).isNotZero();
        assertThat(a.run("ip", "neigh", "show", "192.0.2.77")).doesNotContain("lladdr");
    }

    @Test
    void shouldRestoreTheMtuAndRemoveWhatItMade() throws Exception {
        String name = lab.device("m");
        lab.run("ip", "link", "add", name, "type", "veth", "peer", "name", lab.device("n"));
        Port port = cable.factory.open(new PortSpec.SystemDevice(name, 9000, 1), 9, cable.context);
        assertThat(port.mtu()).isEqualTo(9000);
        assertThat(lab.run("ip", "-d", "link", "show", name))
                .contains("mtu 9000")
                .contains("promiscuity 1");
        port.close();
        assertThat(lab.run("ip", "-d", "link", "show", name))
                .contains("mtu 1500")
                .contains("promiscuity 0");
        made.close();
        assertThat(Path.of("/sys/class/net", made.name())).doesNotExist();
        assertThat(Path.of("/sys/class/net", found.name())).exists();
    }

    @Test
    void shouldTakeOverWhatAKilledProcessHasLeft() throws IOException {
        String name = lab.device("k");
        LabProcess owner = lab.start(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                VethOwner.class.getName(),
                name,
                "eth1",
                b.netns(),
                "AF_PACKET");
        owner.awaitOutput("has port 1", Duration.ofSeconds(60));
        b.run("ip", "addr", "add", "10.9.0.2/24", "dev", "eth1");
        assertThatThrownBy(() -> cable.factory.open(new PortSpec.Veth(name, "eth1", b.netns()), 9, cable.context))
                .hasMessageContaining("another port of a switch on this host has the interface");
        owner.signal("KILL");
        owner.awaitExit(SOON);
        assertThat(Path.of("/sys/class/net", name)).exists();
        try (Port port = cable.factory.open(new PortSpec.Veth(name, "eth1", b.netns()), 9, cable.context)) {
            assertThat(port.linkUp()).isTrue();
            assertThat(b.run("ip", "addr", "show", "eth1")).contains("10.9.0.2/24");
        }
        assertThat(Path.of("/sys/class/net", name)).doesNotExist();
    }

    @Test
    void shouldAllocateNothingBetweenTwoRings() {
        LabProcess flood = a.start("ping", "-f", "-q", "-s", "1400", "10.0.0.2");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        PacketBatch batch = new PacketBatch();
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        long last = -1;
        int calls = 1;
        // A downcall allocates 40 octets until the optimizing compiler has seen it, which takes longer on a busy
        // machine.
        for (int round = 0; round < 20 || last / calls != 0 && round < 200; round++) {
            long enough = found.statistics().sentPackets() + 100;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (calls = 0; calls < 20_000 || found.statistics().sentPackets() < enough; calls++) {
                found.receive(batch);
                made.transmit(batch, calls);
                made.receive(batch);
                found.transmit(batch, calls);
                if ((calls & 0xfff) == 0 && System.nanoTime() - deadline > 0) {
                    throw new AssertionError("too few packets: " + found + " " + flood.output());
                }
            }
            last = threads.getCurrentThreadAllocatedBytes() - before;
        }
        flood.close();
        assertThat(last / calls).isZero();
    }
}
