package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.HeaderRoom;
import io.heddle.flow.packet.Segmentation;
import org.jspecify.annotations.Nullable;

/**
 * Completes checksums in place and cuts super-frames into packets of a pool.
 *
 * <p>Allocates nothing. Thread safety: none; one instance for each poll loop.
 */
public final class PooledOffload implements SoftwareOffload, Segmentation.Target {
    private final Segmentation segmentation = new Segmentation();

    /** What is being cut, the pool and the receiver; valid within {@link #segment} only. */
    private @Nullable Packet superFrame;

    private @Nullable PacketPool pool;
    private @Nullable SegmentSink sink;

    @Override
    public boolean completeChecksum(Packet packet) {
        if (!packet.needsChecksum()) {
            return true;
        }
        int start = packet.checksumStart();
        int field = packet.checksumOffset();
        if (start + field + 2 > packet.length()) {
            return false;
        }
        Checksums.complete(packet.memory(), packet.offset(), packet.length(), start, field);
        packet.clearNeedsChecksum();
        return true;
    }

    @Override
    public int segment(Packet packet, PacketPool from, SegmentSink out) {
        boolean isCuttable = packet.gsoType() == Packet.GSO_TCPV4
                || packet.gsoType() == Packet.GSO_TCPV6
                || packet.gsoType() == Packet.GSO_UDP_L4;
        if (!isCuttable || !packet.needsChecksum()) {
            return 0;
        }
        superFrame = packet;
        pool = from;
        sink = out;
        try {
            return segmentation.segment(
                    packet.memory(), packet.offset(), packet.length(), packet.checksumStart(), packet.gsoSize(), this);
        } finally {
            superFrame = null;
            pool = null;
            sink = null;
        }
    }

    @Override
    public @Nullable HeaderRoom allocate(int length) {
        if (pool == null || superFrame == null || length > PacketPool.MAX_FRAME_LENGTH) {
            return null;
        }
        Packet segment = pool.allocate();
        if (segment != null) {
            segment.append(length);
            segment.copyMetadataFrom(superFrame);
            segment.clearOffloads();
        }
        return segment;
    }

    @Override
    public void accept(HeaderRoom frame) {
        if (sink != null) {
            sink.accept((Packet) frame);
        }
    }
}
