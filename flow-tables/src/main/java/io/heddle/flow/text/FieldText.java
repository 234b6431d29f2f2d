package io.heddle.flow.text;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Values and masks of match fields as text, in each field's own form. */
final class FieldText {
    static final String[] TCP_FLAG_NAMES = {
        "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"
    };
    static final String[] CT_STATE_NAMES = {"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"};
    static final String[] TUN_FLAG_NAMES = {"oam"};

    private static final Map<String, Integer> RESERVED = Map.of(
            "IN_PORT", Ports.IN_PORT,
            "TABLE", Ports.TABLE,
            "NORMAL", Ports.NORMAL,
            "FLOOD", Ports.FLOOD,
            "ALL", Ports.ALL,
            "CONTROLLER", Ports.CONTROLLER,
            "LOCAL", Ports.LOCAL,
            "ANY", Ports.ANY,
            "NONE", Ports.ANY);

    private final PortNames ports;

    FieldText(PortNames ports) {
        this.ports = ports;
    }

    /** A value and which of its bits count. */
    record Masked(Bits value, Bits mask) {}

    /**
     * Parses {@code value} or {@code value/mask}.
     *
     * @param at position of {@code text} in the whole text, for errors
     */
    Masked parse(MatchField field, String text, int at, Token.Place place) throws FlowException {
        if (text.equals("*")) {
            return new Masked(Bits.ZERO, Bits.ZERO);
        }
        Masked parsed = switch (field.format()) {
            case PORT -> exact(field, Bits.of(Integer.toUnsignedLong(port(text, at, place))));
            case FRAG -> fragment(text, at, place);
            case TCP_FLAGS -> flags(field, TCP_FLAG_NAMES, 0xfff, text, at, place);
            case CT_STATE -> flags(field, CT_STATE_NAMES, 0xff, text, at, place);
            case TUN_FLAGS -> flags(field, TUN_FLAG_NAMES, 0x1, text, at, place);
            case PACKET_TYPE -> packetType(field, text, at, place);
            case DECIMAL, HEX, ETHERNET, IPV4, IPV6 -> slashed(field, text, at, place);
        };
        if (!field.isMaskable() && !parsed.mask.equals(field.allOnes()) && !parsed.mask.isZero()) {
            throw place.at(at, text, field.fieldName() + " cannot be masked: write a value without '/'");
        }
        return new Masked(parsed.value.and(parsed.mask), parsed.mask);
    }

    private static Masked exact(MatchField field, Bits value) {
        return new Masked(value, field.allOnes());
    }

    private Masked slashed(MatchField field, String text, int at, Token.Place place) throws FlowException {
        int slash = text.indexOf('/');
        String valueText = slash < 0 ? text : text.substring(0, slash);
        Bits value = value(field, valueText, at, place);
        if (slash < 0) {
            return exact(field, value);
        }
        String maskText = text.substring(slash + 1);
        int maskAt = at + slash + 1;
        return switch (field.format()) {
            case IPV4, IPV6 -> {
                OptionalInt prefix = prefixLength(maskText);
                if (prefix.isPresent()) {
                    if (prefix.getAsInt() > field.bits()) {
                        throw place.at(maskAt, maskText, "a prefix length of 0 to " + field.bits() + " is expected");
                    }
                    yield new Masked(value, prefix(field.bits(), prefix.getAsInt()));
                }
                yield new Masked(value, value(field, maskText, maskAt, place));
            }
            default -> new Masked(value, value(field, maskText, maskAt, place));
        };
    }

    private static Bits prefix(int bits, int length) {
        return Bits.ones(bits).and(Bits.ones(bits - length).not());
    }

