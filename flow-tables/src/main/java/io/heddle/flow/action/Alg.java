package io.heddle.flow.action;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A protocol whose control connection says where other connections will be, and that the connection tracker therefore reads: an
 * application layer gateway, Open vSwitch's {@code alg}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ovs-actions.7.html">ovs-actions(7), the ct action</a>
 */
public enum Alg {
    /** RFC 959 and RFC 2428: {@code PORT}, {@code EPRT}, and the answers to {@code PASV} and {@code EPSV}. */
    FTP(21),
    /** RFC 1350: the server answers from another port. */
    TFTP(69);

    private final int port;

    Alg(int port) {
        this.port = port;
    }

    /** The protocol's port: its number in OpenFlow messages. */
    public int port() {
        return port;
    }

    /** The name in flows: {@code ftp}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one with that port; null if there is none. */
    public static @Nullable Alg ofPort(int port) {
        for (Alg alg : values()) {
            if (alg.port == port) {
                return alg;
            }
        }
        return null;
    }

    /** The one of that name; null if there is none. */
    public static @Nullable Alg ofText(String text) {
        for (Alg alg : values()) {
            if (alg.text().equals(text)) {
                return alg;
            }
        }
        return null;
    }
}
