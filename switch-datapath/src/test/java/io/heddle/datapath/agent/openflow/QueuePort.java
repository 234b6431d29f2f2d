package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortContext;
import io.heddle.datapath.port.PortSpec;
import io.heddle.datapath.port.PortState;
import io.heddle.datapath.port.PortStatistics;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A port whose frames a test puts in and takes out, without a device and without native calls. */
final class QueuePort implements Port {
    private final PortSpec spec;
    private final int number;
    private final PortContext context;
    private final PortStatistics statistics = new PortStatistics();

    /** Frames for the switch. */
    final Queue<byte[]> in = new ConcurrentLinkedQueue<>();

    /** Frames of the switch. */
    final Queue<byte[]> out = new ConcurrentLinkedQueue<>();

    QueuePort(PortSpec spec, int number, PortContext context) {
        this.spec = spec;
        this.number = number;
        this.context = context;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public PortSpec spec() {
        return spec;
    }

    @Override
    public int receive(PacketBatch batch) {
        int count = 0;
        while (!batch.isFull()) {
            byte[] frame = in.poll();
            Packet packet = frame == null ? null : context.pool().allocate();
            if (frame == null || packet == null) {
                break;
            }
            packet.append(frame.length);
            MemorySegment.copy(frame, 0, packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame.length);
            packet.setInPort(number);
            batch.add(packet);
            statistics.countReceived(1, frame.length);
            count++;
        }
        return count;
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int count = batch.size();
        for (int i = 0; i < count; i++) {
            Packet packet = batch.get(i);
            byte[] frame = new byte[packet.length()];
            MemorySegment.copy(packet.memory(), ValueLayout.JAVA_BYTE, packet.offset(), frame, 0, frame.length);
            out.add(frame);
            statistics.countSent(1, frame.length);
            packet.release();
        }
        batch.clear();
        return count;
    }

    @Override
    public int pollFd() {
        return -1;
    }

    @Override
    public PortStatistics statistics() {
        return statistics;
    }

    @Override
    public long macAddress() {
        return 0x020000000000L | number;
    }

    @Override
    public int mtu() {
        return 1500;
    }

    @Override
    public PortState state() {
        return PortState.UP;
    }

    @Override
    public int capabilities() {
        return CAN_SEGMENT | CAN_CHECKSUM;
    }

    @Override
    public void close() {
        in.clear();
    }
}
