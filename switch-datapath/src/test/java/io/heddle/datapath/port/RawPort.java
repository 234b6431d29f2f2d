package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketOwner;
import io.heddle.datapath.buffer.VirtioNetHeader;
import io.heddle.datapath.os.MessageBatch;
import io.heddle.datapath.os.NativeException;
import io.heddle.datapath.os.PacketSocket;

/** The least that moves frames of a device in and out with their offloads, so that a tunnel's test does not depend on other ports. */
final class RawPort implements PacketOwner, AutoCloseable {
    private final PacketSocket socket;
    private final MessageBatch messages = new MessageBatch(64, VirtioNetHeader.LENGTH);
    private final Packet[] packets;

    RawPort(String device, int interfaceIndex) throws NativeException {
        socket = PacketSocket.open(device, interfaceIndex, PacketSocket.Options.EVERY_FRAME);
        packets = new Packet[socket.slots()];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = new Packet(this, i);
        }
    }

    int receive(PacketBatch batch) {
        while (!batch.isFull()) {
            int slot = socket.next();
            if (slot < 0) {
                break;
            }
            long frame = socket.frameOffset(slot);
            Packet packet = packets[slot];
            packet.open(socket.ring(), socket.roomStart(slot), socket.roomEnd(slot), frame, socket.frameLength(slot));
            VirtioNetHeader.read(socket.ring(), frame - PacketSocket.VNET_HEADER, packet);
            batch.add(packet);
        }
        return batch.size();
    }

    void transmit(PacketBatch batch) {
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            VirtioNetHeader.write(packet, messages.headers(), messages.headerOffset());
            messages.add(VirtioNetHeader.LENGTH, packet.memory(), packet.offset(), packet.length());
        }
        for (int at = 0; at < messages.size(); ) {
            at += Math.max(1, socket.send(messages, at));
        }
        messages.clear();
        batch.release();
    }

    @Override
    public void reclaim(Packet packet) {
        socket.release(packet.slot());
    }

    @Override
    public void close() {
        socket.close();
    }
}
