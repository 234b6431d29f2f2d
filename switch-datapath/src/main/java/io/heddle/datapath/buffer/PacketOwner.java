package io.heddle.datapath.buffer;

/** Who a packet's memory comes from and goes back to: a pool, or a port's receive ring. */
@FunctionalInterface
public interface PacketOwner {
    /**
     * Takes back a packet that nobody holds any more. Called on the poll loop that owns both.
     *
     * @param packet that this owner opened
     */
    void reclaim(Packet packet);
}
