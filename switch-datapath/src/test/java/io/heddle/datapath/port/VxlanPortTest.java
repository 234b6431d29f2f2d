package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.NetworkNamespace;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Octets;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.PacketPrinter;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The VXLAN port against the kernel's vxlan device.
 *
 * <pre>
 *   guest: eth0 192.168.7.1 ---- g0 :a: TunnelPort, u0 10.9.0.1 ---- u0 10.9.0.2 :b: vx0 192.168.7.2, VNI 77
 * </pre>
 */
@Tag("netns")
class VxlanPortTest {
    private static final int A = 0x0a090001;
    private static final int B = 0x0a090002;
    private static final int VNI = 77;
    private static final long GUEST_MAC = 0x020000000071L;
    private static final long KERNEL_MAC = 0x020000000072L;

    @TempDir
    Path folder;

    private final NetnsLab lab = new NetnsLab();
    private final NetnsLab.Host a = lab.host("a");
    private final NetnsLab.Host b = lab.host("b");
    private final NetnsLab.Host guest = lab.host("g");
    private final PacketPool pool = new PacketPool(256);
    private final List<String> oversize = new ArrayList<>();
    private final PortContext context = new PortContext(
            pool, new PooledOffload(), (port, packet, mtu) -> oversize.add(packet.length() + " > " + mtu));
    private final TunnelEndpoints endpoints = new TunnelEndpoints();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void cableUp() {
        a.run("ip", "link", "add", "u0", "type", "veth", "peer", "name", "u0", "netns", b.netns());
        a.configure("u0", "10.9.0.1/24");
        b.configure("u0", "10.9.0.2/24");
        a.run("ip", "link", "add", "g0", "type", "veth", "peer", "name", "eth0", "netns", guest.netns());
        a.run("ip", "link", "set", "g0", "up");
        guest.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:71");
        guest.configure("eth0", "192.168.7.1/24");
        kernelDevice("vx0", "id", "77", "remote", "10.9.0.1", "local", "10.9.0.2", "dstport", "4789");
    }

    private void kernelDevice(String name, String... options) {
        List<String> command = new ArrayList<>(List.of("ip", "link", "add", name, "type", "vxlan"));
        command.addAll(List.of(options));
        b.run(command.toArray(String[]::new));
        b.run("ip", "link", "set", name, "address", "02:00:00:00:00:72");
        b.configure(name, "192.168.7.2/24");
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        pool.close();
        lab.close();
    }

    private TunnelPort open(int number, PortSpec.Tunnel spec) throws IOException {
        TunnelPort port = NetworkNamespace.run(a.netns(), () -> endpoints.open(number, spec, context));
        opened.addFirst(port);
        return port;
    }

    private TunnelPort openToKernel() throws IOException {
        return open(5, Tunnels.vxlan("vx0", B, false, A, false, VNI, false, 4789, 0));
    }

    private RawPort openGuestPort() throws IOException {
        int index = Integer.parseInt(a.run("cat", "/sys/class/net/g0/ifindex").strip());
        RawPort port = NetworkNamespace.run(a.netns(), () -> new RawPort("g0", index));
        opened.addFirst(port);
        return port;
    }

    /** Moves packets between the guest's port and the tunnel until it is closed. */
    private final class Cable implements Runnable, AutoCloseable {
        private final TunnelPort tunnel;
        private final RawPort local;
        private final Thread thread = Thread.ofPlatform().name("cable").unstarted(this);
        private volatile boolean isDone;

        Cable(TunnelPort tunnel, RawPort local) {
            this.tunnel = tunnel;
            this.local = local;
            thread.start();
        }

