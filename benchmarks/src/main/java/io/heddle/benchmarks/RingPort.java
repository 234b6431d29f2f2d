package io.heddle.benchmarks;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.datapath.port.PortState;
import io.heddle.datapath.port.PortStatistics;

/**
 * A port whose receive ring is always full of the same frames, and whose transmit ring always has room: what is left is the work of the
 * switch.
 *
 * <p>Thread safety: as {@link Port} says.
 */
final class RingPort implements Port, PacketOwner {
    private static final int SLOTS = 1024;

    private final int number;
    private final Frames frames;
    private final Packet[] slots;
    private final PortStatistics statistics = new PortStatistics();
    private final boolean receives;
    private int head;

    /**
     * @param frames that the ring repeats, a power of two
     * @param receives says whether frames arrive
     */
    RingPort(int number, Frames frames, boolean receives) {
        this.number = number;
        this.frames = frames;
        this.receives = receives;
        slots = new Packet[SLOTS];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Packet(this, i);
        }
    }

    @Override
    public void reclaim(Packet packet) {}

    @Override
    public int receive(PacketBatch batch) {
        int count = receives ? batch.room() : 0;
        for (int i = 0; i < count; i++) {
            Packet packet = slots[head];
            long offset = Frames.offset(head & frames.count - 1);
            packet.open(frames.memory, offset, offset + Frames.STRIDE, offset, Frames.LENGTH);
            packet.setInPort(number);
            batch.add(packet);
            head = head + 1 == slots.length ? 0 : head + 1;
        }
        if (count > 0) {
            statistics.countReceived(count, (long) count * Frames.LENGTH);
        }
        return count;
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int count = batch.size();
        long octets = 0;
        for (int i = 0; i < count; i++) {
            octets += batch.get(i).length();
        }
        batch.release();
        statistics.countSent(count, octets);
        return count;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String name() {
        return "ring" + number;
    }

    @Override
    public PortSpec spec() {
        return new PortSpec.Memory(name());
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
        return 0;
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
    public void close() {}
}
