package io.heddle.datapath.bridge;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import java.util.List;
import java.util.Set;

/**
 * A flow entry with its counters at one moment.
 *
 * @param packets counted, 0 when the flow does not count them
 * @param octets of those packets
 * @param durationNs since it was added
 * @param idleNs since its last packet, or since it was added
 */
public record FlowState(
        int tableId,
        int priority,
        Match match,
        List<Instruction> instructions,
        long cookie,
        int idleTimeoutSeconds,
        int hardTimeoutSeconds,
        int importance,
        Set<FlowMod.Flag> flags,
        long packets,
        long octets,
        long durationNs,
        long idleNs) {}
