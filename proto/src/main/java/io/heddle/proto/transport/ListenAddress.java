package io.heddle.proto.transport;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** Where to listen: {@code unix:/run/heddle/switch.sock}, {@code 127.0.0.1:9559}, {@code [::1]:9559}. */
public sealed interface ListenAddress {
    /** A Unix domain socket. */
    record Unix(Path path) implements ListenAddress {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** A TCP port. */
    record Tcp(InetSocketAddress address) implements ListenAddress {
        @Override
        public String toString() {
            String host = address.getHostString();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
        }
    }

    /**
     * Reads one as it stands in a configuration.
     *
     * @throws IllegalArgumentException with a sentence that says what would be right
     */
    static ListenAddress parse(String text) {
        if (text.startsWith("unix:")) {
            String path = text.substring("unix:".length());
            // sun_path of struct sockaddr_un has 108 octets with the final zero.
            if (path.isEmpty() || path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > 107) {
                throw new IllegalArgumentException(
                        "\"%s\": the path of a Unix socket has 1 to 107 octets".formatted(text));
            }
            return new Unix(Path.of(path));
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (!host.isEmpty() && port >= 0 && port <= 0xffff) {
                InetSocketAddress address = new InetSocketAddress(host, port);
                if (!address.isUnresolved()) {
                    return new Tcp(address);
                }
            }
        } catch (NumberFormatException e) {
            // Said below.
            throw badAddress(text);
        }
        throw badAddress(text);
    }

    private static IllegalArgumentException badAddress(String text) {
        return new IllegalArgumentException(
                "\"%s\" is no address to listen on: write unix:/PATH or ADDRESS:PORT, for example 127.0.0.1:9559"
                        .formatted(text));
    }
}