    private static OptionalInt prefixLength(String text) {
        if (text.isEmpty() || text.length() > 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    private static Bits value(MatchField field, String text, int at, Token.Place place) throws FlowException {
        return switch (field.format()) {
            case ETHERNET ->
                Bits.of(AddressText.parseEthernet(text)
                        .orElseThrow(() -> place.at(at, text, "not an Ethernet address: write 02:00:00:00:00:01")));
            case IPV4 ->
                Bits.of(Integer.toUnsignedLong(AddressText.parseIpv4(text)
                        .orElseThrow(() -> place.at(at, text, "not an IPv4 address: write 10.0.0.1 or 10.0.0.0/24"))));
            case IPV6 -> {
                Bits address = AddressText.parseIpv6(text);
                if (address == null) {
                    throw place.at(at, text, "not an IPv6 address: write 2001:db8::1 or 2001:db8::/64");
                }
                yield address;
            }
            default -> number(text, field.bits(), field.fieldName(), at, place);
        };
    }

    /** An unsigned number of at most {@code bits} bits, decimal or hexadecimal with {@code 0x}; {@code -1} means all ones. */
    static Bits number(String text, int bits, String what, int at, Token.Place place) throws FlowException {
        if (text.equals("-1")) {
            return Bits.ones(bits);
        }
        BigInteger value = integer(text);
        if (value == null) {
            throw place.at(at, text, what + " is not a number: write decimal digits, or 0x and hexadecimal digits");
        }
        if (value.bitLength() > bits) {
            BigInteger most = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
            throw place.at(
                    at,
                    text,
                    what + " is too large: 0 to " + (bits <= 32 ? most : "0x" + most.toString(16)) + " is right");
        }
        return new Bits(value.shiftRight(64).longValue(), value.longValue());
    }

    private static @Nullable BigInteger integer(String text) {
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        String digits = hex ? text.substring(2) : text;
        if (digits.isEmpty() || digits.length() > 40) {
            return null;
        }
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c >= 128 || Character.digit(c, hex ? 16 : 10) < 0) {
                return null;
            }
        }
        return new BigInteger(digits, hex ? 16 : 10);
    }

    /** An unsigned number of 0 to {@code most}. */
    static int integer(String text, int most, String what, int at, Token.Place place) throws FlowException {
        long value = number(text, 32, what, at, place).low();
        if (text.equals("-1") || value > Integer.toUnsignedLong(most)) {
            throw place.at(at, text, what + " is 0 to " + Integer.toUnsignedString(most));
        }
        return (int) value;
    }

    /** A port number, one of OpenFlow's reserved names, or a port's name, in quotes if it looks like anything else. */
    int port(String text, int at, Token.Place place) throws FlowException {
        OptionalInt port = findPort(text);
        if (port.isEmpty()) {
            throw place.at(
                    at,
                    text,
                    "no such port: write a number of 1 to 4294967040, the name of a port of this bridge, or one of"
                            + " IN_PORT TABLE NORMAL FLOOD ALL CONTROLLER LOCAL ANY");
        }
        return port.getAsInt();
    }

    /** The port that {@code text} names, empty if there is none. */
    OptionalInt findPort(String text) {
        if (text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")) {
            return ports.number(text.substring(1, text.length() - 1));
        }
        BigInteger number = integer(text);
        if (number != null) {
            if (number.bitLength() > 32) {
                return OptionalInt.empty();
            }
            long value = number.longValue();
            // OpenFlow 1.0 wrote the reserved ports with 16 bits; people still do.
            return OptionalInt.of((int) (value >= 0xfff8 && value <= 0xffff ? value | 0xffff0000L : value));
        }
        Integer reserved = RESERVED.get(text.toUpperCase(Locale.ROOT));
        return reserved != null ? OptionalInt.of(reserved) : ports.number(text);
    }

    /** A port as {@code ovs-ofctl} prints it. */
    String port(int port) {
        return switch (port) {
            case Ports.IN_PORT -> "IN_PORT";
            case Ports.TABLE -> "TABLE";
            case Ports.NORMAL -> "NORMAL";
            case Ports.FLOOD -> "FLOOD";
            case Ports.ALL -> "ALL";
            case Ports.CONTROLLER -> "CONTROLLER";
            case Ports.LOCAL -> "LOCAL";
            case Ports.ANY -> "ANY";
            default -> {
                Optional<String> name = ports.name(port);
                yield name.map(FieldText::quotedIfNeeded).orElseGet(() -> Integer.toUnsignedString(port));
            }
        };
    }

