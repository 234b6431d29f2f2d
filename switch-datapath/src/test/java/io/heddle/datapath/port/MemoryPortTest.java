package io.heddle.datapath.port;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryPortTest {
    private final PacketPool pool = new PacketPool(128);
    private final PortContext context = new PortContext(pool, new TestOffload(), OversizeHandler.NONE);
    private final PacketBatch batch = new PacketBatch();

    @AfterEach
    void shouldHaveGotEverythingBack() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    @Test
    void shouldPassFramesBetweenTwoPortsInOrder() throws IOException {
        MemoryPort left = new MemoryPort(new PortSpec.Memory("left"), 1, context);
        MemoryPort right = left.peer(new PortSpec.Memory("right"), 2, context);
        for (int i = 0; i < 100; i++) {
            left.outside().send(frame(64, i));
            left.receive(batch);
            left.transmit(batch, 0);
        }
        int seen = 0;
        while (right.receive(batch) > 0) {
            for (int i = 0; i < batch.size(); i++) {
                assertThat(batch.get(i).inPort()).isEqualTo(2);
                assertThat(batch.get(i).asByteBuffer()).isEqualTo(frame(64, seen++));
            }
            batch.release();
        }
        assertThat(seen).isEqualTo(100);
        assertThat(left.statistics().sentPackets()).isEqualTo(100);
        assertThat(right.statistics().receivedOctets()).isEqualTo(6400);
        right.close();
        left.close();
    }

    @Test
    void shouldDropWhatTheQueueCannotTake() throws IOException {
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m"), 1, context);
        for (int i = 0; i < MemoryPort.QUEUE_CAPACITY + 3; i++) {
            add(frame(60, 0));
            port.transmit(batch, 0);
        }
        assertThat(port.statistics().transmitDrops(DropReason.TX_FULL)).isEqualTo(3);
        assertThat(port.outside().available()).isEqualTo(MemoryPort.QUEUE_CAPACITY);
        port.close();
    }

    @Test
    void shouldCompleteAChecksumThatThePortCannotPassOnWithoutTouchingTheShare() throws IOException {
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m"), 1, context, 0);
        add(frame(60, 0));
        Packet packet = batch.get(0);
        packet.setNeedsChecksum(34, 6);
        Packet share = Objects.requireNonNull(pool.share(packet));
        port.transmit(batch, 0);
        ByteBuffer sent = Objects.requireNonNull(port.outside().take(100));
        assertThat(sent.getShort(40)).isNotZero();
        assertThat(share.asByteBuffer()).isEqualTo(frame(60, 0));
        assertThat(share.needsChecksum()).isTrue();
        share.release();
        port.close();
    }

    @Test
    void shouldTellAndCountWhatExceedsTheMtu() throws IOException {
        int[] told = new int[1];
        PortContext telling = new PortContext(pool, new TestOffload(), (port, packet, mtu) -> told[0] = mtu);
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m", 0, 576), 1, telling);
        add(frame(14 + 576, 0));
        add(frame(14 + 577, 0));
        ByteBuffer tagged = frame(18 + 576, 0).putShort(12, (short) 0x8100);
        add(tagged);
        assertThat(port.transmit(batch, 0)).isEqualTo(2);
        assertThat(port.statistics().transmitDrops(DropReason.MTU_EXCEEDED)).isEqualTo(1);
        assertThat(told[0]).isEqualTo(576);
        port.close();
    }

    @Test
    void shouldCutTcpSuperFramesShorterForASmallMtu() throws IOException {
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m"), 1, context);
        add(frame(20_000, 0));
        Packet packet = batch.get(0);
        packet.asByteBuffer().put(34 + 12, (byte) 0x80); // TCP header of 32 octets
        packet.setNeedsChecksum(34, 16);
        packet.setGso(Packet.GSO_TCPV4, false, 8948);
        assertThat(port.transmit(batch, 0)).isEqualTo(1);
        Packet sent = Objects.requireNonNull(port.outside().take(pool));
        assertThat(sent.gsoSize()).isEqualTo(1500 - 20 - 32);
        sent.release();
        port.close();
    }

    @Test
    void shouldDropWhenTheCableIsOut() throws IOException {
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m"), 1, context);
        port.setLinkUp(false);
        add(frame(60, 0));
        assertThat(port.transmit(batch, 0)).isZero();
        assertThat(port.statistics().transmitDrops(DropReason.LINK_DOWN)).isEqualTo(1);
        port.close();
    }

    @Test
    void shouldAllocateNothing() throws IOException {
        MemoryPort port = new MemoryPort(new PortSpec.Memory("m"), 1, context);
        MemoryPort.Outside outside = port.outside();
        Packet template = Objects.requireNonNull(pool.allocate());
        template.append(60);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long last = -1;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                outside.send(template);
                port.receive(batch);
                port.transmit(batch, i);
                Packet taken = outside.take(pool);
                if (taken != null) {
                    taken.release();
                }
            }
            last = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(last / 20_000).isZero();
        assertThat(port.statistics().sentPackets()).isEqualTo(400_000);
        template.release();
        port.close();
    }

    private void add(ByteBuffer octets) {
        Packet packet = Objects.requireNonNull(pool.allocate());
        packet.append(octets.remaining());
        packet.asByteBuffer().put(octets.duplicate());
        batch.add(packet);
    }

    private static ByteBuffer frame(int length, int seed) {
        ByteBuffer frame = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            frame.put(i, (byte) (i + seed));
        }
        return frame.putShort(12, (short) 0x0800);
    }
}
