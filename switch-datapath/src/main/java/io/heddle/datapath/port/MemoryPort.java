package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.datapath.os.EventFd;
import io.heddle.datapath.os.NativeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A port without a device: frames are put in and taken out in memory, by a test, an embedder, or another such port.
 *
 * <pre>
 *                  +-- MemoryPort ------------------+
 *   poll loop  <-- | receive   <-- queue <-- send   | <-- {@link #outside()}, or transmit of the other end
 *              --> | transmit  --> queue --> take   | -->                     or receive of the other end
 *                  +--------------------------------+
 * </pre>
 *
 * <p>Each queue holds 1,024 frames; offload state passes with them. What the port's {@link #capabilities} lack is done in software
 * before a frame goes out.
 *
 * <p>Thread safety: as {@link Port} says; {@link #outside} may be used by one other thread. No call allocates, but {@link
 * Outside#take(int)}.
 */
public final class MemoryPort implements Port {
    /** Frames of a queue. */
    public static final int QUEUE_CAPACITY = 1024;

    private final int number;
    private final PortSpec.Memory spec;
    private final PortContext context;
    private final int capabilities;
    private final FrameQueue in;
    private final FrameQueue out;
    private final EventFd arrived;
    private final EventFd left;
    private final boolean ownsQueues;
    private final PortStatistics statistics = new PortStatistics();
    private final SoftwareTransmit software;
    private volatile PortState state = PortState.UP;
    private boolean closed;

    /** Makes a port that takes super-frames and partial checksums, whose other end is {@link #outside()}. */
    public MemoryPort(PortSpec.Memory spec, int number, PortContext context) throws IOException {
        this(spec, number, context, CAN_SEGMENT | CAN_CHECKSUM);
    }

    /**
     * Makes a port whose other end is {@link #outside()}.
     *
     * @param capabilities see {@link Port#capabilities()}
     */
    public MemoryPort(PortSpec.Memory spec, int number, PortContext context, int capabilities) throws IOException {
        this(
                spec,
                number,
                context,
                capabilities,
                new FrameQueue(QUEUE_CAPACITY),
                new FrameQueue(QUEUE_CAPACITY),
                new EventFd(),
                new EventFd(),
                true);
    }

    private MemoryPort(
            PortSpec.Memory spec,
            int number,
            PortContext context,
            int capabilities,
            FrameQueue in,
            FrameQueue out,
            EventFd arrived,
            EventFd left,
            boolean ownsQueues) {
        this.spec = spec;
        this.number = number;
        this.context = context;
        this.capabilities = capabilities;
        this.in = in;
        this.out = out;
        this.arrived = arrived;
        this.left = left;
        this.ownsQueues = ownsQueues;
        software = new SoftwareTransmit(this, this::enqueue, context);
    }

    /**
     * Returns the other end of the cable as a port: what one transmits the other receives. The two may belong to different poll
     * loops; this one is closed last.
     *
     * @param otherSpec of the other port
     * @param otherNumber of the other port
     * @param otherContext of the poll loop of the other port
     */
    public MemoryPort peer(PortSpec.Memory otherSpec, int otherNumber, PortContext otherContext)
            throws NativeException {
        return new MemoryPort(otherSpec, otherNumber, otherContext, capabilities, out, in, left, arrived, false);
    }

    /** Returns the other end of the cable, for a test or an embedder. */
    public Outside outside() {
        return new Outside();
    }

    /** Pulls the cable, or puts it back: a port whose link is down drops what it is given. */
    public void setLinkUp(boolean up) {
        state = up ? PortState.UP : PortState.DOWN;
    }

    @Override
    public int receive(PacketBatch batch) {
        int received = 0;
        long octets = 0;
        while (!batch.isFull()) {
            if (in.isEmpty()) {
                arrived.drain();
                if (in.isEmpty()) {
                    break;
                }
            }
            Packet packet = context.pool().allocate();
            if (packet == null) {
                break; // it waits in the queue
            }
            in.poll(packet);
            packet.setInPort(number);
            octets += packet.length();
            received++;
            batch.add(packet);
        }
        if (received != 0) {
            statistics.countReceived(received, octets);
        }
        return received;
    }

    @Override
    public int transmit(PacketBatch batch, long nowNs) {
        int sent = 0;
        for (int i = 0; i < batch.size(); i++) {
            Packet packet = batch.get(i);
            if (state == PortState.UP) {
                sent += software.transmit(packet);
            } else {
                statistics.countTransmitDrop(DropReason.LINK_DOWN, 1);
                packet.release();
            }
        }
        batch.clear();
        return sent;
    }

    /** Takes a frame that fits and needs nothing that the port cannot do; returns how many were taken. */
    private int enqueue(Packet packet) {
        int length = packet.length();
        boolean queued = out.offer(packet);
        packet.release();
        if (!queued) {
            statistics.countTransmitDrop(DropReason.TX_FULL, 1);
            return 0;
        }
        if (out.size() == 1) { // otherwise the taker has not seen the queue empty since it was last woken
            left.signal();
        }
        statistics.countSent(1, length);
        return 1;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public PortSpec spec() {
        return spec;
    }

    @Override
    public int pollFd() {
        return closed ? -1 : arrived.fd();
    }

    @Override
    public PortStatistics statistics() {
        return statistics;
    }

    @Override
    public long macAddress() {
        return spec.mac();
    }

    @Override
    public int mtu() {
        return spec.mtu() == 0 ? 1500 : spec.mtu();
    }

    @Override
    public PortState state() {
        return state;
    }

    @Override
    public int capabilities() {
        return capabilities;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (ownsQueues) {
                in.close();
                out.close();
                arrived.close();
                left.close();
            }
        }
    }

    @Override
    public String toString() {
        return "port " + number + " (memory " + name() + ", " + state + ")";
    }

    /** The other end of the cable. */
    public final class Outside {
        private Outside() {}

        /**
         * Puts a frame in, from the buffer's position to its limit, which it leaves as they are.
         *
         * @return false if the queue is full
         */
        public boolean send(ByteBuffer frame) {
            return signalled(in.offer(frame));
        }

        /**
         * Puts a frame in with its offload state; the packet stays the caller's.
         *
         * @return false if the queue is full
         */
        public boolean send(Packet packet) {
            return signalled(in.offer(packet));
        }

        private boolean signalled(boolean queued) {
            if (queued) {
                arrived.signal();
            }
            return queued;
        }

        /** Returns how many frames can be taken. */
        public int available() {
            return out.size();
        }

        /**
         * Takes a frame out with its offload state, into a packet of {@code pool}, which the caller releases.
         *
         * @return null if there is none, or the pool is empty
         */
        public @Nullable Packet take(PacketPool pool) {
            if (out.isEmpty()) {
                left.drain();
                return null;
            }
            Packet packet = pool.allocate();
            if (packet != null) {
                out.poll(packet);
            }
            return packet;
        }

        /**
         * Takes a frame out into a new direct buffer.
         *
         * @param capacity octets at most; what is longer is cut
         * @return null if there is none
         */
        public @Nullable ByteBuffer take(int capacity) {
            return out.isEmpty() ? null : out.poll(capacity);
        }

        /** Returns a descriptor that is readable when a frame can be taken. */
        public int fd() {
            return left.fd();
        }
    }
}
