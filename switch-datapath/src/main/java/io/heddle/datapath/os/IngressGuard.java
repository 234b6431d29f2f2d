package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Keeps what a device receives from the host's own network stack: a tcx program that drops everything. Packet sockets see frames
 * before it does. Without it the host would answer ARP requests for its addresses through every port of the switch, and forward
 * what is sent to the port's own address.
 *
 * <p>It goes away with the process, whatever ends that.
 *
 * <p>Thread safety: none needed.
 */
public final class IngressGuard implements AutoCloseable {
    private static final int BPF_PROG_LOAD = 5;
    private static final int BPF_LINK_CREATE = 28;
    private static final int BPF_PROG_TYPE_SCHED_CLS = 3;
    private static final int BPF_TCX_INGRESS = 46;
    private static final int TC_ACT_SHOT = 2;

    private final FileDescriptor program;
    private final FileDescriptor link;

    private IngressGuard(FileDescriptor program, FileDescriptor link) {
        this.program = program;
        this.link = link;
    }

    /**
     * Attaches to a device of this namespace.
     *
     * @throws NativeException if the kernel is older than 6.6, or the process lacks CAP_BPF
     */
    public static IngressGuard attach(String device, int interfaceIndex) throws NativeException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocateFrom(
                    ValueLayout.JAVA_LONG,
                    0xb7L | (long) TC_ACT_SHOT << 32, // r0 = TC_ACT_SHOT
                    0x95L); // exit
            MemorySegment license = arena.allocateFrom("GPL");
            MemorySegment load = arena.allocate(152, 8);
            load.set(ValueLayout.JAVA_INT, 0, BPF_PROG_TYPE_SCHED_CLS);
            load.set(ValueLayout.JAVA_INT, 4, 2);
            load.set(ValueLayout.JAVA_LONG, 8, code.address());
            load.set(ValueLayout.JAVA_LONG, 16, license.address());
            load.set(ValueLayout.JAVA_INT, 68, BPF_TCX_INGRESS);
            FileDescriptor program = new FileDescriptor(check(Libc.bpf(BPF_PROG_LOAD, load), device, "BPF_PROG_LOAD"));
            MemorySegment attach = arena.allocate(64, 8);
            attach.set(ValueLayout.JAVA_INT, 0, program.number());
            attach.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            attach.set(ValueLayout.JAVA_INT, 8, BPF_TCX_INGRESS);
            try {
                return new IngressGuard(
                        program,
                        new FileDescriptor(check(Libc.bpf(BPF_LINK_CREATE, attach), device, "BPF_LINK_CREATE")));
            } catch (NativeException e) {
                program.close();
                throw e;
            }
        }
    }

    private static int check(int result, String device, String call) throws NativeException {
        if (result < 0) {
            throw new NativeException(
                    device, call, -result, "keeping frames from the host's stack needs CAP_BPF and Linux 6.6 or later");
        }
        return result;
    }

    @Override
    public void close() {
        link.close();
        program.close();
    }
}
