package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Waits until one of several descriptors is readable or broken ({@code epoll(7)}, level-triggered).
 *
 * <p>Thread safety: none; belongs to the thread that waits.
 */
public final class Epoll implements AutoCloseable {
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLLIN = 1;
    private static final int EVENTS = 64;
    // struct epoll_event is packed on x86-64 only.
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int DATA = PACKED ? 4 : 8;
    private static final int SIZE = DATA + 8;

    private final FileDescriptor fd;
    private final MemorySegment events = Arena.ofAuto().allocate((long) SIZE * EVENTS, 8);

    /** Makes one that waits for nothing yet. */
    public Epoll() throws NativeException {
        fd = new FileDescriptor(NativeException.check(Libc.epollCreate(EPOLL_CLOEXEC), "poll loop", "epoll_create1"));
    }

    /** Returns the descriptor, readable when one of those that were added is. */
    public int fd() {
        return fd.number();
    }

    /**
     * Adds a descriptor. One that is closed removes itself.
     *
     * @param tag that {@link #tag} returns for it
     */
    public void add(int descriptor, int tag) throws NativeException {
        events.set(ValueLayout.JAVA_INT, 0, EPOLLIN);
        events.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, tag);
        NativeException.check(
                Libc.epollControl(fd.number(), EPOLL_CTL_ADD, descriptor, events.address()),
                "descriptor " + descriptor,
                "epoll_ctl ADD");
    }

    /** Removes a descriptor, if it is there. */
    public void remove(int descriptor) {
        Libc.epollControl(fd.number(), EPOLL_CTL_DEL, descriptor, events.address());
    }

    /**
     * Waits until a descriptor is ready.
     *
     * @param timeoutMs at most, 0 for not at all, -1 for as long as it takes
     * @return how many are ready, 0 if none is or a signal came
     */
    public int await(int timeoutMs) {
        return Math.max(0, Libc.epollWait(fd.number(), events.address(), EVENTS, timeoutMs));
    }

    /** Returns the tag of the ready descriptor at {@code index} of the last {@link #await}. */
    public int tag(int index) {
        return (int) events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * SIZE + DATA);
    }

    @Override
    public void close() {
        fd.close();
    }
}
