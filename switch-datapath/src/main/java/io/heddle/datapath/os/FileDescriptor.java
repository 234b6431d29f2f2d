package io.heddle.datapath.os;

/**
 * A descriptor that is closed once.
 *
 * <p>Thread safety: none; a descriptor belongs to what it is part of.
 */
final class FileDescriptor implements AutoCloseable {
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;

    private int number;

    /** Takes over an open descriptor; programs that this process starts do not inherit it. */
    FileDescriptor(int number) {
        this.number = number;
        Libc.fcntl(number, F_SETFD, FD_CLOEXEC);
    }

    /** Returns its number, -1 if it has been closed. */
    int number() {
        return number;
    }

    @Override
    public void close() {
        if (number >= 0) {
            Libc.close(number);
            number = -1;
        }
    }
}
