package io.heddle.datapath.os;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes {@code struct sockaddr_in} and {@code struct sockaddr_in6}.
 *
 * <pre>
 *   sockaddr_in   family u16 | port u16 | address 4 | zero 8
 *   sockaddr_in6  family u16 | port u16 | flow u32  | address 16 | scope u32
 * </pre>
 *
 * <p>Thread safety: stateless.
 */
final class SocketAddress {
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;

    /** Room for either. */
    static final int MAX_LENGTH = 28;

    private SocketAddress() {}

    static int family(boolean isIpv6) {
        return isIpv6 ? AF_INET6 : AF_INET;
    }

    /**
     * Writes an address and port.
     *
     * @param isIpv6 the socket's family; addresses are as in {@link IpAddress}, none is any
     * @return the structure's length
     */
    static int write(MemorySegment memory, long at, boolean isIpv6, long high, long low, int port) {
        memory.set(ValueLayout.JAVA_SHORT, at, (short) family(isIpv6));
        memory.set(ValueLayout.JAVA_SHORT, at + 2, NetworkOrder.of((short) port));
        if (!isIpv6) {
            memory.set(ValueLayout.JAVA_INT, at + 4, NetworkOrder.of((int) low));
            memory.set(ValueLayout.JAVA_LONG, at + 8, 0L);
            return 16;
        }
        memory.set(ValueLayout.JAVA_INT, at + 4, 0);
        memory.set(ValueLayout.JAVA_INT, at + 8, NetworkOrder.of((int) (high >>> 32)));
        memory.set(ValueLayout.JAVA_INT, at + 12, NetworkOrder.of((int) high));
        memory.set(ValueLayout.JAVA_INT, at + 16, NetworkOrder.of((int) (low >>> 32)));
        memory.set(ValueLayout.JAVA_INT, at + 20, NetworkOrder.of((int) low));
        memory.set(ValueLayout.JAVA_INT, at + 24, 0);
        return 28;
    }
}
