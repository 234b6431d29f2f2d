package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.NetworkNamespace;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a VXLAN port leaves to the kernel: encapsulating, and cutting super-frames.
 *
 * <pre>
 *   :a: TunnelPort, u0 10.9.1.1 ---- u0 10.9.1.2 :b: vx0, VNI 77
 * </pre>
 */
@Tag("netns")
class VxlanOffloadTest {
    private static final int A = 0x0a090101;
    private static final int B = 0x0a090102;
    private static final int VNI = 77;
    private static final long FROM = 0x020000000081L;
    private static final long TO = 0x020000000082L;
    private static final int GSO_SIZE = 1300;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** An inner frame with a TCP payload of the given size, and where its TCP header lies. */
    enum Inner {
        IPV4(34, Packet.GSO_TCPV4),
        IPV4_CONGESTED(34, Packet.GSO_TCPV4),
        IPV4_TAGGED(38, Packet.GSO_TCPV4),
        IPV6(54, Packet.GSO_TCPV6);

        private final int l4;
        private final int gsoType;

        Inner(int l4, int gsoType) {
            this.l4 = l4;
            this.gsoType = gsoType;
        }

        private byte[] frame(int payload) {
            byte[] octets = new byte[payload];
            new Random(21).nextBytes(octets);
            PacketBuilder builder = PacketBuilder.ethernet(FROM, TO);
            if (this == IPV4_TAGGED) {
                builder.vlan(12);
            }
            if (this == IPV6) {
                builder.ipv6(1, 2, 3, 4).tos(2);
            } else {
                builder.ipv4(0xc0a80701, 0xc0a80702).fragment(0xfffe, 0x4000);
            }
            if (this == IPV4_CONGESTED) {
                builder.tos(3);
            }
            return builder.tcp(40_000, 80, 0xfffff000, 7, TcpView.ACK | TcpView.PSH | TcpView.FIN | TcpView.CWR)
                    .payload(octets)
                    .build();
        }
    }

    @TempDir
    Path folder;

    private final NetnsLab lab = new NetnsLab();
    private final NetnsLab.Host a = lab.host("a");
    private final NetnsLab.Host b = lab.host("b");
    private final PacketPool pool = new PacketPool(64);
    private final PortContext context = new PortContext(pool, new PooledOffload(), (port, packet, mtu) -> {});
    private final TunnelEndpoints endpoints = new TunnelEndpoints();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void cableUp() {
        a.run("ip", "link", "add", "u0", "type", "veth", "peer", "name", "u0", "netns", b.netns());
        a.configure("u0", "10.9.1.1/24");
        b.configure("u0", "10.9.1.2/24");
        b.run(
                "ip",
                "link",
                "add",
                "vx0",
                "type",
                "vxlan",
                "id",
                "77",
                "remote",
                "10.9.1.1",
                "local",
                "10.9.1.2",
                "dstport",
                "4789",
                "noudpcsum");
        b.run("ip", "link", "set", "vx0", "up");
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        pool.close();
        lab.close();
    }

    private TunnelPort open(int number, boolean fromFlow) throws IOException {
        PortSpec.Tunnel spec = fromFlow
                ? Tunnels.vxlan("vxf", 0, true, A, false, 0, true, 4789, 0)
                : Tunnels.vxlan("vx0", B, false, A, false, VNI, false, 4789, 0);
        TunnelPort port = NetworkNamespace.run(a.netns(), () -> endpoints.open(number, spec, context));
        opened.addFirst(port);
        assertThat(port.isOffloaded()).isEqualTo(!fromFlow);
        return port;
    }

    private RawPort openDevice(String name) throws IOException {
        int index = Integer.parseInt(
                b.run("cat", "/sys/class/net/" + name + "/ifindex").strip());
        RawPort device = NetworkNamespace.run(b.netns(), () -> new RawPort(name, index));
        opened.addFirst(device);
        return device;
    }

