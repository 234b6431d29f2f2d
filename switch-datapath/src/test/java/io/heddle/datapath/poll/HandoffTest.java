package io.heddle.datapath.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.PortContext;
import io.heddle.datapath.port.PortSpec;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HandoffTest {
    private static final int PORT = 7;
    private static final long NOW = 1;

    private final PacketPool givers = new PacketPool(512);
    private final PacketPool takers = new PacketPool(16);
    private final LoopStatistics statistics = new LoopStatistics();
    private final Handoff handoff = new Handoff();
    private final PacketBatch batch = new PacketBatch();
    private final OutputQueues outputs = new OutputQueues(statistics, takers, (port, doing, failure) -> {
        throw failure;
    });
    private MemoryPort port;

    @BeforeEach
    void attach() throws IOException {
        port = new MemoryPort(
                new PortSpec.Memory("out"), PORT, new PortContext(takers, new PooledOffload(), (p, packet, mtu) -> {}));
        outputs.attach(port, null);
        outputs.begin(NOW);
    }

    @AfterEach
    void close() {
        port.close();
        givers.close();
        takers.close();
    }

    private Packet packet(int mark) {
        Packet packet = Objects.requireNonNull(givers.allocate());
        packet.append(60);
        packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset(), (byte) mark);
        packet.setMark(mark);
        return packet;
    }

    private int give(Packet... packets) {
        for (Packet each : packets) {
            batch.add(each);
        }
        return handoff.offer(batch, PORT, givers, statistics);
    }

    private int firstOctet() {
        ByteBuffer frame = port.outside().take(2000);
        return frame == null ? -1 : frame.get(0);
    }

    @Test
    void shouldSendByTheOtherLoopInOrderAndGiveTheFramesBack() {
        assertThat(give(packet(1), packet(2))).isEqualTo(2);
        assertThat(handoff.hasWaiting()).isTrue();
        assertThat(handoff.take(outputs)).isEqualTo(2);
        assertThat(handoff.hasSent(2)).isFalse();
        outputs.flush();
        handoff.markSent();
        assertThat(handoff.hasSent(2)).isTrue();
        assertThat(firstOctet()).isEqualTo(1);
        assertThat(firstOctet()).isEqualTo(2);
        assertThat(handoff.isOutstanding()).isTrue();
        handoff.reclaim();
        assertThat(handoff.isOutstanding()).isFalse();
        assertThat(givers.available()).isEqualTo(givers.capacity());
    }

    @Test
    void shouldGiveAFrameThatNobodyElseHasWithoutACopy() {
        long before = givers.allocations();
        Packet packet = packet(3);
        give(packet);
        assertThat(givers.allocations()).isEqualTo(before + 1);
        assertThat(handoff.take(outputs)).isEqualTo(1);
    }

    @Test
    void shouldCopyAFrameThatSomebodyElseHas() {
        Packet packet = packet(4);
        Packet share = Objects.requireNonNull(givers.share(packet));
        give(share);
        packet.memory().set(ValueLayout.JAVA_BYTE, packet.offset(), (byte) 99);
        handoff.take(outputs);
        outputs.flush();
        assertThat(firstOctet()).isEqualTo(4);
        packet.release();
        handoff.reclaim();
        assertThat(givers.available()).isEqualTo(givers.capacity());
        assertThat(givers.sharesInUse()).isZero();
    }

    @Test
    void shouldDropAndCountWhatIsTooMuch() {
        for (int i = 0; i < Handoff.CAPACITY; i++) {
            assertThat(give(packet(i))).isEqualTo(1);
        }
        assertThat(give(packet(1), packet(2))).isZero();
        assertThat(statistics.drops(DropReason.HANDOFF_FULL)).isEqualTo(2);
        for (int i = 0; i < Handoff.CAPACITY; i++) {
            assertThat(handoff.take(outputs)).isEqualTo(i == 0 ? Handoff.CAPACITY : 0);
        }
        outputs.flush();
        assertThat(give(packet(5))).isEqualTo(1);
        handoff.take(outputs);
        outputs.flush();
        handoff.reclaim();
        assertThat(givers.available()).isEqualTo(givers.capacity());
    }

    @Test
    void shouldKnowNothingOfAPortThatIsGone() {
        outputs.detach(port);
        give(packet(6));
        handoff.take(outputs);
        handoff.markSent();
        handoff.reclaim();
        assertThat(statistics.drops(DropReason.LINK_DOWN)).isEqualTo(1);
        assertThat(handoff.hasSent(1)).isTrue();
        assertThat(givers.available()).isEqualTo(givers.capacity());
    }
}