    private static String quotedIfNeeded(String name) {
        boolean plain = !name.isEmpty()
                && Character.isLetter(name.charAt(0))
                && name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.')
                && !RESERVED.containsKey(name.toUpperCase(Locale.ROOT));
        return plain ? name : '"' + name + '"';
    }

    private static Masked fragment(String text, int at, Token.Place place) throws FlowException {
        return switch (text) {
            case "no" -> new Masked(Bits.ZERO, Bits.of(3));
            case "yes" -> new Masked(Bits.of(1), Bits.of(1));
            case "first" -> new Masked(Bits.of(1), Bits.of(3));
            case "later" -> new Masked(Bits.of(3), Bits.of(3));
            case "not_later" -> new Masked(Bits.ZERO, Bits.of(2));
            default -> throw place.at(at, text, "a fragment is one of no, yes, first, later, not_later");
        };
    }

    private static Masked packetType(MatchField field, String text, int at, Token.Place place) throws FlowException {
        int comma = text.indexOf(',');
        if (!text.startsWith("(") || !text.endsWith(")") || comma < 0) {
            throw place.at(at, text, "a packet type is (NAMESPACE,TYPE), for example (1,0x800)");
        }
        long space = number(text.substring(1, comma).trim(), 16, "the namespace", at + 1, place)
                .low();
        String type = text.substring(comma + 1, text.length() - 1).trim();
        return exact(
                field,
                Bits.of(space << 16
                        | number(type, 16, "the type", at + comma + 1, place).low()));
    }

