package io.heddle.datapath.bridge;

import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;

/**
 * Which flows to read: OpenFlow's non-strict selection.
 *
 * @param tableId 0 to 253, {@link FlowMod#ALL_TABLES} for all
 * @param match flows at least as narrow as this
 * @param priority exactly this, -1 for any
 * @param cookieMask bits of the cookie that must agree, 0 for none
 * @param outPort flows that output to this port, {@link Ports#ANY} for any
 * @param outGroup flows that refer to this group, {@link FlowMod#ANY_GROUP} for any
 */
public record FlowSelector(
        int tableId, Match match, int priority, long cookie, long cookieMask, int outPort, int outGroup) {
    /** Every flow. */
    public static final FlowSelector ALL =
            new FlowSelector(FlowMod.ALL_TABLES, Match.ANY, -1, 0, 0, Ports.ANY, FlowMod.ANY_GROUP);
}
