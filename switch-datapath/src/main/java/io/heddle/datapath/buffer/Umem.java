package io.heddle.datapath.buffer;

import io.heddle.datapath.os.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Frames that AF_XDP queues of one poll loop share with the kernel: a frame that was received through one is sent through another
 * without being copied.
 *
 * <pre>
 *            lend                    received
 *   free  ---------->  a queue's  ------------->  a packet
 *    ^                   |    ^                     |   |
 *    |  giveBack, collect|    |        send         |   | released
 *    +-------------------+    +---------------------+   |
 *    +---------------------- completed <- (a queue's)   |
 *    +--------------------------------------------------+
 * </pre>
 *
 * <p>Who has each frame is written down, so that none is lost when a queue is closed with frames that the kernel has: free, in a packet,
 * and lent frames always add up to {@link #capacity}.
 *
 * <p>Thread safety: none; belongs to one poll loop. {@link #reserve}, {@link #newQueue} and {@link #giveBack} are the control loop's.
 */
public final class Umem implements PacketOwner, AutoCloseable {
    /** Octets from one frame to the next. */
    public static final int FRAME_SIZE = 4096;

    /** Frames that a queue holds to receive into, if there are enough. */
    public static final int MOST_TO_RECEIVE = 1024;

    private static final int NOBODY = 0;
    private static final VarHandle RETURNED;

    static {
        try {
            RETURNED = MethodHandles.lookup().findVarHandle(Umem.class, "returned", Return.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final NativeMemory slab;
    private final MemorySegment memory;
    private final Packet[] packets;
    private final int[] free;
    private int freeCount;
    /** For each frame the queue that has lent it to the kernel, {@link #NOBODY} for none. */
    private final int[] lentTo;

    private int lent;

    // Control loop
    private final int mostQueues;
    private int reserved;
    private int lastQueue;

    /** Queues that were closed; pushed by the control loop with release, taken by the poll loop with acquire. */
    @SuppressWarnings("UnusedVariable") // by RETURNED
    private volatile @Nullable Return returned;

    private record Return(int queue, @Nullable Return next) {}

    /**
     * Reserves the memory.
     *
     * @param capacity frames, 64 to 1,048,576
     * @param mostQueues that may use it at a time
     */
    public Umem(int capacity, int mostQueues) {
        if (capacity < 64 || capacity > 1 << 20) {
            throw new IllegalArgumentException("capacity " + capacity + " is not in [64, 1048576]");
        }
        this.mostQueues = mostQueues;
        slab = NativeMemory.reserve((long) capacity * FRAME_SIZE);
        memory = slab.segment();
        packets = new Packet[capacity];
        free = new int[capacity];
        lentTo = new int[capacity];
        for (int i = 0; i < capacity; i++) {
            packets[i] = new Packet(this, i);
            free[i] = capacity - 1 - i;
        }
        freeCount = capacity;
    }

    /** Returns the memory of all frames. */
    public MemorySegment memory() {
        return memory;
    }

    /** Returns how many frames there are. */
    public int capacity() {
        return packets.length;
    }

    /** Returns how many frames are neither lent nor in a packet. */
    public int available() {
        return freeCount;
    }

    /** Returns how many frames are lent to the kernel. */
    public int lent() {
        return lent;
    }

    // ---- queues

    /** Returns a number for a queue that was opened, from 1. Control loop. */
    public int newQueue() {
        return ++lastQueue;
    }

    /** The kernel has let go of the frames of a queue: its socket is closed. Control loop. */
    public void giveBack(int queue) {
        Return first;
        Return mine;
        do {
            first = (Return) RETURNED.getAcquire(this);
            mine = new Return(queue, first);
        } while (!RETURNED.compareAndSet(this, first, mine));
    }

    /**
     * Keeps room for the queues of a port. Control loop.
     *
     * @return false if there is none for so many more
     */
    public boolean reserve(int queues) {
        if (queues > mostQueues - reserved) {
            return false;
        }
        reserved += queues;
        return true;
    }

    /** Gives back what was {@linkplain #reserve reserved}. Control loop. */
    public void unreserve(int queues) {
        reserved -= queues;
    }

    /**
     * Returns how many frames a queue may hold to receive into, whether it receives something or not: so many that half of all frames are left
     * for packets when all queues are there.
     */
    public int toReceive() {
        return Math.min(MOST_TO_RECEIVE, packets.length / 2 / mostQueues);
    }

    /** Takes in the frames of closed queues. */
    public void collect() {
        if (returned == null) {
            return;
        }
        for (Return each = (Return) RETURNED.getAndSet(this, null); each != null; each = each.next) {
            for (int frame = 0; frame < lentTo.length; frame++) {
                if (lentTo[frame] == each.queue) {
                    takeBack(frame);
                }
            }
        }
    }

    private void takeBack(int frame) {
        lentTo[frame] = NOBODY;
        lent--;
        if (packets[frame].isHeld()) {
            packets[frame].release(); // was being sent
        } else {
            free[freeCount++] = frame;
        }
    }

    // ---- frames

    /**
     * Lends a queue a free frame to receive into.
     *
     * @return its address for the kernel, -1 if there is none
     */
    public long lend(int queue) {
        if (freeCount == 0) {
            return -1;
        }
        int frame = free[--freeCount];
        lentTo[frame] = queue;
        lent++;
        return (long) frame * FRAME_SIZE;
    }

    /**
     * Makes a packet of a frame that a queue has received into.
     *
     * @param address of the Ethernet frame's first octet
     * @param length of it in octets
     */
    public Packet received(int queue, long address, int length) {
        int frame = lentBy(queue, address);
        lentTo[frame] = NOBODY;
        lent--;
        long start = (long) frame * FRAME_SIZE;
        Packet packet = packets[frame];
        packet.open(memory, start, start + FRAME_SIZE, address, length);
        return packet;
    }

    /**
     * Gives out an empty frame with {@code headroom} octets before it.
     *
     * @return null if there is none
     */
    public @Nullable Packet allocate(int headroom) {
        if (freeCount == 0) {
            return null;
        }
        int frame = free[--freeCount];
        long start = (long) frame * FRAME_SIZE;
        Packet packet = packets[frame];
        packet.open(memory, start, start + FRAME_SIZE, start + headroom, 0);
        return packet;
    }

    /** Says whether a packet can be lent as it is: its frame is one of these, and nobody else has it. */
    public boolean isSendable(Packet packet) {
        return packet.owner() == this && !packet.isShared();
    }

    /**
     * Lends a queue a {@linkplain #isSendable sendable} packet, until {@link #completed}.
     *
     * @return its address for the kernel
     */
    public long send(int queue, Packet packet) {
        lentTo[packet.slot()] = queue;
        lent++;
        return packet.offset();
    }

    /** The kernel has sent a frame of a queue. */
    public void completed(int queue, long address) {
        int frame = lentBy(queue, address);
        lentTo[frame] = NOBODY;
        lent--;
        packets[frame].release();
    }

    private int lentBy(int queue, long address) {
        int frame = (int) (address / FRAME_SIZE);
        if (lentTo[frame] != queue) {
            throw new IllegalStateException("frame " + frame + " is lent to queue " + lentTo[frame] + ", and queue "
                    + queue + " gives it back");
        }
        return frame;
    }

    @Override
    public void reclaim(Packet packet) {
        free[freeCount++] = packet.slot();
    }

    /** Gives the memory back to the system. No queue and no packet may use it any more. */
    @Override
    public void close() {
        slab.close();
    }
}