    /** A TCP super-frame as a guest's kernel hands it over: the checksum is that of the pseudo header. */
    private PacketBatch superFrame(Inner inner, int payload) {
        byte[] frame = inner.frame(payload);
        Packet packet = Objects.requireNonNull(pool.allocate());
        packet.append(frame.length);
        MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
        long l3 = packet.offset() + inner.l4 - (inner == Inner.IPV6 ? 40 : 20);
        int length = frame.length - inner.l4;
        int pseudo = inner == Inner.IPV6
                ? Checksums.ipv6Pseudo(packet.memory(), l3, IpProtocols.TCP, length)
                : Checksums.ipv4Pseudo(packet.memory(), l3, IpProtocols.TCP, length);
        Octets.put16(packet.memory(), packet.offset() + inner.l4 + TcpView.CHECKSUM_OFFSET, Checksums.fold(pseudo));
        packet.setNeedsChecksum(inner.l4, TcpView.CHECKSUM_OFFSET);
        packet.setGso(inner.gsoType, true, GSO_SIZE);
        packet.tunnel().setAddresses(A, B);
        packet.tunnel().setId(VNI);
        PacketBatch batch = new PacketBatch();
        batch.add(packet);
        return batch;
    }

    private int transmit(TunnelPort port, PacketBatch batch, long nowNs) throws IOException {
        return NetworkNamespace.run(a.netns(), () -> port.transmit(batch, nowNs));
    }

    @ParameterizedTest
    @EnumSource(Inner.class)
    void shouldPutTheSameSegmentsOnTheWireAsTheKernel(Inner inner) throws Exception {
        // A wire can neither cut nor complete: what is captured is what a physical device would be given.
        a.run("ethtool", "-K", "u0", "tx", "off", "tso", "off", "gso", "off");
        b.run("ethtool", "-K", "u0", "tx", "off", "tso", "off", "gso", "off");
        TunnelPort offloaded = open(5, false);
        TunnelPort raw = open(6, true);
        RawPort kernel = openDevice("vx0");
        int segments = 4;
        int payload = 3 * GSO_SIZE + 701;
        Path capture = folder.resolve("u0.pcap");
        try (LabProcess dump = b.start(
                "tcpdump",
                "-i",
                "u0",
                "-s",
                "0",
                "-c",
                Integer.toString(3 * segments),
                "-U",
                "-w",
                capture.toString(),
                "udp",
                "port",
                "4789",
                "and",
                "udp[8] == 8",
                "and",
                "ether[50:4] == 0x02000000")) {
            dump.awaitOutput("listening on", PATIENCE);
            kernel.transmit(superFrame(inner, payload));
            assertThat(transmit(offloaded, superFrame(inner, payload), 0)).isEqualTo(1);
            assertThat(transmit(raw, superFrame(inner, payload), 0)).isEqualTo(1);
            assertThat(dump.awaitExit(PATIENCE)).as(dump.output()).isZero();
        }
        List<byte[]> frames = readPcap(capture);
        List<byte[]> theirs = frames.stream().filter(f -> f[29] == 2).toList();
        List<byte[]> ours = frames.stream().filter(f -> f[29] == 1).toList();
        assertThat(theirs).hasSize(segments);
        assertThat(ours).hasSize(2 * segments);
        for (int i = 0; i < 2 * segments; i++) {
            String expected = comparable(theirs.get(i % segments));
            assertThat(comparable(ours.get(i))).as("segment %d", i).isEqualTo(expected);
            assertThat(isInnerChecksumRight(ours.get(i))).as("segment %d", i).isTrue();
            assertThat(sourcePort(ours.get(i)))
                    .isBetween(49_152, 65_535)
                    .isEqualTo(sourcePort(ours.get(i / segments * segments)));
        }
        assertThat(offloaded.statistics().transmitDrops()).isZero();
        assertThat(pool.available()).isEqualTo(pool.capacity());
    }

