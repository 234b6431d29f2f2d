package io.heddle.datapath.agent.openflow;

import org.jspecify.annotations.Nullable;

/**
 * Where a session stands.
 *
 * @param peer for people: the other side
 * @param isPassive the other side has connected
 * @param main whose auxiliary connection it is; null for a main connection
 * @param auxiliaryId 0 for a main connection
 */
record SessionPlace(
        String peer, boolean isPassive, @Nullable Session main, int auxiliaryId) {
    static SessionPlace main(String peer, boolean isPassive) {
        return new SessionPlace(peer, isPassive, null, 0);
    }
}
