package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;

/**
 * A frame whose start can be moved: what {@link PacketEditor} needs to insert and remove headers.
 *
 * <pre>
 *          offset                     offset + length
 *   +--------+---------------------------+---------+
 *   |headroom|           frame           |         |   memory
 *   +--------+---------------------------+---------+
 *     push <- | -> pull
 * </pre>
 *
 * <p>What an implementation keeps relative to the frame's start (the start of a partial checksum) moves with it: the octets that it
 * speaks of stay where they are.
 */
public interface HeaderRoom {
    MemorySegment memory();

    /** Of the frame's first octet, in octets from the start of {@link #memory}. */
    long offset();

    /** Octets of the frame. */
    int length();

    /** Octets that may be pushed now. */
    int headroom();

    /** Moves the frame's start towards the memory's, by at most {@link #headroom} octets, whose content becomes part of the frame. */
    void push(int octets);

    /** Moves the frame's start away from the memory's by at most {@link #length} octets. */
    void pull(int octets);
}
