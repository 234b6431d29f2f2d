package io.heddle.datapath.poll;

import io.heddle.datapath.cache.Megaflow;
import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.Translation;
import java.util.ArrayList;
import java.util.List;

/**
 * A copy of the megaflows of a loop, made in small steps so that packets do not wait for it. Which megaflows there are is that of the
 * beginning; one that is evicted before its turn is left out.
 *
 * <p>Threading: the loop makes it; {@link Target} is called on the loop and hands the rows on.
 */
public final class MegaflowDump {
    /** Megaflows that are copied in one duty cycle. */
    public static final int PER_CYCLE = 512;

    private final Target target;
    private final List<Megaflow> megaflows = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();

    /** Gets the rows, all at once. */
    public interface Target {
        void accept(List<Row> rows);

        /** The loop has ended before. */
        void refuse();
    }

    /** A megaflow as it was: see {@link Megaflow}. */
    public record Row(
            Match match, Translation translation, long packets, long octets, long lastUsedNs, long revision) {}

    public MegaflowDump(Target target) {
        this.target = target;
    }

    void add(Megaflow megaflow) {
        megaflows.add(megaflow);
    }

    void refuse() {
        target.refuse();
    }

    /** Copies some; returns whether that was all, and the target has them. */
    boolean copySome() {
        int from = megaflows.size() - 1;
        int to = Math.max(0, megaflows.size() - PER_CYCLE);
        for (int i = from; i >= to; i--) {
            Megaflow megaflow = megaflows.removeLast();
            if (megaflow.isCached()) {
                rows.add(new Row(
                        megaflow.match(),
                        megaflow.translation(),
                        megaflow.packets(),
                        megaflow.octets(),
                        megaflow.lastUsedNs(),
                        megaflow.revision()));
            }
        }
        if (!megaflows.isEmpty()) {
            return false;
        }
        target.accept(rows);
        return true;
    }
}
