package io.heddle.datapath.queue;

import static io.heddle.datapath.queue.QueueLab.queue;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.datapath.buffer.Packet;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Queues allocate nothing for packets once they are warm, whether these pass, wait or are dropped. */
class EgressAllocationTest {
    private static final int ROUNDS = 20;
    private static final int MOST_ROUNDS = 300;
    private static final int PACKETS = 20_000;

    @Test
    void shouldAllocateNothingPerPacket() {
        try (QueueLab lab = new QueueLab(
                50_000_000, queue(0, 1, 0, 0), queue(1, 9_000_000, 20_000_000, 0), queue(2, 3_000_000, 0, 5))) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long bytes = 0;
            int rounds = 0;
            while (rounds < ROUNDS || (bytes >= PACKETS / 100 && rounds < MOST_ROUNDS)) {
                long before = threads.getCurrentThreadAllocatedBytes();
                round(lab);
                bytes = threads.getCurrentThreadAllocatedBytes() - before;
                rounds++;
            }
            assertThat(bytes).as("octets allocated in the last round").isLessThan(PACKETS / 100);
            assertThat(lab.counters.transmitDrops()).isPositive();
        }
    }

    private static void round(QueueLab lab) {
        for (int i = 0; i < PACKETS; i++) {
            Packet packet = lab.packet(60 + i % 1400);
            packet.setQueue(i % 5);
            Packet passed = lab.queues.pass(packet, lab.room, lab.counters, lab.nowNs);
            if (passed != null) {
                passed.release();
            }
            if (i % 8 == 0) {
                lab.nowNs += 500_000;
                while (lab.queues.take(lab.out, lab.room, lab.nowNs) > 0) {
                    lab.out.release();
                }
            }
        }
    }
}
