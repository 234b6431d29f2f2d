package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Wakes a thread that waits in {@link Epoll#await}.
 *
 * <p>Thread safety: {@link #signal} by any thread, {@link #drain} by the one that waits.
 */
public final class EventFd implements AutoCloseable {
    private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;

    private final FileDescriptor fd;
    private final MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1);
    private final MemorySegment count = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

    /** Makes one that has not been signalled. */
    public EventFd() throws NativeException {
        fd = new FileDescriptor(NativeException.check(Libc.eventfd(0, EFD_NONBLOCK_CLOEXEC), "poll loop", "eventfd"));
    }

    /** Returns the descriptor, readable from {@link #signal} until {@link #drain}. */
    public int fd() {
        return fd.number();
    }

    /** Makes the descriptor readable. */
    public void signal() {
        Libc.write(fd.number(), one.address(), 8);
    }

    /** Makes the descriptor unreadable. */
    public void drain() {
        Libc.read(fd.number(), count.address(), 8);
    }

    @Override
    public void close() {
        fd.close();
    }
}
