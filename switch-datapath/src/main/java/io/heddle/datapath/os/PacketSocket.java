package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A packet socket with a receive ring that is shared with the kernel (TPACKET_V2, {@code linux/if_packet.h}), and virtio-net
 * headers in both directions.
 *
 * <pre>
 *   ring: blocks of 1 MiB, 15 slots of 68 KiB in each
 *
 *   slot  |tpacket2_hdr|sockaddr_ll| free: reserve |virtio-net hdr| Ethernet frame ...          |
 *         ^ slotOffset             ^ roomStart                    ^ frameOffset
 * </pre>
 *
 * <p>A slot is the kernel's until {@link #next} returns it, and the kernel's again after {@link #release}. The kernel fills slots in
 * their order and stops at one that has not been released.
 *
 * <p>What is sent goes through the device's queueing discipline: past it (PACKET_QDISC_BYPASS) the kernel drops every super-frame
 * that the device cannot take whole.
 *
 * <p>Thread safety: none; belongs to one poll loop, after it has been opened.
 */
public final class PacketSocket implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_RESERVE = 12;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_FANOUT = 18;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int FANOUT_UNIQUE_ID_DEFRAG = 0x2000 | 0x8000;
    private static final int TPACKET_V2 = 1;
    private static final int MSG_DONTWAIT = 0x40;

    private static final int STATUS_USER = 1;
    private static final int STATUS_LOSING = 4;
    private static final int STATUS_VLAN_VALID = 0x10;
    private static final int STATUS_VLAN_TPID_VALID = 0x40;
    private static final int LENGTH = 4;
    private static final int CAPTURED = 8;
    private static final int MAC = 12;
    private static final int NET = 14;
    private static final int VLAN_TCI = 24;
    private static final int VLAN_TPID = 26;
    /** tpacket2_hdr; the sockaddr_ll behind it is not used, its octets are free. */
    private static final int SLOT_HEADER = 32;

    private static final int SOCKADDR_INTERFACE = 32 + 4;
    private static final VarHandle STATUS = ValueLayout.JAVA_INT.varHandle();

    private static final int BLOCK = 1 << 20;
    private static final int SLOT = 68 * 1024;
    private static final int SLOTS_PER_BLOCK = BLOCK / SLOT;

    /** Octets of the virtio-net header. */
    public static final int VNET_HEADER = 10;

    private final String subject;
    private final FileDescriptor fd;
    private final NativeMemory memory;
    private final MemorySegment ring;
    private final int slots;
    private final int protocol;
    private final boolean promiscuous;
    private final MemorySegment scratch = Arena.ofAuto().allocate(16, 8);
    /** Slots that {@link #next} has returned and that have not been released: their status is still that of a frame. */
    private final boolean[] isTaken;

    private int head;

    private PacketSocket(String subject, FileDescriptor fd, NativeMemory memory, Options options) {
        this.subject = subject;
        this.fd = fd;
        this.memory = memory;
        ring = memory.segment();
        slots = options.ringMebibytes * SLOTS_PER_BLOCK;
        isTaken = new boolean[slots];
        protocol = options.protocol;
        promiscuous = options.promiscuous;
    }

    /**
     * How a socket is to be.
     *
     * @param protocol Ethernet type to receive, 0x0003 for every frame (ETH_P_ALL)
     * @param ringMebibytes size of the receive ring; there are 15 slots in each MiB
     * @param reserve octets of free memory before each frame
     * @param promiscuous the device takes frames for all addresses as long as the socket is bound to it
     * @param defragment gives reassembled IPv4 packets instead of fragments; the socket then cannot be bound again
     * @param filter says what is received, null for everything
     */
    public record Options(
            int protocol,
            int ringMebibytes,
            int reserve,
            boolean promiscuous,
            boolean defragment,
            @Nullable SocketFilter filter) {
        /** Every frame of one device, for a port. */
        public static final Options EVERY_FRAME = new Options(0x0003, 16, 256, true, false, null);

        public Options {
            if (ringMebibytes < 1 || ringMebibytes > 1024) {
                throw new IllegalArgumentException("ringMebibytes: " + ringMebibytes + " is not in [1, 1024]");
            }
            if (reserve < 0 || reserve > 1024 || reserve % 16 != 0) {
                throw new IllegalArgumentException("reserve: " + reserve + " is not a multiple of 16 in [0, 1024]");
            }
        }

        /** Returns the same with a ring of another size. */
        public Options withRing(int mebibytes) {
            return new Options(protocol, mebibytes, reserve, promiscuous, defragment, filter);
        }
    }

    /**
     * Opens a socket and binds it.
     *
     * @param subject what it is for, in errors: a device's or port's name
     * @param interfaceIndex of the device; 0 for all devices of the namespace
     */
    public static PacketSocket open(String subject, int interfaceIndex, Options options) throws NativeException {
        // Protocol 0: nothing is received before everything is set.
        int number = NativeException.check(
                Libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), subject, "socket(AF_PACKET)", "needs CAP_NET_RAW");
        FileDescriptor fd = new FileDescriptor(number);
        NativeMemory memory = null;
        try {
            set(fd, subject, PACKET_VERSION, TPACKET_V2, "PACKET_VERSION");
            set(fd, subject, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
            set(fd, subject, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
            set(fd, subject, PACKET_RESERVE, options.reserve, "PACKET_RESERVE");
            Libc.setsockopt(fd.number(), SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20); // without the capability: the default
            if (options.filter != null) {
                attach(fd, subject, options.filter);
            }
            memory = makeRing(fd, subject, options.ringMebibytes);
            PacketSocket socket = new PacketSocket(subject, fd, memory, options);
            socket.bind(interfaceIndex);
            if (options.defragment) {
                set(fd, subject, PACKET_FANOUT, FANOUT_UNIQUE_ID_DEFRAG << 16, "PACKET_FANOUT");
            }
            return socket;
        } catch (NativeException e) {
            fd.close();
            if (memory != null) {
                memory.close();
            }
            throw e;
        }
    }

    private static void set(FileDescriptor fd, String subject, int option, int value, String name)
            throws NativeException {
        NativeException.check(
                Libc.setsockopt(fd.number(), SOL_PACKET, option, value),
                subject,
                "setsockopt(" + name + ")",
                "needs Linux 4.20 or later");
    }

    private static void attach(FileDescriptor fd, String subject, SocketFilter filter) throws NativeException {
        NativeException.check(attachFilter(fd.number(), filter), subject, "setsockopt(SO_ATTACH_FILTER)");
    }

    static int attachFilter(int fd, SocketFilter filter) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocateFrom(ValueLayout.JAVA_LONG, filter.instructions());
            // struct sock_fprog: u16 len, pointer
            MemorySegment program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) (code.byteSize() / 8));
            program.set(ValueLayout.JAVA_LONG, 8, code.address());
            return Libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program.address(), 16);
        }
    }

    private static NativeMemory makeRing(FileDescriptor fd, String subject, int mebibytes) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // struct tpacket_req: block size, blocks, frame size, frames
            MemorySegment request = arena.allocate(16, 4);
            request.set(ValueLayout.JAVA_INT, 0, BLOCK);
            request.set(ValueLayout.JAVA_INT, 4, mebibytes);
            request.set(ValueLayout.JAVA_INT, 8, SLOT);
            request.set(ValueLayout.JAVA_INT, 12, mebibytes * SLOTS_PER_BLOCK);
            NativeException.check(
                    Libc.setsockopt(fd.number(), SOL_PACKET, PACKET_RX_RING, request.address(), 16),
                    subject,
                    "setsockopt(PACKET_RX_RING, " + mebibytes + " MiB)",
                    "configure a smaller ring, or free memory");
        }
        return NativeMemory.map(fd.number(), (long) mebibytes * BLOCK, subject);
    }

    /**
     * Binds the socket to a device, also after another one, and receives from it.
     *
     * @param interfaceIndex of the device, 0 for all
     */
    public void bind(int interfaceIndex) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // struct sockaddr_ll: u16 family, u16 protocol (network order), int ifindex
            MemorySegment address = arena.allocate(20, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
            address.set(ValueLayout.JAVA_SHORT, 2, NetworkOrder.of((short) protocol));
            address.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            NativeException.check(Libc.bind(fd.number(), address.address(), 20), subject, "bind", "the device is gone");
            if (promiscuous && interfaceIndex != 0) {
                NativeException.check(
                        PromiscuousMode.join(fd.number(), interfaceIndex),
                        subject,
                        "setsockopt(PACKET_ADD_MEMBERSHIP)");
            }
        }
    }

    // ---- receiving

    /** Returns how many slots the ring has; they are numbered from 0. */
    public int slots() {
        return slots;
    }

    /** Returns the descriptor, readable when the slot that was filled last has not been released. */
    public int fd() {
        return fd.number();
    }

    /** Returns the memory of all slots. */
    public MemorySegment ring() {
        return ring;
    }

    /** Takes the next frame from the kernel, and returns its slot; -1 if there is none, or the slot has not been released. */
    public int next() {
        int slot = head;
        if (isTaken[slot] || ((int) STATUS.getAcquire(ring, slotOffset(slot)) & STATUS_USER) == 0) {
            return -1;
        }
        isTaken[slot] = true;
        head = slot + 1 == slots ? 0 : slot + 1;
        return slot;
    }

    /** Gives a slot back to the kernel. */
    public void release(int slot) {
        isTaken[slot] = false;
        STATUS.setRelease(ring, slotOffset(slot), 0); // pairs with the kernel's read before it fills the slot
    }

    private static long slotOffset(int slot) {
        return (long) (slot / SLOTS_PER_BLOCK) * BLOCK + (long) (slot % SLOTS_PER_BLOCK) * SLOT;
    }

    /** Returns the first octet of a slot that the frame may grow into to the front; the virtio-net header is read before. */
    public long roomStart(int slot) {
        return slotOffset(slot) + SLOT_HEADER;
    }

    /** Returns the octet after the slot's last. */
    public long roomEnd(int slot) {
        return slotOffset(slot) + SLOT;
    }

    /** Returns the frame's first octet. The virtio-net header lies directly before it. */
    public long frameOffset(int slot) {
        long at = slotOffset(slot);
        return at + (ring.get(ValueLayout.JAVA_SHORT, at + MAC) & 0xffff);
    }

    /** Returns the octets from the frame's first one to its network header: 14, or less for devices without Ethernet. */
    public int networkOffset(int slot) {
        long at = slotOffset(slot);
        return (ring.get(ValueLayout.JAVA_SHORT, at + NET) & 0xffff)
                - (ring.get(ValueLayout.JAVA_SHORT, at + MAC) & 0xffff);
    }

    /** Returns the frame's length in octets, without a tag that {@link #vlanTag} tells. */
    public int frameLength(int slot) {
        return ring.get(ValueLayout.JAVA_INT, slotOffset(slot) + CAPTURED);
    }

    /** Says whether the frame was longer than the slot. */
    public boolean isTruncated(int slot) {
        long at = slotOffset(slot);
        return ring.get(ValueLayout.JAVA_INT, at + LENGTH) > ring.get(ValueLayout.JAVA_INT, at + CAPTURED);
    }

    /** Says whether frames have been lost since {@link #lostFrames} was last called. */
    public boolean isLosing(int slot) {
        return (ring.get(ValueLayout.JAVA_INT, slotOffset(slot)) & STATUS_LOSING) != 0;
    }

    /** Returns the tag that the kernel took out of the frame: TPID in bits 31..16, TCI in 15..0; 0 for none. */
    public int vlanTag(int slot) {
        long at = slotOffset(slot);
        int status = ring.get(ValueLayout.JAVA_INT, at);
        if ((status & STATUS_VLAN_VALID) == 0) {
            return 0;
        }
        int tpid = (status & STATUS_VLAN_TPID_VALID) != 0
                ? ring.get(ValueLayout.JAVA_SHORT, at + VLAN_TPID) & 0xffff
                : 0x8100;
        return tpid << 16 | ring.get(ValueLayout.JAVA_SHORT, at + VLAN_TCI) & 0xffff;
    }

    /** Returns the index of the device that the frame came in through, for a socket of all devices. Read it before the room is used. */
    public int interfaceIndex(int slot) {
        return ring.get(ValueLayout.JAVA_INT, slotOffset(slot) + SOCKADDR_INTERFACE);
    }

    /** Returns how many frames were lost since the last call because the ring was full. */
    public int lostFrames() {
        scratch.set(ValueLayout.JAVA_INT, 12, 8);
        // struct tpacket_stats: u32 packets, u32 drops
        int result =
                Libc.getsockopt(fd.number(), SOL_PACKET, PACKET_STATISTICS, scratch.address(), scratch.address() + 12);
        return result < 0 ? 0 : scratch.get(ValueLayout.JAVA_INT, 4);
    }

    // ---- sending

    /**
     * Sends messages without waiting, from {@code first}.
     *
     * @return how many were sent, at least 1; or negative errno for the message {@code first}: ENOBUFS or EAGAIN if the device's
     *     queue is full, EMSGSIZE, ENETDOWN, ENXIO if the device is gone
     */
    public int send(MessageBatch messages, int first) {
        return messages.send(fd.number(), first, MSG_DONTWAIT);
    }

    /** Returns and clears the error that is pending, as a positive errno: ENETDOWN after the device went down; 0 for none. */
    public int takeError() {
        scratch.set(ValueLayout.JAVA_INT, 12, 4);
        int result = Libc.getsockopt(fd.number(), SOL_SOCKET, SO_ERROR, scratch.address(), scratch.address() + 12);
        return result < 0 ? -result : scratch.get(ValueLayout.JAVA_INT, 0);
    }

    /** Closes the socket and takes the ring away: no frame of it may be in use. */
    @Override
    public void close() {
        fd.close();
        memory.close();
    }
}
