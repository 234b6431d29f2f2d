package io.heddle.datapath.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace by name, as {@code ip netns} keeps them under /run/netns.
 *
 * <p>Thread safety: any thread. What runs in a namespace does so on a platform thread of its own that ends with it: a thread that
 * has changed its namespace is never used again.
 */
public final class NetworkNamespace {
    private static final Path FOLDER = Path.of("/run/netns");
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final String OWN = "/proc/thread-self/ns/net";

    /** In the place of a descriptor: a namespace that is yet to be made. */
    private static final int NEW = -1;

    private NetworkNamespace() {}

    /** Says whether there is a namespace of this name. */
    public static boolean exists(String name) {
        return Files.exists(FOLDER.resolve(name));
    }

    /**
     * Runs something in a namespace: sockets that it makes belong there, also after it has ended. Files under /sys still show the
     * namespace of the process.
     *
     * @param name under /run/netns
     * @throws NativeException if there is no such namespace, or this process may not enter it
     */
    public static <T extends @Nullable Object> T run(String name, Work<T> work) throws IOException {
        try (FileDescriptor namespace = open(name)) {
            return run(namespace, FOLDER.resolve(name).toString(), work);
        }
    }

    /** Runs something in the namespace behind a descriptor. */
    static <T extends @Nullable Object> T run(FileDescriptor namespace, String subject, Work<T> work)
            throws IOException {
        if (isOwn(namespace)) {
            return work.run(); // nothing to enter, and no right to enter is needed
        }
        return visit(new Visit<>(namespace.number(), subject, work));
    }

    /**
     * Runs something in a new namespace without a name, which lasts as long as sockets that were made there.
     *
     * @param subject what it is for, in errors
     * @param work gets the new namespace, open until it returns
     * @throws NativeException if this process may not make one
     */
    static <T extends @Nullable Object> T runInNew(String subject, NewWork<T> work) throws IOException {
        return visit(new Visit<>(NEW, subject, () -> {
            try (FileDescriptor namespace = new FileDescriptor(NativeException.check(
                    Libc.open(OWN, O_RDONLY_CLOEXEC), OWN, "open", "needs /proc to be mounted"))) {
                return work.run(namespace);
            }
        }));
    }

    private static <T extends @Nullable Object> T visit(Visit<T> visit) throws IOException {
        Thread thread = Thread.ofPlatform().name("netns").start(visit);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // the work is short; it is never left half done
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return visit.result();
    }

    /** Says whether a descriptor is that of the calling thread's namespace; false when that cannot be found out. */
    private static boolean isOwn(FileDescriptor namespace) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/thread-self/fd/" + namespace.number()))
                    .equals(Files.readSymbolicLink(Path.of(OWN)));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Opens a namespace, for requests that name it by descriptor.
     *
     * @throws NativeException if there is no such namespace
     */
    static FileDescriptor open(String name) throws NativeException {
        String path = FOLDER.resolve(name).toString();
        return new FileDescriptor(NativeException.check(
                Libc.open(path, O_RDONLY_CLOEXEC),
                path,
                "open",
                "there is no network namespace \"" + name + "\": make it first (ip netns add " + name + ")"));
    }

    /** What is done in a namespace. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        /** Does it. */
        T run() throws IOException;
    }

    /** What is done in a new namespace. */
    @FunctionalInterface
    interface NewWork<T extends @Nullable Object> {
        /** Does it. */
        T run(FileDescriptor namespace) throws IOException;
    }

    private static final class Visit<T extends @Nullable Object> implements Runnable {
        private final int namespace;
        private final String path;
        private final Work<T> work;
        private @Nullable T value;
        private @Nullable IOException failure;
        private @Nullable RuntimeException bug;

        Visit(int namespace, String path, Work<T> work) {
            this.namespace = namespace;
            this.path = path;
            this.work = work;
        }

        @Override
        public void run() {
            try {
                if (namespace == NEW) {
                    NativeException.check(Libc.unshare(CLONE_NEWNET), path, "unshare", "needs CAP_SYS_ADMIN");
                } else {
                    NativeException.check(Libc.setns(namespace, CLONE_NEWNET), path, "setns", "needs CAP_SYS_ADMIN");
                }
                value = work.run();
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException e) {
                bug = e;
            }
        }

        @SuppressWarnings("NullAway") // null only if the work may return it
        T result() throws IOException {
            if (failure != null) {
                throw failure;
            }
            if (bug != null) {
                throw bug;
            }
            return value;
        }
    }
}
