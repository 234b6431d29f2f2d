package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Says to all switch processes that a device is taken: the name of an abstract Unix socket, which is known in one network namespace and
 * is free again when its process ends, whatever ends it.
 *
 * <p>Thread safety: none needed.
 */
public final class DeviceClaim implements AutoCloseable {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

    private final FileDescriptor fd;

    /**
     * Claims a device, which need not exist.
     *
     * @throws NativeException EADDRINUSE if it is claimed
     */
    public DeviceClaim(String device) throws NativeException {
        fd = new FileDescriptor(
                NativeException.check(Libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0), device, "socket(AF_UNIX)"));
        try (Arena arena = Arena.ofConfined()) {
            byte[] name = ("heddle-port/" + device).getBytes(StandardCharsets.UTF_8);
            // struct sockaddr_un: u16 family, path; an abstract name begins with a zero
            MemorySegment address = arena.allocate(2 + 108, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 3, name.length);
            int result = Libc.bind(fd.number(), address.address(), 3 + name.length);
            if (result == -Errno.EADDRINUSE) {
                throw new NativeException(
                        device,
                        "claim",
                        Errno.EADDRINUSE,
                        "another port of a switch on this host has the interface: remove it there first");
            }
            NativeException.check(result, device, "claim");
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
