package io.heddle.datapath.cache;

import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.Seen;
import io.heddle.flow.pipeline.Translation;
import org.jspecify.annotations.Nullable;

/**
 * A translation with what it applies to, as a cache keeps it: all packets whose keys agree with {@link #match} are treated alike.
 *
 * <p>Megaflows of one revision are disjoint. One that was translated under an earlier revision is translated again on its next hit and
 * kept if nothing has changed ({@link #revalidated}).
 *
 * <p>Threading: belongs to one poll loop, which reports copies to others.
 */
public final class Megaflow {
    private static final HitCounter[] NO_COUNTERS = {};

    private final Match match;
    private final Translation translation;
    private final ActionProgram program;
    private final HitCounter[] counters;
    private long revision;
    private Seen seen;

    private long packets;
    private long octets;
    private long lastUsedNs;

    /** The {@link #position} of a megaflow that only an exact-match cache keeps. */
    static final int EXACT_ONLY = -2;

    /** Place among all megaflows of the cache, -1 when it is in none. */
    int position = -1;

    /** Subtable that holds it; null when it is in none. */
    @Nullable
    Subtable subtable;

    /** Number of the group that the batch at hand has for this megaflow, -1 for none. Scratch of the fast path. */
    private int group = -1;

    /**
     * Makes a megaflow that is in no cache yet.
     *
     * @param match bits below {@link io.heddle.flow.match.KeyLayout#PACKET_WORDS} only
     * @param program that executes the translation's actions
     * @param revision under which it was translated
     */
    public Megaflow(Match match, Translation translation, ActionProgram program, long revision, long nowNs) {
        this.match = match;
        this.translation = translation;
        this.program = program;
        this.counters = translation.counters().toArray(NO_COUNTERS);
        this.revision = revision;
        this.seen = translation.seen();
        this.lastUsedNs = nowNs;
    }

    public Match match() {
        return match;
    }

    public Translation translation() {
        return translation;
    }

    /** What executes the actions. */
    public ActionProgram program() {
        return program;
    }

    /** The revision under which the translation is known to be right. */
    public long revision() {
        return revision;
    }

    /** The translation is still right under {@code revision}. */
    public void revalidated(long revision) {
        this.revision = revision;
    }

    /** Another translation, with the same result, rests on what it has seen. */
    public void revalidated(Translation same) {
        revision = same.version();
        seen = same.seen();
    }

    /** The next packet is to be translated again, whatever has changed or not. */
    public void distrust() {
        revision = -1;
        seen = Seen.UNKNOWN;
    }

    /** What the translation rests on. */
    public Seen seen() {
        return seen;
    }

    /** Says whether a cache holds it. What an exact-match entry still points to may have been evicted. */
    public boolean isCached() {
        return position != -1;
    }

    /** Says whether only an exact-match cache keeps it, as its port has as many masks as it may have. */
    public boolean isExactOnly() {
        return position == EXACT_ONLY;
    }

    /** Counts packets, here and in every flow entry, table, group and bucket that they went through. */
    public void count(long packetCount, long octetCount, long nowNs) {
        packets += packetCount;
        octets += octetCount;
        lastUsedNs = nowNs;
        for (HitCounter counter : counters) {
            counter.add(packetCount, octetCount, nowNs);
        }
    }

    public long packets() {
        return packets;
    }

    public long octets() {
        return octets;
    }

    /** Time of the last packet, or of the creation. */
    public long lastUsedNs() {
        return lastUsedNs;
    }

    /** Scratch of the fast path: number of this megaflow's group in the batch at hand, -1 for none. */
    public int group() {
        return group;
    }

    public void setGroup(int number) {
        group = number;
    }

    /** Takes over the counts of the megaflow that this one replaces. */
    public void inheritCounts(Megaflow replaced) {
        packets += replaced.packets;
        octets += replaced.octets;
    }
}
