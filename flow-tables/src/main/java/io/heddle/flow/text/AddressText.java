package io.heddle.flow.text;

import io.heddle.flow.match.Bits;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Ethernet, IPv4 and IPv6 addresses as text, without name look-ups.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5952">RFC 5952</a>
 */
public final class AddressText {
    private AddressText() {}

    /** {@code 02:00:00:00:00:01} for the 48 low bits of {@code address}. */
    public static String ethernet(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xff;
            text.append(Character.forDigit(octet >> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /** {@code 10.0.0.1} for the 32 bits of {@code address}. */
    public static String ipv4(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "." + (address & 0xff);
    }

    /** The shortest form of RFC 5952; the last 32 bits in dotted form for IPv4-mapped and IPv4-compatible addresses. */
    public static String ipv6(Bits address) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (int) ((i < 4 ? address.high() : address.low()) >>> (48 - 16 * (i & 3))) & 0xffff;
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && groups[i + run] == 0) {
                run++;
            }
            if (run > bestLength) {
                bestStart = i;
                bestLength = run;
            }
            i += run;
        }
        boolean dotted = bestStart == 0 && (bestLength == 6 || (bestLength == 5 && groups[5] == 0xffff));
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            if (i == 6 && dotted) {
                return text.append(ipv4((int) address.low())).toString();
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }

    /** The address, or empty when {@code text} is not six groups of one or two hexadecimal digits. */
    public static OptionalLong parseEthernet(String text) {
        String[] groups = text.split(":", -1);
        if (groups.length != 6) {
            return OptionalLong.empty();
        }
        long address = 0;
        for (String group : groups) {
            int octet = digits(group, 16, 2, 0xff);
            if (octet < 0) {
                return OptionalLong.empty();
            }
            address = address << 8 | octet;
        }
        return OptionalLong.of(address);
    }

    /** The address, or empty when {@code text} is not four decimal numbers of 0 to 255. */
    public static OptionalInt parseIpv4(String text) {
        String[] groups = text.split("\\.", -1);
        if (groups.length != 4) {
            return OptionalInt.empty();
        }
        int address = 0;
        for (String group : groups) {
            int octet = digits(group, 10, 3, 0xff);
            if (octet < 0) {
                return OptionalInt.empty();
            }
            address = address << 8 | octet;
        }
        return OptionalInt.of(address);
    }

    /** The address, or null when {@code text} is not an IPv6 address (RFC 4291 section 2.2; no zone). */
    public static @Nullable Bits parseIpv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            int[] groups = groups(text);
            return groups != null && groups.length == 8 ? assemble(groups, new int[0]) : null;
        }
        if (text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        int[] head = groups(text.substring(0, gap));
        int[] tail = groups(text.substring(gap + 2));
        return head != null && tail != null && head.length + tail.length <= 7 ? assemble(head, tail) : null;
    }

    private static Bits assemble(int[] head, int[] tail) {
        int[] all = new int[8];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(tail, 0, all, 8 - tail.length, tail.length);
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | all[i];
            low = low << 16 | all[i + 4];
        }
        return new Bits(high, low);
    }

    private static int @Nullable [] groups(String text) {
        if (text.isEmpty()) {
            return new int[0];
        }
        String[] parts = text.split(":", -1);
        boolean dotted = parts[parts.length - 1].indexOf('.') >= 0;
        int[] groups = new int[parts.length + (dotted ? 1 : 0)];
        for (int i = 0; i < parts.length; i++) {
            if (dotted && i == parts.length - 1) {
                OptionalInt ipv4 = parseIpv4(parts[i]);
                if (ipv4.isEmpty()) {
                    return null;
                }
                groups[i] = ipv4.getAsInt() >>> 16;
                groups[i + 1] = ipv4.getAsInt() & 0xffff;
            } else {
                groups[i] = digits(parts[i], 16, 4, 0xffff);
                if (groups[i] < 0) {
                    return null;
                }
            }
        }
        return groups.length <= 8 ? groups : null;
    }

    private static int digits(String text, int radix, int most, int max) {
        if (text.isEmpty() || text.length() > most) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * radix + digit;
        }
        return value <= max ? value : -1;
    }
}
