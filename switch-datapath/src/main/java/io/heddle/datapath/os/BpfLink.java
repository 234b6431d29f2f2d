package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A program at a device. It is taken away when this is closed, and when the process ends, whatever ends that.
 *
 * <p>Thread safety: any thread.
 */
public final class BpfLink implements AutoCloseable {
    /** In the device's driver: {@code XDP_FLAGS_DRV_MODE}. */
    public static final int XDP_NATIVE = 4;

    /** In the kernel's own receive path, for every device: {@code XDP_FLAGS_SKB_MODE}. */
    public static final int XDP_GENERIC = 2;

    private static final int BPF_LINK_CREATE = 28;

    private final FileDescriptor fd;

    private BpfLink(FileDescriptor fd) {
        this.fd = fd;
    }

    /**
     * Attaches a program to a device of this namespace.
     *
     * @param device name, for errors
     * @param flags of the hook: {@link #XDP_NATIVE} or {@link #XDP_GENERIC}; 0 for others
     * @param remedy what would be right if the kernel refuses, but for a missing permission
     */
    public static BpfLink attach(BpfProgram program, String device, int interfaceIndex, int flags, String remedy)
            throws NativeException {
        return new BpfLink(new FileDescriptor(
                BpfProgram.check(create(program, interfaceIndex, flags), device, "BPF_LINK_CREATE", remedy)));
    }

    private static int create(BpfProgram program, int interfaceIndex, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            // union bpf_attr: program, interface, attach type, flags
            MemorySegment attributes = arena.allocate(64, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, program.fd());
            attributes.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            attributes.set(ValueLayout.JAVA_INT, 8, program.hook().attachType);
            attributes.set(ValueLayout.JAVA_INT, 12, flags);
            return Libc.bpf(BPF_LINK_CREATE, attributes);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
