package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Sends the payload of IP packets: the sender writes what follows the IP header (UDP with any source port, GRE), the kernel writes the
 * IP header, routes, resolves neighbours and fragments.
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
public final class RawIpSocket implements AutoCloseable {
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x80800;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int IPPROTO_IP = 0;
    private static final int IP_TOS = 1;
    private static final int IP_TTL = 2;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_CHECKSUM = 7;
    private static final int IPV6_UNICAST_HOPS = 16;
    private static final int IPV6_MTU_DISCOVER = 23;
    private static final int IPV6_TCLASS = 67;
    private static final int PMTUDISC_DONT = 0;
    private static final int PMTUDISC_DO = 2;
    private static final int MSG_DONTWAIT = 0x40;

    private final String subject;
    private final FileDescriptor fd;
    private final boolean isIpv6;

    private RawIpSocket(String subject, FileDescriptor fd, boolean isIpv6) {
        this.subject = subject;
        this.fd = fd;
        this.isIpv6 = isIpv6;
    }

    /**
     * Opens a socket that receives nothing. While it is open the kernel does not answer "protocol unreachable".
     *
     * @param subject what it is for, in errors
     * @param protocol of IP: 17 for UDP, 47 for GRE
     * @param isIpv6 the family of what is sent
     * @param local source address of what is sent, none for what routing chooses
     */
    public static RawIpSocket open(String subject, int protocol, boolean isIpv6, IpAddress local)
            throws NativeException {
        FileDescriptor fd = new FileDescriptor(NativeException.check(
                Libc.socket(SocketAddress.family(isIpv6), SOCK_RAW_NONBLOCK_CLOEXEC, protocol),
                subject,
                "socket(SOCK_RAW, " + protocol + ")",
                "needs CAP_NET_RAW" + (isIpv6 ? ", and IPv6 in the kernel" : "")));
        RawIpSocket socket = new RawIpSocket(subject, fd, isIpv6);
        try {
            NativeException.check(
                    PacketSocket.attachFilter(fd.number(), SocketFilter.none()),
                    subject,
                    "setsockopt(SO_ATTACH_FILTER)");
            Libc.setsockopt(fd.number(), SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20); // without the capability: the default
            if (!local.isNone()) {
                socket.bind(local);
            }
            return socket;
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    private void bind(IpAddress local) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SocketAddress.MAX_LENGTH, 8);
            int length = SocketAddress.write(address, 0, isIpv6, local.high(), local.low(), 0);
            NativeException.check(
                    Libc.bind(fd.number(), address.address(), length),
                    subject,
                    "bind",
                    "the local address is not one of this host: add it to a device, or configure another");
        }
    }

    /** Has the kernel compute the Internet checksum, with the pseudo header, at this offset of what is sent; IPv6 only. */
    public void computeChecksumAt(int offset) throws NativeException {
        NativeException.check(
                Libc.setsockopt(fd.number(), IPPROTO_IPV6, IPV6_CHECKSUM, offset),
                subject,
                "setsockopt(IPV6_CHECKSUM)");
    }

    /** Sets the TOS octet or traffic class of what is sent from now on. */
    public void setTos(int tos) {
        if (isIpv6) {
            Libc.setsockopt(fd.number(), IPPROTO_IPV6, IPV6_TCLASS, tos);
        } else {
            Libc.setsockopt(fd.number(), IPPROTO_IP, IP_TOS, tos);
        }
    }

    /** Sets the TTL or hop limit of what is sent from now on, 1 to 255; 0 for the kernel's default. */
    public void setTtl(int ttl) {
        int value = ttl == 0 ? -1 : ttl;
        if (isIpv6) {
            Libc.setsockopt(fd.number(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, value);
        } else {
            Libc.setsockopt(fd.number(), IPPROTO_IP, IP_TTL, value);
        }
    }

    /** Says whether packets are sent with "don't fragment"; without it the kernel fragments what exceeds the path's MTU. */
    public void setDontFragment(boolean dontFragment) {
        int value = dontFragment ? PMTUDISC_DO : PMTUDISC_DONT;
        if (isIpv6) {
            Libc.setsockopt(fd.number(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, value);
        } else {
            Libc.setsockopt(fd.number(), IPPROTO_IP, IP_MTU_DISCOVER, value);
        }
    }

    /**
     * Sends messages without waiting, from {@code first}; each is an IP packet's payload and a destination of this socket's family.
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
