package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends UDP datagrams with any source port: the sender writes the UDP header, the kernel writes the IPv4 header, routes, resolves
 * neighbours and fragments.
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
public final class RawUdpSocket implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x80800;
    private static final int IPPROTO_UDP = 17;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int IPPROTO_IP = 0;
    private static final int IP_TOS = 1;
    private static final int IP_TTL = 2;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int MSG_DONTWAIT = 0x40;

    private final String subject;
    private final FileDescriptor fd;

    private RawUdpSocket(String subject, FileDescriptor fd) {
        this.subject = subject;
        this.fd = fd;
    }

    /**
     * Opens a socket that receives nothing.
     *
     * @param subject what it is for, in errors
     * @param local source address of what is sent, 0 for what routing chooses
     */
    public static RawUdpSocket open(String subject, int local) throws NativeException {
        FileDescriptor fd = new FileDescriptor(NativeException.check(
                Libc.socket(AF_INET, SOCK_RAW_NONBLOCK_CLOEXEC, IPPROTO_UDP), subject, "socket(SOCK_RAW, UDP)"));
        RawUdpSocket socket = new RawUdpSocket(subject, fd);
        try {
            NativeException.check(
                    PacketSocket.attachFilter(fd.number(), SocketFilter.none()),
                    subject,
                    "setsockopt(SO_ATTACH_FILTER)");
            Libc.setsockopt(fd.number(), SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20); // without the capability: the default
            if (local != 0) {
                socket.bind(local);
            }
            return socket;
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    private void bind(int local) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(16, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
            address.set(ValueLayout.JAVA_INT, 4, NetworkOrder.of(local));
            NativeException.check(
                    Libc.bind(fd.number(), address.address(), 16),
                    subject,
                    "bind",
                    "the local address is not one of this host: add it to a device, or configure another");
        }
    }

    /** Sets the TOS octet of what is sent from now on. */
    public void setTos(int tos) {
        Libc.setsockopt(fd.number(), IPPROTO_IP, IP_TOS, tos);
    }

    /** Sets the TTL of what is sent from now on, 1 to 255. */
    public void setTtl(int ttl) {
        Libc.setsockopt(fd.number(), IPPROTO_IP, IP_TTL, ttl);
    }

    /** Says whether packets are sent with "don't fragment"; without it the kernel fragments what exceeds the path's MTU. */
    public void setDontFragment(boolean dontFragment) {
        Libc.setsockopt(fd.number(), IPPROTO_IP, IP_MTU_DISCOVER, dontFragment ? 2 : 0);
    }

    /**
     * Sends messages without waiting, from {@code first}; each is a UDP datagram with its header and a destination.
     *
     * @return how many were sent, at least 1; or negative errno for the message {@code first}: ENETUNREACH and EHOSTUNREACH without
     *     a route, EMSGSIZE, ENOBUFS or EAGAIN if a queue is full
     */
    public int send(MessageBatch messages, int first) {
        return messages.send(fd.number(), first, MSG_DONTWAIT);
    }

    @Override
    public void close() {
        fd.close();
    }
}
