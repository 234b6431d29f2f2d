package io.heddle.datapath.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The C library's calls, as they are. Every method returns the call's result, or the negative errno if it failed.
 *
 * <p>Pointers are addresses: the memory must stay alive for the call, and for {@code mmap}ed rings as long as the kernel may write
 * to it. Interrupted calls are not repeated.
 *
 * <p>Thread safety: any thread; errno is captured per thread.
 */
@SuppressWarnings("restricted") // this package is the one that may call down
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CALL_STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private static final MethodHandle SOCKET = function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = function("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle CONNECT = function("connect", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKNAME = function("getsockname", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SETSOCKOPT =
            function("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle OPEN = variadic("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle READ = function("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE = function("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READV = function("readv", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle WRITEV = function("writev", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECV = function("recv", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDTO =
            function("sendto", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDMSG = function("sendmsg", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECVMSG = function("recvmsg", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDMMSG =
            function("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RECVMMSG =
            function("recvmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MMAP =
            function("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MADVISE = function("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle POLL = function("poll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle EPOLL_CREATE1 = function("epoll_create1", JAVA_INT, JAVA_INT);
    private static final MethodHandle EPOLL_CTL =
            function("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle EPOLL_WAIT =
            function("epoll_wait", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle EVENTFD = function("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SETNS = function("setns", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle UNSHARE = function("unshare", JAVA_INT, JAVA_INT);
    private static final MethodHandle SCHED_SETAFFINITY =
            function("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle SYSCALL =
            variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    // The C library has no function for bpf(2).
    private static final long NR_BPF = System.getProperty("os.arch").equals("amd64") ? 321 : 280;

    private Libc() {}

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return downcall(name, FunctionDescriptor.of(result, arguments), ERRNO);
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return downcall(name, FunctionDescriptor.of(result, arguments), ERRNO, Linker.Option.firstVariadicArg(fixed));
    }

    private static MethodHandle downcall(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException(
                        "the C library has no function " + name + ": Heddle needs Linux with glibc 2.31 or later"));
        return LINKER.downcallHandle(symbol, descriptor, options);
    }

    private static int result(long result, MemorySegment state) {
        return result >= 0 ? (int) result : -state.get(JAVA_INT, ERRNO_OFFSET);
    }

    /** A downcall itself throws only if its handle is used with wrong types, which is a bug in this class. */
    private static IllegalStateException broken(Throwable cause) {
        return new IllegalStateException("a downcall has the wrong type", cause);
    }

    static int socket(int domain, int type, int protocol) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int bind(int fd, long address, int length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) BIND.invokeExact(state, fd, address, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int connect(int fd, long address, int length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) CONNECT.invokeExact(state, fd, address, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int getsockname(int fd, long address, long lengthAddress) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) GETSOCKNAME.invokeExact(state, fd, address, lengthAddress), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int setsockopt(int fd, int level, int option, long value, int length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) SETSOCKOPT.invokeExact(state, fd, level, option, value, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int setsockopt(int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(
                    fd, level, option, arena.allocateFrom(JAVA_INT, value).address(), 4);
        }
    }

    static int getsockopt(int fd, int level, int option, long value, long lengthAddress) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) GETSOCKOPT.invokeExact(state, fd, level, option, value, lengthAddress), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int ioctl(int fd, long request, long argument) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) IOCTL.invokeExact(state, fd, request, argument), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int fcntl(int fd, int command, long argument) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) FCNTL.invokeExact(state, fd, command, argument), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int open(String path, int flags) {
        MemorySegment state = CALL_STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            return result((int) OPEN.invokeExact(state, arena.allocateFrom(path).address(), flags, 0), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int close(int fd) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int read(int fd, long address, long length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) READ.invokeExact(state, fd, address, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int write(int fd, long address, long length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) WRITE.invokeExact(state, fd, address, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int readv(int fd, long vectors, int count) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) READV.invokeExact(state, fd, vectors, count), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int writev(int fd, long vectors, int count) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) WRITEV.invokeExact(state, fd, vectors, count), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int recv(int fd, long address, long length, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) RECV.invokeExact(state, fd, address, length, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int sendto(int fd, long address, long length, int flags, long destination, int destinationLength) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result(
                    (long) SENDTO.invokeExact(state, fd, address, length, flags, destination, destinationLength),
                    state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int sendmsg(int fd, long message, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) SENDMSG.invokeExact(state, fd, message, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int recvmsg(int fd, long message, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((long) RECVMSG.invokeExact(state, fd, message, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int sendmmsg(int fd, long messages, int count, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) SENDMMSG.invokeExact(state, fd, messages, count, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int recvmmsg(int fd, long messages, int count, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) RECVMMSG.invokeExact(state, fd, messages, count, flags, 0L), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Returns the address, or the negative errno: addresses of user space are positive. */
    static long mmap(long length, int protection, int flags, int fd, long offset) {
        MemorySegment state = CALL_STATE.get();
        try {
            long address = (long) MMAP.invokeExact(state, 0L, length, protection, flags, fd, offset);
            return address == -1 ? -state.get(JAVA_INT, ERRNO_OFFSET) : address;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int munmap(long address, long length) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) MUNMAP.invokeExact(state, address, length), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int madvise(long address, long length, int advice) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) MADVISE.invokeExact(state, address, length, advice), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int poll(long descriptors, int count, int timeoutMs) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) POLL.invokeExact(state, descriptors, (long) count, timeoutMs), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int epollCreate(int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) EPOLL_CREATE1.invokeExact(state, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int epollControl(int epoll, int operation, int fd, long event) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) EPOLL_CTL.invokeExact(state, epoll, operation, fd, event), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int epollWait(int epoll, long events, int capacity, int timeoutMs) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) EPOLL_WAIT.invokeExact(state, epoll, events, capacity, timeoutMs), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int eventfd(int initial, int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) EVENTFD.invokeExact(state, initial, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int setns(int fd, int type) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) SETNS.invokeExact(state, fd, type), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int unshare(int flags) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) UNSHARE.invokeExact(state, flags), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int schedSetaffinity(int thread, long length, long mask) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result((int) SCHED_SETAFFINITY.invokeExact(state, thread, length, mask), state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int bpf(int command, MemorySegment attributes) {
        MemorySegment state = CALL_STATE.get();
        try {
            return result(
                    (long) SYSCALL.invokeExact(
                            state, NR_BPF, (long) command, attributes.address(), attributes.byteSize()),
                    state);
        } catch (Throwable e) {
            throw broken(e);
        }
    }
}
