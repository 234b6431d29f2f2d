package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.NativeException;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A TAP in one namespace and a veth in another, with nothing but a cable between the two ports. */
@Tag("netns")
class RealPortsTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final PacketPool pool = new PacketPool(256);
    private final AtomicInteger oversize = new AtomicInteger();
    private NetnsLab lab;
    private NetnsLab.Host a;
    private NetnsLab.Host b;
    private Cable cable;
    private Port tap;
    private Port veth;

    @BeforeEach
    void build() throws IOException {
        lab = new NetnsLab();
        a = lab.host("a");
        b = lab.host("b");
        cable = new Cable(pool, (port, packet, mtu) -> oversize.set(mtu));
        String tapName = lab.device("t");
        tap = cable.open(new PortSpec.Tap(tapName));
        veth = cable.open(new PortSpec.Veth(lab.device("v"), "eth0", b.netns()));
        lab.run("ip", "link", "set", tapName, "netns", a.netns());
        a.configure(tapName, "10.0.0.1/24");
        b.configure("eth0", "10.0.0.2/24");
        cable.start();
    }

    @AfterEach
    void remove() throws InterruptedException {
        cable.close();
        lab.close();
        assertThat(pool.available()).as("frames that came back").isEqualTo(pool.capacity());
        pool.close();
    }

    @Test
    void shouldPassPings() {
        assertThat(a.run("ping", "-c3", "-i0.05", "-W2", "10.0.0.2")).contains("3 received");
        assertThat(tap.statistics().receivedPackets()).isGreaterThanOrEqualTo(3);
        assertThat(veth.statistics().sentOctets()).isGreaterThanOrEqualTo(3 * 98);
        assertThat(veth.warning()).isEmpty();
    }

    @Test
    void shouldPassSuperFramesUncutBothWaysWithRightChecksums() {
        LabProcess server = b.start("iperf3", "-s", "--forceflush").awaitOutput("listening", SOON);
        LabProcess sniffer = b.start("tcpdump", "-i", "eth0", "-nvvU", "-s0", "-Qin", "-c400", "tcp port 5201")
                .awaitOutput("listening on", SOON);
        String there = a.run("iperf3", "-c", "10.0.0.2", "-t1", "-J");
        assertThat(gigabits(there)).isGreaterThan(0.5);
        long superFrames = cable.superFrames();
        assertThat(superFrames).isGreaterThan(100);
        String back = a.run("iperf3", "-c", "10.0.0.2", "-t1", "-R", "-J");
        assertThat(gigabits(back)).isGreaterThan(0.5);
        assertThat(cable.superFrames()).isGreaterThan(superFrames + 100);
        assertThat(server.isRunning()).isTrue();
        assertThat(veth.statistics().transmitDrops()).isZero();
        sniffer.awaitExit(SOON);
        assertThat(sniffer.output()).doesNotContainPattern("bad (udp )?cksum");
    }

    @Test
    void shouldPutCompleteChecksumsOnTheWireWithoutOffloads() {
        a.run("ethtool", "-K", tap.name(), "tx", "off", "rx", "off");
        b.run("ethtool", "-K", "eth0", "tx", "off", "rx", "off");
        LabProcess sniffer = b.start("tcpdump", "-i", "eth0", "-nvvU", "-s0", "-c20", "udp or tcp")
                .awaitOutput("listening on", SOON);
        b.start("iperf3", "-s", "--forceflush").awaitOutput("listening", SOON);
        a.run("iperf3", "-c", "10.0.0.2", "-n", "200K");
        sniffer.awaitExit(SOON);
        assertThat(sniffer.output())
                .contains("cksum")
                .contains("(correct)")
                .doesNotContain("incorrect")
                .doesNotContainPattern("bad (udp )?cksum"); // a bare "bad" is in many a right hex checksum
    }

    private static double gigabits(String json) {
        String key = "\"bits_per_second\":";
        String number = json.substring(json.lastIndexOf(key) + key.length()).strip();
        return Double.parseDouble(number.substring(0, number.indexOf(',') < 0 ? 4 : number.indexOf(','))) / 1e9;
    }

    @Test
    void shouldCountAndTellWhatExceedsTheMtu() {
        a.run("ip", "link", "set", tap.name(), "mtu", "9000");
        await().atMost(SOON).until(() -> tap.mtu() == 9000); // told although the device is elsewhere
        LabProcess ping = a.start("ping", "-c1", "-W1", "-s", "3000", "-Mdo", "10.0.0.2");
        assertThat(ping.awaitExit(SOON)).isNotZero();
        assertThat(veth.statistics().transmitDrops(DropReason.MTU_EXCEEDED)).isEqualTo(1);
        assertThat(oversize).hasValue(1500);
        lab.run("ip", "link", "set", veth.name(), "mtu", "9000");
        b.run("ip", "link", "set", "eth0", "mtu", "9000");
        await().atMost(SOON).until(() -> veth.mtu() == 9000);
        assertThat(a.run("ping", "-c1", "-W2", "-s", "3000", "-Mdo", "10.0.0.2"))
                .contains("1 received");
    }

    @Test
    void shouldMakeADeletedTapAgain() {
        a.run("ping", "-c1", "-W2", "10.0.0.2");
        a.run("ip", "link", "del", tap.name());
        await().atMost(SOON).until(() -> {
            synchronized (cable.changes) {
                return cable.changes.toString().contains("GONE");
            }
        });
        await().atMost(SOON).until(tap::linkUp);
        lab.run("ip", "link", "set", tap.name(), "netns", a.netns());
        a.configure(tap.name(), "10.0.0.1/24");
        assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
    }

    @Test
    void shouldMakeADeletedVethAgain() {
        a.run("ping", "-c1", "-W2", "10.0.0.2");
        b.run("ip", "link", "del", "eth0");
        await().atMost(SOON).until(() -> {
            synchronized (cable.changes) {
                return cable.changes.toString().contains("GONE");
            }
        });
        await().atMost(SOON).until(veth::linkUp);
        b.run("ip", "addr", "add", "10.0.0.2/24", "dev", "eth0");
        assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
    }

    @Test
    void shouldRefuseADeviceThatAnotherPortHas() {
        assertThatThrownBy(() -> cable.factory.open(new PortSpec.SystemDevice(veth.name()), 9, cable.context))
                .isInstanceOf(NativeException.class)
                .hasMessage(
                        "%s: claim: EADDRINUSE (address in use): another port of a switch on this host has the"
                                + " interface: remove it there first",
                        veth.name());
    }

    @Test
    void shouldRefuseToReplaceAForeignVeth() {
        String name = lab.device("f");
        lab.run("ip", "link", "add", name, "type", "veth", "peer", lab.device("g"));
        assertThatThrownBy(() -> cable.factory.open(new PortSpec.Veth(name, "x0", a.netns()), 9, cable.context))
                .hasMessageContaining("EEXIST")
                .hasMessageContaining("not made by Heddle");
    }

    @Test
    void shouldNameMissingInterfacesAndNamespaces() {
        assertThatThrownBy(() -> cable.factory.open(new PortSpec.SystemDevice("nosuch0"), 9, cable.context))
                .hasMessageStartingWith("nosuch0: RTM_GETLINK: ENODEV (no such device): there is no such interface");
        assertThatThrownBy(() ->
                        cable.factory.open(new PortSpec.Veth(lab.device("n"), "x0", "no-such-ns"), 9, cable.context))
                .hasMessageContaining(
                        "there is no network namespace \"no-such-ns\": make it first (ip netns add no-such-ns)");
    }
}
