package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.flow.packet.HeaderRoom;
import java.lang.foreign.MemorySegment;

/** Shows a packet to the header editor. Reused for every packet. Threading: one poll loop. */
final class PacketRoom implements HeaderRoom {
    private Packet packet;

    PacketRoom(Packet first) {
        packet = first;
    }

    PacketRoom of(Packet other) {
        packet = other;
        return this;
    }

    @Override
    public MemorySegment memory() {
        return packet.memory();
    }

    @Override
    public long offset() {
        return packet.offset();
    }

    @Override
    public int length() {
        return packet.length();
    }

    @Override
    public int headroom() {
        return packet.headroom();
    }

    @Override
    public void push(int octets) {
        packet.push(octets);
    }

    @Override
    public void pull(int octets) {
        packet.pull(octets);
    }
}
