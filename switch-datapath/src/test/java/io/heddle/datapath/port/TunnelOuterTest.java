package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.NetworkNamespace;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the outer headers of tunnels say, by what a capture at the other end says.
 *
 * <pre>
 *   a: TunnelPort, u0 10.9.0.1, fd09::1 ---- u0 10.9.0.2, fd09::2 :b
 * </pre>
 */
@Tag("netns")
class TunnelOuterTest {
    private static final IpAddress B4 = IpAddress.ipv4(0x0a090002);
    private static final IpAddress B6 = new IpAddress(0xfd09_0000_0000_0000L, 2);
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final TunnelOuter INHERITED = new TunnelOuter(true, 0, true, 0, true, true, false);
    private static final TunnelOuter FIXED = new TunnelOuter(false, 0x48, false, 33, false, false, false);

    private final NetnsLab lab = new NetnsLab();
    private final NetnsLab.Host a = lab.host("a");
    private final NetnsLab.Host b = lab.host("b");
    private final PacketPool pool = new PacketPool(256);
    private final PortContext context = new PortContext(pool, new PooledOffload(), (port, packet, mtu) -> {});
    private final TunnelEndpoints endpoints = new TunnelEndpoints();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void cableUp() {
        a.run("ip", "link", "add", "u0", "type", "veth", "peer", "name", "u0", "netns", b.netns());
        address(a, 1);
        address(b, 2);
        a.run("ethtool", "-K", "u0", "tx", "off", "tso", "off", "gso", "off");
        // Known neighbours: a packet that waits for one would be the only one of its test.
        b.run("ping", "-c1", "-W5", "10.9.0.1");
        b.run("ping", "-6", "-c1", "-W5", "fd09::1");
    }

    private static void address(NetnsLab.Host host, int last) {
        host.configure("u0", "10.9.0." + last + "/24");
        host.run("ip", "-6", "addr", "add", "fd09::" + last + "/64", "dev", "u0", "nodad");
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        pool.close();
        lab.close();
    }

    private TunnelPort open(TunnelProtocol protocol, IpAddress remote, TunnelKey key, TunnelOuter outer)
            throws IOException {
        PortSpec.Tunnel spec = new PortSpec.Tunnel(
                "t0", protocol, TunnelEnd.at(remote), TunnelEnd.ROUTED, key, protocol.defaultUdpPort(), outer, 0);
        TunnelPort port = NetworkNamespace.run(a.netns(), () -> endpoints.open(5, spec, context));
        opened.addFirst(port);
        return port;
    }

    private static PortSpec.Tunnel spec(String name, TunnelProtocol protocol, TunnelEnd remote, TunnelEnd local) {
        return new PortSpec.Tunnel(
                name,
                protocol,
                remote,
                local,
                TunnelKey.of(77),
                protocol.defaultUdpPort(),
                new TunnelOuter(false, 0, false, 0, false, true, false),
                0);
    }

    private void send(TunnelPort port, int count, PacketPool from) throws IOException {
        byte[] frame = frame(0);
        PacketBatch batch = new PacketBatch();
        for (int i = 0; i < count; i++) {
            Packet packet = Objects.requireNonNull(from.allocate());
            packet.append(frame.length);
            MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
            batch.add(packet);
        }
        assertThat(NetworkNamespace.run(b.netns(), () -> port.transmit(batch, 0)))
                .isEqualTo(count);
    }

    /** Receives until a port has counted so many packets. */
    private static void awaitReceived(TunnelPort port, long count) {
        PacketBatch batch = new PacketBatch();
        await().atMost(DEADLINE).until(() -> {
            port.receive(batch);
            batch.release();
            return port.statistics().receivedPackets() >= count;
        });
    }

    /** One listener for its own address, then one for all. */
    @ParameterizedTest
    @EnumSource(TunnelProtocol.class)
    void shouldReceiveEachPacketOnceWhereOnlyOnePortHasALocalAddress(TunnelProtocol protocol) throws Exception {
        IpAddress own = IpAddress.ipv4(0x0a090001);
        TunnelPort narrow = NetworkNamespace.run(
                a.netns(), () -> endpoints.open(5, spec("t1", protocol, TunnelEnd.at(B4), TunnelEnd.at(own)), context));
        opened.addFirst(narrow);
        TunnelEnd elsewhere = TunnelEnd.at(IpAddress.ipv4(0x0a090003));
        TunnelPort wide = NetworkNamespace.run(
                a.netns(), () -> endpoints.open(6, spec("t2", protocol, elsewhere, TunnelEnd.ROUTED), context));
        opened.addFirst(wide);
        PacketPool others = new PacketPool(64);
        PortContext theirs = new PortContext(others, new PooledOffload(), (port, packet, mtu) -> {});
        TunnelPort sender = NetworkNamespace.run(
                b.netns(),
                () -> new TunnelEndpoints().open(7, spec("t3", protocol, TunnelEnd.at(own), TunnelEnd.ROUTED), theirs));
        opened.addFirst(sender);
        for (int round = 1; round <= 3; round++) {
            send(sender, 10, others);
            awaitReceived(narrow, round * 10L);
        }
        assertThat(narrow.statistics().receivedPackets()).isEqualTo(30);
        others.close();
    }

