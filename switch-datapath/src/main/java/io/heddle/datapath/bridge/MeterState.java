package io.heddle.datapath.bridge;

import io.heddle.flow.meter.MeterMod;
import java.util.List;
import java.util.Set;

/**
 * A meter with its counters at one moment.
 *
 * @param bandCounts packets above the rate, per band in the same order
 * @param packets that went into the meter
 * @param flowCount flows that use it
 */
public record MeterState(
        int meterId,
        Set<MeterMod.Flag> flags,
        List<MeterMod.Band> bands,
        List<BandCount> bandCounts,
        long packets,
        long octets,
        long durationNs,
        int flowCount) {
    /** Packets that were above a band's rate. */
    public record BandCount(long packets, long octets) {}
}
