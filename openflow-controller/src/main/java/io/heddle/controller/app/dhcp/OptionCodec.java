package io.heddle.controller.app.dhcp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the value of an option is written.
 *
 * @param decode octets to value; null when they are no such value
 * @param encode value to octets
 */
record OptionCodec<T>(Function<byte[], @Nullable T> decode, Function<T, byte[]> encode) {
    static final OptionCodec<Integer> U8 = new OptionCodec<>(
            octets -> octets.length == 1 ? octets[0] & 0xff : null, value -> new byte[] {value.byteValue()});

    static final OptionCodec<Integer> U16 =
            new OptionCodec<>(octets -> octets.length == 2 ? (octets[0] & 0xff) << 8 | octets[1] & 0xff : null, value ->
                    new byte[] {(byte) (value >>> 8), value.byteValue()});

    /** Seconds: an unsigned 32-bit number. */
    static final OptionCodec<Long> U32 = new OptionCodec<>(
            octets -> octets.length == 4 ? ByteBuffer.wrap(octets).getInt() & 0xffffffffL : null,
            value -> ByteBuffer.allocate(4).putInt(value.intValue()).array());

    /** An IPv4 address. */
    static final OptionCodec<Integer> ADDRESS = new OptionCodec<>(
            octets -> octets.length == 4 ? ByteBuffer.wrap(octets).getInt() : null,
            value -> ByteBuffer.allocate(4).putInt(value).array());

    /** One or more IPv4 addresses. */
    static final OptionCodec<List<Integer>> ADDRESSES = new OptionCodec<>(OptionCodec::addresses, values -> {
        ByteBuffer octets = ByteBuffer.allocate(values.size() * 4);
        values.forEach(octets::putInt);
        return octets.array();
    });

    /** Characters; a NUL at the end is cut off (RFC 2132 section 2). */
    static final OptionCodec<String> TEXT = new OptionCodec<>(
            octets -> octets.length == 0 ? null : text(octets), value -> value.getBytes(StandardCharsets.UTF_8));

    /** As it is. */
    static final OptionCodec<byte[]> OCTETS = new OptionCodec<>(octets -> octets, value -> value);

    /** Option codes, an octet each. */
    static final OptionCodec<List<Integer>> CODES = new OptionCodec<>(
            octets -> {
                List<Integer> codes = new ArrayList<>(octets.length);
                for (byte octet : octets) {
                    codes.add(octet & 0xff);
                }
                return codes;
            },
            values -> {
                byte[] octets = new byte[values.size()];
                for (int i = 0; i < octets.length; i++) {
                    octets[i] = values.get(i).byteValue();
                }
                return octets;
            });

    /** Domain names, compressed (RFC 3397 section 2, RFC 1035 section 4.1.4). */
    static final OptionCodec<List<String>> DOMAINS = new OptionCodec<>(DomainNames::decode, DomainNames::encode);

    /** Destinations and their routers (RFC 3442). */
    static final OptionCodec<List<Route>> ROUTES = new OptionCodec<>(Route::decode, Route::encode);

    private static @Nullable List<Integer> addresses(byte[] octets) {
        if (octets.length == 0 || octets.length % 4 != 0) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        List<Integer> values = new ArrayList<>();
        while (buffer.hasRemaining()) {
            values.add(buffer.getInt());
        }
        return values;
    }

    private static String text(byte[] octets) {
        int length = octets.length;
        while (length > 0 && octets[length - 1] == 0) {
            length--;
        }
        return new String(octets, 0, length, StandardCharsets.UTF_8);
    }
}
