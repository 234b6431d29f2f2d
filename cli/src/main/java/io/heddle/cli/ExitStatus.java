package io.heddle.cli;

/** Exit statuses of the command. */
final class ExitStatus {
    static final int OK = 0;

    /** The process that was asked refused, or did it only in part. */
    static final int REFUSED = 1;

    /** The command line is wrong. */
    static final int USAGE = 2;

    /** Nobody answers at the target. */
    static final int UNREACHABLE = 3;

    private ExitStatus() {}
}
