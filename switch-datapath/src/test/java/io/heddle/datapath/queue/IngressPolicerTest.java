package io.heddle.datapath.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.PortStatistics;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IngressPolicerTest {
    private static final long SECOND = 1_000_000_000L;

    private final PacketPool pool = new PacketPool(128);
    private final PortStatistics counters = new PortStatistics();
    private final PacketBatch batch = new PacketBatch();
    private long packets;
    private long octets;

    /** Ten seconds of 64,000 packets of 60 to 1514 octets each. */
    private void run(IngressPolicer policer) {
        Random random = new Random(3);
        for (long nowNs = 0; nowNs < 10 * SECOND; nowNs += 1_000_000) {
            while (!batch.isFull()) {
                var packet = Objects.requireNonNull(pool.allocate());
                packet.append(60 + random.nextInt(1455));
                batch.add(packet);
            }
            policer.police(batch, counters, nowNs);
            packets += batch.size();
            for (int i = 0; i < batch.size(); i++) {
                octets += batch.get(i).length();
            }
            batch.release();
        }
        assertThat(counters.receiveDrops(DropReason.POLICED)).isEqualTo(640_000 - packets);
    }

    @AfterEach
    void shouldLoseNoFrame() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    @Test
    void shouldHoldARateInBits() {
        run(new IngressPolicer(20_000_000, 100_000, 0, 0, 0));
        assertThat(octets * 8 / 10.0).isCloseTo(20e6, Percentage.withPercentage(3));
    }

    @Test
    void shouldHoldARateInPackets() {
        run(new IngressPolicer(0, 0, 7000, 100, 0));
        assertThat(packets / 10.0).isCloseTo(7000, Percentage.withPercentage(3));
    }

    @Test
    void shouldHoldBoth() {
        run(new IngressPolicer(20_000_000, 100_000, 1000, 100, 0));
        assertThat(packets / 10.0).isCloseTo(1000, Percentage.withPercentage(3));
    }
}
