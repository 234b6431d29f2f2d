package io.heddle.flow.text;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.NatSpec.Direction;
import io.heddle.flow.action.NatSpec.Selection;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import java.util.OptionalInt;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * {@code nat} of a {@code ct} action as text: {@code nat}, {@code nat(src=10.0.0.1-10.0.0.9:1000-2000,random)}, {@code
 * nat(dst=[2001:db8::1]:80)}.
 */
final class NatText {
    private NatText() {}

    /** Parses what stands in the parentheses. */
    static NatSpec parse(String text, int at, Token.Place ct) throws FlowException {
        Token.Place place = ct.under("nat");
        Direction direction = Direction.NONE;
        Selection selection = Selection.DEFAULT;
        boolean isPersistent = false;
        Range range = Range.NONE;
        int start = 0;
        while (start < text.length()) {
            int comma = text.indexOf(',', start);
            int end = comma < 0 ? text.length() : comma;
            String part = text.substring(start, end).trim();
            int position = at + start;
            int equals = part.indexOf('=');
            switch (equals < 0 ? part : part.substring(0, equals)) {
                case "src", "dst" -> {
                    if (direction != Direction.NONE) {
                        throw place.at(position, part, "nat takes src or dst, once");
                    }
                    direction = part.startsWith("src") ? Direction.SOURCE : Direction.DESTINATION;
                    range = equals < 0 ? range : Range.parse(part.substring(equals + 1), position + equals + 1, place);
                }
                case "persistent" -> isPersistent = true;
                case "hash", "random" -> {
                    if (selection != Selection.DEFAULT) {
                        throw place.at(position, part, "nat takes hash or random, once");
                    }
                    selection = part.equals("hash") ? Selection.HASH : Selection.RANDOM;
                }
                default -> throw place.at(position, part, "nat(...) takes src or dst, persistent, and hash or random");
            }
            start = end + 1;
        }
        if (direction == Direction.NONE && !text.isEmpty()) {
            throw place.at(at, text, "persistent, hash and random need src or dst");
        }
        return new NatSpec(
                direction,
                range.isIpv6,
                range.first,
                range.last,
                range.minPort,
                range.maxPort,
                selection,
                isPersistent);
    }

    private record Range(boolean isIpv6, Bits first, Bits last, int minPort, int maxPort) {
        static final Range NONE = new Range(false, Bits.ZERO, Bits.ZERO, 0, 0);

        /** {@code address[-address][:port[-port]]}; an IPv6 address stands in brackets when a port follows. */
        static Range parse(String text, int at, Token.Place place) throws FlowException {
            int colon = text.indexOf('[') >= 0 ? text.indexOf(':', text.lastIndexOf(']')) : text.indexOf(':');
            boolean isIpv6 = text.indexOf('[') >= 0 || colon >= 0 && text.indexOf(':', colon + 1) >= 0;
            if (isIpv6 && text.indexOf('[') < 0) {
                colon = -1;
            }
            String addresses = colon < 0 ? text : text.substring(0, colon);
            int dash = addresses.indexOf('-');
            Bits first = address(dash < 0 ? addresses : addresses.substring(0, dash), isIpv6, at, place);
            Bits last = dash < 0 ? first : address(addresses.substring(dash + 1), isIpv6, at + dash + 1, place);
            if (Long.compareUnsigned(first.high(), last.high()) > 0
                    || first.high() == last.high() && Long.compareUnsigned(first.low(), last.low()) > 0) {
                throw place.at(at, addresses, "the first address is after the last");
            }
            if (colon < 0) {
                return new Range(isIpv6, first, last, 0, 0);
            }
            String ports = text.substring(colon + 1);
            int portDash = ports.indexOf('-');
            int portsAt = at + colon + 1;
            int min = port(portDash < 0 ? ports : ports.substring(0, portDash), portsAt, place);
            int max = portDash < 0 ? min : port(ports.substring(portDash + 1), portsAt + portDash + 1, place);
            if (min > max) {
                throw place.at(portsAt, ports, "the first port is after the last");
            }
            return new Range(isIpv6, first, last, min, max);
        }

        private static int port(String text, int at, Token.Place place) throws FlowException {
            int port = FieldText.integer(text, 0xffff, "a port", at, place);
            if (port == 0) {
                throw place.at(at, text, "a port is 1 to 65535; leave it out to keep the packet's");
            }
            return port;
        }

        private static Bits address(String text, boolean isIpv6, int at, Token.Place place) throws FlowException {
            Bits parsed = isIpv6 ? ipv6(text) : ipv4(text);
            if (parsed == null || parsed.isZero()) {
                throw place.at(
                        at, text, "not an address: write src=10.0.0.1-10.0.0.9:1000-2000 or src=[2001:db8::1]:80");
            }
            return parsed;
        }

        private static @Nullable Bits ipv4(String text) {
            OptionalInt address = AddressText.parseIpv4(text);
            return address.isEmpty() ? null : Bits.of(Integer.toUnsignedLong(address.getAsInt()));
        }

        private static @Nullable Bits ipv6(String text) {
            boolean isBracketed = text.startsWith("[") && text.endsWith("]");
            return AddressText.parseIpv6(isBracketed ? text.substring(1, text.length() - 1) : text);
        }
    }

    /** {@code nat} or {@code nat(...)}. */
    static String format(NatSpec nat) {
        if (nat.direction() == Direction.NONE) {
            return "nat";
        }
        StringJoiner text = new StringJoiner(",", "nat(", ")");
        StringBuilder range = new StringBuilder(nat.direction() == Direction.SOURCE ? "src" : "dst");
        if (nat.hasAddress()) {
            range.append('=').append(address(nat, nat.minAddress()));
            if (!nat.maxAddress().equals(nat.minAddress())) {
                range.append('-').append(address(nat, nat.maxAddress()));
            }
            if (nat.hasPorts()) {
                range.append(':').append(nat.minPort());
                if (nat.maxPort() != nat.minPort()) {
                    range.append('-').append(nat.maxPort());
                }
            }
        }
        text.add(range);
        if (nat.isPersistent()) {
            text.add("persistent");
        }
        switch (nat.selection()) {
            case DEFAULT -> {}
            case HASH -> text.add("hash");
            case RANDOM -> text.add("random");
        }
        return text.toString();
    }

    private static String address(NatSpec nat, Bits address) {
        if (!nat.isIpv6()) {
            return AddressText.ipv4((int) address.low());
        }
        return nat.hasPorts() ? "[" + AddressText.ipv6(address) + "]" : AddressText.ipv6(address);
    }
}
