package io.heddle.flow.pipeline;

import io.heddle.flow.classifier.VersionClock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a translation rests on besides the packet: the tables, groups, meters and ports as a whole, and single learned addresses and multicast groups.
 *
 * <p>Tells cheaply that a translation still holds when only other addresses have been learned, moved or forgotten since.
 *
 * <p>Threading: immutable; any thread asks.
 */
public final class Seen {
    /** Rests on what is not known: never current. */
    public static final Seen UNKNOWN = new Seen(null, 0, List.of());

    /** Something that was found in a table of learned things. */
    interface Fact {
        /** Says whether it would be found again. */
        boolean isCurrent();
    }

    /** What was found for an address: null for nothing. */
    record Address(MacLearning macs, int vlan, long address, MacLearning.@Nullable Entry found) implements Fact {
        @Override
        public boolean isCurrent() {
            // The same object: an address that went away and came back was learned anew.
            MacLearning.Entry now = macs.find(vlan, address);
            return now == null ? found == null : now.isSame(found);
        }
    }

    private final @Nullable VersionClock clock;
    private final long changes;
    private final List<Fact> facts;

    /** @param changes {@link VersionClock#changes} before the translation read anything */
    Seen(@Nullable VersionClock clock, long changes, List<Fact> facts) {
        this.clock = clock;
        this.changes = changes;
        this.facts = List.copyOf(facts);
    }

    /** The revision under which what was seen is known to be as it was; -1 when it may have changed. */
    public long currentRevision() {
        if (clock == null) {
            return -1;
        }
        // Revision first: whoever bumps it has changed the rest before.
        long revision = clock.revision();
        if (clock.changes() != changes) {
            return -1;
        }
        for (int i = 0; i < facts.size(); i++) {
            if (!facts.get(i).isCurrent()) {
                return -1;
            }
        }
        return revision;
    }
}
