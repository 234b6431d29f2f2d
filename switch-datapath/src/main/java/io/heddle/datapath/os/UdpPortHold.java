package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Holds a UDP port of the host and drops everything that comes to it, so that the kernel neither answers "port unreachable" for what
 * a packet socket receives, nor gives the port to somebody else.
 *
 * <p>Thread safety: none needed.
 */
public final class UdpPortHold implements AutoCloseable {
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

    private final FileDescriptor fd;

    /**
     * Takes the port.
     *
     * @param subject what it is for, in errors
     * @param isIpv6 the family
     * @param address own address, none for all of that family
     * @param port 1 to 65535, 0 for any
     * @throws NativeException EADDRINUSE if another process, or a tunnel device of the kernel, has it
     */
    public UdpPortHold(String subject, boolean isIpv6, IpAddress address, int port) throws NativeException {
        fd = new FileDescriptor(NativeException.check(
                Libc.socket(SocketAddress.family(isIpv6), SOCK_DGRAM_CLOEXEC, 0),
                subject,
                isIpv6 ? "socket(AF_INET6, SOCK_DGRAM)" : "socket(AF_INET, SOCK_DGRAM)",
                isIpv6 ? "the kernel has no IPv6" : ""));
        try (Arena arena = Arena.ofConfined()) {
            NativeException.check(
                    PacketSocket.attachFilter(fd.number(), SocketFilter.none()),
                    subject,
                    "setsockopt(SO_ATTACH_FILTER)");
            if (isIpv6) {
                NativeException.check(
                        Libc.setsockopt(fd.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1), subject, "setsockopt(IPV6_V6ONLY)");
            }
            MemorySegment socketAddress = arena.allocate(SocketAddress.MAX_LENGTH, 8);
            int length = SocketAddress.write(socketAddress, 0, isIpv6, address.high(), address.low(), port);
            NativeException.check(
                    Libc.bind(fd.number(), socketAddress.address(), length),
                    subject,
                    "bind to UDP port " + port,
                    "another process or a tunnel device has the port: remove it, or configure another port");
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    /** Returns a UDP port that nobody has at the moment. */
    static int free(String subject) throws NativeException {
        try (UdpPortHold hold = new UdpPortHold(subject, false, IpAddress.NONE, 0);
                Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(24, 8);
            address.set(ValueLayout.JAVA_INT, 16, 16);
            NativeException.check(
                    Libc.getsockname(hold.fd.number(), address.address(), address.address() + 16),
                    subject,
                    "getsockname");
            return NetworkOrder.of(address.get(ValueLayout.JAVA_SHORT, 2)) & 0xffff;
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
