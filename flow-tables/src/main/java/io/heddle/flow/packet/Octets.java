package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Big-endian reads and writes of 8 to 64 bits at any offset of a segment, direct or on the heap.
 *
 * <p>Values are unsigned: they come back in a type wide enough, except {@link #u64}. A read of {@code n} bits touches exactly
 * {@code n / 8} octets. Only the segment's own bounds are checked: a pool's segment holds other packets too, so callers check
 * the packet's length first.
 */
public final class Octets {
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private Octets() {}

    public static int u8(MemorySegment memory, long offset) {
        return memory.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    public static int u16(MemorySegment memory, long offset) {
        short raw = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset);
        return (SWAP ? Short.reverseBytes(raw) : raw) & 0xffff;
    }

    /** 32 bits as an int: addresses and label stack entries, where the sign says nothing. */
    public static int s32(MemorySegment memory, long offset) {
        int raw = memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
        return SWAP ? Integer.reverseBytes(raw) : raw;
    }

    public static long u32(MemorySegment memory, long offset) {
        return s32(memory, offset) & 0xffffffffL;
    }

    /** 48 bits, an Ethernet address. */
    public static long u48(MemorySegment memory, long offset) {
        return u32(memory, offset) << 16 | u16(memory, offset + 4);
    }

    public static long u64(MemorySegment memory, long offset) {
        long raw = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        return SWAP ? Long.reverseBytes(raw) : raw;
    }

    public static void put8(MemorySegment memory, long offset, int value) {
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    public static void put16(MemorySegment memory, long offset, int value) {
        short raw = (short) value;
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, SWAP ? Short.reverseBytes(raw) : raw);
    }

    public static void put32(MemorySegment memory, long offset, int value) {
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, offset, SWAP ? Integer.reverseBytes(value) : value);
    }

    public static void put48(MemorySegment memory, long offset, long value) {
        put32(memory, offset, (int) (value >>> 16));
        put16(memory, offset + 4, (int) value);
    }

    public static void put64(MemorySegment memory, long offset, long value) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, SWAP ? Long.reverseBytes(value) : value);
    }
}
