package io.heddle.controller.app.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A classless static route.
 *
 * @param destination network address
 * @param prefixLength 0 to 32
 * @param router address; 0: the destination is on the link
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3442">RFC 3442</a>
 */
public record Route(int destination, int prefixLength, int router) {
    public Route {
        if (prefixLength < 0 || prefixLength > 32) {
            throw new IllegalArgumentException("prefixLength " + prefixLength + " is not in 0-32");
        }
        destination &= prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
    }

    static @Nullable List<Route> decode(byte[] octets) {
        List<Route> routes = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        while (buffer.hasRemaining()) {
            int length = buffer.get() & 0xff;
            int significant = (length + 7) / 8;
            if (length > 32 || buffer.remaining() < significant + 4) {
                return null;
            }
            int destination = 0;
            for (int i = 0; i < significant; i++) {
                destination |= (buffer.get() & 0xff) << (24 - 8 * i);
            }
            routes.add(new Route(destination, length, buffer.getInt()));
        }
        return routes.isEmpty() ? null : routes;
    }

    static byte[] encode(List<Route> routes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Route route : routes) {
            out.write(route.prefixLength);
            int significant = (route.prefixLength + 7) / 8;
            for (int i = 0; i < significant; i++) {
                out.write(route.destination >>> (24 - 8 * i));
            }
            out.writeBytes(OptionCodec.ADDRESS.encode().apply(route.router));
        }
        return out.toByteArray();
    }
}
