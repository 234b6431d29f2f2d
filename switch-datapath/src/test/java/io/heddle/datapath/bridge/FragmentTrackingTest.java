package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.metrics.DropReason;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.PacketBuilder;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The tracker sees packets whole, and their fragments go on as they came. */
class FragmentTrackingTest {
    private static final int A = 0x0a000001;
    private static final int B = 0x0a000002;
    private static final int N = 0x0b000001;
    private static final int L3 = 14;
    private static final String[] FIREWALL = {
        "table=0,ip,ct_state=-trk actions=ct(zone=1,table=1)",
        "table=0,ipv6,ct_state=-trk actions=ct(zone=1,table=1)",
        "table=1,in_port=1,ct_state=+trk+new,ip actions=ct(zone=1,commit),output:2",
        "table=1,in_port=1,ct_state=+trk+new,ipv6 actions=ct(zone=1,commit),output:2",
        "table=1,in_port=2,ct_state=+trk+est+rpl actions=output:1"
    };

    private static byte[] udp(int from, int to, int fromPort, int toPort, int length) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(from, to)
                .fragment(77, 0)
                .udp(fromPort, toPort)
                .payload(content(length))
                .build();
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    /** The fragments of an IPv4 packet without options. */
    private static List<byte[]> cut(byte[] frame, int size) {
        List<byte[]> fragments = new ArrayList<>();
        int data = L3 + 20;
        for (int at = data; at < frame.length; at += size) {
            int length = Math.min(size, frame.length - at);
            byte[] fragment = Arrays.copyOf(frame, data + length);
            System.arraycopy(frame, at, fragment, data, length);
            boolean isLast = at + length == frame.length;
            ByteBuffer header = ByteBuffer.wrap(fragment);
            header.putShort(L3 + 2, (short) (20 + length));
            header.putShort(L3 + 6, (short) ((isLast ? 0 : 0x2000) | (at - data) / 8));
            header.putShort(L3 + 10, (short) Checksums.ipv4Header(MemorySegment.ofArray(fragment), L3));
            fragments.add(fragment);
        }
        return fragments;
    }

    /** The fragments of an IPv6 packet without extension headers. */
    private static List<byte[]> cut6(byte[] frame, int size) {
        List<byte[]> fragments = new ArrayList<>();
        int data = L3 + 40;
        for (int at = data; at < frame.length; at += size) {
            int length = Math.min(size, frame.length - at);
            byte[] fragment = new byte[data + 8 + length];
            System.arraycopy(frame, 0, fragment, 0, data);
            System.arraycopy(frame, at, fragment, data + 8, length);
            ByteBuffer header = ByteBuffer.wrap(fragment);
            header.putShort(L3 + 4, (short) (8 + length));
            header.put(data, fragment[L3 + 6]).put(L3 + 6, (byte) 44);
            header.putShort(data + 2, (short) (at - data | (at + length == frame.length ? 0 : 1)));
            header.putInt(data + 4, 0x1234_5678);
            fragments.add(fragment);
        }
        return fragments;
    }

    private static List<byte[]> received(SwitchLab lab, String port) {
        List<byte[]> all = new ArrayList<>();
        for (byte[] frame = lab.receive(port); frame != null; frame = lab.receive(port)) {
            all.add(frame);
        }
        return all;
    }

    private static void assertSame(List<byte[]> found, List<byte[]> wanted) {
        assertThat(found).usingElementComparator(Arrays::compare).containsExactlyElementsOf(wanted);
    }

    private static long drops(SwitchLab lab, DropReason reason) {
        return lab.heddle.datapathLoops().first().statistics().drops(reason);
    }

    @Test
    void shouldTrackThePacketAndSendItsFragments() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            List<byte[]> fragments = cut(udp(A, B, 1000, 53, 4000), 1480);
            List<byte[]> shuffled = List.of(fragments.get(2), fragments.get(0), fragments.get(1));
            for (byte[] fragment : shuffled) {
                assertThat(received(lab, "p2")).isEmpty();
                lab.send("p1", fragment);
                lab.turn();
            }

