package io.heddle.flow.conntrack;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.NatSpec.Direction;
import io.heddle.flow.action.NatSpec.Selection;
import io.heddle.flow.packet.IpProtocols;

/**
 * Chooses what the addresses and ports of a new connection become, so that no two connections of a zone have the same tuple.
 *
 * <p>The address follows from a hash, so that it is always the same one for the same ends (for the same source, if persistent). The
 * port, or the identifier of an ICMP query, stays what it is when it may and when the tuple is then free; otherwise ports are tried one
 * after the other from a place that the selection gives. A source port without a range stays in its class, as Linux does it: 1-511,
 * 512-1023, 1024-65535. A destination port without a range stays.
 *
 * <p>The work is bounded: at most {@value #MAX_ADDRESSES} addresses and {@value #MAX_PORTS} ports of each.
 *
 * <p>Thread safety: none; belongs to a tracker.
 */
final class NatBinder {
    static final int MAX_ADDRESSES = 64;
    static final int MAX_PORTS = 4096;
    private static final int MOST_ADDRESSES = 1 << 30;

    /** Says which tuples are taken. */
    interface Connections {
        /** The reference of a connection that is not over; {@link ConnectionTable#NONE} if there is none, and the table then has none. */
        int find(Tuple tuple, long nowNs);
    }

    private final Connections connections;
    private final long seed;
    private long random;
    private final Tuple translated = new Tuple();

    NatBinder(Connections connections, long seed) {
        this.connections = connections;
        this.seed = seed;
        this.random = seed | 1;
    }

    /**
     * Chooses.
     *
     * @param original of the first packet
     * @param reply becomes the tuple of the answers, which is not in the table
     * @return false when every tuple that the specification allows is taken
     */
    boolean bind(Tuple original, NatSpec spec, Tuple reply, long nowNs) {
        if (spec.direction() == Direction.NONE) {
            reply.setInverse(original);
            return connections.find(reply, nowNs) == ConnectionTable.NONE;
        }
        boolean isSource = spec.direction() == Direction.SOURCE;
        translated.copyFrom(original);
        int addresses = spec.hasAddress() ? addressCount(spec) : 1;
        int first = Integer.remainderUnsigned(addressHash(original, spec), Math.max(addresses, 1));
        for (int i = 0; i < Math.min(addresses, MAX_ADDRESSES); i++) {
            if (spec.hasAddress()) {
                long offset = (Integer.toUnsignedLong(first) + i) % addresses;
                setAddress(spec, isSource, offset);
            }
            if (bindPort(original, spec, isSource, reply, nowNs)) {
                return true;
            }
        }
        return false;
    }

    /** Addresses in the range; of a larger one than {@link #MOST_ADDRESSES} that many are used. */
    private static int addressCount(NatSpec spec) {
        long first = spec.minAddress().low();
        long last = spec.maxAddress().low();
        long high =
                spec.maxAddress().high() - spec.minAddress().high() - (Long.compareUnsigned(last, first) < 0 ? 1 : 0);
        long more = last - first;
        return high != 0 || Long.compareUnsigned(more, MOST_ADDRESSES) >= 0 ? MOST_ADDRESSES : (int) more + 1;
    }

    private int addressHash(Tuple tuple, NatSpec spec) {
        long hash = Tuple.mix(Tuple.mix(seed, tuple.srcHigh), tuple.srcLow);
        if (!spec.isPersistent()) {
            hash = Tuple.mix(Tuple.mix(hash, tuple.dstHigh), tuple.dstLow);
        }
        return (int) (hash >>> 33);
    }

    private void setAddress(NatSpec spec, boolean isSource, long offset) {
        long low = spec.minAddress().low() + offset;
        boolean isCarried = Long.compareUnsigned(low, spec.minAddress().low()) < 0;
        long high = spec.minAddress().high() + (isCarried ? 1 : 0);
        if (isSource) {
            translated.srcHigh = high;
            translated.srcLow = low;
        } else {
            translated.dstHigh = high;
            translated.dstLow = low;
        }
    }

    private boolean bindPort(Tuple original, NatSpec spec, boolean isSource, Tuple reply, long nowNs) {
        boolean isIcmp = original.isIcmp();
        boolean hasPorts = isIcmp
                || original.protocol == IpProtocols.TCP
                || original.protocol == IpProtocols.UDP
                || original.protocol == IpProtocols.SCTP;
        int own = isSource || isIcmp ? original.srcPort : original.dstPort;
        boolean ranged = spec.hasPorts() && !isIcmp;
        int min = ranged ? spec.minPort() : isIcmp ? 0 : own < 512 ? 1 : own < 1024 ? 512 : 1024;
        int max = ranged ? spec.maxPort() : isIcmp ? 0xffff : own < 512 ? 511 : own < 1024 ? 1023 : 0xffff;
        boolean mayKeep = !hasPorts || !ranged || own >= min && own <= max;
        if (mayKeep && spec.selection() != Selection.RANDOM && isFree(own, isSource, isIcmp, hasPorts, reply, nowNs)) {
            return true;
        }
        if (!hasPorts || !isSource && !ranged && !isIcmp) {
            return mayKeep && isFree(own, isSource, isIcmp, hasPorts, reply, nowNs);
        }
        int size = max - min + 1;
        int start = Integer.remainderUnsigned(start(original, spec), size);
        for (int i = 0; i < Math.min(size, MAX_PORTS); i++) {
            if (isFree(min + (start + i) % size, isSource, isIcmp, true, reply, nowNs)) {
                return true;
            }
        }
        return false;
    }

    private int start(Tuple original, NatSpec spec) {
        if (spec.selection() == Selection.RANDOM) {
            random = Tuple.mix(random, 0x2545f4914f6cdd1dL);
            return (int) (random >>> 33);
        }
        return original.hash(seed) >>> 1;
    }

    private boolean isFree(int port, boolean isSource, boolean isIcmp, boolean hasPorts, Tuple reply, long nowNs) {
        if (hasPorts) {
            if (isSource || isIcmp) {
                translated.srcPort = port;
            } else {
                translated.dstPort = port;
            }
        }
        reply.setInverse(translated);
        return connections.find(reply, nowNs) == ConnectionTable.NONE;
    }
}