        @Override
        public void run() {
            try {
                NetworkNamespace.run(a.netns(), this::move);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private boolean move() {
            PacketBatch batch = new PacketBatch();
            while (!isDone) {
                int work = local.receive(batch);
                tunnel.transmit(batch, System.nanoTime());
                work += tunnel.receive(batch);
                local.transmit(batch);
                if (work == 0) {
                    LockSupport.parkNanos(20_000);
                }
            }
            return true;
        }

        @Override
        public void close() {
            isDone = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while the cable was still moving packets", e);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {576, 1450, 1500, 9000})
    void shouldInteroperateWithTheKernelAtEveryMtu(int mtu) throws Exception {
        String underlay = Integer.toString(Math.max(mtu + 50, 626));
        a.run("ip", "link", "set", "u0", "mtu", underlay);
        b.run("ip", "link", "set", "u0", "mtu", underlay);
        a.run("ip", "link", "set", "g0", "mtu", Integer.toString(mtu));
        guest.run("ip", "link", "set", "eth0", "mtu", Integer.toString(mtu));
        b.run("ip", "link", "set", "vx0", "mtu", Integer.toString(mtu));
        TunnelPort tunnel = openToKernel();
        assertThat(tunnel.mtu()).isEqualTo(mtu);
        assertThat(tunnel.isOffloaded()).isTrue();

        try (Cable cable = new Cable(tunnel, openGuestPort())) {
            String size = Integer.toString(mtu - 28);
            assertThat(guest.run("ping", "-c3", "-i0.2", "-W2", "-Mdo", "-s", size, "192.168.7.2"))
                    .contains(" 0% packet loss");
            assertThat(b.run("ping", "-c3", "-i0.2", "-W2", "-Mdo", "-s", size, "192.168.7.1"))
                    .contains(" 0% packet loss");
            assertThat(cable.thread.isAlive()).isTrue();
        }
        assertThat(tunnel.statistics().receivedPackets()).isGreaterThanOrEqualTo(6);
        assertThat(tunnel.statistics().transmitDrops()).isZero();
        assertThat(tunnel.statistics().receiveDrops()).isZero();
    }

    @Test
    void shouldCarryTcpAtFullOffloadWithRightChecksums() throws Exception {
        guest.run("ethtool", "-K", "eth0", "tx", "on", "tso", "on", "gso", "on");
        // As on a wire: what veth would take with partial checksums, the kernel completes before.
        a.run("ethtool", "-K", "u0", "tx", "off");
        TunnelPort tunnel = openToKernel();
        Path capture = folder.resolve("u0.pcap");
        try (Cable cable = new Cable(tunnel, openGuestPort());
                LabProcess server = guest.start("iperf3", "-s", "--forceflush");
                LabProcess dump = b.start(
                        "tcpdump",
                        "-i",
                        "u0",
                        "-Q",
                        "in",
                        "-s",
                        "0",
                        "-c",
                        "400",
                        "-U",
                        "-w",
                        capture.toString(),
                        "udp",
                        "port",
                        "4789")) {
            server.awaitOutput("listening", Duration.ofSeconds(5));
            dump.awaitOutput("listening on", Duration.ofSeconds(5));
            String toGuest = b.run(Duration.ofSeconds(15), "iperf3", "-c", "192.168.7.1", "-t", "2", "-f", "m");
            String fromGuest = b.run(Duration.ofSeconds(15), "iperf3", "-c", "192.168.7.1", "-t", "2", "-f", "m", "-R");
            assertThat(megabits(toGuest)).as(toGuest).isGreaterThan(100);
            assertThat(megabits(fromGuest)).as(fromGuest).isGreaterThan(100);
            assertThat(dump.awaitExit(Duration.ofSeconds(10))).isZero();
            assertThat(cable.thread.isAlive()).isTrue();
        }
        String decoded = b.run("tcpdump", "-nvvr", capture.toString());
        assertThat(decoded)
                .contains("VXLAN")
                .contains("(correct)")
                .doesNotContain("incorrect")
                .doesNotContainPattern("bad (udp )?cksum"); // a bare "bad" is in many a right hex checksum
    }

    private static String receiverLine(String output) {
        return output.lines()
                .filter(line -> line.contains("receiver"))
                .findFirst()
                .orElse("no result");
    }

    private static double megabits(String output) {
        String[] words = receiverLine(output).strip().split("\\s+");
        for (int i = 1; i < words.length; i++) {
            if (words[i].equals("Mbits/sec")) {
                return Double.parseDouble(words[i - 1]);
            }
        }
        return 0;
    }

    @Test
    void shouldWriteTheSameOuterHeadersAsTheKernel() throws Exception {
        TunnelPort tunnel = openToKernel();
        b.run("ip", "link", "del", "vx0");
        kernelDevice("vx0", "id", "77", "remote", "10.9.0.1", "local", "10.9.0.2", "dstport", "4789", "noudpcsum");
        Path capture = folder.resolve("both.pcap");
        List<byte[]> inner = List.of(
                PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                        .ipv4(1, 2)
                        .udp(3, 4)
                        .payload(new byte[100])
                        .build(),
                PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                        .ipv4(1, 2)
                        .tos(0xb9)
                        .udp(3, 4)
                        .build(),
                PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                        .ipv4(1, 2)
                        .tos(3)
                        .udp(3, 4)
                        .build(),
                PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                        .vlan(12)
                        .ipv4(1, 2)
                        .udp(3, 4)
                        .build(),
                PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                        .ipv6(1, 2, 3, 4)
                        .tos(2)
                        .udp(3, 4)
                        .build());
        int index = Integer.parseInt(b.run("cat", "/sys/class/net/vx0/ifindex").strip());
        try (RawPort kernel = NetworkNamespace.run(b.netns(), () -> new RawPort("vx0", index));
                LabProcess dump = b.start(
                        "tcpdump",
                        "-i",
                        "u0",
                        "-s",
                        "0",
                        "-c",
                        "10",
                        "-U",
                        "-w",
                        capture.toString(),
                        "udp",
                        "port",
                        "4789",
                        "and",
                        "udp[8] == 8",
                        "and",
                        "(ether[50:4] == 0x02000000 or ether[54:4] == 0x02000000)")) {
            dump.awaitOutput("listening on", Duration.ofSeconds(5));
            for (byte[] frame : inner) {
                transmit(tunnel, batchOf(frame));
                kernel.transmit(batchOf(frame));
            }
            assertThat(dump.awaitExit(Duration.ofSeconds(10))).as(dump.output()).isZero();
        }
        List<byte[]> frames = readPcap(capture);
        for (int i = 0; i < inner.size(); i++) {
            byte[] ours = frames.stream().filter(f -> f[29] == 1).toList().get(i);
            byte[] theirs = frames.stream().filter(f -> f[29] == 2).toList().get(i);
            assertThat(comparable(ours)).as("inner frame %d", i).isEqualTo(comparable(theirs));
            assertThat(Octets.u16(MemorySegment.ofArray(ours), 34)).isBetween(49152, 65535);
        }
    }

    /** Outer headers and the rest, without what must differ: MAC and IP addresses, IP id and checksum, source port. */
    private static String comparable(byte[] frame) {
        byte[] copy = frame.clone();
        for (int[] range : new int[][] {{0, 12}, {18, 20}, {24, 34}, {34, 36}}) {
            java.util.Arrays.fill(copy, range[0], range[1], (byte) 0);
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

    /** Paths and source addresses are those of the port's namespace. */
    private int transmit(TunnelPort port, PacketBatch batch) throws IOException {
        return NetworkNamespace.run(a.netns(), () -> port.transmit(batch, 0));
    }

    private PacketBatch batchOf(byte[]... frames) {
        PacketBatch batch = new PacketBatch();
        for (byte[] frame : frames) {
            Packet packet = java.util.Objects.requireNonNull(pool.allocate());
            packet.append(frame.length);
            MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
            batch.add(packet);
        }
        return batch;
    }

    @Test
    void shouldReassembleFragmentsOfTheOuterPacket() throws Exception {
        TunnelPort tunnel = open(5, Tunnels.vxlan("vx0", B, false, A, false, VNI, false, 4789, 9000));
        a.run("ip", "link", "set", "g0", "mtu", "9000");
        guest.run("ip", "link", "set", "eth0", "mtu", "9000");
        b.run("ip", "link", "set", "vx0", "mtu", "9000");
        try (Cable cable = new Cable(tunnel, openGuestPort())) {
            assertThat(guest.run("ping", "-c3", "-i0.2", "-W2", "-s", "8000", "192.168.7.2"))
                    .contains(" 0% packet loss");
            assertThat(cable.thread.isAlive()).isTrue();
        }
        assertThat(b.run("nstat", "-asz", "IpReasmOKs")).doesNotContainPattern("IpReasmOKs +0 ");
    }

    @Test
    void shouldChoosePortsByRemoteAndKey() throws Exception {
        TunnelPort exact = openToKernel();
        TunnelPort byFlow = open(6, Tunnels.vxlan("vxf", 0, true, A, false, 0, true, 4789, 0));
        kernelDevice("vx1", "id", "78", "remote", "10.9.0.1", "local", "10.9.0.2", "dstport", "4789");
        b.run("ip", "addr", "flush", "dev", "vx1");
        int vx0 = Integer.parseInt(b.run("cat", "/sys/class/net/vx0/ifindex").strip());
        int vx1 = Integer.parseInt(b.run("cat", "/sys/class/net/vx1/ifindex").strip());
        byte[] frame = PacketBuilder.ethernet(KERNEL_MAC, GUEST_MAC)
                .ipv4(1, 2)
                .udp(3, 4)
                .payload(new byte[50])
                .build();
        try (RawPort kernel0 = NetworkNamespace.run(b.netns(), () -> new RawPort("vx0", vx0));
                RawPort kernel1 = NetworkNamespace.run(b.netns(), () -> new RawPort("vx1", vx1))) {
            kernel0.transmit(batchOf(frame));
            assertThat(describe(awaitUdp(exact))).isEqualTo("port 5 vni 77 from 10.9.0.2 to 10.9.0.1 ttl 64");
            kernel1.transmit(batchOf(frame));
            assertThat(describe(awaitUdp(exact))).isEqualTo("port 6 vni 78 from 10.9.0.2 to 10.9.0.1 ttl 64");

            opened.remove(byFlow);
            byFlow.close();
            kernel1.transmit(batchOf(frame));
            kernel0.transmit(batchOf(frame));
            assertThat(describe(awaitUdp(exact))).startsWith("port 5 vni 77");
            assertThat(exact.statistics().receiveDrops(DropReason.TUNNEL_UNKNOWN))
                    .isPositive();
        }
    }

    private String describe(Packet packet) {
        var tunnel = packet.tunnel();
        String text = "port %d vni %d from %s to %s ttl %d"
                .formatted(
                        packet.inPort(),
                        tunnel.id(),
                        Ipv4View.text(tunnel.source()),
                        Ipv4View.text(tunnel.destination()),
                        tunnel.ttl());
        packet.release();
        return text;
    }

    /** Waits for the test's own datagram; what else the kernel sends (neighbour discovery) is let go. */
    private static Packet awaitUdp(TunnelPort port) {
        long deadline = System.nanoTime() + 5_000_000_000L;
        PacketBatch batch = new PacketBatch();
        while (System.nanoTime() < deadline) {
            if (port.receive(batch) == 0) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < batch.size(); i++) {
                Packet packet = batch.get(i);
                if (PacketPrinter.print(packet.memory(), packet.offset(), packet.length())
                        .contains("UDP 3 > 4")) {
                    packet.retain();
                    batch.release();
                    return packet;
                }
            }
            batch.release();
        }
        throw new AssertionError("no packet within 5 s; " + port.statistics());
    }

    @Test
    void shouldSendWhereTheFlowSays() throws Exception {
        TunnelPort port = open(6, Tunnels.vxlan("vxf", 0, true, 0, true, 0, true, 4789, 0));
        byte[] frame = PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                .ipv4(1, 2)
                .udp(3, 4)
                .payload(new byte[50])
                .build();
        PacketBatch batch = batchOf(frame, frame, frame);
        batch.get(0).tunnel().setAddresses(A, B);
        batch.get(0).tunnel().setId(VNI);
        batch.get(1).tunnel().setAddresses(0x01010101, B);
        try (LabProcess dump = b.start("tcpdump", "-nli", "vx0", "-c", "1", "udp", "port", "4")) {
            dump.awaitOutput("listening on", Duration.ofSeconds(5));
            assertThat(transmit(port, batch)).isEqualTo(1);
            assertThat(dump.awaitExit(Duration.ofSeconds(5))).isZero();
        }
        assertThat(port.statistics().transmitDrops(DropReason.NO_ROUTE)).isEqualTo(2);
    }

    @Test
    void shouldTellTheMtuOfThePathWhenAPacketDoesNotFit() throws Exception {
        TunnelPort tunnel = openToKernel();
        byte[] frame = PacketBuilder.ethernet(GUEST_MAC, KERNEL_MAC)
                .ipv4(1, 2)
                .udp(3, 4)
                .payload(new byte[1423])
                .build();

        assertThat(transmit(tunnel, batchOf(frame))).isZero();

        assertThat(oversize).containsExactly("1465 > 1450");
        assertThat(tunnel.statistics().transmitDrops(DropReason.MTU_EXCEEDED)).isEqualTo(1);
        assertThat(pool.available()).isEqualTo(pool.capacity());
    }

    @Test
    void shouldNotAnswerPortUnreachableAndRefuseATakenPort() throws Exception {
        TunnelPort tunnel = openToKernel();
        assertThat(tunnel.pollFd()).isPositive();
        assertThatThrownBy(this::openToKernel)
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "vx0: another vxlan port has the same remote, key, local address and UDP port: change one of them");
        assertThatThrownBy(() -> NetworkNamespace.run(
                        b.netns(),
                        () -> new TunnelEndpoints()
                                .open(9, Tunnels.vxlan("vx9", A, false, 0, false, 1, false, 4789, 0), context)))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("EADDRINUSE");
        try (LabProcess dump = b.start("tcpdump", "-nli", "u0", "-c", "1", "icmp")) {
            dump.awaitOutput("listening on", Duration.ofSeconds(5));
            b.run("ping", "-c1", "-W1", "10.9.0.1");
            assertThat(dump.awaitExit(Duration.ofSeconds(5))).isZero();
            assertThat(dump.output()).doesNotContain("unreachable");
        }
    }

    /** An outer frame as it comes over the wire, with the inner frame's TOS and a wish for each thing that may be wrong. */
    private byte[] outer(int tos, byte[] vxlanHeader, byte[] inner, boolean hasChecksum) {
        byte[] payload = java.util.Arrays.copyOf(vxlanHeader, 8 + inner.length);
        System.arraycopy(inner, 0, payload, 8, inner.length);
        long to = mac(a.run("cat", "/sys/class/net/u0/address"));
        long from = mac(b.run("cat", "/sys/class/net/u0/address"));
        PacketBuilder frame = PacketBuilder.ethernet(from, to)
                .ipv4(B, A)
                .tos(tos)
                .udp(50000, 4789)
                .payload(payload);
        return (hasChecksum ? frame : frame.withoutUdpChecksum()).build();
    }

    private static long mac(String text) {
        return Long.parseLong(text.strip().replace(":", ""), 16);
    }

    private static byte[] innerUdp(int tos) {
        return PacketBuilder.ethernet(KERNEL_MAC, GUEST_MAC)
                .ipv4(1, 2)
                .tos(tos)
                .udp(3, 4)
                .payload(new byte[33])
                .build();
    }

    @Test
    void shouldAcceptAndRefuseAsTheRfcsSay() throws Exception {
        TunnelPort tunnel = openToKernel();
        byte[] valid = {8, 0, 0, 0, 0, 0, VNI, 0};
        byte[] reservedBits = {(byte) 0xff, 1, 2, 3, 0, 0, VNI, 4};
        byte[] noVni = {(byte) 0xf7, 0, 0, 0, 0, 0, VNI, 0};
        byte[] wrongChecksum = outer(0, valid, innerUdp(0), true);
        wrongChecksum[wrongChecksum.length - 1] ^= 1;
        int index = Integer.parseInt(b.run("cat", "/sys/class/net/u0/ifindex").strip());
        try (RawPort wire = NetworkNamespace.run(b.netns(), () -> new RawPort("u0", index))) {
            wire.transmit(
                    batchOf(outer(0, noVni, innerUdp(0), false), wrongChecksum, outer(3, valid, innerUdp(0), true)));
            wire.transmit(batchOf(outer(0, reservedBits, innerUdp(0), true)));
            describe(awaitUdp(tunnel));
            wire.transmit(batchOf(outer(3, valid, innerUdp(1), false)));
            Packet marked = awaitUdp(tunnel);
            assertThat(Ipv4View.tos(marked.memory(), marked.offset() + 14)).isEqualTo(3);
            assertThat(Checksums.isIpv4HeaderValid(marked.memory(), marked.offset() + 14))
                    .isTrue();
            assertThat(marked.length()).isEqualTo(innerUdp(0).length);
            marked.release();
        }
        assertThat(tunnel.statistics().receiveDrops(DropReason.MALFORMED))
                .as("no VNI, wrong checksum")
                .isEqualTo(2);
        assertThat(tunnel.statistics().receiveDrops(DropReason.TUNNEL_ECN)).isEqualTo(1);
    }

    @Test
    void shouldAllocateNothingFromTransmitToReceive() throws Exception {
        TunnelPort loop = open(7, Tunnels.vxlan("vxl", A, false, A, false, 9, false, 4789, 1400));
        byte[] frame = innerUdp(0);
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long allocated = -1;
        long received = 0;
        PacketBatch out = new PacketBatch();
        PacketBatch in = new PacketBatch();
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            received = 0;
            for (int i = 0; i < 2_000; i++) {
                for (int j = 0; j < 10; j++) {
                    Packet packet = java.util.Objects.requireNonNull(pool.allocate());
                    packet.append(frame.length);
                    MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
                    out.add(packet);
                }
                loop.transmit(out, 0);
                received += loop.receive(in);
                in.release();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(received).isGreaterThan(10_000);
        assertThat(allocated / 20_000).as("octets allocated per packet").isZero();
    }
}
