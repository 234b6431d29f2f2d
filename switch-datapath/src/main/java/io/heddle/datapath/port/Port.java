package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;

/**
 * Where frames come in and leave.
 *
 * <pre>
 *                    receive(batch)
 *   device, peer  ------------------>  poll loop
 *                 <------------------
 *                    transmit(batch)
 * </pre>
 *
 * <p>A port that has lost its device stays open with {@link PortState#GONE}: it receives nothing and drops what it is given with
 * {@code LINK_DOWN}, until the device is back.
 *
 * <p>Thread safety: {@link #receive}, {@link #transmit}, {@link #pollFd} and {@link #drain} belong to one poll loop; {@link #close} is called when
 * that loop has let the port go; the rest may be read by any thread.
 */
public interface Port extends AutoCloseable {
    /** Takes super-frames ({@link Packet#isGso()}) as they are. */
    int CAN_SEGMENT = 1;

    /** Takes frames with {@link Packet#needsChecksum()} as they are. */
    int CAN_CHECKSUM = 2;

    /** Returns the datapath port number: unique in the process, from 1, not the bridge's OpenFlow number. */
    int number();

    /** Returns the name; that of the device if there is one. */
    String name();

    /** Returns what the port was made from. */
    PortSpec spec();

    /**
     * Adds packets that have arrived to {@code batch}, in their order, each with {@link Packet#inPort()} set; the caller releases
     * them. Never blocks and never allocates.
     *
     * @param batch to add to; only as many as it has room for are taken
     * @return how many were added, 0 for none
     */
    int receive(PacketBatch batch);

    /**
     * Sends packets and releases every one of them; the batch is empty afterwards. What cannot be sent at once is dropped and counted:
     * there is no queue behind a port. Never blocks and never allocates. The frames' octets are not changed, unless a checksum
     * or a segmentation has to be done that the port {@linkplain #capabilities() cannot} leave to others; shared frames are then
     * copied.
     *
     * @param batch whose packets the port owns from now on
     * @param nowNs monotonic time of this duty cycle
     * @return how many packets were handed to the device
     */
    int transmit(PacketBatch batch, long nowNs);

    /**
     * Returns a descriptor that becomes readable when packets arrive, for {@code epoll}; -1 if there is none now. A port that loses
     * its device and gets it back may have another one afterwards: compare before each wait. A descriptor that the port has closed
     * has left the epoll by itself.
     */
    int pollFd();

    /** Returns the counters, the same object for the life of the port. */
    PortStatistics statistics();

    /** Returns the Ethernet address as 48 bits, 02:00:00:00:00:07 is 0x020000000007; 0 if the port has none. */
    long macAddress();

    /** Returns the longest layer 3 packet in octets that can be sent; frames are longer by their Ethernet header and tags. */
    int mtu();

    /** Returns the link's state. */
    PortState state();

    /** Says whether packets can pass. */
    default boolean linkUp() {
        return state() == PortState.UP;
    }

    /** Returns a sum of {@link #CAN_SEGMENT} and {@link #CAN_CHECKSUM}. */
    int capabilities();

    /** Returns how frames pass between the device and the port: {@code af_packet}, {@code af_xdp native}; empty if there is one way only. */
    default String io() {
        return "";
    }

    /** Returns what a person should know about this port, one sentence; empty if all is well. */
    default String warning() {
        return "";
    }

    /**
     * Releases the packets that the port keeps, for neighbours that are not known yet and such. The poll loop's last call: its pool is
     * not the closing thread's.
     */
    default void drain() {}

    /** Removes what the port has made and leaves what it found. Packets of its receive ring must have been released. */
    @Override
    void close();
}
