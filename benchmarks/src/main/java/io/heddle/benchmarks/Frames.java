package io.heddle.benchmarks;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.PacketBuilder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * UDP frames of 60 octets, 64 with the checksum of the wire, side by side in direct memory.
 *
 * <pre>
 *   | frame 0, 60 octets | ... up to 256 | frame 1 | ...
 * </pre>
 *
 * <p>Frame n belongs to flow n: source 10.0.0.0 + n, port 1024 + n modulo 32,768. Thread safety: immutable but for its memory.
 */
final class Frames {
    /** Octets of a frame. */
    static final int LENGTH = 60;

    /** Octets from one frame to the next. */
    static final int STRIDE = 256;

    /** The datapath port that all come from. */
    static final int IN_PORT = 1;

    final MemorySegment memory;
    final int count;

    /** @param count of frames, each of a flow of its own */
    Frames(int count) {
        this.count = count;
        memory = Arena.ofAuto().allocate((long) count * STRIDE, 64);
        for (int i = 0; i < count; i++) {
            byte[] frame = udp(i);
            MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, offset(i), frame.length);
        }
    }

    /** Where a frame begins. */
    static long offset(int frame) {
        return (long) frame * STRIDE;
    }

    private static byte[] udp(int flow) {
        return PacketBuilder.ethernet(0x0200_0000_0001L, 0x0200_0000_0002L)
                .ipv4(0x0a000000 + flow, 0xc0000201)
                .udp(1024 + (flow & 0x7fff), 9)
                .payload(new byte[LENGTH - 42])
                .build();
    }

    /** The key of a frame. */
    FlowKey key(int frame) {
        FlowKey key = new FlowKey();
        extract(frame, key);
        return key;
    }

    /** The keys of all frames, in their order. */
    FlowKey[] keys() {
        FlowKey[] keys = new FlowKey[count];
        for (int i = 0; i < count; i++) {
            keys[i] = key(i);
        }
        return keys;
    }

    /** Reads a frame's key, as the fast path does. */
    void extract(int frame, FlowKey key) {
        key.clear();
        key.set(MatchField.IN_PORT, IN_PORT);
        FlowKeyExtractor.extract(memory, offset(frame), LENGTH, key);
    }
}
