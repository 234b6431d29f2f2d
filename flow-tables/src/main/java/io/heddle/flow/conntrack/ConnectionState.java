package io.heddle.flow.conntrack;

import io.heddle.flow.action.Alg;
import io.heddle.flow.match.Bits;
import org.jspecify.annotations.Nullable;

/**
 * A connection as it is shown to people.
 *
 * @param original the direction of the first packet
 * @param reply addresses and ports of the answers, as they arrive
 * @param state of TCP; NONE for other protocols
 * @param hasReply packets of both directions were seen
 * @param alg what it is read as; null for nothing
 * @param isRelated another connection has announced this one
 * @param timeoutNs until it is forgotten if no packet comes
 */
public record ConnectionState(
        int zone,
        int protocol,
        boolean isIpv6,
        Direction original,
        Direction reply,
        TcpState state,
        boolean hasReply,
        int mark,
        Bits label,
        @Nullable Alg alg,
        boolean isRelated,
        long timeoutNs) {
    /**
     * One direction.
     *
     * @param source an IPv4 address in the low 32 bits
     * @param sourcePort identifier for ICMP
     * @param destinationPort type and code for ICMP
     */
    public record Direction(Bits source, Bits destination, int sourcePort, int destinationPort) {
        static Direction of(Tuple tuple) {
            return new Direction(
                    new Bits(tuple.srcHigh, tuple.srcLow),
                    new Bits(tuple.dstHigh, tuple.dstLow),
                    tuple.srcPort,
                    tuple.dstPort);
        }
    }
}
