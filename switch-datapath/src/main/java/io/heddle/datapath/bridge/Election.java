package io.heddle.datapath.bridge;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who is the primary of one role: the client that holds the highest election id (P4Runtime specification 1.4 section 5). Another client
 * cannot have the id that one holds.
 *
 * <p>When the primary leaves, the highest id that is left is the primary: unlike P4Runtime, a switch is not left without one while
 * there are backups.
 *
 * <p>Threading: any thread; listeners are called one at a time, in the order of the changes, by whoever made the change.
 */
public final class Election {
    private final Map<Object, Candidate> candidates = new HashMap<>();

    private record Candidate(BigInteger id, Listener listener) {}

    /** Hears who is the primary. */
    public interface Listener {
        /**
         * The primary is another, or this client has just entered.
         *
         * @param primaryId empty when there is none
         * @param isSelf this client is it
         */
        void primaryChanged(Optional<BigInteger> primaryId, boolean isSelf);
    }

    /**
     * Enters or changes the id.
     *
     * @param client any object, the same each time
     * @param id unsigned 128 bits
     * @return false when another client holds the id; nothing has changed then
     */
    public synchronized boolean enter(Object client, BigInteger id, Listener listener) {
        if (id.signum() < 0 || id.bitLength() > 128) {
            throw new IllegalArgumentException("election id " + id + " does not fit in 128 bits");
        }
        for (Map.Entry<Object, Candidate> each : candidates.entrySet()) {
            if (!each.getKey().equals(client) && each.getValue().id.equals(id)) {
                return false;
            }
        }
        Optional<BigInteger> before = primaryId();
        boolean was = isPrimary(client);
        candidates.put(client, new Candidate(id, listener));
        if (primaryId().equals(before) && was == isPrimary(client)) {
            listener.primaryChanged(before, was);
        } else {
            tellAll();
        }
        return true;
    }

    /** Leaves. */
    public synchronized void leave(Object client) {
        Optional<BigInteger> before = primaryId();
        if (candidates.remove(client) != null && !primaryId().equals(before)) {
            tellAll();
        }
    }

    /** The primary's id; empty when there is none. */
    public synchronized Optional<BigInteger> primaryId() {
        return candidates.values().stream().map(Candidate::id).max(BigInteger::compareTo);
    }

    /** Says whether this client is the primary. */
    public synchronized boolean isPrimary(Object client) {
        Candidate candidate = candidates.get(client);
        return candidate != null && primaryId().equals(Optional.of(candidate.id));
    }

    /** Says whether {@code id} is the primary's: what a write that carries an id must have. */
    public synchronized boolean isPrimaryId(BigInteger id) {
        return primaryId().equals(Optional.of(id));
    }

    private void tellAll() {
        Optional<BigInteger> primary = primaryId();
        for (Candidate each : List.copyOf(candidates.values())) {
            each.listener.primaryChanged(primary, primary.equals(Optional.of(each.id)));
        }
    }
}
