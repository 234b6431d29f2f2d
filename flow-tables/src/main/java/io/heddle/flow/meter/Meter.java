package io.heddle.flow.meter;

import io.heddle.flow.classifier.VersionedEntry;
import io.heddle.flow.counter.HitCounter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * A meter: one token bucket for each band, kept as the time at which it would be full again (the virtual scheduling form of the
 * generic cell rate algorithm), so that taking a token is one compare-and-set.
 *
 * <p>Threading: any poll loop consumes; the configuration is immutable.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 5.7</a>
 */
public final class Meter extends VersionedEntry {
    /** The packet is to be dropped. */
    public static final int DROP = -1;

    private static final VarHandle FULL_AT = MethodHandles.arrayElementVarHandle(long[].class);

    /** Times in the buckets are in 1/64 ns, so that the cost of a small packet at a high rate is not rounded away. */
    private static final int SUBTICKS_BITS = 6;

    private final MeterMod configuration;
    private final HitCounter counter;
    private final List<HitCounter> bandCounters;
    private final long createdNs;

    /** When each band's bucket is full, in 1/64 ns after {@code createdNs}. */
    private final long[] fullAt;

    /** How far ahead of now {@code fullAt} may be: the bucket's depth, in 1/64 ns. */
    private final long[] depth;

    /** Cost of one unit (bit or packet), in 1/64 ns. */
    private final double[] unitCost;

    private final boolean countsPackets;

    Meter(MeterMod mod, long nowNs, long version) {
        super(mod.meterId(), version);
        this.configuration = mod;
        this.counter = new HitCounter(nowNs);
        this.bandCounters =
                mod.bands().stream().map(band -> new HitCounter(nowNs)).toList();
        this.createdNs = nowNs;
        this.countsPackets = mod.flags().contains(MeterMod.Flag.PKTPS);
        int bands = mod.bands().size();
        this.fullAt = new long[bands];
        this.depth = new long[bands];
        this.unitCost = new double[bands];
        double unitsOfRate = countsPackets ? 1 : 1000;
        for (int i = 0; i < bands; i++) {
            MeterMod.Band band = mod.bands().get(i);
            boolean hasBurst = mod.flags().contains(MeterMod.Flag.BURST) && band.burstSize() > 0;
            unitCost[i] = 1e9 * (1 << SUBTICKS_BITS) / (band.rate() * unitsOfRate);
            depth[i] = (long) (unitCost[i] * unitsOfRate * (hasBurst ? band.burstSize() : band.rate()));
        }
    }

    /** What was asked for, burst sizes included. */
    public MeterMod configuration() {
        return configuration;
    }

    /** Packets that were metered. */
    public HitCounter counter() {
        return counter;
    }

    /** Packets that each band was applied to. */
    public List<HitCounter> bandCounters() {
        return bandCounters;
    }

    /** Says whether a band changes packets. */
    public boolean canRemark() {
        return configuration.bands().stream().anyMatch(MeterMod.Band.DscpRemark.class::isInstance);
    }

    /**
     * Raises the drop precedence of a DSCP: of the assured forwarding classes AF1x to AF4x, up to AFx3 (RFC 2597 section 6). Others have
     * no precedence and stay.
     *
     * @param dscp 6 bits
     * @param levels 1 or more
     */
    public static int remark(int dscp, int levels) {
        int forwardingClass = dscp >>> 3;
        int precedence = dscp >>> 1 & 3;
        boolean isAssured = forwardingClass >= 1 && forwardingClass <= 4 && precedence >= 1 && (dscp & 1) == 0;
        return isAssured ? forwardingClass << 3 | Math.min(3, precedence + levels) << 1 : dscp;
    }

    /** When the meter was added or modified, on the monotonic clock. */
    public long createdNs() {
        return createdNs;
    }

    /**
     * Takes one packet's tokens, and counts it.
     *
     * <p>Where several bands are exceeded the one with the highest rate is applied; the others' buckets are left as they were.
     *
     * @return by how many levels the drop precedence of the packet's DSCP is to be raised, 0 for a packet that goes on as it is;
     *     {@link #DROP} if a band drops it
     */
    public int consume(long nowNs, int octets) {
        counter.add(1, octets, nowNs);
        long now = (nowNs - createdNs) << SUBTICKS_BITS;
        double units = countsPackets ? 1 : octets * 8.0;
        int exceeded = -1;
        for (int i = 0; i < fullAt.length; i++) {
            if (!take(i, now, (long) (unitCost[i] * units)) && (exceeded < 0 || rate(i) > rate(exceeded))) {
                exceeded = i;
            }
        }
        if (exceeded < 0) {
            return 0;
        }
        bandCounters.get(exceeded).add(1, octets, nowNs);
        return switch (configuration.bands().get(exceeded)) {
            case MeterMod.Band.Drop drop -> DROP;
            case MeterMod.Band.DscpRemark remark -> remark.precedenceLevel();
        };
    }

    private long rate(int band) {
        return configuration.bands().get(band).rate();
    }

    private boolean take(int band, long now, long cost) {
        while (true) {
            long before = (long) FULL_AT.getVolatile(fullAt, band);
            long after = Math.max(before, now) + cost;
            if (after - now > depth[band]) {
                return false;
            }
            if (FULL_AT.compareAndSet(fullAt, band, before, after)) {
                return true;
            }
        }
    }
}
