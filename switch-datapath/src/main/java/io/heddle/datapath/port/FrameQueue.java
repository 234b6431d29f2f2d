package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.os.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A bounded queue of frames in direct memory, with their offload state, from one thread to another.
 *
 * <pre>
 *   slot  | length | gso type | ecn | gso size | needs | start | offset | ... 64 | frame ...
 * </pre>
 *
 * <p>Thread safety: one thread offers, one polls. {@code tail} is written by the first with release and read by the second with acquire,
 * {@code head} the other way round.
 */
final class FrameQueue implements AutoCloseable {
    private static final VarHandle HEAD = handle("head");
    private static final VarHandle TAIL = handle("tail");
    private static final int FRAME = 64;
    private static final int STRIDE = PacketPool.FRAME_SIZE;
    private static final int MAX_FRAME = STRIDE - FRAME;

    private final NativeMemory slab;
    private final MemorySegment memory;
    /** The same memory. */
    private final ByteBuffer octets;

    private final int mask;

    @SuppressWarnings("unused") // by HEAD
    private long head;

    @SuppressWarnings("unused") // by TAIL
    private long tail;

    FrameQueue(int capacity) {
        if (Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not a power of two");
        }
        mask = capacity - 1;
        slab = NativeMemory.reserve((long) capacity * STRIDE);
        memory = slab.segment();
        octets = memory.asByteBuffer();
    }

    private static VarHandle handle(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(FrameQueue.class, field, long.class);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns how many frames are in it; only a hint for anyone but the one who polls. */
    int size() {
        return (int) ((long) TAIL.getVolatile(this) - (long) HEAD.getVolatile(this));
    }

    boolean isEmpty() {
        return size() == 0;
    }

    /** Copies a packet in, which stays the caller's; false if the queue is full. */
    boolean offer(Packet packet) {
        long position = (long) TAIL.get(this);
        if (isFull(position) || packet.length() > MAX_FRAME) {
            return false;
        }
        long slot = slot(position);
        put(slot, 0, packet.length());
        put(slot, 1, packet.gsoType());
        put(slot, 2, packet.gsoEcn() ? 1 : 0);
        put(slot, 3, packet.gsoSize());
        put(slot, 4, packet.needsChecksum() ? 1 : 0);
        put(slot, 5, packet.checksumStart());
        put(slot, 6, packet.checksumOffset());
        put(slot, 7, packet.checksumValid() ? 1 : 0);
        MemorySegment.copy(packet.memory(), packet.offset(), memory, slot + FRAME, packet.length());
        TAIL.setVolatile(this, position + 1);
        return true;
    }

    /** Copies the buffer's octets in as a frame without offloads; false if the queue is full. */
    boolean offer(ByteBuffer frame) {
        long position = (long) TAIL.get(this);
        if (isFull(position) || frame.remaining() > MAX_FRAME) {
            return false;
        }
        long slot = slot(position);
        put(slot, 0, frame.remaining());
        for (int field = 1; field < FRAME / 4; field++) {
            put(slot, field, 0);
        }
        octets.put(
                (int) slot + FRAME,
                frame,
                frame.position(),
                frame.remaining()); // a segment of it would be an allocation
        TAIL.setVolatile(this, position + 1);
        return true;
    }

    /** Appends the first frame to an empty packet that has room for it. The queue must not be empty. */
    void poll(Packet packet) {
        long position = (long) HEAD.get(this);
        long slot = slot(position);
        int length = get(slot, 0);
        packet.append(length);
        MemorySegment.copy(memory, slot + FRAME, packet.memory(), packet.offset(), length);
        packet.clearOffloads();
        packet.setGso(get(slot, 1), get(slot, 2) != 0, get(slot, 3));
        if (get(slot, 4) != 0) {
            packet.setNeedsChecksum(get(slot, 5), get(slot, 6));
        }
        packet.setChecksumValid(get(slot, 7) != 0);
        HEAD.setVolatile(this, position + 1);
    }

    /** Removes the first frame into a new direct buffer. The queue must not be empty. */
    ByteBuffer poll(int capacity) {
        long position = (long) HEAD.get(this);
        long slot = slot(position);
        int length = Math.min(capacity, get(slot, 0));
        ByteBuffer frame = ByteBuffer.allocateDirect(length);
        MemorySegment.copy(memory, slot + FRAME, MemorySegment.ofBuffer(frame), 0, length);
        HEAD.setVolatile(this, position + 1);
        return frame;
    }

    private boolean isFull(long position) {
        return position - (long) HEAD.getAcquire(this) > mask;
    }

    private long slot(long position) {
        return (position & mask) * STRIDE;
    }

    private void put(long slot, int field, int value) {
        memory.set(ValueLayout.JAVA_INT, slot + 4L * field, value);
    }

    private int get(long slot, int field) {
        return memory.get(ValueLayout.JAVA_INT, slot + 4L * field);
    }

    @Override
    public void close() {
        slab.close();
    }
}
