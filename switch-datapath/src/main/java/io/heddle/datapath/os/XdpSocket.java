package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * An AF_XDP socket on one queue of a device ({@code linux/if_xdp.h}).
 *
 * <pre>
 *   fill        addresses of empty frames  -->  kernel
 *   receive     descriptors of full frames <--  kernel
 *   transmit    descriptors of full frames -->  kernel
 *   completion  addresses of sent frames   <--  kernel
 * </pre>
 *
 * <p>The frames are in memory that the caller gives (UMEM). Every socket registers that memory for itself: so sockets of any devices
 * share it, a frame that was received by one is sent by another by its descriptor, and none of them depends on the life of another.
 *
 * <p>Thread safety: none; belongs to one poll loop, after it has been opened, until {@link #close}.
 *
 * @see <a href="https://docs.kernel.org/networking/af_xdp.html">AF_XDP</a>
 */
public final class XdpSocket implements AutoCloseable {
    /** Octets before a received frame that the kernel leaves free. */
    public static final int HEADROOM = 256;

    /** Numbers that {@link #statistics} tells. */
    public static final int STATISTICS = 6;

    private static final int AF_XDP = 44;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SOL_XDP = 283;
    private static final int XDP_MMAP_OFFSETS = 1;
    private static final int XDP_RX_RING = 2;
    private static final int XDP_TX_RING = 3;
    private static final int XDP_UMEM_REG = 4;
    private static final int XDP_UMEM_FILL_RING = 5;
    private static final int XDP_UMEM_COMPLETION_RING = 6;
    private static final int XDP_STATISTICS = 7;
    private static final int XDP_MAX_TX_SKB_BUDGET = 9;
    private static final int BIND_COPY = 2;
    private static final int BIND_USE_NEED_WAKEUP = 8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final long[] PAGE_OFFSETS = {0, 0x80000000L, 0x100000000L, 0x180000000L};
    private static final int[] RINGS = {XDP_RX_RING, XDP_TX_RING, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING};
    private static final String[] RING_NAMES = {
        "XDP_RX_RING", "XDP_TX_RING", "XDP_UMEM_FILL_RING", "XDP_UMEM_COMPLETION_RING"
    };

    private static final int BUSY_RETRIES = 100;
    private static final long BUSY_RETRY_NS = 20_000_000;

    private final FileDescriptor fd;
    private final List<NativeMemory> mapped = new ArrayList<>();
    private final XdpRing[] rings = new XdpRing[4];
    private final MemorySegment scratch = Arena.ofAuto().allocate(64, 8);

    private XdpSocket(FileDescriptor fd) {
        this.fd = fd;
    }

    /**
     * How a socket is to be.
     *
     * @param memory of the frames, of whole pages
     * @param frameOctets from one frame to the next, a power of two, 2048 or 4096
     * @param ringSize entries of each of the four rings, a power of two
     * @param batch most frames that one wake-up sends
     * @param copy frames are copied to and from the device's own memory, also where the driver could do without
     */
    public record Options(MemorySegment memory, int frameOctets, int ringSize, int batch, boolean copy) {}

    /**
     * Opens a socket and binds it. A queue that another socket has had until now takes a moment to be free: it is waited for.
     *
     * @param device name, for errors
     * @param queue of the device, from 0
     */
    public static XdpSocket open(String device, int interfaceIndex, int queue, Options options) throws NativeException {
        int number = NativeException.check(
                Libc.socket(AF_XDP, SOCK_RAW_CLOEXEC, 0), device, "socket(AF_XDP)", "needs AF_XDP in the kernel");
        XdpSocket socket = new XdpSocket(new FileDescriptor(number));
        try {
            socket.register(device, options);
            socket.map(device, options.ringSize);
            socket.bind(device, interfaceIndex, queue, options.copy);
            return socket;
        } catch (NativeException e) {
            socket.close();
            throw e;
        }
    }

    private void register(String device, Options options) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // struct xdp_umem_reg: u64 address, u64 length, u32 chunk, u32 headroom, u32 flags, u32 metadata
            MemorySegment registration = arena.allocate(32, 8);
            registration.set(ValueLayout.JAVA_LONG, 0, options.memory.address());
            registration.set(ValueLayout.JAVA_LONG, 8, options.memory.byteSize());
            registration.set(ValueLayout.JAVA_INT, 16, options.frameOctets);
            NativeException.check(
                    Libc.setsockopt(fd(), SOL_XDP, XDP_UMEM_REG, registration.address(), 32),
                    device,
                    "setsockopt(XDP_UMEM_REG)",
                    "needs " + (options.memory.byteSize() >> 20)
                            + " MiB of memory that is not swapped: raise the limit (ulimit -l), or grant CAP_IPC_LOCK");
        }
        for (int i = 0; i < RINGS.length; i++) {
            NativeException.check(
                    Libc.setsockopt(fd(), SOL_XDP, RINGS[i], options.ringSize),
                    device,
                    "setsockopt(" + RING_NAMES[i] + ")");
        }
        Libc.setsockopt(fd(), SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20); // without the capability: the default
        Libc.setsockopt(fd(), SOL_XDP, XDP_MAX_TX_SKB_BUDGET, options.batch); // older kernels: 32
    }

    private void map(String device, int ringSize) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offsets = arena.allocate(128, 8);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 128);
            NativeException.check(
                    Libc.getsockopt(fd(), SOL_XDP, XDP_MMAP_OFFSETS, offsets.address(), length.address()),
                    device,
                    "getsockopt(XDP_MMAP_OFFSETS)");
            for (int i = 0; i < rings.length; i++) {
                int entry = i < 2 ? 16 : 8;
                MemorySegment offset = offsets.asSlice(i * 32L, 32);
                long octets = offset.get(ValueLayout.JAVA_LONG, 16) + (long) ringSize * entry;
                NativeMemory memory = NativeMemory.map(fd(), octets, PAGE_OFFSETS[i], device);
                mapped.add(memory);
                rings[i] = new XdpRing(memory.segment(), offset, ringSize, entry);
            }
        }
    }

    private void bind(String device, int interfaceIndex, int queue, boolean copy) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // struct sockaddr_xdp: u16 family, u16 flags, u32 interface, u32 queue, u32 descriptor of a shared socket
            MemorySegment address = arena.allocate(16, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_XDP);
            address.set(ValueLayout.JAVA_SHORT, 2, (short) (BIND_USE_NEED_WAKEUP | (copy ? BIND_COPY : 0)));
            address.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            address.set(ValueLayout.JAVA_INT, 8, queue);
            int result = Libc.bind(fd(), address.address(), 16);
            for (int i = 0; result == -Errno.EBUSY && i < BUSY_RETRIES; i++) {
                LockSupport.parkNanos(BUSY_RETRY_NS);
                result = Libc.bind(fd(), address.address(), 16);
            }
            NativeException.check(
                    result,
                    device,
                    "bind to queue " + queue,
                    result == -Errno.EBUSY
                            ? "another AF_XDP socket has the queue: end the program that uses it"
                            : "the device has no such queue, or is gone");
        }
    }

    /** Returns the descriptor, readable when there are received frames. */
    public int fd() {
        return fd.number();
    }

    /** Descriptors of received frames, from the kernel. */
    public XdpRing receiveRing() {
        return rings[0];
    }

    /** Descriptors of frames to be sent, to the kernel. */
    public XdpRing transmitRing() {
        return rings[1];
    }

    /** Addresses of empty frames, to the kernel. */
    public XdpRing fillRing() {
        return rings[2];
    }

    /** Addresses of frames that were sent, from the kernel. */
    public XdpRing completionRing() {
        return rings[3];
    }

    /**
     * Has the kernel take frames from the transmit ring.
     *
     * @return 0, or negative errno: EAGAIN if it left some, EBUSY if the device dropped the last one that was taken, ENETDOWN, ENXIO if
     *     the device is gone
     */
    public int wakeTransmit() {
        return Libc.sendto(fd(), 0, 0, MSG_DONTWAIT, 0, 0);
    }

    /** Has the kernel look at the fill ring. */
    public void wakeReceive() {
        Libc.recv(fd(), 0, 0, MSG_DONTWAIT);
    }

    /**
     * Reads what the kernel has counted since the socket was opened ({@code struct xdp_statistics}): frames that were dropped when they
     * were received, invalid descriptors of receiving, of sending, frames that found the receive ring full, frames that found the fill
     * ring empty, looks at an empty transmit ring.
     *
     * @param counts gets {@link #STATISTICS} numbers; unchanged if the kernel tells none
     */
    public void statistics(long[] counts) {
        scratch.set(ValueLayout.JAVA_INT, 56, 8 * STATISTICS);
        if (Libc.getsockopt(fd(), SOL_XDP, XDP_STATISTICS, scratch.address(), scratch.address() + 56) >= 0) {
            for (int i = 0; i < STATISTICS; i++) {
                counts[i] = scratch.get(ValueLayout.JAVA_LONG, 8L * i);
            }
        }
    }

    /** Closes the socket. The kernel writes to none of the frames afterwards; the rings must not be used any more. */
    @Override
    public void close() {
        fd.close();
        mapped.forEach(NativeMemory::close);
        mapped.clear();
    }
}
