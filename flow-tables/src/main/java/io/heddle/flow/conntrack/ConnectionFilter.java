package io.heddle.flow.conntrack;

import io.heddle.flow.match.Bits;
import io.heddle.flow.packet.IpProtocols;
import org.jspecify.annotations.Nullable;

/**
 * Says which connections: those of a zone, or those whose directions have some addresses, ports and identifiers.
 *
 * @param zone null for all
 * @param protocol 0 for all
 * @param original what is looked for in the direction of the first packet
 * @param reply what is looked for in the answers, as they arrive
 */
public record ConnectionFilter(@Nullable Integer zone, int protocol, End original, End reply) {
    /** All connections. */
    public static final ConnectionFilter ALL = ofZone(null);

    private static final long MAPPED = 0xffff_0000_0000L;

    /**
     * One direction. What is 0 is not looked at.
     *
     * @param source an IPv4 address as IPv6-mapped one ({@code ::ffff:10.0.0.1})
     */
    public record End(
            Bits source,
            Bits destination,
            int sourcePort,
            int destinationPort,
            int icmpId,
            int icmpType,
            int icmpCode) {
        /** Any. */
        public static final End ANY = new End(Bits.ZERO, Bits.ZERO, 0, 0, 0, 0, 0);

        private boolean isAny() {
            return equals(ANY);
        }

        private boolean matches(Tuple tuple) {
            boolean isIcmp = tuple.isIcmp();
            return isAddress(source, tuple.srcHigh, tuple.srcLow, tuple.isIpv6)
                    && isAddress(destination, tuple.dstHigh, tuple.dstLow, tuple.isIpv6)
                    && (isIcmp
                            ? is(icmpId, tuple.srcPort)
                                    && is(icmpType, tuple.dstPort >>> 8)
                                    && is(icmpCode, tuple.dstPort & 0xff)
                            : is(sourcePort, tuple.srcPort) && is(destinationPort, tuple.dstPort));
        }

        private static boolean is(int wanted, int found) {
            return wanted == 0 || wanted == found;
        }

        private static boolean isAddress(Bits wanted, long high, long low, boolean isIpv6) {
            return wanted.isZero() || wanted.high() == high && wanted.low() == (isIpv6 ? low : MAPPED | low);
        }
    }

    public ConnectionFilter {
        if (zone != null && (zone < 0 || zone > 0xffff)) {
            throw new IllegalArgumentException("zone " + zone + " is not in 0 to 65535");
        }
        if (protocol < 0 || protocol > 0xff) {
            throw new IllegalArgumentException("protocol " + protocol + " is not in 0 to 255");
        }
    }

    /** The connections of a zone; null for all. */
    public static ConnectionFilter ofZone(@Nullable Integer zone) {
        return new ConnectionFilter(zone, 0, End.ANY, End.ANY);
    }

    /** The IPv6-mapped form of an IPv4 address. */
    public static Bits mapped(int address) {
        return Bits.of(MAPPED | Integer.toUnsignedLong(address));
    }

    /** Says whether ports are looked at, or ICMP's identifier, type and code. */
    public boolean isIcmp() {
        return protocol == IpProtocols.ICMP || protocol == IpProtocols.ICMPV6;
    }

    /** @param tuple to read into */
    boolean matches(ConnectionTable table, int slot, Tuple tuple) {
        if (zone != null && table.zone(slot) != zone || protocol != 0 && table.protocol(slot) != protocol) {
            return false;
        }
        if (!original.isAny()) {
            table.read(slot, 0, tuple);
            if (!original.matches(tuple)) {
                return false;
            }
        }
        if (reply.isAny()) {
            return true;
        }
        table.read(slot, 1, tuple);
        return reply.matches(tuple);
    }
}
