package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.Packet;
import io.heddle.datapath.cache.ActionProgram;
import io.heddle.flow.packet.Checksums;
import io.heddle.flow.packet.Ipv4View;
import io.heddle.flow.packet.Ipv6View;
import io.heddle.flow.packet.Octets;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A packet whose fragments arrive.
 *
 * <pre>
 *   offsets   0          1480        2960   total
 *             | fragment | (missing) | last |          sorted, no two overlap
 * </pre>
 *
 * <p>The whole packet is made of the first fragment's headers and the data of all. What was written to the whole is written back to the
 * fragments: their number and sizes stay.
 *
 * <p>Mutable and reused by {@link FragmentTable}. Threading: one poll loop.
 */
final class Reassembly {
    /** Most fragments of a packet: of 64 KiB in fragments of 1 KiB. */
    static final int MAX_FRAGMENTS = 64;

    /** {@link #place}: these octets are there already. */
    static final int AGAIN = -1;

    /** {@link #place}: some of these octets are there already, or they lie behind the packet's end. */
    static final int OVERLAP = -2;

    private static final int UNKNOWN = -1;

    final @Nullable Packet[] packets = new @Nullable Packet[MAX_FRAGMENTS];
    private final int[] offsets = new int[MAX_FRAGMENTS];
    private final int[] lengths = new int[MAX_FRAGMENTS];
    private final int[] dataStarts = new int[MAX_FRAGMENTS];
    private final int[] l3s = new int[MAX_FRAGMENTS];
    int count;
    boolean isOpen;

    /** Fragments overlapped: nothing is kept, and what comes is dropped. */
    boolean isBroken;

    long startNs;
    int bucket;

    @Nullable
    Reassembly next;

    /** What the fragments go on with, from this step on; valid when the packet is complete. */
    @Nullable
    ActionProgram program;

    int step;

    /** How often the last fragment had been looked up again. */
    int depth;

    private boolean isIpv6;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int id;
    private int protocol;
    private int zone;
    private int recirculationId;
    private int received;
    private int total = UNKNOWN;

    // Of the first fragment.
    private int headerLength;
    private int nextHeader;
    private int nextHeaderAt;

    void open(FragmentHeader header, int ofZone, int ofRecirculation, int inBucket, long nowNs) {
        isOpen = true;
        isBroken = false;
        isIpv6 = header.isIpv6;
        sourceHigh = header.sourceHigh;
        sourceLow = header.sourceLow;
        destinationHigh = header.destinationHigh;
        destinationLow = header.destinationLow;
        id = header.id;
        protocol = header.protocol;
        zone = ofZone;
        recirculationId = ofRecirculation;
        bucket = inBucket;
        startNs = nowNs;
        received = 0;
        total = UNKNOWN;
        count = 0;
    }

    void clear() {
        Arrays.fill(packets, 0, count, null);
        count = 0;
    }

    boolean isOf(FragmentHeader header, int ofZone, int ofRecirculation) {
        return id == header.id
                && sourceLow == header.sourceLow
                && destinationLow == header.destinationLow
                && sourceHigh == header.sourceHigh
                && destinationHigh == header.destinationHigh
                && protocol == header.protocol
                && isIpv6 == header.isIpv6
                && zone == ofZone
                && recirculationId == ofRecirculation;
    }

    /** Where a fragment belongs in the order, {@link #AGAIN} or {@link #OVERLAP}. */
    int place(FragmentHeader header) {
        int end = header.offset + header.length;
        boolean isBehindEnd = total != UNKNOWN && (end > total || header.isLast && end != total);
        boolean isBeforeOthers = header.isLast && count > 0 && endOf(count - 1) > end;
        if (isBehindEnd || isBeforeOthers) {
            return OVERLAP;
        }
        int place = 0;
        while (place < count && offsets[place] < header.offset) {
            place++;
        }
        if (place < count && offsets[place] == header.offset && lengths[place] == header.length) {
            return AGAIN;
        }
        boolean isOverlap = place > 0 && endOf(place - 1) > header.offset || place < count && offsets[place] < end;
        return isOverlap ? OVERLAP : place;
    }

    private int endOf(int index) {
        return offsets[index] + lengths[index];
    }

