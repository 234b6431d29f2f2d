package io.heddle.datapath.poll;

/** The meters of all bridges, as a poll loop sees them. Threading: any poll loop. */
@FunctionalInterface
public interface MeterGate {
    /** Lets everything pass. */
    MeterGate OPEN = (bridge, meterId, octets, nowNs) -> true;

    /** Says whether a packet is within the meter's rate; false: it is to be dropped. */
    boolean pass(int bridge, int meterId, int octets, long nowNs);
}
