package io.heddle.proto.transport;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * Where an OpenFlow connection goes to or comes from, as configurations write it: {@code tcp:127.0.0.1:6653}, {@code unix:/run/x.sock},
 * {@code ptcp:6634:127.0.0.1}, {@code punix:/run/x.mgmt}, and with TLS {@code ssl:127.0.0.1:6653}, {@code pssl:6634:127.0.0.1}.
 *
 * @param text as it was written
 * @param isPassive waits for connections
 * @param isTls connections are encrypted, and both sides authenticated
 * @param address host names are not looked up yet
 */
public record OpenFlowAddress(String text, boolean isPassive, boolean isTls, SocketAddress address) {
    /** Registered for OpenFlow. */
    public static final int DEFAULT_PORT = 6653;

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException that says what would be right
     */
    public static OpenFlowAddress parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        return switch (kind) {
            case "tcp", "ssl" -> new OpenFlowAddress(text, false, kind.equals("ssl"), hostAndPort(text, kind, rest));
            case "ptcp", "pssl" -> new OpenFlowAddress(text, true, kind.equals("pssl"), portAndHost(text, rest));
            case "unix" -> new OpenFlowAddress(text, false, false, path(text, rest));
            case "punix" -> new OpenFlowAddress(text, true, false, path(text, rest));
            default ->
                throw wrong(
                        text,
                        "write tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH to connect, ptcp:[PORT[:HOST]], pssl:[PORT[:HOST]] or "
                                + "punix:PATH to listen");
        };
    }

    private static IllegalArgumentException wrong(String text, String right) {
        return new IllegalArgumentException("\"" + text + "\" is no OpenFlow address: " + right);
    }

    private static SocketAddress path(String text, String path) {
        if (path.isEmpty() || path.length() > 107) {
            throw wrong(text, "the path of a socket has 1 to 107 characters");
        }
        return UnixDomainSocketAddress.of(path);
    }

    private static SocketAddress hostAndPort(String text, String kind, String rest) {
        int split = rest.startsWith("[") ? rest.indexOf(']') + 1 : rest.indexOf(':');
        String host = split <= 0 ? rest : rest.substring(0, split);
        String port = split <= 0 || split >= rest.length() ? "" : rest.substring(split + 1);
        if (host.isEmpty()) {
            throw wrong(text, "a host is missing: " + kind + ":127.0.0.1:6653");
        }
        return InetSocketAddress.createUnresolved(unbracketed(host), port(text, port, 1));
    }

    private static SocketAddress portAndHost(String text, String rest) {
        int split = rest.indexOf(':');
        String port = split < 0 ? rest : rest.substring(0, split);
        String host = split < 0 ? "0.0.0.0" : unbracketed(rest.substring(split + 1));
        return InetSocketAddress.createUnresolved(host.isEmpty() ? "0.0.0.0" : host, port(text, port, 0));
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(String text, String port, int least) {
        if (port.isEmpty()) {
            return DEFAULT_PORT;
        }
        try {
            int number = Integer.parseInt(port);
            if (number >= least && number <= 65535) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(text, "the port is " + least + " to 65535");
    }
}
