package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A program that the kernel has checked and loaded. It lasts as long as it is open here, or attached.
 *
 * <p>Thread safety: any thread.
 *
 * @see <a href="https://docs.kernel.org/userspace-api/ebpf/syscall.html">bpf(2)</a>
 */
public final class BpfProgram implements AutoCloseable {
    /** What a program is for: its type and the hook that it is attached to. */
    public enum Hook {
        /** What a device receives, before the kernel makes a packet of it. */
        XDP(6, 37),
        /** What a device receives, ahead of the network stack (Linux 6.6). */
        TCX_INGRESS(3, 46),
        /** What the network stack gives a device to send (Linux 6.6). */
        TCX_EGRESS(3, 47);

        private final int type;
        final int attachType;

        Hook(int type, int attachType) {
            this.type = type;
            this.attachType = attachType;
        }
    }

    private static final int BPF_PROG_LOAD = 5;
    private static final int LOG_SIZE = 64 * 1024;

    private final Hook hook;
    private final FileDescriptor fd;

    private BpfProgram(Hook hook, FileDescriptor fd) {
        this.hook = hook;
        this.fd = fd;
    }

    /**
     * Loads a program.
     *
     * @param subject what it is for, in errors
     * @param code from a {@link BpfAssembler}
     * @throws NativeException if the process lacks CAP_BPF, or the kernel refuses the program: the message then has the verifier's last words
     */
    public static BpfProgram load(String subject, Hook hook, long[] code) throws NativeException {
        int result = load(hook, code, MemorySegment.NULL);
        if (result == -Errno.EINVAL || result == -Errno.EACCES) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment log = arena.allocate(LOG_SIZE, 8);
                result = load(hook, code, log);
                if (result < 0) {
                    throw new NativeException(
                            subject, "BPF_PROG_LOAD", -result, "the kernel refuses the program: " + lastLine(log));
                }
            }
        }
        return new BpfProgram(hook, new FileDescriptor(check(result, subject, "BPF_PROG_LOAD", "")));
    }

    private static int load(Hook hook, long[] code, MemorySegment log) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocateFrom(ValueLayout.JAVA_LONG, code);
            // union bpf_attr: type, count, instructions, license, log level, log size, log, ..., attach type
            MemorySegment attributes = arena.allocate(152, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, hook.type);
            attributes.set(ValueLayout.JAVA_INT, 4, code.length);
            attributes.set(ValueLayout.JAVA_LONG, 8, instructions.address());
            attributes.set(ValueLayout.JAVA_LONG, 16, arena.allocateFrom("GPL").address());
            if (log.address() != 0) {
                attributes.set(ValueLayout.JAVA_INT, 24, 1);
                attributes.set(ValueLayout.JAVA_INT, 28, LOG_SIZE);
                attributes.set(ValueLayout.JAVA_LONG, 32, log.address());
            }
            attributes.set(ValueLayout.JAVA_INT, 68, hook.attachType);
            return Libc.bpf(BPF_PROG_LOAD, attributes);
        }
    }

    private static String lastLine(MemorySegment log) {
        String[] lines = log.getString(0, StandardCharsets.US_ASCII).strip().split("\n", -1);
        // The very last one counts instructions.
        return lines[Math.max(0, lines.length - 2)];
    }

    static int check(int result, String subject, String call, String remedy) throws NativeException {
        if (result < 0) {
            throw new NativeException(
                    subject, call, -result, Errno.isPermission(-result) ? "needs CAP_BPF and CAP_NET_ADMIN" : remedy);
        }
        return result;
    }

    Hook hook() {
        return hook;
    }

    int fd() {
        return fd.number();
    }

    @Override
    public void close() {
        fd.close();
    }
}
