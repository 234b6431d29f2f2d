package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.poll.LoopStatistics;
import io.heddle.datapath.port.MemoryPort;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After the reply to a barrier no packet is forwarded by older rules, while packets keep coming. */
class BarrierTest {
    private static final int CHANGES = 300;
    private static final int FLOWS = 16;

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldForwardNoPacketByOlderRulesAfterTheReply(int loops) throws Exception {
        try (SwitchLab lab = SwitchLab.withLoops(loops, 3).flows("in_port=1 actions=output:2")) {
            lab.start();
            ByteBuffer[] frames = new ByteBuffer[FLOWS];
            for (int i = 0; i < FLOWS; i++) {
                byte[] frame = HeddleSwitchTest.udp(0x0200_0000_000aL, 0x0200_0000_000bL, 1000 + i, 53);
                frames[i] = ByteBuffer.allocateDirect(frame.length).put(frame).flip();
            }
            MemoryPort.Outside in = lab.port("p1").outside();
            int through = 0;
            for (int change = 0; change < CHANGES; change++) {
                int old = change % 2 == 0 ? 2 : 3;
                int now = 5 - old;
                send(lab, in, frames); // in flight while the rules change
                lab.bridge()
                        .write(
                                SwitchLab.updates("modify in_port=1 actions=output:" + now),
                                Atomicity.DATAPLANE_ATOMIC,
                                false)
                        .get(10, TimeUnit.SECONDS);
                lab.bridge().barrier().get(10, TimeUnit.SECONDS);
                // What was forwarded by older rules is out before the reply: the loop had flushed its queues.
                drain(lab, "p2");
                drain(lab, "p3");
                send(lab, in, frames);
                through += awaitOnly(lab, "p" + now, "p" + old);
            }
            assertThat(through).isGreaterThanOrEqualTo(CHANGES * FLOWS);
            assertThat(lab.heddle.datapathLoops().first().statistics().get(LoopStatistics.Counter.REPLACEMENTS))
                    .isPositive();
        }
    }

    private static void send(SwitchLab lab, MemoryPort.Outside in, ByteBuffer[] frames) {
        for (ByteBuffer frame : frames) {
            assertThat(in.send(frame)).isTrue();
        }
        lab.heddle.datapathLoops().first().wakeUp();
    }

    private static int drain(SwitchLab lab, String port) {
        int count = 0;
        while (lab.receive(port) != null) {
            count++;
        }
        return count;
    }

    /** Waits until the frames have come out of {@code port}; fails when one comes out of {@code forbidden}. */
    private static int awaitOnly(SwitchLab lab, String port, String forbidden) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        int count = 0;
        while (count < FLOWS && System.nanoTime() - deadline < 0) {
            assertThat(drain(lab, forbidden)).as("frames by older rules").isZero();
            count += drain(lab, port);
            Thread.onSpinWait();
        }
        assertThat(count).as("frames out of " + port).isGreaterThanOrEqualTo(FLOWS);
        return count;
    }
}
