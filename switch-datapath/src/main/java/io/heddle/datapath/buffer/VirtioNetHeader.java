package io.heddle.datapath.buffer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads and writes {@code struct virtio_net_hdr}, in which the kernel tells what is still to be done to a frame.
 *
 * <pre>
 *   0       1         2         4          6            8           10         12  octets, in the machine's byte order
 *   +-------+---------+---------+----------+------------+-----------+----------+
 *   | flags | gso_type| hdr_len | gso_size | csum_start |csum_offset|(buffers) |
 *   +-------+---------+---------+----------+------------+-----------+----------+
 * </pre>
 *
 * <p>A packet socket uses the first 10 octets, a TAP device 10 or 12 as set.
 *
 * @see <a href="https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html">virtio 1.2, section 5.1.6</a>
 */
public final class VirtioNetHeader {
    /** Octets of the header without the number of buffers. */
    public static final int LENGTH = 10;

    private static final int F_NEEDS_CSUM = 1;
    private static final int F_DATA_VALID = 2;
    private static final int GSO_ECN = 0x80;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

    private VirtioNetHeader() {}

    /**
     * Takes the header's values into the packet's offload state.
     *
     * @return false if they contradict the packet's length: the packet is malformed and has no offload state
     */
    public static boolean read(MemorySegment memory, long at, Packet packet) {
        packet.clearOffloads();
        int flags = memory.get(ValueLayout.JAVA_BYTE, at);
        int gso = memory.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
        if ((flags & F_NEEDS_CSUM) != 0) {
            int start = u16(memory, at + 6);
            int field = u16(memory, at + 8);
            if (start + field + 2 > packet.length()) {
                return false;
            }
            packet.setNeedsChecksum(start, field);
        } else if ((flags & F_DATA_VALID) != 0) {
            packet.setChecksumValid(true);
        }
        if (gso != 0) {
            int size = u16(memory, at + 4);
            if (size == 0) {
                packet.clearOffloads();
                return false;
            }
            packet.setGso(gso & ~GSO_ECN, (gso & GSO_ECN) != 0, size);
        }
        packet.setHeaderLength(Math.min(u16(memory, at + 2), packet.length()));
        return true;
    }

    /**
     * Writes the packet's offload state as a header of {@link #LENGTH} octets. DATA_VALID is not written: only a device says it.
     *
     * @param memory to write to, from {@code at}; never the packet's own headroom if the packet is shared
     */
    public static void write(Packet packet, MemorySegment memory, long at) {
        boolean partial = packet.needsChecksum();
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) (partial ? F_NEEDS_CSUM : 0));
        memory.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (packet.gsoType() | (packet.gsoEcn() ? GSO_ECN : 0)));
        memory.set(U16, at + 2, (short) (packet.isGso() ? headersOf(packet) : 0));
        memory.set(U16, at + 4, (short) packet.gsoSize());
        memory.set(U16, at + 6, (short) (partial ? packet.checksumStart() : 0));
        memory.set(U16, at + 8, (short) (partial ? packet.checksumOffset() : 0));
    }

    /** Returns the length of a super-frame's headers including TCP's options, which the kernel puts in linear memory. */
    private static int headersOf(Packet packet) {
        int start = packet.checksumStart();
        if (packet.gsoType() == Packet.GSO_UDP_L4) {
            return Math.min(start + 8, packet.length());
        }
        if (start + 13 > packet.length()) {
            return packet.length();
        }
        int words = packet.memory().get(ValueLayout.JAVA_BYTE, packet.offset() + start + 12) >> 4 & 0xf;
        return Math.min(start + 4 * words, packet.length());
    }

    private static int u16(MemorySegment memory, long at) {
        return memory.get(U16, at) & 0xffff;
    }
}
