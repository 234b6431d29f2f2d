package io.heddle.datapath.os;

import java.io.IOException;
import java.io.Serial;

/**
 * A call of the operating system failed. The message says on what, which call, why, and what would be right, for example
 * {@code tap0: TUNSETIFF: EPERM (operation not permitted): needs CAP_NET_ADMIN}.
 */
public final class NativeException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param subject what the call was made on: a device's name, a path
     * @param call name of the call or request
     * @param errno positive number of the error, 0 if the call itself succeeded and its result is wrong
     * @param remedy what would be right; empty if the error says it
     */
    public NativeException(String subject, String call, int errno, String remedy) {
        super(message(subject, call, errno, remedy));
        this.errno = errno;
    }

    /** Returns the positive number of the error, 0 if the call succeeded with a wrong result. */
    public int errno() {
        return errno;
    }

    private static String message(String subject, String call, int errno, String remedy) {
        String text = subject + ": " + call;
        if (errno != 0) {
            text += ": " + Errno.describe(errno);
        }
        return remedy.isEmpty() ? text : text + ": " + remedy;
    }

    /**
     * Returns {@code result} if it is not negative.
     *
     * @throws NativeException for the negative errno {@code result}; the remedy is the usual one for the error
     */
    static int check(int result, String subject, String call) throws NativeException {
        return check(result, subject, call, "");
    }

    /** As {@link #check(int, String, String)}, with a remedy for every error but a missing permission. */
    static int check(int result, String subject, String call, String remedy) throws NativeException {
        if (result >= 0) {
            return result;
        }
        throw new NativeException(
                subject, call, -result, Errno.isPermission(-result) ? "needs CAP_NET_ADMIN and CAP_NET_RAW" : remedy);
    }
}
