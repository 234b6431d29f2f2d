package io.heddle.flow.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SegmentationTest {
    private static final long A = 0x020000000001L;
    private static final long B = 0x020000000002L;

    private final Segmentation segmentation = new Segmentation();

    /** Collects frames, and has room for so many. */
    private static final class Collector implements Segmentation.Target {
        final List<byte[]> frames = new ArrayList<>();
        int room = Integer.MAX_VALUE;

        @Override
        public @Nullable HeaderRoom allocate(int length) {
            byte[] octets = new byte[length];
            Arrays.fill(octets, (byte) 0xa5);
            return frames.size() == room ? null : new TestFrame(octets);
        }

        @Override
        public void accept(HeaderRoom frame) {
            assertThat(((TestFrame) frame).isTailUntouched()).isTrue();
            frames.add(((TestFrame) frame).frame());
        }
    }

    @Test
    void shouldCutTcpOverIpv4AsOnTheWire() {
        byte[] frame = PacketBuilder.ethernet(A, B)
                .ipv4(0x0a000001, 0x0a000002)
                .fragment(0xfffe, 0x4000)
                .tcp(40000, 80, 0xffffffff, 7, TcpView.ACK | TcpView.PSH | TcpView.FIN | TcpView.CWR)
                .payload("abcdefgh".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .build();
        Collector out = new Collector();

        int count = segmentation.segment(MemorySegment.ofArray(frame), 0, frame.length, 34, 3, out);

        assertThat(count).isEqualTo(3);
        String ethernet = "0200000000020200000000010800";
        assertThat(out.frames.stream().map(HexFormat.of()::formatHex))
                .containsExactly(
                        ethernet + "4500002bfffe4000400626cc0a0000010a000002" + "9c400050ffffffff000000075090ffff"
                                + checksumOf(out, 0) + "0000616263",
                        ethernet + "4500002bffff4000400626cb0a0000010a000002" + "9c40005000000002000000075010ffff"
                                + checksumOf(out, 1) + "0000646566",
                        ethernet + "4500002a00004000400626cc0a0000010a000002" + "9c40005000000005000000075019ffff"
                                + checksumOf(out, 2) + "00006768");
    }

    /** The checksum itself is compared with one that is computed anew. */
    private static String checksumOf(Collector out, int index) {
        byte[] frame = out.frames.get(index).clone();
        MemorySegment memory = MemorySegment.ofArray(frame);
        long layers = PacketLayers.parse(memory, 0, frame.length);
        Checksums.writeL4(memory, 0, layers);
        return "%04x".formatted(TcpView.checksum(memory, 34));
    }

    @Test
    void shouldCutTaggedUdpOverIpv6IntoDatagrams() {
        byte[] payload = new byte[2500];
        new Random(9).nextBytes(payload);
        byte[] frame = PacketBuilder.ethernet(A, B)
                .tag(0x88a8, 5)
                .tag(0x8100, 6)
                .ipv6(0xfd00L << 48, 1, 0xfd00L << 48, 2)
                .udp(1, 2)
                .payload(payload)
                .build();
        Collector out = new Collector();

        assertThat(segmentation.segment(MemorySegment.ofArray(frame), 0, frame.length, 62, 1000, out))
                .isEqualTo(3);

        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] segment : out.frames) {
            assertThat(UdpView.length(MemorySegment.ofArray(segment), 62)).isEqualTo(segment.length - 62);
            assertThat(Ipv6View.payloadLength(MemorySegment.ofArray(segment), 22))
                    .isEqualTo(segment.length - 62);
            int sum = Checksums.sum(MemorySegment.ofArray(segment), 62, segment.length - 62L)
                    + Checksums.ipv6Pseudo(MemorySegment.ofArray(segment), 22, 17, segment.length - 62);
            assertThat(Checksums.fold(sum)).isEqualTo(0xffff);
            joined.write(segment, 70, segment.length - 70);
        }
        assertThat(joined.toByteArray()).isEqualTo(payload);
    }

    @Test
    void shouldFollowTheLengthsOfAnOuterTunnel() {
        byte[] payload = new byte[1999];
        new Random(10).nextBytes(payload);
        byte[] inner = PacketBuilder.ethernet(A, B)
                .ipv4(1, 2)
                .tcp(1, 2, 3, 4, TcpView.ACK)
                .payload(payload)
                .build();
        byte[] vxlan = new byte[8 + inner.length];
        VxlanView.write(MemorySegment.ofArray(vxlan), 0, 77);
        System.arraycopy(inner, 0, vxlan, 8, inner.length);
        byte[] frame = PacketBuilder.ethernet(B, A)
                .ipv4(0x0a000001, 0x0a000002)
                .udp(50000, VxlanView.UDP_PORT)
                .payload(vxlan)
                .build();
        Collector out = new Collector();

        int count = segmentation.segment(MemorySegment.ofArray(frame), 0, frame.length, 50 + 34, 500, out);

        assertThat(count).isEqualTo(4);
        int joined = 0;
        for (byte[] segment : out.frames) {
            MemorySegment memory = MemorySegment.ofArray(segment);
            long outer = PacketLayers.parse(memory, 0, segment.length);
            assertThat(PacketLayers.l4Length(outer)).isEqualTo(segment.length - 34);
            assertThat(UdpView.length(memory, 34)).isEqualTo(segment.length - 34);
            assertThat(Checksums.isIpv4HeaderValid(memory, 14)).isTrue();
            assertThat(Checksums.isL4Valid(memory, 0, outer)).isTrue();
            long layers = PacketLayers.parse(memory, 50, segment.length - 50);
            assertThat(Checksums.isIpv4HeaderValid(memory, 64)).isTrue();
            assertThat(Checksums.isL4Valid(memory, 50, layers)).isTrue();
            joined += PacketLayers.l4Length(layers) - 20;
        }
        assertThat(joined).isEqualTo(1999);
    }

    @Test
    void shouldJoinToTheSamePayloadWithEveryChecksumRight() {
        Random random = new Random(11);
        for (int i = 0; i < 3_000; i++) {
            byte[] payload = new byte[random.nextInt(5000)];
            random.nextBytes(payload);
            int gsoSize = 1 + random.nextInt(1500) + (payload.length > 500 ? 20 : 0);
            boolean isTcp = random.nextBoolean();
            boolean isV6 = random.nextBoolean();
            PacketBuilder builder = PacketBuilder.ethernet(A, B);
            boolean isTagged = random.nextBoolean();
            if (isTagged) {
                builder.vlan(7);
            }
            if (isV6) {
                builder.ipv6(1, 2, 3, 4);
            } else {
                builder.ipv4(random.nextInt(), random.nextInt()).fragment(random.nextInt(), 0x4000);
            }
            int sequence = random.nextInt();
            int flags = random.nextInt(512);
            byte[] frame = (isTcp ? builder.tcp(1, 2, sequence, 4, flags) : builder.udp(1, 2))
                    .payload(payload)
                    .build();
            int l4 = 14 + (isTagged ? 4 : 0) + (isV6 ? 40 : 20);
            Collector out = new Collector();

            int count = segmentation.segment(MemorySegment.ofArray(frame), 0, frame.length, l4, gsoSize, out);

            assertThat(count)
                    .isEqualTo(Math.max(1, (payload.length + gsoSize - 1) / gsoSize))
                    .isEqualTo(out.frames.size());
            ByteArrayOutputStream joined = new ByteArrayOutputStream();
            int union = 0;
            for (byte[] segment : out.frames) {
                MemorySegment memory = MemorySegment.ofArray(segment);
                long layers = PacketLayers.parse(memory, 0, segment.length);
                assertThat(PacketLayers.l4(layers) + PacketLayers.l4Length(layers))
                        .isEqualTo(segment.length);
                assertThat(Checksums.isL4Valid(memory, 0, layers)).isTrue();
                assertThat(isV6 || Checksums.isIpv4HeaderValid(memory, l4 - 20L))
                        .isTrue();
                if (isTcp) {
                    assertThat(TcpView.sequence(memory, l4)).isEqualTo(sequence + joined.size());
                    union |= TcpView.flags(memory, l4);
                }
                int headers = l4 + (isTcp ? 20 : 8);
                joined.write(segment, headers, segment.length - headers);
            }
            assertThat(joined.toByteArray()).isEqualTo(payload);
            assertThat(union).isEqualTo(isTcp ? flags : 0);
        }
    }

    @Test
    void shouldSayHowManyFramesWereTakenWhenThereIsNoMoreMemory() {
        byte[] frame = PacketBuilder.ethernet(A, B)
                .ipv4(1, 2)
                .tcp(1, 2, 3, 4, TcpView.ACK)
                .payload(new byte[1000])
                .build();
        Collector out = new Collector();
        out.room = 2;

        assertThat(segmentation.segment(MemorySegment.ofArray(frame), 0, frame.length, 34, 100, out))
                .isEqualTo(-3);
        assertThat(out.frames).hasSize(2);
    }

    @Test
    void shouldRefuseHeadersThatContradictTheChecksumStart() {
        Random random = new Random(12);
        Collector out = new Collector();
        for (int i = 0; i < 100_000; i++) {
            byte[] frame = RandomFrames.next(random);
            MemorySegment memory = MemorySegment.ofArray(frame);
            int l4 = random.nextInt(100);
            int count = segmentation.segment(memory, 0, frame.length, l4, 1 + random.nextInt(2000), out);
            long layers = PacketLayers.parse(memory, 0, frame.length);
            if (count == 0 || !PacketLayers.isL4Known(layers)) {
                continue;
            }
            assertThat(PacketLayers.l4(layers))
                    .as(HexFormat.of().formatHex(frame))
                    .isLessThanOrEqualTo(l4);
        }
    }
}
