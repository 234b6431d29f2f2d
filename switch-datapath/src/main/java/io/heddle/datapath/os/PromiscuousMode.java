package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Has a device take frames for all addresses, as long as this is open.
 *
 * <p>Thread safety: none needed.
 */
public final class PromiscuousMode implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_MR_PROMISC = 1;

    private final FileDescriptor fd;

    /** @param device name, for errors */
    public PromiscuousMode(String device, int interfaceIndex) throws NativeException {
        // Protocol 0: the socket receives nothing.
        fd = new FileDescriptor(NativeException.check(
                Libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), device, "socket(AF_PACKET)", "needs CAP_NET_RAW"));
        try {
            NativeException.check(join(fd.number(), interfaceIndex), device, "setsockopt(PACKET_ADD_MEMBERSHIP)");
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    static int join(int socket, int interfaceIndex) {
        try (Arena arena = Arena.ofConfined()) {
            // struct packet_mreq: int ifindex, u16 type, u16 length, 8 octets
            MemorySegment membership = arena.allocate(16, 4);
            membership.set(ValueLayout.JAVA_INT, 0, interfaceIndex);
            membership.set(ValueLayout.JAVA_SHORT, 4, (short) PACKET_MR_PROMISC);
            return Libc.setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership.address(), 16);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