            assertSame(received(lab, "p2"), fragments);
            ConnectionTuples.assertOnly(lab, 1000, 53);
            List<byte[]> answer = cut(udp(B, A, 53, 1000, 3000), 1480);
            answer.forEach(fragment -> lab.send("p2", fragment));
            lab.turn();
            assertSame(received(lab, "p1"), answer);
            cut(udp(B, A, 53, 1001, 3000), 1480).forEach(fragment -> lab.send("p2", fragment));
            lab.turn();
            assertThat(received(lab, "p1")).as("of no connection").isEmpty();
        }
    }

    /** Reads the one connection that there is. */
    private static final class ConnectionTuples {
        static void assertOnly(SwitchLab lab, int sourcePort, int destinationPort) {
            assertThat(lab.await(lab.heddle.connections(null, 10)))
                    .singleElement()
                    .satisfies(connection -> {
                        assertThat(connection.original().sourcePort()).isEqualTo(sourcePort);
                        assertThat(connection.original().destinationPort()).isEqualTo(destinationPort);
                    });
        }
    }

    @Test
    void shouldTrackPacketsOfIpv6() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            byte[] whole = PacketBuilder.ethernet(1, 2)
                    .ipv6(1, 2, 3, 4)
                    .udp(1000, 53)
                    .payload(content(5000))
                    .build();
            List<byte[]> fragments = cut6(whole, 1232);
            fragments.reversed().forEach(fragment -> lab.send("p1", fragment));
            lab.turn();

            assertSame(received(lab, "p2"), fragments);
            ConnectionTuples.assertOnly(lab, 1000, 53);
        }
    }

    @Test
    void shouldTranslateFragments() {
        try (SwitchLab lab = SwitchLab.withPorts(2)
                .flows(
                        "table=0,in_port=1,ip actions=ct(commit,zone=1,nat(src=11.0.0.1:7)),output:2",
                        "table=0,in_port=2,ip actions=ct(zone=1,nat,table=1)",
                        "table=1,ip,ct_state=+est,nw_dst=10.0.0.1 actions=output:1")) {
            cut(udp(A, B, 1000, 53, 4000), 1480).forEach(fragment -> lab.send("p1", fragment));
            lab.turn();
            assertSame(received(lab, "p2"), cut(udp(N, B, 7, 53, 4000), 1480));
            // The ports and the checksum are in different fragments from some of the data, and in the smallest ones
            // there are.
            cut(udp(B, N, 53, 7, 100), 8).forEach(fragment -> lab.send("p2", fragment));
            lab.turn();
            assertSame(received(lab, "p1"), cut(udp(B, A, 53, 1000, 100), 8));
        }
    }

    @Test
    void shouldDropAllFragmentsWhereSomeOverlap() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            List<byte[]> fragments = cut(udp(A, B, 1000, 53, 4000), 1480);
            byte[] other = cut(udp(A, B, 1000, 53, 4000), 1472).get(1);
            for (byte[] fragment : List.of(fragments.get(0), fragments.get(0))) {
                lab.send("p1", fragment);
            }
            lab.turn();
            assertThat(drops(lab, DropReason.FRAGMENT_OVERLAP))
                    .as("twice the same")
                    .isOne();
            for (byte[] fragment : List.of(other, fragments.get(1), fragments.get(2), fragments.get(0))) {
                lab.send("p1", fragment);
            }
            lab.turn();
            assertThat(received(lab, "p2")).isEmpty();
            assertThat(drops(lab, DropReason.FRAGMENT_OVERLAP)).isEqualTo(6);

            lab.nowNs.addAndGet(15_000_000_000L);
            lab.turn();
            fragments.forEach(fragment -> lab.send("p1", fragment));
            lab.turn();
            assertSame(received(lab, "p2"), fragments);
        }
    }

    @Test
    void shouldRefuseWhatLiesBehindTheEnd() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            List<byte[]> shorter = cut(udp(A, B, 1000, 53, 2000), 1480);
            List<byte[]> longer = cut(udp(A, B, 1000, 53, 6000), 1480);
            lab.send("p1", shorter.get(1));
            lab.send("p1", longer.get(3));
            lab.turn();
            assertThat(drops(lab, DropReason.FRAGMENT_OVERLAP)).isEqualTo(2);
        }
    }

    @Test
    void shouldWaitForFragmentsNoLongerThanFifteenSeconds() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            List<byte[]> fragments = cut(udp(A, B, 1000, 53, 4000), 1480);
            lab.send("p1", fragments.get(0)).send("p1", fragments.get(1));
            lab.turn();
            lab.nowNs.addAndGet(14_800_000_000L);
            lab.turn();
            assertThat(drops(lab, DropReason.FRAGMENT_TIMEOUT)).isZero();
            lab.nowNs.addAndGet(300_000_000L);
            lab.turn();
            assertThat(drops(lab, DropReason.FRAGMENT_TIMEOUT)).isEqualTo(2);
            lab.send("p1", fragments.get(2));
            lab.turn();
            assertThat(received(lab, "p2")).isEmpty();
        }
    }

    @Test
    void shouldKeepNoMoreThanABoundedNumber() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            for (int host = 0; host < 300; host++) {
                lab.send("p1", cut(udp(A + host, B, 1000, 53, 4000), 1480).get(0));
                lab.turn();
            }
            assertThat(drops(lab, DropReason.FRAGMENT_LIMIT)).isEqualTo(300 - 256);
            assertThat(lab.exceptions).isEmpty();
        }
    }

    @Test
    void shouldSendAllOfManyPacketsThatAreCompleteAtOnce() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            List<byte[]> wanted = new ArrayList<>();
            List<byte[]> seconds = new ArrayList<>();
            for (int host = 0; host < 60; host++) {
                List<byte[]> fragments = cut(udp(A + host, B, 1000, 53, 2000), 1480);
                lab.send("p1", fragments.get(0));
                seconds.add(fragments.get(1));
                wanted.addAll(fragments);
            }
            lab.turn();
            seconds.forEach(fragment -> lab.send("p1", fragment));
            lab.turn();

            assertSame(received(lab, "p2"), wanted);
        }
    }

    @Test
    void shouldEndThePacketThatIsTrackedWithoutEnd() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows("table=0,ip actions=ct(zone=1,table=0)")) {
            cut(udp(A, B, 1000, 53, 2000), 1480).forEach(fragment -> lab.send("p1", fragment));
            lab.turn();
            assertThat(drops(lab, DropReason.RECIRC_LIMIT)).isEqualTo(2);
        }
    }

    @Test
    void shouldReadAnyFragmentsWithoutHarm() {
        try (SwitchLab lab = SwitchLab.withPorts(2).flows(FIREWALL)) {
            Random random = new Random(5);
            List<byte[]> pool = new ArrayList<>(cut(udp(A, B, 1000, 53, 300), 64));
            pool.addAll(cut6(
                    PacketBuilder.ethernet(1, 2)
                            .ipv6(1, 2, 3, 4)
                            .udp(1000, 53)
                            .payload(content(300))
                            .build(),
                    64));
            for (int i = 0; i < 3000; i++) {
                byte[] frame = pool.get(random.nextInt(pool.size())).clone();
                for (int changes = random.nextInt(3); changes > 0; changes--) {
                    frame[L3 + random.nextInt(Math.min(60, frame.length - L3))] = (byte) random.nextInt();
                }
                if (frame[12] == 8 && frame[13] == 0 && random.nextBoolean()) {
                    int sum = Checksums.ipv4Header(MemorySegment.ofArray(frame), L3);
                    frame[L3 + 10] = (byte) (sum >>> 8);
                    frame[L3 + 11] = (byte) sum;
                }
                lab.send("p1", frame);
                lab.turn();
                received(lab, "p2");
            }
            assertThat(lab.exceptions).isEmpty();
            lab.nowNs.addAndGet(20_000_000_000L);
            lab.turn();
            List<byte[]> fragments = cut(udp(A, B, 1000, 53, 4000), 1480);
            Collections.reverse(fragments);
            fragments.forEach(fragment -> lab.send("p1", fragment));
            lab.turn();
            Collections.reverse(fragments);
            assertSame(received(lab, "p2"), fragments);
        }
    }
}
