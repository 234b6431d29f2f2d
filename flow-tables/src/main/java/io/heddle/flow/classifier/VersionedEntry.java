package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Something with a number that is visible in the table versions {@code [addedIn, removedIn)}: a group, a meter. Held by a
 * {@link VersionedMap}.
 *
 * <p>Threading: one writer; readers see {@code removedIn} and {@code older} by acquire loads.
 */
public abstract class VersionedEntry {
    private static final VarHandle REMOVED_IN;
    private static final VarHandle OLDER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REMOVED_IN = lookup.findVarHandle(VersionedEntry.class, "removedIn", long.class);
            OLDER = lookup.findVarHandle(VersionedEntry.class, "older", VersionedEntry.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int id;
    private final long addedIn;
    private long removedIn = Long.MAX_VALUE;
    private @Nullable VersionedEntry older;

    protected VersionedEntry(int id, long addedIn) {
        this.id = id;
        this.addedIn = addedIn;
    }

    /** The number, unsigned. */
    public final int id() {
        return id;
    }

    final long addedIn() {
        return addedIn;
    }

    final long removedIn() {
        return (long) REMOVED_IN.getAcquire(this);
    }

    final void removeIn(long version) {
        REMOVED_IN.setRelease(this, version);
    }

    final boolean isVisibleIn(long version) {
        return addedIn <= version && version < removedIn();
    }

    final @Nullable VersionedEntry older() {
        return (VersionedEntry) OLDER.getAcquire(this);
    }

    final void setOlder(@Nullable VersionedEntry entry) {
        OLDER.setRelease(this, entry);
    }
}
