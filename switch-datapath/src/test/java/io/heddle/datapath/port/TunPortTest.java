package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A layer 3 device in one namespace, an Ethernet host in another. */
@Tag("netns")
class TunPortTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final PacketPool pool = new PacketPool(256);
    private NetnsLab lab;
    private NetnsLab.Host a;
    private NetnsLab.Host b;
    private Cable cable;
    private Port tun;

    @BeforeEach
    void build() throws IOException {
        lab = new NetnsLab();
        a = lab.host("a");
        b = lab.host("b");
        cable = new Cable(pool, OversizeHandler.NONE);
        tun = cable.open(new PortSpec.Tun(lab.device("t"), 0x020000000007L, 0));
        cable.open(new PortSpec.Veth(lab.device("v"), "eth0", b.netns()));
        lab.run("ip", "link", "set", tun.name(), "netns", a.netns());
        a.configure(tun.name(), "10.0.0.1/24");
        a.run("ip", "addr", "add", "fd00::1/64", "dev", tun.name());
        b.run("ip", "addr", "add", "fd00::2/64", "dev", "eth0", "nodad");
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
    void shouldResolveNeighboursWithoutLosingTheFirstPacket() {
        assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
        assertThat(a.run("ping", "-6", "-c1", "-W2", "fd00::2")).contains("1 received");
        assertThat(b.run("ip", "neigh", "show", "10.0.0.1")).contains("02:00:00:00:00:07");
    }

    @Test
    void shouldAnswerForTheAddressesOfTheDevice() {
        await().atMost(SOON).until(() -> {
            LabProcess ping = b.start("ping", "-c1", "-W1", "10.0.0.1");
            return ping.awaitExit(SOON) == 0;
        });
        assertThat(b.run("ping", "-6", "-c1", "-W2", "fd00::1")).contains("1 received");
        assertThat(b.run("ip", "-6", "neigh", "show", "fd00::1")).contains("02:00:00:00:00:07");
    }

    @Test
    void shouldPassSuperFramesBothWays() {
        b.start("iperf3", "-s", "--forceflush").awaitOutput("listening", SOON);
        a.run("iperf3", "-c", "10.0.0.2", "-t1");
        long there = cable.superFrames();
        assertThat(there).isGreaterThan(50);
        a.run("iperf3", "-c", "10.0.0.2", "-t1", "-R");
        assertThat(cable.superFrames()).isGreaterThan(there + 50);
        assertThat(tun.statistics().transmitDrops(DropReason.MALFORMED)).isZero();
    }

    @Test
    void shouldGiveUpOnANeighbourThatDoesNotAnswer() {
        LabProcess ping = a.start("ping", "-c1", "-W1", "10.0.0.99");
        assertThat(ping.awaitExit(SOON)).isNotZero();
        await().atMost(SOON).until(() -> tun.statistics().receiveDrops(DropReason.NO_NEIGHBOUR) == 1);
    }
}
