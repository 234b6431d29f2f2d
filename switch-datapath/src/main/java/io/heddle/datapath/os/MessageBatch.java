package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Messages for one {@code sendmmsg} call: each is a header of the sender's and then a frame that stays where it is.
 *
 * <pre>
 *   message i:  struct mmsghdr --> iovec[0] --> header(i), e.g. a virtio-net header (written by the caller)
 *                              --> iovec[1] --> the frame, in a pool or a receive ring
 *                              --> name     --> a destination, if set
 * </pre>
 *
 * <p>Nothing is allocated after construction. Frames must stay in place until the call has returned.
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
public final class MessageBatch {
    // struct msghdr (56 octets) and the length that was sent: linux/socket.h
    private static final int MESSAGE = 64;
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int VECTORS = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int IOVECS = 32;
    private static final int SOCKADDR = 32;

    private final int capacity;
    private final int headerStride;
    private final MemorySegment messages;
    private final MemorySegment vectors;
    private final MemorySegment headers;
    private final MemorySegment names;
    private int size;

    /**
     * @param capacity messages at most
     * @param headerCapacity octets of each header at most
     */
    public MessageBatch(int capacity, int headerCapacity) {
        this.capacity = capacity;
        headerStride = (headerCapacity + 15) & ~15;
        Arena arena = Arena.ofAuto();
        messages = arena.allocate((long) MESSAGE * capacity, 64);
        vectors = arena.allocate((long) IOVECS * capacity, 64);
        headers = arena.allocate((long) headerStride * capacity, 64);
        names = arena.allocate((long) SOCKADDR * capacity, 64);
        for (int i = 0; i < capacity; i++) {
            messages.set(ValueLayout.JAVA_LONG, (long) i * MESSAGE + VECTORS, vectors.address() + (long) i * IOVECS);
            messages.set(ValueLayout.JAVA_LONG, (long) i * MESSAGE + VECTOR_COUNT, 2);
            vectors.set(ValueLayout.JAVA_LONG, (long) i * IOVECS, headers.address() + (long) i * headerStride);
        }
    }

    /** Returns how many messages there are. */
    public int size() {
        return size;
    }

    /** Removes all messages. */
    public void clear() {
        size = 0;
    }

    /** Returns the memory that all headers lie in; write the next message's header at {@link #headerOffset()} before adding it. */
    public MemorySegment headers() {
        return headers;
    }

    /** Returns where in {@link #headers()} the next message's header begins. */
    public long headerOffset() {
        return (long) size * headerStride;
    }

    /**
     * Adds a message.
     *
     * @param headerLength octets of its header, 0 for none
     * @param memory of the frame, from {@code offset}
     */
    public void add(int headerLength, MemorySegment memory, long offset, int length) {
        Objects.checkIndex(size, capacity);
        long vector = (long) size * IOVECS;
        vectors.set(ValueLayout.JAVA_LONG, vector + 8, headerLength);
        vectors.set(ValueLayout.JAVA_LONG, vector + 16, memory.address() + offset);
        vectors.set(ValueLayout.JAVA_LONG, vector + 24, length);
        messages.set(ValueLayout.JAVA_LONG, (long) size * MESSAGE + NAME, 0L);
        messages.set(ValueLayout.JAVA_INT, (long) size * MESSAGE + NAME_LENGTH, 0);
        size++;
    }

    /** Sets the destination of the message that was added last, in the two words of an {@link IpAddress}. */
    public void setDestination(long high, long low) {
        int last = Objects.checkIndex(size - 1, size);
        long name = (long) last * SOCKADDR;
        int length = SocketAddress.write(names, name, !IpAddress.isIpv4(high, low), high, low, 0);
        messages.set(ValueLayout.JAVA_LONG, (long) last * MESSAGE + NAME, names.address() + name);
        messages.set(ValueLayout.JAVA_INT, (long) last * MESSAGE + NAME_LENGTH, length);
    }

    /**
     * Sends messages without waiting, from {@code first}.
     *
     * @return how many were sent, at least 1; or negative errno for the message {@code first}
     */
    int send(int fd, int first, int flags) {
        return Libc.sendmmsg(fd, messages.address() + (long) first * MESSAGE, size - first, flags);
    }
}
