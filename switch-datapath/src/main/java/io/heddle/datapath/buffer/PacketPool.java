package io.heddle.datapath.buffer;

import io.heddle.datapath.os.NativeMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of frames in one slab of direct memory, each big enough for the largest super-frame.
 *
 * <pre>
 *   frame 0                                   frame 1
 *   | headroom 512 | frame, up to 69,120      | headroom ...
 * </pre>
 *
 * <p>Frames are given out last in, first out, and only pages that a frame has really used cost memory: a pool of 1,024 frames
 * reserves 68 MiB of addresses and usually holds a page (4 KiB) for each frame that was ever in use at once.
 *
 * <p>Thread safety: none; a pool and its packets belong to one poll loop.
 */
public final class PacketPool implements PacketOwner, AutoCloseable {
    /** Octets before a new frame: room for a tunnel's headers and tags. */
    public static final int HEADROOM = 512;

    /** Octets from one frame to the next. */
    public static final int FRAME_SIZE = 68 * 1024;

    /** Longest frame that {@link #allocate} leaves room for: 64 KiB of IP, Ethernet, two tags and some tailroom. */
    public static final int MAX_FRAME_LENGTH = FRAME_SIZE - HEADROOM;

    private final NativeMemory slab;
    private final MemorySegment memory;
    private final Packet[] freeFrames;
    private final Packet[] freeShares;
    private int free;
    private int shares;
    private long allocations;

    /**
     * Reserves the slab.
     *
     * @param capacity frames, 1 to 1,048,576; there may be four times as many shares at a time
     * @throws IllegalStateException if the system refuses the address space
     */
    public PacketPool(int capacity) {
        if (capacity < 1 || capacity > 1 << 20) {
            throw new IllegalArgumentException("capacity " + capacity + " is not in [1, 1048576]");
        }
        slab = NativeMemory.reserve((long) capacity * FRAME_SIZE);
        memory = slab.segment();
        freeFrames = new Packet[capacity];
        for (int i = 0; i < capacity; i++) {
            freeFrames[i] = new Packet(this, capacity - 1 - i);
        }
        free = capacity;
        freeShares = new Packet[4 * capacity];
        PacketOwner shareOwner = this::reclaimShare;
        for (int i = 0; i < freeShares.length; i++) {
            freeShares[i] = new Packet(shareOwner, capacity + i);
        }
        shares = freeShares.length;
    }

    /** Returns how many frames the pool has. */
    public int capacity() {
        return freeFrames.length;
    }

    /** Returns how many frames can be allocated now. */
    public int available() {
        return free;
    }

    /** Returns how many frames and shares have been given out so far. */
    public long allocations() {
        return allocations;
    }

    /** Returns how many shares are in use. */
    public int sharesInUse() {
        return freeShares.length - shares;
    }

    /**
     * Gives out an empty frame: length 0, all of {@link #HEADROOM} before it, no metadata. Its content is what the last user left.
     *
     * @return null if there is none: the caller drops with {@code NO_BUFFER}
     */
    public @Nullable Packet allocate() {
        if (free == 0) {
            return null;
        }
        allocations++;
        Packet packet = freeFrames[--free];
        long start = (long) packet.slot() * FRAME_SIZE;
        packet.open(memory, start, start + FRAME_SIZE, start + HEADROOM, 0);
        return packet;
    }

    /**
     * Makes a second packet on the memory of {@code packet}, wherever that comes from, with the same metadata. Neither may be
     * written to as long as both are held; see {@link Packet#isShared()}.
     *
     * @return null if too many are in use: the caller drops with {@code NO_BUFFER}
     */
    public @Nullable Packet share(Packet packet) {
        if (shares == 0) {
            return null;
        }
        allocations++;
        Packet share = freeShares[--shares];
        share.openAsShareOf(packet);
        return share;
    }

    /**
     * Makes a packet of its own with the same octets and metadata.
     *
     * @return null if there is no frame, or the frame is longer than {@link #MAX_FRAME_LENGTH}: the caller drops with {@code NO_BUFFER}
     */
    public @Nullable Packet copy(Packet packet) {
        if (packet.length() > MAX_FRAME_LENGTH) {
            return null;
        }
        Packet copy = allocate();
        if (copy != null) {
            copy.append(packet.length());
            MemorySegment.copy(packet.memory(), packet.offset(), memory, copy.offset(), packet.length());
            copy.copyMetadataFrom(packet);
        }
        return copy;
    }

    @Override
    public void reclaim(Packet packet) {
        freeFrames[free++] = packet;
    }

    private void reclaimShare(Packet packet) {
        freeShares[shares++] = packet;
    }

    /** Gives the memory back to the system. No packet of this pool may be used any more. */
    @Override
    public void close() {
        slab.close();
    }
}
