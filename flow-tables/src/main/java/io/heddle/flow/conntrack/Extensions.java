package io.heddle.flow.conntrack;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Extension}s of connections that have one, and an index of what they expect.
 *
 * <p>A connection's record holds the number of its extension, so that connections without one are no larger and a packet of theirs
 * costs nothing. Looking up allocates nothing. Thread safety: none; belongs to a tracker.
 */
final class Extensions {
    /** Most connections with an extension. */
    static final int MOST = 65_536;

    private static final int BUCKETS = 4096;

    private final ConnectionTable table;
    private final long seed;
    private final List<Extension> all = new ArrayList<>();
    private final List<Extension> free = new ArrayList<>();
    private final @Nullable Extension[] buckets = new @Nullable Extension[BUCKETS];
    private final Tuple probe = new Tuple();
    private int expecting;

    Extensions(ConnectionTable table, long seed) {
        this.table = table;
        this.seed = seed;
    }

    /** Connections that have one. */
    int size() {
        return all.size() - free.size();
    }

    /** The extension of a connection; null if it has none. */
    @Nullable
    Extension of(int slot) {
        int number = table.extension(slot);
        return number == 0 ? null : all.get(number - 1);
    }

    /** Gives a connection an extension; null if there are as many as may be. */
    @Nullable
    Extension add(int slot) {
        Extension extension;
        if (!free.isEmpty()) {
            extension = free.removeLast();
        } else if (all.size() < MOST) {
            extension = new Extension();
            all.add(extension);
            extension.number = all.size();
        } else {
            return null;
        }
        extension.open(slot);
        table.setExtension(slot, extension.number);
        return extension;
    }

    /** The connection is over. */
    void remove(int slot) {
        Extension extension = of(slot);
        if (extension != null) {
            forget(extension);
            extension.slot = ConnectionTable.NONE;
            table.setExtension(slot, 0);
            free.add(extension);
        }
    }

    // ---- expectations

    /** Who expects the connection that a packet of no connection would begin; null for nobody. */
    @Nullable
    Extension expecting(Tuple tuple, long nowNs) {
        if (expecting == 0) {
            return null;
        }
        probe.copyFrom(tuple);
        probe.srcPort = 0;
        Extension at = buckets[bucket(probe)];
        while (at != null && !(at.expected.isSame(probe) && isAwaited(at, nowNs))) {
            at = at.next;
        }
        return at;
    }

    /** Says whether an extension other than {@code own} expects that. */
    boolean isTaken(Tuple expected, Extension own, long nowNs) {
        for (Extension at = buckets[bucket(expected)]; at != null; at = at.next) {
            if (at != own && at.expected.isSame(expected) && isAwaited(at, nowNs)) {
                return true;
            }
        }
        return false;
    }

    private boolean isAwaited(Extension extension, long nowNs) {
        return nowNs - extension.expiresNs < 0 && nowNs - table.expiresNs(extension.slot) < 0;
    }

    /** Expects {@link Extension#expected}, which is set and replaces what was expected before (see {@link #forget}). */
    void expect(Extension extension, long expiresNs) {
        int bucket = bucket(extension.expected);
        extension.next = buckets[bucket];
        buckets[bucket] = extension;
        extension.isExpecting = true;
        extension.expiresNs = expiresNs;
        expecting++;
    }

    /** Expects nothing any more; call it before {@link Extension#expected} is written to. */
    void forget(Extension extension) {
        if (!extension.isExpecting) {
            return;
        }
        int bucket = bucket(extension.expected);
        Extension at = buckets[bucket];
        if (at == extension) {
            buckets[bucket] = extension.next;
        } else {
            while (at != null && at.next != extension) {
                at = at.next;
            }
            if (at != null) {
                at.next = extension.next;
            }
        }
        extension.next = null;
        extension.isExpecting = false;
        expecting--;
    }

    private int bucket(Tuple tuple) {
        return tuple.hash(seed) & BUCKETS - 1;
    }
}
