package io.heddle.controller.app.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A list of domain names in DNS's form, with compression pointers into the option itself.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3397">RFC 3397</a>, RFC 1035 section 4.1.4
 */
final class DomainNames {
    private static final int POINTER = 0xc0;
    private static final int MAX_LABEL = 63;
    private static final int MAX_NAME = 255;

    private DomainNames() {}

    /** Says whether a name can be written: labels of 1 to 63 octets, 255 in all. */
    static boolean isValid(String name) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME - 2) {
            return false;
        }
        for (String label : name.split("\\.", -1)) {
            int length = label.getBytes(StandardCharsets.UTF_8).length;
            if (length < 1 || length > MAX_LABEL) {
                return false;
            }
        }
        return true;
    }

    /** Null when the octets are no list of names: a label that is cut off, a pointer that leads nowhere or in a circle. */
    static @Nullable List<String> decode(byte[] octets) {
        List<String> names = new ArrayList<>();
        int at = 0;
        while (at < octets.length) {
            StringBuilder name = new StringBuilder();
            int next = decodeName(octets, at, name);
            if (next < 0) {
                return null;
            }
            names.add(name.toString());
            at = next;
        }
        return names.isEmpty() ? null : names;
    }

    /** Returns where the next name begins, -1 for nonsense. */
    private static int decodeName(byte[] octets, int start, StringBuilder name) {
        int at = start;
        int end = -1;
        int limit = start;
        while (at < octets.length) {
            int length = octets[at] & 0xff;
            if (length == 0) {
                return end < 0 ? at + 1 : end;
            }
            if ((length & POINTER) == POINTER) {
                if (at + 1 >= octets.length) {
                    return -1;
                }
                int target = (length & ~POINTER) << 8 | octets[at + 1] & 0xff;
                end = end < 0 ? at + 2 : end;
                // Only ever backward: no circle is possible.
                if (target >= limit) {
                    return -1;
                }
                limit = target;
                at = target;
            } else {
                if (length > MAX_LABEL || at + 1 + length > octets.length || name.length() + length > MAX_NAME) {
                    return -1;
                }
                name.append(name.isEmpty() ? "" : ".")
                        .append(new String(octets, at + 1, length, StandardCharsets.UTF_8));
                at += 1 + length;
            }
        }
        return -1;
    }

    static byte[] encode(List<String> names) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Map<String, Integer> written = new HashMap<>();
        for (String name : names) {
            encodeName(name, out, written);
        }
        return out.toByteArray();
    }

    private static void encodeName(String name, ByteArrayOutputStream out, Map<String, Integer> written) {
        String rest = name;
        while (!rest.isEmpty()) {
            Integer known = written.get(rest);
            if (known != null) {
                out.write(POINTER | known >>> 8);
                out.write(known);
                return;
            }
            if (out.size() < POINTER << 8) {
                written.put(rest, out.size());
            }
            int dot = rest.indexOf('.');
            byte[] label = (dot < 0 ? rest : rest.substring(0, dot)).getBytes(StandardCharsets.UTF_8);
            out.write(label.length);
            out.writeBytes(label);
            rest = dot < 0 ? "" : rest.substring(dot + 1);
        }
        out.write(0);
    }
}