    void insert(int place, Packet packet, FragmentHeader header) {
        int behind = count - place;
        System.arraycopy(packets, place, packets, place + 1, behind);
        System.arraycopy(offsets, place, offsets, place + 1, behind);
        System.arraycopy(lengths, place, lengths, place + 1, behind);
        System.arraycopy(dataStarts, place, dataStarts, place + 1, behind);
        System.arraycopy(l3s, place, l3s, place + 1, behind);
        packets[place] = packet;
        offsets[place] = header.offset;
        lengths[place] = header.length;
        dataStarts[place] = header.dataStart;
        l3s[place] = header.l3;
        count++;
        received += header.length;
        if (header.isLast) {
            total = header.offset + header.length;
        }
        if (header.offset == 0) {
            headerLength = header.headerLength;
            nextHeader = header.nextHeader;
            nextHeaderAt = header.nextHeaderAt;
        }
    }

    boolean isComplete() {
        return received == total;
    }

    /** Gives a fragment away. */
    Packet take(int index) {
        Packet packet = fragment(index);
        packets[index] = null;
        return packet;
    }

    Packet fragment(int index) {
        Packet packet = packets[index];
        if (packet == null) {
            throw new IllegalStateException("fragment " + index + " is gone");
        }
        return packet;
    }

    /** Length of the frame of the whole packet. */
    int wholeLength() {
        return headerLength + total;
    }

    /** Says whether IP can say how long the whole packet is. */
    boolean isPossible() {
        return wholeLength() - l3s[0] - (isIpv6 ? Ipv6View.LENGTH : 0) <= 0xffff;
    }

    /** Makes the whole packet, with the first fragment's metadata, in an empty one that has room for {@link #wholeLength}. */
    void assemble(Packet whole) {
        Packet first = fragment(0);
        whole.append(wholeLength());
        MemorySegment memory = whole.memory();
        long frame = whole.offset();
        MemorySegment.copy(first.memory(), first.offset(), memory, frame, headerLength);
        for (int i = 0; i < count; i++) {
            Packet each = fragment(i);
            MemorySegment.copy(
                    each.memory(),
                    each.offset() + dataStarts[i],
                    memory,
                    frame + headerLength + offsets[i],
                    lengths[i]);
        }
        whole.copyMetadataFrom(first);
        whole.clearOffloads();
        long l3 = frame + l3s[0];
        if (isIpv6) {
            Octets.put8(memory, frame + nextHeaderAt, nextHeader);
            Ipv6View.setPayloadLength(memory, l3, wholeLength() - l3s[0] - Ipv6View.LENGTH);
        } else {
            Ipv4View.setTotalLength(memory, l3, wholeLength() - l3s[0]);
            Ipv4View.setFlagsAndOffset(memory, l3, Ipv4View.flagsAndOffset(memory, l3) & Ipv4View.DONT_FRAGMENT);
            Ipv4View.setChecksum(memory, l3, Checksums.ipv4Header(memory, l3));
        }
    }

    /** Writes the addresses and the data of the whole packet, which has been translated, into the fragments. */
    void writeBack(Packet whole) {
        MemorySegment memory = whole.memory();
        long frame = whole.offset();
        long l3 = frame + l3s[0];
        for (int i = 0; i < count; i++) {
            Packet each = fragment(i);
            long to = each.offset() + l3s[i];
            MemorySegment.copy(
                    memory,
                    frame + headerLength + offsets[i],
                    each.memory(),
                    each.offset() + dataStarts[i],
                    lengths[i]);
            int addresses = isIpv6 ? 8 : 12;
            MemorySegment.copy(memory, l3 + addresses, each.memory(), to + addresses, isIpv6 ? 32 : 8);
            if (!isIpv6) {
                Ipv4View.setChecksum(each.memory(), to, Checksums.ipv4Header(each.memory(), to));
            }
        }
    }

    /** Gives the fragments what the tracker has said of the whole packet. */
    void tell(Packet whole) {
        for (int i = 0; i < count; i++) {
            Packet each = fragment(i);
            System.arraycopy(whole.connection(), 0, each.connection(), 0, whole.connection().length);
            each.setTracked(true);
        }
    }
}
