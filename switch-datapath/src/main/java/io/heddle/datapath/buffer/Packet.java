package io.heddle.datapath.buffer;

import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.packet.HeaderRoom;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One frame in direct memory, and what is known about it. A packet is an object that is used again and again: it comes from a
 * {@link PacketPool} or a port's receive ring, and its memory goes back there when it is released.
 *
 * <pre>
 *   memory()
 *   +-- room of this packet -------------------------------------------------+
 *   |  headroom  | Ethernet header ... payload                |  tailroom    |
 *   +------------+--------------------------------------------+--------------+
 *   ^ roomStart  ^ offset()          checksumStart() octets   ^ offset() + length()
 *                                    after offset()
 * </pre>
 *
 * <p><b>Ownership.</b> Whoever holds a packet releases it once, or hands it on ({@link io.heddle.datapath.port.Port#transmit} takes
 * what it is given). {@link PacketPool#share} makes a second packet on the same memory; while {@link #isShared()} is true nobody
 * writes to the frame or its head- and tailroom: take a {@link PacketPool#copy} to change it. Moving the offset ({@link #pull}) or
 * the end ({@link #truncate}) of one of them does not change the other.
 *
 * <p><b>Offloads</b> are those of a virtio-net header (virtio 1.2, section 5.1.6). A packet with {@link #needsChecksum()} has in
 * its checksum field only the sum of the pseudo header; one with a {@link #gsoType()} is a super-frame of several segments, and
 * always needs a checksum too. Both are relative to the frame's first octet and follow {@link #pull} and {@link #push}.
 *
 * <p>Thread safety: none; a packet belongs to one poll loop at a time.
 */
public final class Packet implements HeaderRoom {
    /** No super-frame. */
    public static final int GSO_NONE = 0;
    /** TCP over IPv4, to be cut into segments of {@link #gsoSize()}. */
    public static final int GSO_TCPV4 = 1;
    /** UDP over IPv4 or IPv6, to be cut into IP fragments; not made by today's kernels. */
    public static final int GSO_UDP = 3;
    /** TCP over IPv6. */
    public static final int GSO_TCPV6 = 4;
    /** UDP over IPv4 or IPv6, to be cut into datagrams of {@link #gsoSize()}. */
    public static final int GSO_UDP_L4 = 5;

    private static final MemorySegment NOTHING = MemorySegment.NULL;

    private final PacketOwner owner;
    /** The owner's own number for this packet: a frame of a pool, a slot of a ring. */
    private final int slot;

    private MemorySegment memory = NOTHING;
    private long roomStart;
    private long roomEnd;
    private long offset;
    private int length;
    /** Holders of this object; the shares of a packet hold it too. */
    private int references;
    /** Whose memory this is, for a share; null if it is its own. */
    private @Nullable Packet lender;

    private int inPort;
    private int gsoType;
    private boolean gsoEcn;
    private int gsoSize;
    private int headerLength;
    private boolean needsChecksum;
    private boolean checksumValid;
    private int checksumStart;
    private int checksumOffset;
    private int mark;
    private int queue;
    private int recirculationId;
    private int hash;
    private final TunnelMetadata tunnel = new TunnelMetadata();
    /** Valid iff {@link #isTracked}. */
    private final long[] connection = new long[ConnectionTracker.PACKET_WORDS];

    private boolean isTracked;

    /**
     * Makes a packet without memory; an owner does this once for each of its slots.
     *
     * @param owner that gets the memory back
     * @param slot the owner's own number for it
     */
    public Packet(PacketOwner owner, int slot) {
        this.owner = owner;
        this.slot = slot;
    }

    /**
     * Begins a new life of this packet, with one reference and no metadata. Called by the owner only.
     *
     * @param memory that holds the frame
     * @param roomStart first octet of {@code memory} that this packet may use
     * @param roomEnd octet after the last one
     * @param offset of the Ethernet frame's first octet
     * @param length of the frame in octets
     */
    public void open(MemorySegment memory, long roomStart, long roomEnd, long offset, int length) {
        if (references != 0) {
            throw new IllegalStateException("packet " + slot + " is still in use");
        }
        Objects.checkFromToIndex(roomStart, roomEnd, memory.byteSize());
        if (offset < roomStart || length < 0 || offset + length > roomEnd) {
            throw new IllegalArgumentException(
                    "frame [%d, +%d) is outside of [%d, %d)".formatted(offset, length, roomStart, roomEnd));
        }
        this.memory = memory;
        this.roomStart = roomStart;
        this.roomEnd = roomEnd;
        this.offset = offset;
        this.length = length;
        references = 1;
        lender = null;
        inPort = 0;
        clearOffloads();
        mark = 0;
        queue = 0;
        recirculationId = 0;
        hash = 0;
        isTracked = false;
        tunnel.clear();
    }

    /** Begins a new life as a share of {@code other}, which it holds from now on. Called by the pool only. */
    void openAsShareOf(Packet other) {
        Packet lends = other.lender == null ? other : other.lender;
        open(other.memory, other.roomStart, other.roomEnd, other.offset, other.length);
        lends.retain();
        lender = lends;
        copyMetadataFrom(other);
    }

    /** Takes over everything that is known about {@code other}, but not its frame. */
    public void copyMetadataFrom(Packet other) {
        inPort = other.inPort;
        copyOffloadsFrom(other);
        mark = other.mark;
        queue = other.queue;
        recirculationId = other.recirculationId;
        hash = other.hash;
        tunnel.copyFrom(other.tunnel);
        isTracked = other.isTracked;
        if (isTracked) {
            System.arraycopy(other.connection, 0, connection, 0, connection.length);
        }
    }

    /** Takes over the checksum and segmentation state of {@code other}. */
    public void copyOffloadsFrom(Packet other) {
        gsoType = other.gsoType;
        gsoEcn = other.gsoEcn;
        gsoSize = other.gsoSize;
        headerLength = other.headerLength;
        needsChecksum = other.needsChecksum;
        checksumValid = other.checksumValid;
        checksumStart = other.checksumStart;
        checksumOffset = other.checksumOffset;
    }

    // ---- ownership

    /** Returns who gets the memory back. */
    public PacketOwner owner() {
        return owner;
    }

    /** Returns the owner's own number for this packet. */
    public int slot() {
        return slot;
    }

    /** Adds a holder: this packet must now be released once more. */
    public void retain() {
        if (references <= 0) {
            throw new IllegalStateException("packet " + slot + " was released");
        }
        references++;
    }

    /** Says whether anybody holds it. */
    boolean isHeld() {
        return references > 0;
    }

    /** Gives up one hold; with the last one the memory goes back to its owner, and this object may become another packet. */
    public void release() {
        if (references <= 0) {
            throw new IllegalStateException("packet " + slot + " was released twice");
        }
        if (--references == 0) {
            Packet lends = lender;
            lender = null;
            memory = NOTHING;
            owner.reclaim(this);
            if (lends != null) {
                lends.release();
            }
        }
    }

    /** Says whether somebody else holds the same memory: then nothing may be written to it. */
    public boolean isShared() {
        Packet lends = lender;
        return lends == null ? references > 1 : references > 1 || lends.references > 1;
    }

    // ---- the frame

    /** Returns the memory that the frame is in; it may hold other frames too. Octets on the wire, no byte order implied. */
    @Override
    public MemorySegment memory() {
        return memory;
    }

    /** Returns where in {@link #memory()} the Ethernet frame begins. */
    @Override
    public long offset() {
        return offset;
    }

    /** Returns the frame's length in octets, from the destination address to the last octet before the FCS. */
    @Override
    public int length() {
        return length;
    }

    /** Returns how many octets may be pushed. */
    @Override
    public int headroom() {
        return (int) (offset - roomStart);
    }

    /** Returns how many octets may be appended. */
    public int tailroom() {
        return (int) (roomEnd - offset - length);
    }

    /**
     * Removes octets at the front. A pending checksum that lies in what was removed is forgotten, with its segmentation.
     *
     * @param octets at most {@link #length()}
     */
    @Override
    public void pull(int octets) {
        Objects.checkFromIndexSize(0, octets, length);
        offset += octets;
        length -= octets;
        moveOffloads(-octets);
    }

    /**
     * Adds octets at the front, with whatever content the headroom has. Not for a shared packet, as its headroom must not be
     * written.
     *
     * @param octets at most {@link #headroom()}
     */
    @Override
    public void push(int octets) {
        Objects.checkFromIndexSize(0, octets, headroom());
        offset -= octets;
        length += octets;
        moveOffloads(octets);
    }

    /** Adds octets at the end, at most {@link #tailroom()}, with whatever content the tailroom has. */
    public void append(int octets) {
        Objects.checkFromIndexSize(0, octets, tailroom());
        length += octets;
    }

    /**
     * Moves the frame's end, for whoever has made the headers and checksums right: pending offloads stay.
     *
     * @param newLength at most {@link #length()} and {@link #tailroom()} together
     */
    public void resize(int newLength) {
        Objects.checkFromIndexSize(0, newLength, length + tailroom());
        length = newLength;
    }

    /**
     * Cuts the frame to {@code newLength} octets, or leaves it if it is shorter. A pending checksum and a segmentation would go
     * over octets that are gone, so they are forgotten: complete the checksum or segment before.
     */
    public void truncate(int newLength) {
        if (newLength < 0) {
            throw new IllegalArgumentException("length " + newLength + " is negative");
        }
        if (newLength < length) {
            length = newLength;
            clearOffloads();
        }
    }

    private void moveOffloads(int octets) {
        headerLength = Math.max(0, headerLength + (headerLength == 0 ? 0 : octets));
        if (needsChecksum) {
            checksumStart += octets;
            if (checksumStart < 0) {
                clearOffloads();
            }
        }
    }

    /**
     * Returns the frame as a direct buffer in network byte order, without a copy. For embedders: the buffer is an allocation, and
     * it must not be used after this packet has been released.
     */
    public ByteBuffer asByteBuffer() {
        return memory.asSlice(offset, length).asByteBuffer().order(ByteOrder.BIG_ENDIAN);
    }

    // ---- offloads (virtio-net header)

    /** Forgets checksum and segmentation state: the frame is complete as it is. */
    public void clearOffloads() {
        gsoType = GSO_NONE;
        gsoEcn = false;
        gsoSize = 0;
        headerLength = 0;
        needsChecksum = false;
        checksumValid = false;
        checksumStart = 0;
        checksumOffset = 0;
    }

    /** Says whether this is a super-frame. */
    public boolean isGso() {
        return gsoType != GSO_NONE;
    }

    /** Returns one of the {@code GSO_} constants. */
    public int gsoType() {
        return gsoType;
    }

    /** Says whether CWR is set and must be cleared in all segments but the first (RFC 3168 section 6.1.2). */
    public boolean gsoEcn() {
        return gsoEcn;
    }

    /** Returns the octets of L4 payload of each segment but the last. */
    public int gsoSize() {
        return gsoSize;
    }

    /**
     * Makes this a super-frame, or not one with {@link #GSO_NONE}.
     *
     * @param type one of the {@code GSO_} constants
     * @param ecn see {@link #gsoEcn()}
     * @param sizeOctets of L4 payload per segment, 1 to 65535; 0 for none
     */
    public void setGso(int type, boolean ecn, int sizeOctets) {
        gsoType = type;
        gsoEcn = ecn;
        gsoSize = sizeOctets;
    }

    /** Returns the octets of all headers as the sender hinted, 0 if it did not; not to be relied on. */
    public int headerLength() {
        return headerLength;
    }

    /** Sets the hint for {@link #headerLength()}. */
    public void setHeaderLength(int octets) {
        headerLength = octets;
    }

    /** Says whether the L4 checksum field holds only the pseudo header's sum and is to be completed. */
    public boolean needsChecksum() {
        return needsChecksum;
    }

    /** Returns the offset, from the frame's first octet, of the first octet that is summed: the L4 header. Valid iff {@link #needsChecksum()}. */
    public int checksumStart() {
        return checksumStart;
    }

    /** Returns the offset of the checksum field from {@link #checksumStart()}. Valid iff {@link #needsChecksum()}. */
    public int checksumOffset() {
        return checksumOffset;
    }

    /** Says that the checksum is to be completed over {@code [start, length)}. */
    public void setNeedsChecksum(int start, int checksumFieldOffset) {
        needsChecksum = true;
        checksumStart = start;
        checksumOffset = checksumFieldOffset;
    }

    /** Says that the checksum field is complete. */
    public void clearNeedsChecksum() {
        needsChecksum = false;
        checksumStart = 0;
        checksumOffset = 0;
    }

    /** Says whether the receiver of the frame has verified its L4 checksum (VIRTIO_NET_HDR_F_DATA_VALID). */
    public boolean checksumValid() {
        return checksumValid;
    }

    /** Sets {@link #checksumValid()}; whoever writes to what a checksum covers sets it to false or keeps the checksum right. */
    public void setChecksumValid(boolean valid) {
        checksumValid = valid;
    }

    // ---- metadata

    /** Returns the datapath port number that the packet came in through, 0 if none. */
    public int inPort() {
        return inPort;
    }

    /** Sets the datapath port number that the packet came in through. */
    public void setInPort(int number) {
        inPort = number;
    }

    /** Returns the tunnel that the packet came through, or is to be sent through. */
    public TunnelMetadata tunnel() {
        return tunnel;
    }

    /** Says whether the connection tracker has seen the packet. */
    public boolean isTracked() {
        return isTracked;
    }

    /** Returns what the tracker said, the words of a key and one more for the tracker; valid iff {@link #isTracked}. */
    public long[] connection() {
        return connection;
    }

    /** Sets {@link #isTracked}. */
    public void setTracked(boolean tracked) {
        isTracked = tracked;
    }

    /** Returns {@code pkt_mark}. */
    public int mark() {
        return mark;
    }

    /** Sets {@code pkt_mark}. */
    public void setMark(int value) {
        mark = value;
    }

    /** Returns the queue ({@code skb_priority}) that the packet is to be sent through, 0 for the default. */
    public int queue() {
        return queue;
    }

    /** Sets {@link #queue()}. */
    public void setQueue(int value) {
        queue = value;
    }

    /** Returns the recirculation id, 0 for a packet from a port. */
    public int recirculationId() {
        return recirculationId;
    }

    /** Sets {@link #recirculationId()}. */
    public void setRecirculationId(int id) {
        recirculationId = id;
    }

    /** Returns {@code dp_hash}, 0 for not computed. */
    public int hash() {
        return hash;
    }

    /** Sets {@link #hash()}. */
    public void setHash(int value) {
        hash = value;
    }

    @Override
    public String toString() {
        return "packet %d: %d octets from port %d".formatted(slot, length, inPort)
                + (isGso() ? ", super-frame of type " + gsoType + " with segments of " + gsoSize : "")
                + (needsChecksum ? ", checksum to complete from " + checksumStart : "");
    }
}
