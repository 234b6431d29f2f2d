package io.heddle.datapath.os;

import java.util.Arrays;

/**
 * A classic BPF program that says what a socket receives ({@code linux/filter.h}). For packet sockets, offsets count from the
 * Ethernet header; network-layer offsets are reached with {@link #NETWORK}.
 */
public final class SocketFilter {
    /** Add to an offset to count from the network header ({@code SKF_NET_OFF}). */
    public static final int NETWORK = -0x100000;

    private static final int LD_ABS = 0x20;
    private static final int LDX_MSH = 0xb1;
    private static final int LD_IND = 0x40;
    private static final int JEQ_K = 0x15;
    private static final int JSET_K = 0x45;
    private static final int RET_K = 0x06;

    private long[] program = new long[16];
    private int length;

    /** Begins an empty program. */
    public SocketFilter() {}

    /** Returns a program that refuses everything. */
    public static SocketFilter none() {
        return new SocketFilter().refuse();
    }

    private SocketFilter emit(int code, int jumpTrue, int jumpFalse, int k) {
        if (length == program.length) {
            program = Arrays.copyOf(program, 2 * length);
        }
        // struct sock_filter: u16 code, u8 jt, u8 jf, u32 k
        program[length++] = (long) code | (long) jumpTrue << 16 | (long) jumpFalse << 24 | (long) k << 32;
        return this;
    }

    /** Loads {@code size} octets (1, 2 or 4) at {@code offset}; what is too short is refused. */
    public SocketFilter load(int size, int offset) {
        return emit(LD_ABS | width(size), 0, 0, offset);
    }

    /** Loads {@code size} octets at {@code offset} plus the index register. */
    public SocketFilter loadIndexed(int size, int offset) {
        return emit(LD_IND | width(size), 0, 0, offset);
    }

    /** Sets the index register to the IPv4 header's length, from its first octet at {@code offset}. */
    public SocketFilter indexIpv4Header(int offset) {
        return emit(LDX_MSH, 0, 0, offset);
    }

    /** Skips instructions depending on whether the accumulator is {@code value}. */
    public SocketFilter jumpIfEqual(int value, int skipIfTrue, int skipIfFalse) {
        return emit(JEQ_K, skipIfTrue, skipIfFalse, value);
    }

    /** Skips instructions depending on whether the accumulator has any bit of {@code mask}. */
    public SocketFilter jumpIfAny(int mask, int skipIfTrue, int skipIfFalse) {
        return emit(JSET_K, skipIfTrue, skipIfFalse, mask);
    }

    /** Receives the packet. */
    public SocketFilter accept() {
        return emit(RET_K, 0, 0, -1);
    }

    /** Refuses the packet. */
    public SocketFilter refuse() {
        return emit(RET_K, 0, 0, 0);
    }

    private static int width(int size) {
        return switch (size) {
            case 4 -> 0;
            case 2 -> 0x08;
            case 1 -> 0x10;
            default -> throw new IllegalArgumentException("size " + size + " is not 1, 2 or 4");
        };
    }

    /** Returns the instructions, in the kernel's form on a little-endian machine. */
    long[] instructions() {
        return Arrays.copyOf(program, length);
    }
}
