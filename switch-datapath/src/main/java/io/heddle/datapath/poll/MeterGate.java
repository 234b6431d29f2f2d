package io.heddle.datapath.poll;

/** The meters of all bridges, as a poll loop sees them. Threading: any poll loop. */
@FunctionalInterface
public interface MeterGate {
    /** Lets everything pass. */
    MeterGate OPEN = (bridge, meterId, octets, nowNs) -> 0;

    /** What {@link io.heddle.flow.meter.Meter#consume} says of a packet: drop it, let it pass, or by how much to remark it. */
    int pass(int bridge, int meterId, int octets, long nowNs);
}
