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
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

    private final FileDescriptor fd;

    /**
     * Takes the port.
     *
     * @param subject what it is for, in errors
     * @param address own IPv4 address, 0 for all
     * @param port 1 to 65535, 0 for any
     * @throws NativeException EADDRINUSE if another process, or a tunnel device of the kernel, has it
     */
    public UdpPortHold(String subject, int address, int port) throws NativeException {
        fd = new FileDescriptor(NativeException.check(
                Libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), subject, "socket(AF_INET, SOCK_DGRAM)"));
        try (Arena arena = Arena.ofConfined()) {
            NativeException.check(
                    PacketSocket.attachFilter(fd.number(), SocketFilter.none()),
                    subject,
                    "setsockopt(SO_ATTACH_FILTER)");
            MemorySegment socketAddress = arena.allocate(16, 8);
            socketAddress.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
            socketAddress.set(ValueLayout.JAVA_SHORT, 2, NetworkOrder.of((short) port));
            socketAddress.set(ValueLayout.JAVA_INT, 4, NetworkOrder.of(address));
            NativeException.check(
                    Libc.bind(fd.number(), socketAddress.address(), 16),
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
        try (UdpPortHold hold = new UdpPortHold(subject, 0, 0);
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
