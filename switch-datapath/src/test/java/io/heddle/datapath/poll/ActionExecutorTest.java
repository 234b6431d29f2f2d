package io.heddle.datapath.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.SoftwareOffload;
import io.heddle.datapath.upcall.Punt;
import io.heddle.datapath.upcall.PuntQueue;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.match.Match;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.pipeline.DatapathAction;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ActionExecutorTest {
    private static final DatapathAction.Punt PUNT = new DatapathAction.Punt(1, 0, 40, 0, 0, 0, Match.ANY);
    private static final byte COMPLETED = 0x77;
    private static final int REMARKS = 7;

    private final PacketPool pool = new PacketPool(8);
    private final LoopStatistics statistics = new LoopStatistics();
    private final PuntQueue punts = new PuntQueue(64);
    private final PacketBatch recirculated = new PacketBatch();
    private final ActionExecutor executor = new ActionExecutor(
            pool,
            new MarkingOffload(),
            new OutputQueues(statistics, pool, (port, doing, failure) -> {
                throw new AssertionError(failure);
            }),
            (bridge, meter, octets, nowNs) -> {
                if (meter == REMARKS) {
                    return 1;
                }
                throw new IllegalStateException("the meter is broken");
            },
            punts,
            new PuntQueue(8),
            statistics,
            recirculated,
            new ConnectionTracker(1),
            new FragmentTable(pool, statistics, 1));

    @AfterEach
    void shouldHaveGotEverythingBack() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        assertThat(pool.sharesInUse()).isZero();
        pool.close();
    }

    private Packet packet(int length) {
        Packet packet = Objects.requireNonNull(pool.allocate());
        packet.append(length);
        for (int i = 0; i < length; i++) {
            packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset() + i, (byte) 0);
        }
        return packet;
    }

    private Punt punted() {
        return Objects.requireNonNull(punts.poll());
    }

    @Test
    void shouldReleaseAndCountThePacketAndItsClonesAfterAnException() {
        DatapathAction broken = new DatapathAction.Meter(1, 1);
        ActionProgram program = new ActionProgram(
                List.of(new DatapathAction.Clone(List.of(new DatapathAction.Clone(List.of(broken)))), PUNT));
        Packet packet = packet(100);
        assertThatThrownBy(() -> executor.execute(program, packet, 0)).hasMessage("the meter is broken");
        assertThat(statistics.drops(DropReason.INTERNAL_ERROR))
                .as("the packet and two clones")
                .isEqualTo(3);
    }

    @Test
    void shouldPuntCompleteChecksums() {
        Packet packet = packet(100);
        packet.setNeedsChecksum(34, 16);
        executor.execute(new ActionProgram(List.of(PUNT)), packet, 0);
        Punt punt = punted();
        assertThat(punt.frame()).hasSize(40);
        assertThat(punt.frame()[0]).isEqualTo(COMPLETED);
        assertThat(punt.totalLength()).isEqualTo(100);
        assertThat(punts.poll()).isNull();
    }

    @Test
    void shouldPuntEachSegmentOfASuperFrame() {
        Packet packet = packet(200);
        packet.setNeedsChecksum(34, 16);
        packet.setGso(Packet.GSO_TCPV4, false, 46);
        executor.execute(new ActionProgram(List.of(PUNT)), packet, 0);
        for (int i = 0; i < 2; i++) {
            Punt punt = punted();
            assertThat(punt.frame()[0]).isEqualTo(COMPLETED);
            assertThat(punt.totalLength()).isEqualTo(100);
        }
        assertThat(punts.poll()).isNull();
    }

    @Test
    void shouldCutEachSegmentOfASuperFrame() {
        Packet packet = packet(200);
        packet.setNeedsChecksum(34, 16);
        packet.setGso(Packet.GSO_TCPV4, false, 46);
        executor.execute(
                new ActionProgram(List.of(
                        new DatapathAction.Truncate(60),
                        new DatapathAction.Output(5),
                        PUNT,
                        new DatapathAction.Truncate(60),
                        new DatapathAction.Output(5))),
                packet,
                0);
        // There is no port 5: what is given to it is counted.
        assertThat(statistics.drops(DropReason.LINK_DOWN)).isEqualTo(4);
        assertThat(punted().totalLength()).as("the packet itself is not cut").isEqualTo(100);
        assertThat(punted().totalLength()).isEqualTo(100);
    }

    private Packet packet(byte[] frame) {
        Packet packet = Objects.requireNonNull(pool.allocate());
        packet.append(frame.length);
        MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
        return packet;
    }

    private byte[] punted(byte[] frame, DatapathAction... before) {
        List<DatapathAction> actions = new ArrayList<>(List.of(before));
        actions.add(new DatapathAction.Punt(1, 0, frame.length, 0, 0, 0, Match.ANY));
        executor.execute(new ActionProgram(actions), packet(frame), 0);
        return punted().frame();
    }

    private static byte[] ipv4(int dscp) {
        byte[] frame = PacketBuilder.ethernet(2, 4)
                .ipv4(0x0a000001, 0x0a000002)
                .udp(1, 2)
                .payload(new byte[20])
                .build();
        frame[15] = (byte) (dscp << 2 | 1);
        MemorySegment memory = MemorySegment.ofArray(frame);
        Ipv4View.setChecksum(memory, 14, Checksums.ipv4Header(memory, 14));
        return frame;
    }

    @Test
    void shouldRemarkTheDscpAndKeepTheRest() {
        byte[] frame = ipv4(10);
        byte[] marked = punted(frame, new DatapathAction.Meter(1, REMARKS));
        assertThat(marked).isEqualTo(ipv4(12));
        assertThat(Checksums.isIpv4HeaderValid(MemorySegment.ofArray(marked), 14))
                .isTrue();
        assertThat(punted(ipv4(46), new DatapathAction.Meter(1, REMARKS))).isEqualTo(ipv4(46));
        assertThat(punted(new byte[60], new DatapathAction.Meter(1, REMARKS))).isEqualTo(new byte[60]);
    }

    @Test
    void shouldCopyTtlsBetweenALabelAndTheIpHeader() {
        int label = 5 << 12 | 0x100 | 9;
        byte[] in = punted(ipv4(0), new DatapathAction.PushMpls(0x8847, label), new DatapathAction.CopyTtl(true));
        assertThat(in[17]).as("the label's").isEqualTo((byte) 9);
        assertThat(in[26]).as("the header's").isEqualTo((byte) 9);
        assertThat(Checksums.isIpv4HeaderValid(MemorySegment.ofArray(in), 18)).isTrue();
        byte[] out = punted(ipv4(0), new DatapathAction.PushMpls(0x8847, label), new DatapathAction.CopyTtl(false));
        assertThat(out[17]).as("the label's").isEqualTo((byte) 64);
        assertThat(out[26]).as("the header's").isEqualTo((byte) 64);
    }

    /** Marks frames whose checksum it completes, and cuts a super-frame into two halves. */
    private static final class MarkingOffload implements SoftwareOffload {
        @Override
        public boolean completeChecksum(Packet packet) {
            assertThat(packet.isShared()).isFalse();
            assertThat(packet.isGso()).isFalse();
            packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset(), COMPLETED);
            packet.clearNeedsChecksum();
            return true;
        }

        @Override
        public int segment(Packet packet, PacketPool pool, SegmentSink out) {
            for (int i = 0; i < 2; i++) {
                Packet half = Objects.requireNonNull(pool.copy(packet));
                half.truncate(packet.length() / 2);
                assertThat(half.isGso()).as("a cut frame is no super-frame").isFalse();
                completeChecksum(half);
                out.accept(half);
            }
            return 2;
        }
    }
}
