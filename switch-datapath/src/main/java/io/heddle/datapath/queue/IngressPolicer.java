package io.heddle.datapath.queue;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.port.PortStatistics;
import org.jspecify.annotations.Nullable;

/**
 * Drops what comes in faster than a rate in bits, a rate in packets, or both, as {@code POLICED}.
 *
 * <p>Threading: made by the control loop, worked by the poll loop that owns the port.
 */
public final class IngressPolicer {
    private final @Nullable TokenBucket bits;
    private final @Nullable TokenBucket packets;
    private final @Nullable Packet[] kept = new @Nullable Packet[PacketBatch.CAPACITY];

    /**
     * Full buckets.
     *
     * @param bitRate bits per second, 0 for any
     * @param bitBurst most bits at once, at most 4,000,000,000
     * @param packetRate packets per second, 0 for any
     * @param packetBurst most packets at once, at most 4,000,000,000
     */
    public IngressPolicer(long bitRate, long bitBurst, long packetRate, long packetBurst, long nowNs) {
        bits = bitRate == 0 ? null : new TokenBucket(bitRate, bitBurst, nowNs);
        packets = packetRate == 0 ? null : new TokenBucket(packetRate, packetBurst, nowNs);
    }

    /** Releases the packets of a batch that are too many, and counts them. */
    public void police(PacketBatch batch, PortStatistics counters, long nowNs) {
        int dropped = 0;
        int size = batch.size();
        for (int i = 0; i < size; i++) {
            kept[i] = batch.get(i);
        }
        batch.clear();
        refill(nowNs);
        for (int i = 0; i < size; i++) {
            Packet packet = kept[i];
            kept[i] = null;
            if (packet == null) {
                continue;
            }
            if (pass(packet.length())) {
                batch.add(packet);
            } else {
                packet.release();
                dropped++;
            }
        }
        if (dropped > 0) {
            counters.countReceiveDrop(DropReason.POLICED, dropped);
        }
    }

    private void refill(long nowNs) {
        if (bits != null) {
            bits.refill(nowNs);
        }
        if (packets != null) {
            packets.refill(nowNs);
        }
    }

    private boolean pass(int octets) {
        if (bits != null && !bits.isOpen() || packets != null && !packets.isOpen()) {
            return false;
        }
        if (bits != null) {
            bits.take(octets * 8L);
        }
        if (packets != null) {
            packets.take(1);
        }
        return true;
    }
}
