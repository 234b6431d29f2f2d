package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.PacketLayers;
import io.heddle.flow.packet.TcpView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PooledOffloadTest {
    private static final int L4 = 34;

    private final PacketPool pool = new PacketPool(8);
    private final PooledOffload offload = new PooledOffload();

    @AfterEach
    void close() {
        pool.close();
    }

    /** A TCP packet whose checksum field holds the pseudo header's sum. */
    private Packet partial(int payloadLength) {
        byte[] payload = new byte[payloadLength];
        new Random(30).nextBytes(payload);
        byte[] frame = PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(0x0a000001, 0x0a000002)
                .tcp(1, 2, 3, 4, TcpView.ACK | TcpView.PSH)
                .payload(payload)
                .build();
        Packet packet = Objects.requireNonNull(pool.allocate());
        packet.append(frame.length);
        MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
        long layers = PacketLayers.parse(packet.memory(), packet.offset(), packet.length());
        TcpView.setChecksum(
                packet.memory(), packet.offset() + L4, Checksums.pseudo(packet.memory(), packet.offset(), layers));
        packet.setNeedsChecksum(L4, TcpView.CHECKSUM_OFFSET);
        packet.setMark(77);
        return packet;
    }

    private static boolean isRight(Packet packet) {
        long layers = PacketLayers.parse(packet.memory(), packet.offset(), packet.length());
        return PacketLayers.hasL4Header(layers) && Checksums.isL4Valid(packet.memory(), packet.offset(), layers);
    }

    @Test
    void shouldCompleteAPartialChecksumOnce() {
        Packet packet = partial(101);
        assertThat(isRight(packet)).isFalse();

        assertThat(offload.completeChecksum(packet)).isTrue();
        assertThat(packet.needsChecksum()).isFalse();
        assertThat(isRight(packet)).isTrue();

        assertThat(offload.completeChecksum(packet)).isTrue();
        assertThat(isRight(packet)).isTrue();
    }

    @Test
    void shouldRefuseAChecksumBeyondTheFrame() {
        Packet packet = partial(0);
        packet.setNeedsChecksum(packet.length() - 2, 16);

        assertThat(offload.completeChecksum(packet)).isFalse();
        assertThat(packet.needsChecksum()).isTrue();
    }

    @Test
    void shouldCutASuperFrameIntoPacketsWithItsMetadata() {
        Packet packet = partial(3500);
        packet.setGso(Packet.GSO_TCPV4, false, 1000);
        List<Packet> segments = new ArrayList<>();

        assertThat(offload.segment(packet, pool, segments::add)).isEqualTo(4);

        assertThat(segments).extracting(Packet::length).containsExactly(1054, 1054, 1054, 554);
        for (Packet segment : segments) {
            assertThat(isRight(segment)).isTrue();
            assertThat(segment.isGso() || segment.needsChecksum()).isFalse();
            assertThat(segment.mark()).isEqualTo(77);
            segment.release();
        }
        assertThat(packet.isGso()).isTrue();
        packet.release();
        assertThat(pool.available()).isEqualTo(8);
    }

    @Test
    void shouldSayHowManySegmentsThereWereWhenThePoolIsEmpty() {
        Packet packet = partial(3500);
        packet.setGso(Packet.GSO_TCPV4, false, 100);
        List<Packet> segments = new ArrayList<>();

        assertThat(offload.segment(packet, pool, segments::add)).isEqualTo(-8);
        assertThat(segments).hasSize(7);
    }

    @Test
    void shouldRefuseWhatCannotBeCut() {
        Packet packet = partial(3500);
        packet.setGso(Packet.GSO_UDP, false, 1000);
        assertThat(offload.segment(packet, pool, segment -> {})).isZero();

        packet.setGso(Packet.GSO_TCPV4, false, 1000);
        packet.setNeedsChecksum(L4 + 4, TcpView.CHECKSUM_OFFSET);
        assertThat(offload.segment(packet, pool, segment -> {})).isZero();
    }
}
