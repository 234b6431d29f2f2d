package io.heddle.datapath.upcall;

import io.heddle.datapath.cache.ActionProgram;
import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.pipeline.TableEffect;
import io.heddle.flow.pipeline.Translation;
import java.util.ArrayDeque;

/**
 * Makes megaflows of misses, and checks those that were made under an earlier revision.
 *
 * <p>Threading: one poll loop.
 */
public final class SlowPath {
    /** Packets of a megaflow change a flow that others have just changed no sooner than this after that. */
    static final long MIN_RELEARN_NS = 500_000_000;

    /** When what could not be told is tried again. */
    private static final long RETRY_NS = 100_000_000;

    private static final int EFFECTS = 4096;
    private static final int MAX_RETRIES = 4096;

    /** A megaflow whose next packet after {@code dueNs} is to be translated again. */
    private record Retry(Megaflow megaflow, long dueNs) {}

    private final Translator translator;
    private final MegaflowCache cache;
    private final EffectQueue effects = new EffectQueue(EFFECTS);
    private final ArrayDeque<Retry> retries = new ArrayDeque<>();
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
        Translation translation = translator.translate(key, nowNs);
        Megaflow megaflow = install(key, translation, nowNs);
        if (!offer(translation, true, nowNs)) {
            retry(megaflow, nowNs);
        }
        return megaflow;
    }

    private void retry(Megaflow megaflow, long nowNs) {
        if (retries.size() < MAX_RETRIES) {
            retries.add(new Retry(megaflow, nowNs + RETRY_NS));
        } else {
            megaflow.distrust();
        }
    }

    /** A duty cycle begins: what could not be told is tried again when it is time. */
    public void begin(long nowNs) {
        while (!retries.isEmpty() && retries.peek().dueNs() <= nowNs) {
            retries.remove().megaflow().distrust();
        }
    }

    /** What packets change in tables; the control loop takes it. */
    public EffectQueue effects() {
        return effects;
    }

    /**
     * Tells the control loop what a packet changes in tables. A first packet does so always, packets of a known megaflow only so often: two
     * senders that learn the same flow differently would else change it, and make every megaflow stale, with each packet.
     *
     * @return false when something is left to be told later
     */
    private boolean offer(Translation translation, boolean isFirst, long nowNs) {
        boolean isDone = true;
        for (TableEffect effect : translation.effects()) {
            boolean isTooSoon = switch (effect) {
                case TableEffect.Learn learn ->
                    !isFirst && learn.isChange() && nowNs - learn.changedNs() < MIN_RELEARN_NS;
                case TableEffect.ShortenTimeouts _ -> false;
            };
            isDone &= !isTooSoon && effects.offer(effect);
        }
        return isDone;
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
        boolean isDone = offer(translation, false, nowNs);
        Megaflow current = stale;
        if (translation.isSameAs(stale.translation())) {
            stale.revalidated(translation);
        } else {
            replacements++;
            cache.remove(stale);
            current = install(key, translation, nowNs);
        }
        if (!isDone) {
            retry(current, nowNs);
        }
        return current;
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

    /** Packets that were translated, for the first time or again. */
    public long translations() {
        return upcalls + revalidations;
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
