package io.heddle.datapath.os;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes programs for the kernel's eBPF machine, instruction by instruction.
 *
 * <pre>
 *   63            32 31    16 15  12 11   8 7       0  bits of an instruction
 *   +---------------+--------+------+------+---------+
 *   |   immediate   | offset | src  | dst  |  code   |
 *   +---------------+--------+------+------+---------+
 * </pre>
 *
 * <p>Registers are numbers: 0 is a result, 1 to 5 are arguments, 6 to 9 survive calls, 10 is the frame pointer. What the program does
 * is checked by the kernel when it is loaded, not here; only labels are.
 *
 * <p>Thread safety: none.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9669">RFC 9669</a>
 */
public final class BpfAssembler {
    /** Width of a load or store: 32, 16, 8 and 64 bits. */
    public enum Size {
        WORD(0x00),
        HALF(0x08),
        OCTET(0x10),
        DOUBLE(0x18);

        private final int bits;

        Size(int bits) {
            this.bits = bits;
        }
    }

    private static final int LDX_MEM = 0x61;
    private static final int STX_MEM = 0x63;
    private static final int LD_IMM64 = 0x18;
    private static final int PSEUDO_MAP_FD = 1;
    private static final int MOV64_IMMEDIATE = 0xb7;
    private static final int MOV64_REGISTER = 0xbf;
    private static final int ADD64_IMMEDIATE = 0x07;
    private static final int JA = 0x05;
    private static final int JEQ_IMMEDIATE = 0x15;
    private static final int JNE_IMMEDIATE = 0x55;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;

    private final Map<String, Integer> labels = new HashMap<>();
    private final Map<Integer, String> jumps = new HashMap<>();
    private long[] code = new long[16];
    private int size;

    private BpfAssembler add(int operation, int destination, int source, int offset, int immediate) {
        return add((operation & 0xffL)
                | (destination & 0xfL) << 8
                | (source & 0xfL) << 12
                | (offset & 0xffffL) << 16
                | (long) immediate << 32);
    }

    private BpfAssembler add(long instruction) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
        }
        code[size++] = instruction;
        return this;
    }

    /** {@code destination = *(base + offset)}, zero-extended. */
    public BpfAssembler load(Size width, int destination, int base, int offset) {
        return add(LDX_MEM | width.bits, destination, base, offset, 0);
    }

    /** {@code *(base + offset) = source}. */
    public BpfAssembler store(Size width, int base, int offset, int source) {
        return add(STX_MEM | width.bits, base, source, offset, 0);
    }

    /** {@code destination = value}, sign-extended. */
    public BpfAssembler set(int destination, int value) {
        return add(MOV64_IMMEDIATE, destination, 0, 0, value);
    }

    /** {@code destination = source}. */
    public BpfAssembler move(int destination, int source) {
        return add(MOV64_REGISTER, destination, source, 0, 0);
    }

    /** {@code destination += value}. */
    public BpfAssembler addTo(int destination, int value) {
        return add(ADD64_IMMEDIATE, destination, 0, 0, value);
    }

    /** {@code destination = map}: two instructions' room. */
    public BpfAssembler setMap(int destination, BpfMap map) {
        return setMap(destination, map.fd());
    }

    BpfAssembler setMap(int destination, int mapDescriptor) {
        return add(LD_IMM64, destination, PSEUDO_MAP_FD, 0, mapDescriptor).add(0);
    }

    /** Calls a helper function of the kernel by its number in {@code linux/bpf.h}. */
    public BpfAssembler call(int helper) {
        return add(CALL, 0, 0, 0, helper);
    }

    /** Returns from the program with what is in register 0. */
    public BpfAssembler exit() {
        return add(EXIT, 0, 0, 0, 0);
    }

    /** Names the next instruction. */
    public BpfAssembler label(String name) {
        if (labels.putIfAbsent(name, size) != null) {
            throw new IllegalStateException("label " + name + " stands in two places");
        }
        return this;
    }

    /** Goes to a label. */
    public BpfAssembler jump(String label) {
        jumps.put(size, label);
        return add(JA, 0, 0, 0, 0);
    }

    /** Goes to a label if {@code register == value}. */
    public BpfAssembler jumpIfEqual(int register, int value, String label) {
        jumps.put(size, label);
        return add(JEQ_IMMEDIATE, register, 0, 0, value);
    }

    /** Goes to a label if {@code register != value}. */
    public BpfAssembler jumpIfNotEqual(int register, int value, String label) {
        jumps.put(size, label);
        return add(JNE_IMMEDIATE, register, 0, 0, value);
    }

    /**
     * Returns the program.
     *
     * @throws IllegalStateException if a jump's label is nowhere, or out of its reach
     */
    public long[] build() {
        long[] program = Arrays.copyOf(code, size);
        jumps.forEach((at, name) -> {
            Integer target = labels.get(name);
            if (target == null) {
                throw new IllegalStateException("there is no label " + name);
            }
            int distance = target - at - 1;
            if (distance != (short) distance) {
                throw new IllegalStateException("label " + name + " is too far away: " + distance + " instructions");
            }
            program[at] |= (distance & 0xffffL) << 16;
        });
        return program;
    }
}
