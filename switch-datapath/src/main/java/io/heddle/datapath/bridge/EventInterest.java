package io.heddle.datapath.bridge;

import java.util.Set;

/**
 * What a subscriber wants to hear of.
 *
 * @param kinds of events
 * @param packetInCapacity how many packets may wait
 * @param changeCapacity how many events of the other kinds may wait
 * @param controllerId of {@link io.heddle.flow.action.Action.Controller} that is meant for this subscriber; packets for 0 come to all
 *     whose id is 0
 * @param wakeUp called, on the control loop's thread, when something has come after {@link EventSubscription#poll} had returned null;
 *     must be quick
 */
public record EventInterest(
        Set<BridgeEvent.Kind> kinds, int packetInCapacity, int changeCapacity, int controllerId, Runnable wakeUp) {
    public EventInterest {
        kinds = Set.copyOf(kinds);
        if (packetInCapacity < 1 || changeCapacity < 1) {
            throw new IllegalArgumentException(
                    "capacities %d and %d must be 1 or more".formatted(packetInCapacity, changeCapacity));
        }
    }

    /** All kinds, 256 packets, 65536 changes, controller id 0. */
    public static EventInterest all(Runnable wakeUp) {
        return new EventInterest(Set.of(BridgeEvent.Kind.values()), 256, 65536, 0, wakeUp);
    }
}