    private static boolean isInnerChecksumRight(byte[] frame) {
        MemorySegment memory = MemorySegment.ofArray(frame);
        long layers = PacketLayers.parse(memory, 50, frame.length - 50);
        return PacketLayers.isIp(layers) && Checksums.isL4Valid(memory, 50, layers);
    }

    private static int sourcePort(byte[] frame) {
        return Octets.u16(MemorySegment.ofArray(frame), 34);
    }

    /** Outer headers and the rest, without what must differ: MAC and IP addresses, IP id and checksum, source port. */
    private static String comparable(byte[] frame) {
        byte[] copy = frame.clone();
        for (int[] range : new int[][] {{0, 12}, {18, 20}, {24, 36}}) {
            Arrays.fill(copy, range[0], range[1], (byte) 0);
        }
        return HexFormat.of().formatHex(copy);
    }

    private static List<byte[]> readPcap(Path file) throws IOException {
        MemorySegment pcap = MemorySegment.ofArray(Files.readAllBytes(file));
        List<byte[]> frames = new ArrayList<>();
        for (long at = 24; at < pcap.byteSize(); ) {
            int length = pcap.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8);
            frames.add(pcap.asSlice(at + 16, length).toArray(ValueLayout.JAVA_BYTE));
            at += 16 + length;
        }
        return frames;
    }

    @ParameterizedTest
    @EnumSource(Inner.class)
    void shouldNotCutWhatTheUnderlayTakesWhole(Inner inner) throws Exception {
        TunnelPort port = open(5, false);
        RawPort underlay = openDevice("u0");

        assertThat(transmit(port, superFrame(inner, 60_000), 0)).isEqualTo(1);

        byte[] expected = inner.frame(60_000);
        PacketBatch batch = new PacketBatch();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean isSeen = false;
        while (!isSeen && System.nanoTime() < deadline) {
            underlay.receive(batch);
            for (int i = 0; i < batch.size(); i++) {
                Packet packet = batch.get(i);
                if (packet.length() == 50 + expected.length) {
                    assertThat(packet.gsoSize()).isEqualTo(GSO_SIZE);
                    assertThat(packet.checksumStart()).isEqualTo(50 + inner.l4);
                    isSeen = true;
                }
            }
            batch.release();
        }
        assertThat(isSeen).as("one frame of %d octets", 50 + expected.length).isTrue();
    }

    @Test
    void shouldNameTheDropWithoutARoute() throws Exception {
        TunnelPort port = open(5, false);
        assertThat(transmit(port, superFrame(Inner.IPV4, 5_000), 0)).isEqualTo(1);
        a.run("ip", "route", "del", "10.9.1.0/24");

        assertThat(transmit(port, superFrame(Inner.IPV4, 5_000), 2_000_000_000L))
                .isZero();

        assertThat(port.statistics().transmitDrops(DropReason.NO_ROUTE)).isEqualTo(1);
        assertThat(port.statistics().sentPackets()).isEqualTo(1);
        a.run("ip", "route", "add", "10.9.1.0/24", "dev", "u0");
        assertThat(transmit(port, superFrame(Inner.IPV4, 5_000), 4_000_000_000L))
                .isEqualTo(1);
        assertThat(pool.available()).isEqualTo(pool.capacity());
    }

    @Test
    void shouldShowNoDeviceAndLeaveNoSocket() throws Exception {
        String links = a.run("ip", "-o", "link");
        String sockets = a.run("cat", "/proc/net/udp");

        TunnelPort port = open(5, false);
        assertThat(a.run("ip", "-o", "link")).isEqualTo(links);
        assertThat(a.run("cat", "/proc/net/udp").lines().count())
                .as("the VXLAN port, and that of the device")
                .isEqualTo(sockets.lines().count() + 2);

        opened.remove(port);
        port.close();
        assertThat(a.run("cat", "/proc/net/udp")).isEqualTo(sockets);
    }
}
