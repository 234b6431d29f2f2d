package io.heddle.flow.classifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Numbered entries, each visible in a window of table versions. Changes are staged for the next version and then either reverted or
 * finished; neither can fail.
 *
 * <p>Threading: the control loop stages, reverts, finishes and reclaims; any thread finds.
 */
public final class VersionedMap<E extends VersionedEntry> {
    private final Map<Integer, E> newest = new ConcurrentHashMap<>();
    private final List<E> stagedAdds = new ArrayList<>();
    private final List<E> stagedRemovals = new ArrayList<>();
    private final List<E> dead = new ArrayList<>();

    /** The entry with that number as seen in a version, or null. */
    public @Nullable E find(int id, long version) {
        E entry = newest.get(id);
        while (entry != null && !entry.isVisibleIn(version)) {
            entry = older(entry);
        }
        return entry;
    }

    @SuppressWarnings("unchecked")
    private @Nullable E older(E entry) {
        return (E) entry.older();
    }

    /** The entries visible in a version, by number. */
    public List<E> visibleIn(long version) {
        List<E> entries = new ArrayList<>();
        for (int id : newest.keySet()) {
            E entry = find(id, version);
            if (entry != null) {
                entries.add(entry);
            }
        }
        entries.sort(Comparator.comparing(VersionedEntry::id, Integer::compareUnsigned));
        return entries;
    }

    /** Numbers in use, visible or not. */
    public int size() {
        return newest.size();
    }

    /** Adds an entry that is visible from the staged version on. */
    public void stageAdd(E entry) {
        entry.setOlder(newest.get(entry.id()));
        newest.put(entry.id(), entry);
        stagedAdds.add(entry);
    }

    /** Ends an entry's window at the staged version. */
    public void stageRemove(E entry, long version) {
        entry.removeIn(version);
        stagedRemovals.add(entry);
    }

    /** Takes back everything staged since the last finish or revert. */
    public void revert() {
        stagedRemovals.forEach(entry -> entry.removeIn(Long.MAX_VALUE));
        stagedRemovals.clear();
        stagedAdds.reversed().forEach(this::unlink);
        stagedAdds.clear();
    }

    /** Keeps everything staged. */
    public void finish() {
        stagedAdds.clear();
        dead.addAll(stagedRemovals);
        stagedRemovals.clear();
    }

    /** Drops entries that no reader of {@code oldestVersion} or a later one can see. */
    public void reclaim(long oldestVersion) {
        dead.removeIf(entry -> {
            boolean isGone = entry.removedIn() <= oldestVersion;
            if (isGone) {
                unlink(entry);
            }
            return isGone;
        });
    }

    @SuppressWarnings("ReferenceEquality") // this very entry
    private void unlink(E entry) {
        E head = newest.get(entry.id());
        if (head == entry) {
            E older = older(entry);
            if (older == null) {
                newest.remove(entry.id());
            } else {
                newest.put(entry.id(), older);
            }
            return;
        }
        for (E here = head; here != null; here = older(here)) {
            if (here.older() == entry) {
                here.setOlder(entry.older());
                return;
            }
        }
    }
}
