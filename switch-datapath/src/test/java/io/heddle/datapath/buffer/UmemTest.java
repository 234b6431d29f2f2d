package io.heddle.datapath.buffer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UmemTest {
    private final Umem umem = new Umem(64, 2);

    @AfterEach
    void close() {
        umem.close();
    }

    @Test
    void shouldPassAFrameFromOneQueueToAnotherAndBack() {
        int one = umem.newQueue();
        int two = umem.newQueue();
        long address = umem.lend(one);
        Packet packet = umem.received(one, address + 256, 60);
        assertThat(packet.headroom()).isEqualTo(256);
        assertThat(packet.tailroom()).isEqualTo(4096 - 256 - 60);
        packet.push(4);
        assertThat(umem.isSendable(packet)).isTrue();
        assertThat(umem.send(two, packet)).isEqualTo(address + 252);
        assertThat(umem.lent()).isEqualTo(1);
        assertThat(umem.available()).isEqualTo(63);
        umem.completed(two, address + 252);
        assertThat(umem.lent()).isZero();
        assertThat(umem.available()).isEqualTo(64);
    }

    @Test
    void shouldNotSendWhatOthersHold() {
        try (PacketPool pool = new PacketPool(2)) {
            Packet packet = requireNonNull(umem.allocate(256));
            Packet share = requireNonNull(pool.share(packet));
            assertThat(umem.isSendable(packet)).isFalse();
            assertThat(umem.isSendable(share)).isFalse();
            packet.release();
            assertThat(umem.isSendable(share)).isFalse();
            assertThat(umem.available()).isEqualTo(63);
            share.release();
            assertThat(umem.available()).isEqualTo(64);
            Packet other = requireNonNull(pool.allocate());
            assertThat(umem.isSendable(other)).isFalse();
            other.release();
        }
    }

    @Test
    void shouldTakeBackWhatAClosedQueueHad() {
        int one = umem.newQueue();
        int two = umem.newQueue();
        umem.lend(one);
        umem.lend(two);
        umem.send(one, requireNonNull(umem.allocate(256)));
        Packet held = umem.received(one, umem.lend(one) + 256, 60);
        umem.giveBack(one);
        assertThat(umem.lent()).isEqualTo(3);
        umem.collect();
        assertThat(umem.lent()).isEqualTo(1);
        assertThat(umem.available()).isEqualTo(62);
        held.release();
        umem.giveBack(two);
        umem.collect();
        assertThat(umem.available()).isEqualTo(64);
    }

    @Test
    void shouldLeaveHalfOfTheFramesForPackets() {
        assertThat(umem.reserve(1)).isTrue();
        assertThat(umem.reserve(2)).as("there are two in all").isFalse();
        assertThat(umem.reserve(1)).isTrue();
        for (int queue = 1; queue <= 2; queue++) {
            for (int i = 0; i < umem.toReceive(); i++) {
                assertThat(umem.lend(queue)).isNotNegative();
            }
        }
        assertThat(umem.available()).isEqualTo(32);
        umem.unreserve(2);
        assertThat(umem.reserve(2)).isTrue();
    }

    @Test
    void shouldRefuseFramesThatAreNotTheQueues() {
        int one = umem.newQueue();
        long address = umem.lend(one);
        assertThatThrownBy(() -> umem.received(one + 1, address, 60))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is lent to queue 1, and queue 2 gives it back");
        assertThatThrownBy(() -> new Umem(63, 1)).hasMessage("capacity 63 is not in [64, 1048576]");
    }
}
