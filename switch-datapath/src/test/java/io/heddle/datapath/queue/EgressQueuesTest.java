package io.heddle.datapath.queue;

import static io.heddle.datapath.queue.QueueLab.SECOND;
import static io.heddle.datapath.queue.QueueLab.queue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.metrics.DropReason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EgressQueuesTest {
    private static final long MBIT = 1_000_000;
    private static final Percentage THREE = Percentage.withPercentage(3);

    /** Offers each queue more than it may send, for some time; turns come at random. */
    private static void flood(QueueLab lab, Random random, long forNs, int... queues) {
        long end = lab.nowNs + forNs;
        List<Integer> order = new ArrayList<>(IntStream.of(queues).boxed().toList());
        while (lab.nowNs < end) {
            Collections.shuffle(order, random);
            for (int queue : order) {
                for (int i = 0; i < 12; i++) {
                    lab.offer(queue, 60 + random.nextInt(1455));
                }
            }
            lab.nowNs += 50_000 + random.nextInt(1_000_000);
            lab.drain();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 10", "3, 50", "4, 1000"})
    void shouldHoldTheRateOfAQueue(long seed, long megabits) {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, 0, 0), queue(1, 1, megabits * MBIT, 0))) {
            Random random = new Random(seed);
            long step = megabits > 100 ? 100_000 : 500_000;
            for (long end = lab.nowNs + 10 * SECOND; lab.nowNs < end; lab.nowNs += step) {
                for (long octets = 0; octets < megabits * MBIT / 8 * 2 * step / SECOND + 3000; ) {
                    int length = 60 + random.nextInt(1455);
                    lab.offer(1, length);
                    octets += length;
                }
                lab.drain();
            }
            assertThat(lab.rate(1, 10 * SECOND)).isCloseTo(megabits * 1e6, THREE);
        }
    }

    @Test
    void shouldHoldTheRateOfAPortAndShareItByGuarantees() {
        try (QueueLab lab =
                new QueueLab(20 * MBIT, queue(0, 1, 0, 0), queue(1, 12 * MBIT, 0, 0), queue(2, 4 * MBIT, 0, 0))) {
            flood(lab, new Random(5), 10 * SECOND, 1, 2);

            assertThat(lab.rate(1, 10 * SECOND)).isCloseTo(15e6, THREE);
            assertThat(lab.rate(2, 10 * SECOND)).isCloseTo(5e6, THREE);
        }
    }

    @Test
    void shouldKeepGuaranteesAndGiveTheRestToTheFirstPriority() {
        try (QueueLab lab =
                new QueueLab(20 * MBIT, queue(0, 1, 0, 9), queue(1, 2 * MBIT, 0, 5), queue(2, 4 * MBIT, 0, 1))) {
            flood(lab, new Random(6), 10 * SECOND, 1, 2);

            assertThat(lab.rate(1, 10 * SECOND)).isCloseTo(2e6, THREE);
            assertThat(lab.rate(2, 10 * SECOND)).isCloseTo(18e6, THREE);
        }
    }

    @Test
    void shouldLendWhatAnotherQueueDoesNotUseUpToTheMaximum() {
        try (QueueLab lab = new QueueLab(
                20 * MBIT, queue(0, 10 * MBIT, 0, 0), queue(1, 5 * MBIT, 12 * MBIT, 0), queue(2, 2 * MBIT, 0, 7))) {
            flood(lab, new Random(7), 10 * SECOND, 1, 2);

            assertThat(lab.rate(1, 10 * SECOND)).isCloseTo(12e6, THREE);
            assertThat(lab.rate(2, 10 * SECOND)).isCloseTo(8e6, THREE);
        }
    }

    @Test
    void shouldNotExceedThePortWithMoreGuaranteesThanItHas() {
        try (QueueLab lab =
                new QueueLab(10 * MBIT, queue(0, 1, 0, 0), queue(1, 10 * MBIT, 0, 0), queue(2, 30 * MBIT, 0, 0))) {
            flood(lab, new Random(8), 10 * SECOND, 1, 2);

            assertThat(lab.rate(1, 10 * SECOND) + lab.rate(2, 10 * SECOND)).isCloseTo(10e6, THREE);
            assertThat(lab.rate(2, 10 * SECOND) / lab.rate(1, 10 * SECOND)).isCloseTo(3, within(0.15));
        }
    }

    @Test
    void shouldHoldRatesWithSuperFrames() {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, 50 * MBIT, 0))) {
            for (long end = lab.nowNs + 10 * SECOND; lab.nowNs < end; lab.nowNs += 700_000) {
                lab.offer(0, 65_000);
                lab.drain();
            }
            assertThat(lab.rate(0, 10 * SECOND)).isCloseTo(50e6, THREE);
        }
    }

    @Test
    void shouldCountTheHeadersOfEachSegmentOfASuperFrame() {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, 50 * MBIT, 0))) {
            for (long end = lab.nowNs + 10 * SECOND; lab.nowNs < end; lab.nowNs += 700_000) {
                Packet packet = lab.packet(42 + 1000 * 20);
                packet.setNeedsChecksum(34, 6);
                packet.setGso(Packet.GSO_UDP_L4, false, 1000);
                Packet passed = lab.queues.pass(packet, lab.room, lab.counters, lab.nowNs);
                if (passed != null) {
                    passed.release();
                }
                lab.drain();
            }
            long octets = lab.queues.states().getFirst().statistics().sentOctets();
            assertThat(octets * 8 / 10.0 * 1042 * 20 / (42 + 1000 * 20)).isCloseTo(50e6, THREE);
        }
    }

    @Test
    void shouldSendPacketsOfAQueueInTheirOrder() {
        try (QueueLab lab = new QueueLab(MBIT, queue(0, 1, 0, 0))) {
            List<Integer> left = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                Packet packet = lab.packet(700);
                packet.setMark(i);
                Packet passed = lab.queues.pass(packet, lab.room, lab.counters, lab.nowNs);
                if (passed != null) {
                    left.add(passed.mark());
                    passed.release();
                }
            }
            for (int turn = 0; turn < 4000; turn++) {
                lab.nowNs += 1_000_000;
                while (lab.queues.take(lab.out, lab.room, lab.nowNs) > 0) {
                    for (int i = 0; i < lab.out.size(); i++) {
                        left.add(lab.out.get(i).mark());
                    }
                    lab.out.release();
                }
            }
            long dropped = lab.counters.transmitDrops(DropReason.QUEUE_FULL);
            assertThat(left).isSorted().hasSize(400 - (int) dropped);
            assertThat(lab.queues.isBacklogged()).isFalse();
        }
    }

    @Test
    void shouldGiveUnknownQueuesAndNoneToQueueZero() {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, 0, 0), queue(3, 1, 0, 0), queue(-2, 1, 0, 0))) {
            for (int queue : new int[] {-1, 0, 1, 3, -2, 77}) {
                assertThat(lab.offer(queue, 100)).isTrue();
            }
            assertThat(lab.queues.states())
                    .extracting(state ->
                            state.shape().id() + ": " + state.statistics().sentPackets())
                    .containsExactly("0: 4", "3: 1", "-2: 1");
        }
    }

    @Test
    void shouldHaveAQueueZeroThatNobodyAskedFor() {
        try (QueueLab lab = new QueueLab(10 * MBIT, queue(5, MBIT, 0, 0))) {
            flood(lab, new Random(9), 2 * SECOND, -1);

            assertThat(lab.rate(-1, 2 * SECOND)).isCloseTo(10e6, THREE);
            assertThat(lab.queues.states()).hasSize(1);
        }
    }

    @Test
    void shouldDropWhatIsTooMuchByNameAndLeaveFramesToOthers() {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, MBIT, 0), queue(1, 1, MBIT, 0), queue(2, 1, MBIT, 0))) {
            for (int i = 0; i < 5000; i++) {
                lab.offer(1, 60);
                lab.offer(2, 60);
            }
            assertThat(lab.room.held()).isLessThanOrEqualTo(lab.pool.capacity() / 2);
            assertThat(lab.queues.states().get(1).statistics().waiting()).isBetween(500L, 1000L);
            assertThat(lab.counters.transmitDrops(DropReason.QUEUE_FULL))
                    .isEqualTo(lab.queues.states().get(1).statistics().drops()
                            + lab.queues.states().get(2).statistics().drops())
                    .isPositive();
            lab.offer(0, 3000);
            lab.offer(0, 3000);
            assertThat(lab.offer(0, 60)).isFalse();
            assertThat(lab.queues.states().getFirst().statistics().drops()).isZero();
        }
    }

    @Test
    void shouldHoldNoMoreThanAFifthOfASecond() {
        try (QueueLab lab = new QueueLab(0, queue(0, 1, 16 * MBIT, 0))) {
            for (int i = 0; i < 20; i++) {
                lab.offer(0, 65_000);
            }
            assertThat(lab.queues.states().getFirst().statistics().waiting()).isBetween(5L, 8L);
        }
    }

    @Test
    void shouldKeepWhatWaitsInFramesOfThePool() {
        try (QueueLab lab = new QueueLab(MBIT, queue(0, 1, 0, 0))) {
            lab.offer(0, 5000);
            Packet flooded = lab.packet(100);
            Packet share = lab.pool.share(flooded);
            assertThat(share).isNotNull();
            assertThat(lab.queues.pass(share, lab.room, lab.counters, lab.nowNs))
                    .isNull();
            assertThat(flooded.isShared()).isFalse();
            assertThat(lab.pool.sharesInUse()).isZero();
            flooded.release();
        }
    }

    @Test
    void shouldSayWhenItMayGoOn() {
        try (QueueLab lab = new QueueLab(MBIT, queue(0, 1, 0, 0))) {
            assertThat(lab.queues.delayNs(lab.nowNs)).isEqualTo(Long.MAX_VALUE);
            while (lab.offer(0, 1000)) {
                assertThat(lab.queues.isBacklogged()).isFalse();
            }
            long delayNs = lab.queues.delayNs(lab.nowNs);
            assertThat(delayNs).isBetween(1L, 8_000_000L);
            lab.nowNs += delayNs - 1;
            assertThat(lab.drain()).isZero();
            lab.nowNs += 1;
            assertThat(lab.drain()).isEqualTo(1);
        }
    }

    @Test
    void shouldKeepCountersPacketsAndDebtsWhenRatesChange() {
        try (QueueLab lab = new QueueLab(MBIT, queue(0, 1, 0, 0), queue(1, 1, 0, 0))) {
            while (lab.offer(1, 1000)) {
                assertThat(lab.queues.isBacklogged()).isFalse();
            }
            for (int i = 0; i < 9; i++) {
                lab.offer(1, 1000);
            }
            long sent = lab.queues.states().get(1).statistics().sentPackets();

            lab.change(2 * MBIT, queue(0, 1, 0, 0), queue(1, 1, 0, 3), queue(2, 1, 0, 0));
            assertThat(lab.drain()).isZero();
            assertThat(lab.queues.states().get(1).statistics().waiting()).isEqualTo(10);
            for (int i = 0, left = 0; i < 100 && left < 10; i++) {
                lab.nowNs += 10_000_000;
                left += lab.drain();
            }
            assertThat(lab.queues.states().get(1).statistics().sentPackets()).isEqualTo(sent + 10);

            lab.nowNs += SECOND;
            assertThat(lab.offer(1, 60_000)).isTrue();
            assertThat(lab.offer(1, 1000)).isFalse();
            lab.change(2 * MBIT, queue(0, 1, 0, 0));
            assertThat(lab.queues.states().getFirst().statistics().waiting()).isEqualTo(1);
            lab.queues.open();
            assertThat(lab.drain()).isEqualTo(1);
        }
    }

    @Test
    void shouldMarkIpPacketsThatWereSentToAQueueByName() {
        QueueShape marking = new QueueShape(0, 1, 0, 0, 0, 46);
        try (QueueLab lab = new QueueLab(0, marking)) {
            for (int queue = 0; queue < 2; queue++) {
                Packet packet = lab.packet(60);
                byte[] frame = HexFormat.of()
                        .parseHex("02000000000202000000000108004500002e000000004011000a0a0000010a0000020001000200"
                                + "1a0000" + "00".repeat(18));
                MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), 60);
                packet.setQueue(queue);
                Packet passed = lab.queues.pass(packet, lab.room, lab.counters, lab.nowNs);
                assertThat(passed).isNotNull();
                assertThat(passed.memory().get(ValueLayout.JAVA_BYTE, passed.offset() + 15))
                        .isEqualTo((byte) (queue == 0 ? 0 : 46 << 2));
                passed.release();
            }
        }
    }

    @Test
    void shouldRefuseMoreQueuesThanAWordHasBits() {
        QueueShape[] shapes =
                IntStream.rangeClosed(1, 64).mapToObj(id -> queue(id, 1, 0, 0)).toArray(QueueShape[]::new);
        assertThatThrownBy(() -> new EgressQueues(0, List.of(shapes), null, 0)).hasMessageContaining("65 queues");
    }

    @Test
    void shouldServeManyQueuesAlike() {
        QueueShape[] shapes =
                IntStream.range(0, 64).mapToObj(id -> queue(id, 1000, 0, 0)).toArray(QueueShape[]::new);
        try (QueueLab lab = new QueueLab(64 * MBIT, shapes)) {
            int[] all = IntStream.range(0, 64).toArray();
            flood(lab, new Random(10), 3 * SECOND, all);
            for (int id : all) {
                assertThat(lab.rate(id, 3 * SECOND)).isCloseTo(1e6, Percentage.withPercentage(5));
            }
        }
    }
}
