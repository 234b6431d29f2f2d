package io.heddle.datapath.bridge;

import java.util.Set;

/**
 * Which changes of flows a {@link FlowFollower} wants to hear of.
 *
 * @param selector which flows, before or after the change
 * @param changes of these kinds
 * @param onlyOwn only those that the follower's client caused
 * @param details bits that come back with every change that this interest selects: the follower's own
 */
public record FlowInterest(FlowSelector selector, Set<BridgeEvent.Change> changes, boolean onlyOwn, int details) {
    public FlowInterest {
        changes = Set.copyOf(changes);
    }
}
