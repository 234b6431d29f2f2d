package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.MemoryPort;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The path from receive to transmit allocates nothing once it is warm. */
class FastPathAllocationTest {
    private static final int ROUNDS = 20;
    private static final int MOST_ROUNDS = 300;
    private static final int PACKETS = 20_000;
    private static final int FLOWS = 100;

    @Test
    void shouldAllocateNothingPerPacket() {
        try (SwitchLab lab = SwitchLab.withPorts(3)
                .flows(
                        "in_port=1,udp actions=output:2,output:3",
                        "in_port=2,udp actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:1",
                        "in_port=3,udp actions=set_field:10.9.9.9->ip_dst,dec_ttl,output:1")) {
            ByteBuffer[] frames = new ByteBuffer[FLOWS];
            for (int i = 0; i < FLOWS; i++) {
                byte[] frame = HeddleSwitchTest.udp(0x0200_0000_000aL, 0x0200_0000_000bL, 1000 + i, 53);
                frames[i] = ByteBuffer.allocateDirect(frame.length).put(frame).flip();
            }
            PacketPool pool = new PacketPool(64);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long bytes = 0;
            int rounds = 0;
            // What is interpreted allocates; on a busy machine the compiler needs more rounds to get to everything.
            while (rounds < ROUNDS || (bytes >= PACKETS / 100 && rounds < MOST_ROUNDS)) {
                long before = threads.getCurrentThreadAllocatedBytes();
                forward(lab, frames, pool);
                bytes = threads.getCurrentThreadAllocatedBytes() - before;
                rounds++;
            }
            pool.close();

            assertThat(bytes).as("octets allocated in the last round").isLessThan(PACKETS / 100);
            assertThat(lab.port("p2").statistics().sentPackets()).isEqualTo((long) rounds * PACKETS);
        }
    }

    private static void forward(SwitchLab lab, ByteBuffer[] frames, PacketPool pool) {
        PollLoop loop = lab.heddle.datapathLoops().first();
        MemoryPort p1 = lab.port("p1");
        MemoryPort p2 = lab.port("p2");
        MemoryPort p3 = lab.port("p3");
        MemoryPort.Outside in1 = p1.outside();
        MemoryPort.Outside in2 = p2.outside();
        MemoryPort.Outside in3 = p3.outside();
        long now = lab.nowNs.get();
        for (int sent = 0; sent < PACKETS; sent += 50) {
            for (int i = 0; i < 50; i++) {
                ByteBuffer frame = frames[(sent + i) % FLOWS];
                in1.send(frame);
                in2.send(frame);
                in3.send(frame);
            }
            now += 10_000;
            for (int turn = 0; turn < 4; turn++) {
                loop.doWork(now);
            }
            drain(in1, pool);
            drain(in2, pool);
            drain(in3, pool);
        }
        lab.nowNs.set(now);
    }

    private static void drain(MemoryPort.Outside side, PacketPool pool) {
        for (Packet packet = side.take(pool); packet != null; packet = side.take(pool)) {
            packet.release();
        }
    }
}
