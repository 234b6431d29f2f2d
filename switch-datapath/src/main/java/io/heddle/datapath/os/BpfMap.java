package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A map of the kernel that eBPF programs share with this process. It lasts as long as it is open here, or a loaded program uses it.
 *
 * <p>Thread safety: any thread.
 *
 * @see <a href="https://docs.kernel.org/bpf/maps.html">BPF maps</a>
 */
public final class BpfMap implements AutoCloseable {
    private static final int BPF_MAP_CREATE = 0;
    private static final int BPF_MAP_UPDATE_ELEM = 2;
    private static final int BPF_MAP_TYPE_XSKMAP = 17;

    private final String subject;
    private final FileDescriptor fd;

    private BpfMap(String subject, FileDescriptor fd) {
        this.subject = subject;
        this.fd = fd;
    }

    /**
     * Makes a map from numbers to AF_XDP sockets (BPF_MAP_TYPE_XSKMAP).
     *
     * @param subject what it is for, in errors
     * @param entries keys are 0 to {@code entries - 1}
     */
    public static BpfMap ofSockets(String subject, int entries) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // union bpf_attr: type, key size, value size, entries, flags
            MemorySegment attributes = arena.allocate(72, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, BPF_MAP_TYPE_XSKMAP);
            attributes.set(ValueLayout.JAVA_INT, 4, 4);
            attributes.set(ValueLayout.JAVA_INT, 8, 4);
            attributes.set(ValueLayout.JAVA_INT, 12, entries);
            return new BpfMap(
                    subject,
                    new FileDescriptor(BpfProgram.check(
                            Libc.bpf(BPF_MAP_CREATE, attributes),
                            subject,
                            "BPF_MAP_CREATE",
                            "needs AF_XDP in the kernel")));
        }
    }

    /** Puts a socket in at {@code key}. A socket that is closed takes itself out. */
    public void put(int key, XdpSocket socket) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            // union bpf_attr: map, pointer to the key, pointer to the value, flags
            MemorySegment attributes = arena.allocate(32, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, fd());
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    8,
                    arena.allocateFrom(ValueLayout.JAVA_INT, key).address());
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    16,
                    arena.allocateFrom(ValueLayout.JAVA_INT, socket.fd()).address());
            BpfProgram.check(Libc.bpf(BPF_MAP_UPDATE_ELEM, attributes), subject, "BPF_MAP_UPDATE_ELEM", "");
        }
    }

    int fd() {
        return fd.number();
    }

    @Override
    public void close() {
        fd.close();
    }
}
