package io.heddle.datapath.upcall;

import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.pipeline.Translation;

/**
 * Makes megaflows of misses, and checks those that were made under an earlier revision.
 *
 * <p>Threading: one poll loop.
 */
public final class SlowPath {
    private final Translator translator;
    private final MegaflowCache cache;
    private long upcalls;
    private long revalidations;
    private long replacements;

    public SlowPath(Translator translator, MegaflowCache cache) {
        this.translator = translator;
        this.cache = cache;
    }

    /** Translates and remembers. */
    public Megaflow miss(FlowKey key, long nowNs) {
        upcalls++;
        return install(key, translator.translate(key, nowNs), nowNs);
    }

    /**
     * Translates a stale megaflow's packet again, unless nothing that its translation rests on has changed.
     *
     * @param key of a packet that {@code stale} matches
     * @return {@code stale} itself when it is still right; otherwise the megaflow that replaces it
     */
    public Megaflow revalidate(Megaflow stale, FlowKey key, long nowNs) {
        long revision = stale.seen().currentRevision();
        if (revision >= 0) {
            stale.revalidated(revision);
            return stale;
        }
        revalidations++;
        Translation translation = translator.translate(key, nowNs);
        if (translation.isSameAs(stale.translation())) {
            stale.revalidated(translation);
            return stale;
        }
        replacements++;
        cache.remove(stale);
        return install(key, translation, nowNs);
    }

    private Megaflow install(FlowKey key, Translation translation, long nowNs) {
        Megaflow megaflow = new Megaflow(
                MegaflowCache.matchOf(key, translation.mask()),
                translation,
                new ActionProgram(translation.actions()),
                translation.version(),
                nowNs);
        cache.install(megaflow);
        return megaflow;
    }

    /** Misses translated. */
    public long upcalls() {
        return upcalls;
    }

    /** Stale megaflows checked. */
    public long revalidations() {
        return revalidations;
    }

    /** Stale megaflows that were not right any more. */
    public long replacements() {
        return replacements;
    }
}