    private static Masked flags(MatchField field, String[] names, int all, String text, int at, Token.Place place)
            throws FlowException {
        if (text.isEmpty()) {
            throw place.at(at, text, field.fieldName() + " needs a value");
        }
        char first = text.charAt(0);
        if (first >= '0' && first <= '9') {
            int slash = text.indexOf('/');
            Bits value =
                    number(slash < 0 ? text : text.substring(0, slash), field.bits(), field.fieldName(), at, place);
            Bits mask = slash < 0
                    ? Bits.of(all)
                    : number(text.substring(slash + 1), field.bits(), field.fieldName(), at + slash + 1, place);
            return new Masked(value, mask);
        }
        boolean signed = first == '+' || first == '-';
        long value = 0;
        long mask = signed ? 0 : all;
        int start = 0;
        while (start < text.length()) {
            boolean set = text.charAt(start) != '-';
            int from = signed || start > 0 ? start + 1 : start;
            int end = from;
            while (end < text.length() && "+-|".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            int flag = indexOf(names, text.substring(from, end));
            boolean wellJoined = start == 0 || (text.charAt(start) == '|') != signed;
            if (flag < 0 || !wellJoined) {
                throw place.at(
                        at,
                        text,
                        field.fieldName() + " is +FLAG-FLAG or FLAG|FLAG, and the flags are "
                                + String.join(" ", names));
            }
            value |= set ? 1L << flag : 0;
            mask |= 1L << flag;
            start = end;
        }
        return new Masked(Bits.of(value), Bits.of(field == MatchField.TUN_FLAGS ? value | mask : mask));
    }

    private static int indexOf(String[] names, String name) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** {@code name=value}, as a match prints it; the mask is not empty. */
    String format(MatchField field, String name, Bits value, Bits mask) {
        boolean whole = mask.equals(field.allOnes());
        String text = switch (field.format()) {
            case ETHERNET -> AddressText.ethernet(value.low()) + (whole ? "" : "/" + AddressText.ethernet(mask.low()));
            case IPV4 -> AddressText.ipv4((int) value.low()) + ipv4Mask((int) mask.low());
            case IPV6 -> AddressText.ipv6(value) + ipv6Mask(mask);
            case PORT -> port((int) value.low()) + (whole ? "" : "/" + hex(mask));
            case FRAG -> fragment((int) value.low(), (int) mask.low());
            case TCP_FLAGS -> flags(TCP_FLAG_NAMES, 0xfff, value.low(), mask.low());
            case CT_STATE -> flags(CT_STATE_NAMES, 0xff, value.low(), mask.low());
            case TUN_FLAGS -> flags(TUN_FLAG_NAMES, 0, value.low(), mask.low());
            case PACKET_TYPE -> "(" + (value.low() >>> 16) + ",0x" + Long.toHexString(value.low() & 0xffff) + ")";
            case DECIMAL -> whole ? decimal(value) : hex(value) + "/" + hex(mask);
            case HEX -> hex(value) + (whole ? "" : "/" + hex(mask));
        };
        return name + "=" + text;
    }

    /** A value (and a mask that is not whole) as {@code set_field} prints it. */
    String formatForAction(MatchField field, Bits value, Bits mask) {
        boolean decimal = field == MatchField.VLAN_VID || field == MatchField.VLAN_PCP;
        if (decimal && mask.equals(field.allOnes())) {
            return decimal(value);
        }
        return switch (field.format()) {
            case ETHERNET, IPV4, IPV6, PORT, FRAG, TCP_FLAGS, CT_STATE, TUN_FLAGS, PACKET_TYPE ->
                format(field, "", value, mask).substring(1);
            case DECIMAL, HEX -> {
                String digits = field.format() == MatchField.Format.HEX ? hexAlways(value) : decimal(value);
                yield mask.equals(field.allOnes()) ? digits : digits + "/" + hexAlways(mask);
            }
        };
    }

    private static String decimal(Bits value) {
        return value.high() == 0 ? Long.toUnsignedString(value.low()) : hex(value);
    }

    /** Hexadecimal with {@code 0x}, but plain {@code 0} for zero, as C's {@code %#x}. */
    static String hex(Bits value) {
        return value.isZero() ? "0" : hexAlways(value);
    }

    static String hexAlways(Bits value) {
        if (value.high() == 0) {
            return "0x" + Long.toHexString(value.low());
        }
        String low = Long.toHexString(value.low());
        return "0x" + Long.toHexString(value.high()) + "0".repeat(16 - low.length()) + low;
    }

    private static String ipv4Mask(int mask) {
        if (mask == -1) {
            return "";
        }
        int length = Integer.bitCount(mask);
        boolean isPrefix = mask == (length == 0 ? 0 : -1 << (32 - length));
        return "/" + (isPrefix ? String.valueOf(length) : AddressText.ipv4(mask));
    }

    private static String ipv6Mask(Bits mask) {
        int length = Long.bitCount(mask.high()) + Long.bitCount(mask.low());
        if (length == 128) {
            return "";
        }
        return "/" + (mask.equals(prefix(128, length)) ? String.valueOf(length) : AddressText.ipv6(mask));
    }

    static String fragment(int value, int mask) {
        return switch (mask & 3) {
            case 1 -> (value & 1) != 0 ? "yes" : "no";
            case 2 -> (value & 2) != 0 ? "later" : "not_later";
            default -> (value & 1) == 0 ? "no" : (value & 2) != 0 ? "later" : "first";
        };
    }

    /** {@code a|b} when exactly the bits of {@code all} are masked, {@code +a-b} when others are. */
    private static String flags(String[] names, int all, long value, long mask) {
        StringBuilder text = new StringBuilder();
        if (mask == all) {
            for (int i = 0; i < names.length; i++) {
                if ((value >>> i & 1) != 0) {
                    text.append(text.isEmpty() ? "" : "|").append(names[i]);
                }
            }
            return text.isEmpty() ? "0" : text.toString();
        }
        if (mask >>> names.length != 0) {
            return "0x" + Long.toHexString(value) + "/0x" + Long.toHexString(mask);
        }
        for (int i = 0; i < names.length; i++) {
            if ((mask >>> i & 1) != 0) {
                text.append((value >>> i & 1) != 0 ? '+' : '-').append(names[i]);
            }
        }
        return text.toString();
    }
}
