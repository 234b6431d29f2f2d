package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Asks the kernel's routing for the MTU of the path to an address (that of the route, or what "fragmentation needed" has taught), and for
 * the source address that packets on it have.
 *
 * <p>Each question is a few calls of the system; nothing is sent, and nothing is allocated.
 *
 * <p>Thread safety: none; one instance for each thread.
 */
public final class PathMtu {
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int IPPROTO_IP = 0;
    private static final int IP_MTU = 14;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_MTU = 24;
    private static final int VALUE = 32;
    private static final int LENGTH = 36;

    /** A socket address, then the option's value and its length. */
    private final MemorySegment scratch = Arena.ofAuto().allocate(40, 8);

    private int source;

    /** Makes one that has not asked yet. */
    public PathMtu() {}

    /** Returns the longest IPv4 packet in octets that reaches {@code remote} in one piece; as {@link #to(IpAddress, long, long)}. */
    public int to(int remote, int local) {
        return to(local == 0 ? IpAddress.NONE : IpAddress.ipv4(local), 0, IpAddress.mapped(remote));
    }

    /**
     * Returns the longest IP packet in octets that reaches an address in one piece.
     *
     * @param local source address, none for what routing chooses
     * @param high of the remote {@link IpAddress}
     * @param low of the remote address
     * @return 68 to 65,535 (IPv6: 65,575); or negative errno: ENETUNREACH without a route, EADDRNOTAVAIL if {@code local} is not this
     *     host's
     */
    public int to(IpAddress local, long high, long low) {
        boolean isIpv6 = !IpAddress.isIpv4(high, low);
        source = 0;
        int fd = Libc.socket(SocketAddress.family(isIpv6), SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        try {
            int result = local.isNone() ? 0 : Libc.bind(fd, scratch.address(), address(isIpv6, local, 0));
            // Any port will do: connecting a UDP socket only looks the route up.
            int length = SocketAddress.write(scratch, 0, isIpv6, high, low, 9);
            result = result < 0 ? result : Libc.connect(fd, scratch.address(), length);
            if (result < 0) {
                return result;
            }
            scratch.set(ValueLayout.JAVA_INT, LENGTH, SocketAddress.MAX_LENGTH);
            if (!isIpv6 && Libc.getsockname(fd, scratch.address(), scratch.address() + LENGTH) == 0) {
                source = NetworkOrder.of(scratch.get(ValueLayout.JAVA_INT, 4));
            }
            scratch.set(ValueLayout.JAVA_INT, LENGTH, 4);
            result = Libc.getsockopt(
                    fd,
                    isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                    isIpv6 ? IPV6_MTU : IP_MTU,
                    scratch.address() + VALUE,
                    scratch.address() + LENGTH);
            return result < 0 ? result : Math.min(65_535 + (isIpv6 ? 40 : 0), scratch.get(ValueLayout.JAVA_INT, VALUE));
        } finally {
            Libc.close(fd);
        }
    }

    /** The IPv4 source address on the path that was asked for last; 0 where there was none, and for IPv6. */
    public int source() {
        return source;
    }

    private int address(boolean isIpv6, IpAddress address, int port) {
        return SocketAddress.write(scratch, 0, isIpv6, address.high(), address.low(), port);
    }
}
