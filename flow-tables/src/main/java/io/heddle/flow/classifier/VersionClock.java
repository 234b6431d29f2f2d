package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Two numbers that tell what a lookup sees and whether what it saw is still true.
 *
 * <ul>
 *   <li>The <em>table version</em>: rules, groups and meters carry the window of versions in which they are visible. The control loop
 *       stages changes for {@code tableVersion() + 1}, which no one sees, and makes them visible, all at once and in all bridges of
 *       the process, with one release store ({@link #publish}).
 *   <li>The <em>revision</em>: grows with every change that may make a translation stale, of tables, ports or learned addresses. What
 *       was translated under another revision is to be translated again.
 * </ul>
 *
 * <p>A reader takes the revision first and the table version second: a change between both then only makes it translate once
 * more.
 *
 * <p>Threading: the control loop publishes; any thread reads and may call {@link #touch}.
 */
public final class VersionClock {
    private static final VarHandle TABLE_VERSION;
    private static final VarHandle REVISION;
    private static final VarHandle CHANGES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TABLE_VERSION = lookup.findVarHandle(VersionClock.class, "tableVersion", long.class);
            REVISION = lookup.findVarHandle(VersionClock.class, "revision", long.class);
            CHANGES = lookup.findVarHandle(VersionClock.class, "changes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long tableVersion;
    private long revision;

    /** Revisions that were not only about learned addresses; never behind the revision that it belongs to. */
    private long changes;

    /** The version that lookups are to use. */
    public long tableVersion() {
        return (long) TABLE_VERSION.getAcquire(this);
    }

    /** The revision under which a translation that starts now is made. */
    public long revision() {
        return (long) REVISION.getAcquire(this);
    }

    /** Makes everything staged for the next table version visible. Control loop. Returns the version now published. */
    public long publish() {
        long next = tableVersion() + 1;
        TABLE_VERSION.setRelease(this, next);
        touch();
        return next;
    }

    /** Makes every translation stale, for a change outside of the tables such as a port's state. Any thread. */
    public void touch() {
        CHANGES.getAndAdd(this, 1L);
        REVISION.getAndAdd(this, 1L);
    }

    /** Makes the translations stale that have looked for an address that is now elsewhere: the others need only be looked at. Any thread. */
    public void touchAddresses() {
        REVISION.getAndAdd(this, 1L);
    }

    /** Counts the changes that make every translation stale. To be read before what a translation reads, and after the revision. */
    public long changes() {
        return (long) CHANGES.getAcquire(this);
    }
}
