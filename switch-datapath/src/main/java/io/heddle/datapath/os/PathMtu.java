package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Asks the kernel's routing for the MTU of the path to an IPv4 address: that of the route, or what "fragmentation needed" has taught.
 *
 * <p>Each question is a few calls of the system; nothing is sent, and nothing is allocated.
 *
 * <p>Thread safety: none; one instance for each thread.
 */
public final class PathMtu {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int IPPROTO_IP = 0;
    private static final int IP_MTU = 14;

    /** struct sockaddr_in, then the option's value and its length. */
    private final MemorySegment scratch = Arena.ofAuto().allocate(24, 8);

    /** Makes one that has not asked yet. */
    public PathMtu() {}

    /**
     * Returns the longest IPv4 packet in octets that reaches {@code remote} in one piece.
     *
     * @param local source address, 0 for what routing chooses
     * @return 68 to 65,535; or negative errno: ENETUNREACH without a route, EADDRNOTAVAIL if {@code local} is not this host's
     */
    public int to(int remote, int local) {
        int fd = Libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        try {
            int result = local == 0 ? 0 : Libc.bind(fd, address(local, 0), 16);
            // Any port will do: connecting a UDP socket only looks the route up.
            result = result < 0 ? result : Libc.connect(fd, address(remote, 9), 16);
            if (result < 0) {
                return result;
            }
            scratch.set(ValueLayout.JAVA_INT, 20, 4);
            result = Libc.getsockopt(fd, IPPROTO_IP, IP_MTU, scratch.address() + 16, scratch.address() + 20);
            return result < 0 ? result : Math.min(65_535, scratch.get(ValueLayout.JAVA_INT, 16));
        } finally {
            Libc.close(fd);
        }
    }

    private long address(int address, int port) {
        scratch.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
        scratch.set(ValueLayout.JAVA_SHORT, 2, NetworkOrder.of((short) port));
        scratch.set(ValueLayout.JAVA_INT, 4, NetworkOrder.of(address));
        scratch.set(ValueLayout.JAVA_LONG, 8, 0L);
        return scratch.address();
    }
}
