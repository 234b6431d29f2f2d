package io.heddle.datapath.buffer;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Up to 64 packets that travel together, in the order received.
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
public final class PacketBatch {
    /** Packets of a full batch. */
    public static final int CAPACITY = 64;

    private final @Nullable Packet[] packets = new @Nullable Packet[CAPACITY];
    private int size;

    /** Returns how many packets there are. */
    public int size() {
        return size;
    }

    /** Says whether there is none. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** Says whether there is no room for another one. */
    public boolean isFull() {
        return size == CAPACITY;
    }

    /** Returns how many packets may be added. */
    public int room() {
        return CAPACITY - size;
    }

    /** Returns the packet at {@code index}, from 0; it stays in the batch. */
    public Packet get(int index) {
        return Objects.requireNonNull(packets[Objects.checkIndex(index, size)], "batch");
    }

    /** Adds a packet at the end. The batch must not be full. */
    public void add(Packet packet) {
        if (size == CAPACITY) {
            throw new IllegalStateException("the batch is full: it takes " + CAPACITY + " packets");
        }
        packets[size++] = packet;
    }

    /** Empties the batch without releasing its packets: they have been handed on. */
    public void clear() {
        for (int i = 0; i < size; i++) {
            packets[i] = null;
        }
        size = 0;
    }

    /** Releases every packet and empties the batch. */
    public void release() {
        int held = size;
        size = 0;
        for (int i = 0; i < held; i++) {
            Packet packet = packets[i];
            packets[i] = null;
            if (packet != null) {
                packet.release();
            }
        }
    }

    /**
     * Empties the batch after its taker has failed half way: releases the packets that are still held.
     *
     * @param isReused the taker has allocated packets too, which may be these: nobody can tell whose they are, and they are lost
     * @return packets that the taker had not released
     */
    public int releaseHeld(boolean isReused) {
        int count = 0;
        for (int i = 0; i < size; i++) {
            Packet packet = packets[i];
            packets[i] = null;
            if (packet != null && packet.isHeld()) {
                count++;
                if (!isReused) {
                    packet.release();
                }
            }
        }
        size = 0;
        return count;
    }

    @Override
    public String toString() {
        return size + " packets";
    }
}
