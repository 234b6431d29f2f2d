package io.heddle.flow.conntrack;

import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.match.Bits;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code ct} action asks of the tracker, all values final.
 *
 * @param zone 0 to 65535; connections of different zones know nothing of each other
 * @param isCommit remember the connection
 * @param isForced when the packet goes in the reply direction, forget the connection and begin a new one in the packet's direction
 * @param mark bits to write to the connection's mark; needs {@code isCommit}
 * @param label bits to write to its label
 * @param alg what a new connection is read as, so that those that it announces are known; null for none
 * @param nat null for none
 */
public record TrackRequest(
        int zone,
        boolean isCommit,
        boolean isForced,
        int mark,
        int markMask,
        Bits label,
        Bits labelMask,
        @Nullable Alg alg,
        @Nullable NatSpec nat) {
    public TrackRequest {
        if (zone < 0 || zone > 0xffff) {
            throw new IllegalArgumentException("zone " + zone + " is not in 0-65535");
        }
    }

    /** Looks a packet up and changes nothing. */
    public static TrackRequest lookup(int zone) {
        return new TrackRequest(zone, false, false, 0, 0, Bits.ZERO, Bits.ZERO, null, null);
    }
}
