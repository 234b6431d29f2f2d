package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;

/**
 * Does in software what a packet's offload state asks for, for ports whose device cannot.
 *
 * <p>Thread safety: none; one poll loop.
 */
public interface SoftwareOffload {
    /**
     * Completes the checksum that {@link Packet#needsChecksum()} announces, in place, and clears the announcement. The packet must
     * not be {@linkplain Packet#isShared() shared}, nor a super-frame.
     *
     * @return false if the packet is malformed; it is then unchanged
     */
    boolean completeChecksum(Packet packet);

    /**
     * Cuts a super-frame into frames with complete checksums, in order. The super-frame itself is only read, and stays with the
     * caller.
     *
     * @param packet with {@link Packet#isGso()}
     * @param pool that the segments come from
     * @param out gets each segment and owns it from then on
     * @return how many segments there were; 0 if the packet is malformed; the negative number of those that were given to
     *     {@code out} minus 1 if the pool ran out of frames ({@code -1}: none, {@code -3}: two)
     */
    int segment(Packet packet, PacketPool pool, SegmentSink out);

    /** Takes segments. */
    @FunctionalInterface
    interface SegmentSink {
        /** Takes one segment and owns it. */
        void accept(Packet segment);
    }
}
