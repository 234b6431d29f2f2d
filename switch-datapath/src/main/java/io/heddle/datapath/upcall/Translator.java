package io.heddle.datapath.upcall;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.pipeline.Translation;

/** The pipelines of all bridges, as a poll loop sees them. Threading: any poll loop, at any time. */
@FunctionalInterface
public interface Translator {
    /**
     * Says what to do with packets of this kind, by the tables that are published now.
     *
     * @param key with the datapath port number in in_port; not modified, not kept
     */
    Translation translate(FlowKey key, long nowNs);
}
