package io.heddle.datapath.os;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One of the four rings of an AF_XDP socket, seen from this process: it takes what the kernel has produced, or produces what the kernel
 * takes.
 *
 * <pre>
 *   producer index ---.          free running, u32
 *   +---+---+---+---+---+---+---+---+
 *   |   | x | x | x |   |   |   |   |   entries: an address, or a descriptor {address u64, length u32, options u32}
 *   +---+---+---+---+---+---+---+---+
 *         '--- consumer index
 * </pre>
 *
 * <p>Allocates nothing. Thread safety: none; belongs to one poll loop, after it has been made. The other side is the kernel: each index
 * is written with release and read with acquire by the other one.
 */
public final class XdpRing {
    private static final VarHandle INDEX = ValueLayout.JAVA_INT.varHandle();
    private static final int NEED_WAKEUP = 1;

    private final MemorySegment memory;
    private final long producerAt;
    private final long consumerAt;
    private final long flagsAt;
    private final long entriesAt;
    private final int size;
    private final int entryOctets;
    /** Own index: of the producer or the consumer, whichever this process is. */
    private int own;

    /**
     * @param offsets four of them: producer, consumer, entries, flags ({@code struct xdp_ring_offset})
     * @param size entries, a power of two
     * @param entryOctets 8 for addresses, 16 for descriptors
     */
    XdpRing(MemorySegment memory, MemorySegment offsets, int size, int entryOctets) {
        this.memory = memory;
        producerAt = offsets.get(ValueLayout.JAVA_LONG, 0);
        consumerAt = offsets.get(ValueLayout.JAVA_LONG, 8);
        entriesAt = offsets.get(ValueLayout.JAVA_LONG, 16);
        flagsAt = offsets.get(ValueLayout.JAVA_LONG, 24);
        this.size = size;
        this.entryOctets = entryOctets;
    }

    private long entry(int index) {
        return entriesAt + (long) (own + index & size - 1) * entryOctets;
    }

    // ---- rings that the kernel fills: receive, completion

    /** Returns how many entries the kernel has produced that have not been {@link #consume}d. */
    public int available() {
        return (int) INDEX.getAcquire(memory, producerAt) - own;
    }

    /** Returns the address of the entry at {@code index}, from 0, of those that are available. */
    public long address(int index) {
        return memory.get(ValueLayout.JAVA_LONG, entry(index));
    }

    /** Returns the length of the frame at {@code index}. */
    public int length(int index) {
        return memory.get(ValueLayout.JAVA_INT, entry(index) + 8);
    }

    /** Gives the places of the first {@code count} entries back. */
    public void consume(int count) {
        own += count;
        INDEX.setRelease(memory, consumerAt, own);
    }

    // ---- rings that the kernel empties: fill, transmit

    /** Returns how many published entries the kernel has not taken. */
    public int pending() {
        return own - (int) INDEX.getAcquire(memory, consumerAt);
    }

    /** Returns how many entries may be set and published. */
    public int room() {
        return size - pending();
    }

    /** Sets an entry of the room, from 0. */
    public void set(int index, long address) {
        memory.set(ValueLayout.JAVA_LONG, entry(index), address);
    }

    /** Sets a descriptor of the room, from 0. */
    public void set(int index, long address, int length) {
        long at = entry(index);
        memory.set(ValueLayout.JAVA_LONG, at, address);
        memory.set(ValueLayout.JAVA_LONG, at + 8, length & 0xffffffffL); // options 0
    }

    /** Shows the kernel the first {@code count} entries that were set. */
    public void publish(int count) {
        own += count;
        INDEX.setRelease(memory, producerAt, own);
    }

    /** Returns the length of the frame that the kernel has taken last. */
    public int lengthTaken() {
        return length(-pending() - 1);
    }

    /** Says whether the kernel goes on only when it is woken. */
    public boolean needsWakeup() {
        return (memory.get(ValueLayout.JAVA_INT, flagsAt) & NEED_WAKEUP) != 0;
    }
}
