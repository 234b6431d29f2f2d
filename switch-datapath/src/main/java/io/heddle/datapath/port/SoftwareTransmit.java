package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.metrics.DropReason;

/**
 * Does before a packet leaves what the port's device cannot do: cuts super-frames, completes checksums, and keeps back what is longer
 * than the MTU. A frame that others hold too is copied before it is written to.
 *
 * <p>Thread safety: none; one poll loop.
 */
public final class SoftwareTransmit {
    private final Port port;
    private final Sink sink;
    private final PortContext context;
    private final SoftwareOffload.SegmentSink segments = this::sendSegment; // made once
    private int sent;

    /** Takes what may leave. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a packet that fits and needs nothing that the port cannot do, and releases it when it has left.
         *
         * @return 1 if it was sent or will be, 0 if it was dropped and counted
         */
        int send(Packet packet);
    }

    /**
     * Makes one.
     *
     * @param port that says what can be done, and counts
     * @param sink gets what may leave
     * @param context of the port's poll loop
     */
    public SoftwareTransmit(Port port, Sink sink, PortContext context) {
        this.port = port;
        this.sink = sink;
        this.context = context;
    }

    /**
     * Sends a packet, or drops it and counts that. It is released.
     *
     * @return how many frames were given to the sink and sent
     */
    public int transmit(Packet packet) {
        int can = port.capabilities();
        if (!DevicePort.fits(packet, DevicePort.layer2Length(packet), port.mtu())) {
            return drop(packet, DropReason.MTU_EXCEEDED);
        }
        if (packet.isGso() && (can & Port.CAN_SEGMENT) == 0) {
            return segment(packet);
        }
        if (packet.needsChecksum() && !packet.isGso() && (can & Port.CAN_CHECKSUM) == 0) {
            return complete(packet);
        }
        return sink.send(packet);
    }

    private int complete(Packet packet) {
        Packet own = packet;
        if (packet.isShared()) {
            Packet copy = context.pool().copy(packet);
            if (copy == null) {
                return drop(packet, DropReason.NO_BUFFER);
            }
            packet.release();
            own = copy;
        }
        return context.offload().completeChecksum(own) ? sink.send(own) : drop(own, DropReason.MALFORMED);
    }

    private int segment(Packet packet) {
        sent = 0;
        int result = context.offload().segment(packet, context.pool(), segments);
        if (result <= 0) {
            port.statistics().countTransmitDrop(result == 0 ? DropReason.MALFORMED : DropReason.NO_BUFFER, 1);
        }
        packet.release();
        return sent;
    }

    private void sendSegment(Packet segment) {
        sent += sink.send(segment);
    }

    private int drop(Packet packet, DropReason reason) {
        port.statistics().countTransmitDrop(reason, 1);
        if (reason == DropReason.MTU_EXCEEDED) {
            context.oversize().onOversize(port, packet, port.mtu());
        }
        packet.release();
        return 0;
    }
}
