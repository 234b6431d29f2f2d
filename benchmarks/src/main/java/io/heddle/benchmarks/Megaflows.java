package io.heddle.benchmarks;

import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.pipeline.Seen;
import io.heddle.flow.pipeline.Translation;
import java.util.List;

/** Megaflows that no pipeline has made. Threading: only pure functions. */
final class Megaflows {
    private Megaflows() {}

    /** What drops the packets that agree with {@code key} in the bits of {@code mask}. */
    static Megaflow of(FlowKey key, FlowMask mask) {
        Translation drop =
                new Translation(List.of(), mask, List.of(), 1, Translation.DropCause.NO_OUTPUT, Seen.UNKNOWN);
        return new Megaflow(MegaflowCache.matchOf(key, mask), drop, new ActionProgram(drop.actions()), 1, 0);
    }
}
