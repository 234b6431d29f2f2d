package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.buffer.Umem;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.BpfAssembler;
import io.heddle.datapath.os.BpfLink;
import io.heddle.datapath.os.BpfProgram;
import io.heddle.datapath.os.Netlink;
import io.heddle.datapath.os.NetworkNamespace;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two hosts, each on a veth pair that the switch finds or makes and uses through AF_XDP. */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class XdpPortTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final PacketPool pool = new PacketPool(256);
    private NetnsLab lab;
    private NetnsLab.Host a;
    private NetnsLab.Host b;
    private Cable cable;
    private Umem umem;
    private Port found;
    private Port made;

    @BeforeEach
    void build() throws IOException {
        lab = new NetnsLab();
        a = lab.host("a");
        b = lab.host("b");
        cable = new Cable(pool, OversizeHandler.NONE, new PooledOffload());
        umem = cable.factory.umem(cable.context, 0);
        makeFoundDevice(lab.device("s"), 1);
    }

    private void makeFoundDevice(String name, int queues) {
        lab.run(
                "ip",
                "link",
                "add",
                name,
                "numrxqueues",
                Integer.toString(queues),
                "numtxqueues",
                Integer.toString(queues),
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "numrxqueues",
                Integer.toString(queues),
                "numtxqueues",
                Integer.toString(queues),
                "netns",
                a.netns());
        lab.run("ip", "link", "set", name, "up");
        a.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:0a");
        a.configure("eth0", "10.0.0.1/24");
    }

    private void open(PortSpec.Io other) throws IOException {
        found = cable.open(new PortSpec.SystemDevice(lab.device("s"), 0, 0, PortSpec.Io.AF_XDP));
        made = cable.open(new PortSpec.Veth(lab.device("v"), "eth0", b.netns(), 0, 0, other));
        b.configure("eth0", "10.0.0.2/24");
        cable.start();
    }

    @AfterEach
    void remove() throws InterruptedException {
        cable.stop();
        umem.collect();
        assertThat(umem.lent()).as("frames that the kernel still has").isZero();
        assertThat(umem.available()).as("frames that came back").isEqualTo(umem.capacity());
        cable.factory.close();
        lab.close();
        assertThat(pool.available()).as("frames that came back").isEqualTo(pool.capacity());
        pool.close();
    }

    private void transfer(String... options) {
        LabProcess server = b.start("iperf3", "-s", "-1", "--forceflush").awaitOutput("listening", SOON);
        String[] command = new String[options.length + 4];
        System.arraycopy(new String[] {"iperf3", "-c", "10.0.0.2", "-n20M"}, 0, command, 0, 4);
        System.arraycopy(options, 0, command, 4, options.length);
        a.run(Duration.ofSeconds(60), command);
        server.awaitExit(SOON);
    }

    @Test
    void shouldPassTcpBetweenHostsWithOffloadsOn() throws IOException {
        a.run("ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on");
        open(PortSpec.Io.AF_XDP);
        assertThat(found.io()).isEqualTo("af_xdp native");
        assertThat(a.run("ping", "-c3", "-i0.01", "-W5", "10.0.0.2")).contains("3 received");
        transfer();
        transfer("-R");
        assertThat(found.statistics().receivedPackets()).isGreaterThan(1000);
        assertThat(made.statistics().transmitErrors()).isZero();
        assertThat(pool.allocations()).as("frames that were copied").isZero();
    }

    @Test
    void shouldPassSuperFramesOfAPacketSocketInSegments() throws IOException {
        open(PortSpec.Io.AF_PACKET);
        transfer();
        transfer("-R");
        assertThat(cable.superFrames()).as("from the packet socket").isPositive();
        LabProcess server = b.start("iperf3", "-s", "-1", "--forceflush").awaitOutput("listening", SOON);
        assertThat(a.run("iperf3", "-c", "10.0.0.2", "-u", "-n100K", "-R", "--forceflush"))
                .contains("receiver");
        server.awaitExit(SOON);
    }

    @Test
    void shouldKeepTags() throws IOException {
        a.run("ethtool", "-K", "eth0", "txvlan", "on");
        open(PortSpec.Io.AF_XDP);
        LabProcess sniffer =
                b.start("tcpdump", "-i", "eth0", "-nexxU", "-c1", "vlan 100").awaitOutput("listening on", SOON);
        BpfLink pusher = pushTags();
        LabProcess ping = a.start("ping", "-i0.2", "-b", "10.0.0.255");
        sniffer.awaitExit(SOON);
        ping.close();
        pusher.close();
        assertThat(sniffer.output()).contains("vlan 100");
    }

    /** Gives each frame that the first host sends a tag that is not in the frame yet. */
    private BpfLink pushTags() throws IOException {
        int skbVlanPush = 18;
        long[] code = new BpfAssembler()
                .set(2, Short.reverseBytes((short) 0x8100) & 0xffff)
                .set(3, 100)
                .call(skbVlanPush)
                .set(0, 0) // TC_ACT_OK
                .exit()
                .build();
        return NetworkNamespace.run(a.netns(), () -> {
            try (BpfProgram program = BpfProgram.load("eth0", BpfProgram.Hook.TCX_EGRESS, code);
                    Netlink netlink = Netlink.open()) {
                return BpfLink.attach(program, "eth0", netlink.get("eth0").index(), 0, "");
            }
        });
    }

    @Test
    void shouldComeBackWithTheDevice() throws IOException {
        open(PortSpec.Io.AF_XDP);
        a.run("ping", "-c1", "-W5", "10.0.0.2");
        LabProcess flood = b.start("ping", "-f", "-q", "10.0.0.1");
        lab.run("ip", "link", "del", found.name());
        await().atMost(SOON).until(() -> found.state() == PortState.GONE);
        makeFoundDevice(found.name(), 1);
        await().atMost(SOON).until(found::linkUp);
        await().atMost(SOON)
                .until(() -> a.run("sh", "-c", "ping -c1 -W1 10.0.0.2 || true").contains("1 received"));
        flood.close();
        await().atMost(SOON).untilAsserted(() -> assertThat(found.warning()).isEmpty());
    }

    @Test
    void shouldTellThatTheLinkIsDown() throws IOException {
        open(PortSpec.Io.AF_XDP);
        a.run("ping", "-c1", "-W5", "10.0.0.2");
        a.run("ip", "link", "set", "eth0", "down");
        await().atMost(SOON).until(() -> found.state() == PortState.DOWN);
        a.run("ip", "link", "set", "eth0", "up");
        await().atMost(SOON).until(found::linkUp);
        assertThat(a.run("ping", "-c1", "-W5", "10.0.0.2")).contains("1 received");
    }

    @Test
    void shouldUseEveryQueue() throws IOException {
        lab.run("ip", "link", "del", lab.device("s"));
        makeFoundDevice(lab.device("s"), 2);
        a.run("ethtool", "-L", "eth0", "rx", "2", "tx", "2");
        lab.run("ethtool", "-L", lab.device("s"), "rx", "2", "tx", "2");
        open(PortSpec.Io.AF_XDP);
        transfer("-P4");
        assertThat(a.run("ping", "-c3", "-i0.01", "-W5", "10.0.0.2")).contains("3 received");
    }

    @Test
    void shouldGiveBackWhatItFound() throws IOException {
        lab.run("ip", "link", "set", lab.device("s"), "mtu", "1400");
        String before = features();
        assertThat(before).contains("tx-checksumming: on");
        PortSpec spec = new PortSpec.SystemDevice(lab.device("s"), 1300, 0, PortSpec.Io.AF_XDP);
        Port port = cable.factory.open(spec, 9, cable.context);
        assertThat(port.mtu()).isEqualTo(1300);
        assertThat(features()).contains("tx-checksumming: off").contains("tx-vlan-offload: off");
        assertThat(lab.run("ip", "-d", "link", "show", port.name()))
                .contains("prog/xdp")
                .contains("promiscuity 1");
        port.drain();
        port.close();
        assertThat(lab.run("ip", "-d", "link", "show", port.name()))
                .doesNotContain("prog/xdp")
                .contains("mtu 1400")
                .contains("promiscuity 0");
        assertThat(features()).isEqualTo(before);
    }

    private String features() {
        return a.run("ethtool", "-k", "eth0");
    }

    @Test
    void shouldRefuseWhatItCannotDoRight() {
        String name = lab.device("s");
        lab.run("ip", "link", "set", name, "mtu", "9000");
        assertThatThrownBy(() ->
                        cable.factory.open(new PortSpec.SystemDevice(name, 0, 0, PortSpec.Io.AF_XDP), 9, cable.context))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(name + ": io: af_xdp: the MTU of 9000 is too long")
                .hasMessageContaining("io: af_packet");
        String tap = lab.device("t");
        lab.run("ip", "tuntap", "add", tap, "mode", "tap");
        assertThatThrownBy(() ->
                        cable.factory.open(new PortSpec.SystemDevice(tap, 0, 0, PortSpec.Io.AF_XDP), 9, cable.context))
                .hasMessageContaining("this is a device of kind tun: use the port with io: af_packet");
        lab.run("ip", "link", "set", name, "mtu", "1500");
    }

    @Test
    void shouldCountWhatFindsNoFrame() throws IOException {
        open(PortSpec.Io.AF_XDP);
        a.run("ping", "-c1", "-W5", "10.0.0.2");
        String mac = b.run("cat", "/sys/class/net/eth0/address").strip();
        a.run("ip", "neigh", "replace", "10.0.0.2", "lladdr", mac, "dev", "eth0");
        cable.pause();
        a.run("sh", "-c", "ping -l3000 -c3000 -q -w2 10.0.0.2 || true");
        cable.resume();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(found.statistics().receiveDrops(DropReason.NO_BUFFER)
                                + found.statistics().receiveDrops(DropReason.RX_OVERRUN))
                        .isPositive());
        assertThat(found.statistics().receiveDrops(DropReason.RX_TRUNCATED)).isZero();
        await().atMost(SOON)
                .until(() -> a.run("sh", "-c", "ping -c1 -W1 10.0.0.2 || true").contains("1 received"));
    }

    @Test
    void shouldLoseNoFrameWhenItIsClosedWithTrafficRunning() throws Exception {
        open(PortSpec.Io.AF_XDP);
        LabProcess flood = a.start("ping", "-f", "-q", "-s", "1400", "10.0.0.2");
        await().atMost(SOON).until(() -> made.statistics().sentPackets() > 2000);
        cable.stop();
        umem.collect();
        assertThat(umem.available()).isEqualTo(umem.capacity());
        flood.close();
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
                "AF_XDP");
        owner.awaitOutput("has port 1", Duration.ofSeconds(60));
        assertThat(lab.run("ip", "link", "show", name)).contains("prog/xdp");
        owner.signal("KILL");
        owner.awaitExit(SOON);
        await().atMost(SOON).until(() -> !lab.run("ip", "link", "show", name).contains("prog/xdp"));
        PortSpec spec = new PortSpec.Veth(name, "eth1", b.netns(), 0, 0, PortSpec.Io.AF_XDP);
        Port port = cable.factory.open(spec, 9, cable.context);
        assertThat(port.linkUp()).isTrue();
        assertThat(lab.run("ip", "link", "show", name)).contains("prog/xdp");
        port.close();
        assertThat(Path.of("/sys/class/net", name)).doesNotExist();
    }

    @Test
    void shouldAllocateNothingBetweenTwoSockets() throws IOException {
        found = cable.open(new PortSpec.SystemDevice(lab.device("s"), 0, 0, PortSpec.Io.AF_XDP));
        made = cable.open(new PortSpec.Veth(lab.device("v"), "eth0", b.netns(), 0, 0, PortSpec.Io.AF_XDP));
        b.configure("eth0", "10.0.0.2/24");
        LabProcess flood = a.start("ping", "-f", "-q", "-s", "1400", "10.0.0.2");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        PacketBatch batch = new PacketBatch();
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        long last = -1;
        int calls = 1;
        // A downcall allocates until the optimizing compiler has seen it, which takes longer on a busy machine.
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
