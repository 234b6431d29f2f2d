package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.port.OversizeHandler;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.packet.IcmpErrors;

/**
 * Tells the sender of an IP packet that does not fit a tunnel or a layer 3 port how large a packet may be
 * ({@link IcmpErrors#tooBig}). Nothing is said between ports of layer 2 only: there the sender's own MTU is wrong. At most
 * {@value #PER_CYCLE} answers per duty cycle.
 *
 * <p>Threading: one poll loop.
 */
public final class OversizeReplies implements OversizeHandler {
    static final int PER_CYCLE = 16;

    private final PacketPool pool;
    private final OutputQueues outputs;
    private final PacketBatch replies = new PacketBatch();

    OversizeReplies(PacketPool pool, OutputQueues outputs) {
        this.pool = pool;
        this.outputs = outputs;
    }

    @Override
    public void onOversize(Port port, Packet packet, int mtu) {
        boolean isLayer3 = port.spec() instanceof PortSpec.Tunnel || port.spec() instanceof PortSpec.Tun;
        if (!isLayer3 || packet.inPort() == 0 || replies.size() >= PER_CYCLE) {
            return;
        }
        Packet reply = pool.allocate();
        if (reply == null) {
            return;
        }
        int length = IcmpErrors.tooBig(
                packet.memory(), packet.offset(), packet.length(), mtu, reply.memory(), reply.offset());
        if (length == 0) {
            reply.release();
            return;
        }
        reply.append(length);
        reply.setInPort(packet.inPort());
        replies.add(reply);
    }

    /** Sends what has been answered. At the end of a cycle. */
    void flush() {
        if (replies.isEmpty()) {
            return;
        }
        for (int i = 0; i < replies.size(); i++) {
            Packet reply = replies.get(i);
            outputs.add(reply.inPort(), reply);
        }
        replies.clear();
        outputs.flush();
    }
}
