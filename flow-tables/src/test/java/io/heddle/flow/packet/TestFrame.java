package io.heddle.flow.packet;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/** A frame with room before it, on the heap, whose surroundings are watched. */
public final class TestFrame implements HeaderRoom {
    private static final int ROOM = 64;
    private static final byte FILL = (byte) 0xa5;

    private final byte[] octets;
    private final MemorySegment memory;
    private int start;
    private int length;

    public TestFrame(byte[] frame) {
        octets = new byte[ROOM + frame.length + ROOM];
        java.util.Arrays.fill(octets, FILL);
        System.arraycopy(frame, 0, octets, ROOM, frame.length);
        memory = MemorySegment.ofArray(octets);
        start = ROOM;
        length = frame.length;
    }

    public static TestFrame ofHex(String hex) {
        return new TestFrame(HexFormat.of().parseHex(hex));
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public long offset() {
        return start;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int headroom() {
        return start;
    }

    @Override
    public void push(int count) {
        start -= count;
        length += count;
    }

    @Override
    public void pull(int count) {
        start += count;
        length -= count;
    }

    public byte[] frame() {
        return java.util.Arrays.copyOfRange(octets, start, start + length);
    }

    public String hex() {
        return HexFormat.of().formatHex(frame());
    }

    /** Says whether every octet after the frame is as it was. */
    public boolean isTailUntouched() {
        for (int i = octets.length - ROOM; i < octets.length; i++) {
            if (octets[i] != FILL) {
                return false;
            }
        }
        return true;
    }
}
