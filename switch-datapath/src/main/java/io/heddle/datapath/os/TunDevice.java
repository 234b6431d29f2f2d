package io.heddle.datapath.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A TAP or TUN device and the descriptor behind it ({@code linux/if_tun.h}). Every frame has a virtio-net header of 10 octets in
 * front of it, so that super-frames and partial checksums pass.
 *
 * <p>A device that this class made goes away with it, or with the process. A persistent device that was there before is attached
 * to, and stays.
 *
 * <p>Thread safety: {@link #read} and {@link #write} belong to one thread.
 */
public final class TunDevice implements AutoCloseable {
    private static final int O_RDWR_NONBLOCK_CLOEXEC = 0x80802;
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNGETDEVNETNS = 0x54e3L;
    private static final int IFREQ_LENGTH = 40;
    private static final int IFF_TUN = 1;
    private static final int IFF_TAP = 2;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int VNET_HEADER = 10;
    private static final int F_CSUM = 1;
    private static final int F_TSO4 = 2;
    private static final int F_TSO6 = 4;
    private static final int F_TSO_ECN = 8;
    private static final int F_USO4 = 0x20;
    private static final int F_USO6 = 0x40;

    private final String name;
    private final FileDescriptor fd;
    private final MemorySegment vectors = Arena.ofAuto().allocate(32, 8);

    private TunDevice(String name, FileDescriptor fd) {
        this.name = name;
        this.fd = fd;
    }

    /**
     * Makes a layer 2 device (TAP), or attaches to one.
     *
     * @param name at most 15 octets
     */
    public static TunDevice tap(String name) throws NativeException {
        return open(name, IFF_TAP);
    }

    /** Makes a layer 3 device (TUN), or attaches to one. */
    public static TunDevice tun(String name) throws NativeException {
        return open(name, IFF_TUN);
    }

    private static TunDevice open(String name, int kind) throws NativeException {
        FileDescriptor fd = new FileDescriptor(NativeException.check(
                Libc.open("/dev/net/tun", O_RDWR_NONBLOCK_CLOEXEC),
                name,
                "open /dev/net/tun",
                "the kernel's tun driver is missing: load it (modprobe tun), or give the container /dev/net/tun"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_LENGTH, 8);
            request.setString(0, name, StandardCharsets.UTF_8);
            request.set(ValueLayout.JAVA_SHORT, 16, (short) (kind | IFF_NO_PI | IFF_VNET_HDR));
            int result = Libc.ioctl(fd.number(), TUNSETIFF, request.address());
            NativeException.check(result, name, "TUNSETIFF", remedyForAttach(-result, kind));
            MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, VNET_HEADER);
            NativeException.check(Libc.ioctl(fd.number(), TUNSETVNETHDRSZ, size.address()), name, "TUNSETVNETHDRSZ");
            int offloads = F_CSUM | F_TSO4 | F_TSO6 | F_TSO_ECN;
            // UDP segmentation is known since Linux 6.2.
            if (Libc.ioctl(fd.number(), TUNSETOFFLOAD, offloads | F_USO4 | F_USO6) < 0) {
                NativeException.check(Libc.ioctl(fd.number(), TUNSETOFFLOAD, offloads), name, "TUNSETOFFLOAD");
            }
            return new TunDevice(name, fd);
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    private static String remedyForAttach(int errno, int kind) {
        return switch (errno) {
            case Errno.EBUSY -> "another process has the device: stop it, or choose another name";
            case Errno.EINVAL ->
                "there is a device of this name of another kind: remove it (ip link del), or choose another name; this port needs a "
                        + (kind == IFF_TAP ? "TAP" : "TUN") + " device with one queue";
            default -> "";
        };
    }

    /** Returns the device's name, as it was when it was opened. */
    public String name() {
        return name;
    }

    /**
     * Returns the device as it is, in whatever network namespace it has been moved to.
     *
     * @throws NativeException EBADFD if it is gone
     */
    public Link link() throws IOException {
        return inItsNamespace(Netlink::get);
    }

    /** Returns the IP addresses that are configured on the device, 4 or 16 octets each, wherever it is. */
    public List<byte[]> addresses() throws IOException {
        return inItsNamespace(
                (netlink, current) -> netlink.addresses(netlink.get(current).index()));
    }

    private <T> T inItsNamespace(Question<T> question) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_LENGTH, 8);
            NativeException.check(Libc.ioctl(fd.number(), TUNGETIFF, request.address()), name, "TUNGETIFF");
            String current = request.getString(0, StandardCharsets.UTF_8);
            int netns = NativeException.check(Libc.ioctl(fd.number(), TUNGETDEVNETNS, 0), name, "TUNGETDEVNETNS");
            try (FileDescriptor namespace = new FileDescriptor(netns)) {
                return NetworkNamespace.run(namespace, name, () -> {
                    try (Netlink netlink = Netlink.open()) {
                        return question.ask(netlink, current);
                    }
                });
            }
        }
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask(Netlink netlink, String device) throws IOException;
    }

    /** Returns the descriptor, readable when there is a frame. */
    public int fd() {
        return fd.number();
    }

    /**
     * Reads one frame with its header.
     *
     * @param memory to read to, from {@code offset}: first the virtio-net header, then the frame
     * @param capacity in octets; what does not fit is lost
     * @return octets with the header, or negative errno: EAGAIN for none, EBADFD if the device is gone
     */
    public int read(MemorySegment memory, long offset, int capacity) {
        return Libc.read(fd.number(), memory.address() + offset, capacity);
    }

    /**
     * Writes one frame, whose header lies elsewhere.
     *
     * @param header of 10 octets
     * @return octets, or negative errno: EIO if the device is down, EBADFD if it is gone
     */
    public int write(MemorySegment header, MemorySegment memory, long offset, int length) {
        vectors.set(ValueLayout.JAVA_LONG, 0, header.address());
        vectors.set(ValueLayout.JAVA_LONG, 8, VNET_HEADER);
        vectors.set(ValueLayout.JAVA_LONG, 16, memory.address() + offset);
        vectors.set(ValueLayout.JAVA_LONG, 24, length);
        return Libc.writev(fd.number(), vectors.address(), 2);
    }

    /** Gives the device up; one that was made here is gone then. */
    @Override
    public void close() {
        fd.close();
    }
}
