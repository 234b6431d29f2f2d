package io.heddle.controller.app.dhcp;

import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of a message, by code, in the order in which they stand; parts of one option are joined (RFC 3396).
 *
 * <p>Thread safety: none.
 */
final class DhcpOptions {
    private static final int MAX_PART = 255;

    private final Map<Integer, byte[]> values = new LinkedHashMap<>();

    /** The value of an option; null when it is not there or its octets are no such value. */
    <T> @Nullable T get(DhcpOption<T> option) {
        byte[] octets = values.get(option.code());
        return octets == null ? null : option.codec().decode().apply(octets);
    }

    boolean has(DhcpOption<?> option) {
        return values.containsKey(option.code());
    }

    <T> DhcpOptions put(DhcpOption<T> option, T value) {
        values.put(option.code(), option.codec().encode().apply(value));
        return this;
    }

    DhcpOptions putOctets(int code, byte[] octets) {
        values.put(code, octets);
        return this;
    }

    byte @Nullable [] octets(int code) {
        return values.get(code);
    }

    Set<Integer> codes() {
        return values.keySet();
    }

    /**
     * Reads a field of options up to its end.
     *
     * @return false when an option is cut off: what stood before it has been read
     */
    boolean read(byte[] field, int from, int to) {
        int at = from;
        while (at < to) {
            int code = field[at++] & 0xff;
            if (code == DhcpOption.END) {
                return true;
            }
            if (code == DhcpOption.PAD) {
                continue;
            }
            if (at >= to) {
                return false;
            }
            int length = field[at++] & 0xff;
            if (at + length > to) {
                return false;
            }
            byte[] before = values.get(code);
            int joined = before == null ? 0 : before.length;
            byte[] value = new byte[joined + length];
            if (before != null) {
                System.arraycopy(before, 0, value, 0, joined);
            }
            System.arraycopy(field, at, value, joined, length);
            values.put(code, value);
            at += length;
        }
        // RFC 2131 section 4.1: the last option must be "end". Clients that leave it out are understood all the same.
        return true;
    }

    /** Octets that an option takes, its codes and lengths counted. */
    static int encodedLength(byte[] value) {
        int parts = Math.max(1, (value.length + MAX_PART - 1) / MAX_PART);
        return value.length + 2 * parts;
    }

    /** Writes one option, a long one in parts (RFC 3396 section 5). */
    static void write(int code, byte[] value, ByteArrayOutputStream out) {
        int at = 0;
        do {
            int length = Math.min(MAX_PART, value.length - at);
            out.write(code);
            out.write(length);
            out.write(value, at, length);
            at += length;
        } while (at < value.length);
    }
}