    private static byte[] frame(int tos) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(1, 2)
                .tos(tos)
                .ttl(17)
                .udp(3, 4)
                .payload(new byte[50])
                .build();
    }

    /** Sends a frame and returns what tcpdump says of its outer packet, in one line. */
    private String capture(TunnelPort port, byte[] frame) throws Exception {
        String filter = port.spec().protocol().isUdp()
                ? "udp port " + port.spec().udpPort() + " and greater 100"
                : "proto 47 and greater 100";
        try (LabProcess dump = b.start("tcpdump", "-nvvi", "u0", "-c", "1", filter)) {
            dump.awaitOutput("listening on", DEADLINE);
            PacketBatch batch = new PacketBatch();
            Packet packet = Objects.requireNonNull(pool.allocate());
            packet.append(frame.length);
            MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
            packet.tunnel().setId(77);
            batch.add(packet);
            assertThat(NetworkNamespace.run(a.netns(), () -> port.transmit(batch, 0)))
                    .isEqualTo(1);
            assertThat(dump.awaitExit(DEADLINE)).as(dump.output()).isZero();
            return dump.output().replaceAll("\\s+", " ");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldInheritTosAndTtlThroughTheKernelsDeviceAndWithoutAlike(boolean isDevice) throws Exception {
        TunnelKey key = isDevice ? TunnelKey.of(77) : TunnelKey.FLOW;
        TunnelPort port = open(TunnelProtocol.VXLAN, B4, key, INHERITED);
        assertThat(port.isOffloaded()).isEqualTo(isDevice);

        assertThat(capture(port, frame(0xba)))
                .contains("tos 0xba,ECT(0), ttl 17,", "flags [DF], proto UDP", "[udp sum ok] VXLAN", "vni 77");
        assertThat(capture(port, frame(3))).contains("tos 0x2,ECT(0), ttl 17,");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSayWhatIsConfiguredThroughTheKernelsDeviceAndWithoutAlike(boolean isDevice) throws Exception {
        TunnelKey key = isDevice ? TunnelKey.of(77) : TunnelKey.FLOW;
        TunnelPort port = open(TunnelProtocol.VXLAN, B4, key, FIXED);

        assertThat(capture(port, frame(0xb9)))
                .contains("tos 0x49,ECT(1), ttl 33,", "flags [none], proto UDP", "[no cksum] VXLAN", "vni 77");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCrossIpv6ThroughTheKernelsDeviceAndWithoutAlike(boolean isDevice) throws Exception {
        TunnelKey key = isDevice ? TunnelKey.of(77) : TunnelKey.FLOW;
        TunnelPort port = open(TunnelProtocol.VXLAN, B6, key, INHERITED);
        assertThat(port.isOffloaded()).isEqualTo(isDevice);
        assertThat(port.mtu()).isEqualTo(1430);

        assertThat(capture(port, frame(0xb8)))
                .contains("class 0xb8", "hlim 17,", "fd09::1.", "> fd09::2.4789: [udp sum ok] VXLAN", "vni 77");
    }

    @ParameterizedTest
    @EnumSource(TunnelProtocol.class)
    void shouldSetTtlAndTosOfEveryProtocol(TunnelProtocol protocol) throws Exception {
        TunnelPort port = open(protocol, B4, TunnelKey.FLOW, FIXED);
        assertThat(capture(port, frame(0))).contains("tos 0x48, ttl 33,", "10.9.0.1");
    }

    @Test
    void shouldSendGreWithoutAKeyAndRefuseASecondPort() throws Exception {
        TunnelPort plain = open(TunnelProtocol.GRE, B4, TunnelKey.NONE, TunnelOuter.DEFAULT);
        assertThat(capture(plain, frame(0))).contains("GREv0, Flags [none]");
        assertThat(plain.mtu()).isEqualTo(1500 - 20 - 4 - 14);
        assertThatThrownBy(() -> open(TunnelProtocol.GRE, B4, TunnelKey.NONE, TunnelOuter.DEFAULT))
                .isInstanceOf(IOException.class)
                .hasMessage("t0: another gre port has the same remote, key and local address: change one of them");
    }

    @Test
    void shouldSayWhatWouldBeRight() {
        assertThatThrownBy(() -> new TunnelOuter(false, 3, false, 0, false, false, false))
                .hasMessage("tos: 3 is not a DSCP in place: a multiple of 4 in [0, 252], or \"inherit\"");
        assertThatThrownBy(() -> new TunnelOuter(false, 0, false, 256, false, false, false))
                .hasMessage("ttl: 256 is not in [1, 255], nor \"inherit\"");
        TunnelOuter numbered = new TunnelOuter(false, 0, false, 0, false, false, true);
        assertThatThrownBy(() -> open(TunnelProtocol.GENEVE, B4, TunnelKey.of(1), numbered))
                .hasMessage("seq: geneve has no sequence numbers: leave it out");
        assertThatThrownBy(() -> open(TunnelProtocol.GENEVE, B4, TunnelKey.of(1 << 24), TunnelOuter.DEFAULT))
                .hasMessage("key: 16777216 is not in [0, 16777215]");
        assertThatThrownBy(() -> new PortSpec.Tunnel(
                        "t0",
                        TunnelProtocol.GENEVE,
                        TunnelEnd.at(B6),
                        TunnelEnd.at(B4),
                        TunnelKey.NONE,
                        6081,
                        TunnelOuter.DEFAULT,
                        0))
                .hasMessageStartingWith("local: 10.9.0.2 and the remote address fd09::2 are not of one family");
    }
}
