package io.heddle.flow.conntrack;

import io.heddle.flow.packet.IpProtocols;

/**
 * One direction of a connection: addresses, protocol, and what tells connections of the same addresses apart.
 *
 * <pre>
 *   TCP, UDP, SCTP   srcPort, dstPort = the ports
 *   ICMP, ICMPv6     srcPort = identifier, dstPort = type (8 bits), code (8 bits)
 *   others           0
 * </pre>
 *
 * <p>An IPv4 address is in the low 32 bits. Mutable and reused: nothing is allocated. Thread safety: none.
 */
final class Tuple {
    long srcHigh;
    long srcLow;
    long dstHigh;
    long dstLow;
    int srcPort;
    int dstPort;
    int protocol;
    int zone;
    boolean isIpv6;

    /** The tuple of the packets that answer those of {@code other}. */
    void setInverse(Tuple other) {
        long high = other.srcHigh;
        long low = other.srcLow;
        int port = other.srcPort;
        srcHigh = other.dstHigh;
        srcLow = other.dstLow;
        dstHigh = high;
        dstLow = low;
        if (isIcmp(other.protocol)) {
            srcPort = port;
            dstPort = inverseType(other.dstPort >>> 8, other.isIpv6) << 8 | other.dstPort & 0xff;
        } else {
            srcPort = other.dstPort;
            dstPort = port;
        }
        protocol = other.protocol;
        zone = other.zone;
        isIpv6 = other.isIpv6;
    }

    void copyFrom(Tuple other) {
        srcHigh = other.srcHigh;
        srcLow = other.srcLow;
        dstHigh = other.dstHigh;
        dstLow = other.dstLow;
        srcPort = other.srcPort;
        dstPort = other.dstPort;
        protocol = other.protocol;
        zone = other.zone;
        isIpv6 = other.isIpv6;
    }

    boolean isSame(Tuple other) {
        return srcHigh == other.srcHigh
                && srcLow == other.srcLow
                && dstHigh == other.dstHigh
                && dstLow == other.dstLow
                && srcPort == other.srcPort
                && dstPort == other.dstPort
                && protocol == other.protocol
                && zone == other.zone
                && isIpv6 == other.isIpv6;
    }

    boolean isIcmp() {
        return isIcmp(protocol);
    }

    static boolean isIcmp(int protocol) {
        return protocol == IpProtocols.ICMP || protocol == IpProtocols.ICMPV6;
    }

    /** Type of the answer to a query of that type and the other way round (RFC 792, RFC 950, RFC 4443, RFC 4620); -1 for none. */
    static int inverseType(int type, boolean isIpv6) {
        if (isIpv6) {
            return switch (type) {
                case 128 -> 129;
                case 129 -> 128;
                case 139 -> 140;
                case 140 -> 139;
                default -> -1;
            };
        }
        return switch (type) {
            case 0 -> 8;
            case 8 -> 0;
            case 13 -> 14;
            case 14 -> 13;
            case 15 -> 16;
            case 16 -> 15;
            case 17 -> 18;
            case 18 -> 17;
            default -> -1;
        };
    }

    /** Says whether a message of that type may begin a connection. */
    static boolean isQuery(int type, boolean isIpv6) {
        return isIpv6 ? type == 128 || type == 139 : type == 8 || type == 13 || type == 15 || type == 17;
    }

    /** A hash of all of it. */
    int hash(long seed) {
        long h = mix(seed, srcHigh);
        h = mix(h, srcLow);
        h = mix(h, dstHigh);
        h = mix(h, dstLow);
        h = mix(h, (long) srcPort << 48 | (long) dstPort << 32 | (long) zone << 16 | protocol << 1 | (isIpv6 ? 1 : 0));
        return (int) (h >>> 32);
    }

    /** One step of a multiplicative hash with good high bits (the finaliser of SplitMix64). */
    static long mix(long hash, long value) {
        long h = (hash ^ value) * 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 30) * 0xbf58476d1ce4e5b9L;
        return h ^ h >>> 27;
    }
}
