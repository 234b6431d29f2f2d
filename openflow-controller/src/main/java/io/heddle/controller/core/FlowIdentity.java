package io.heddle.controller.core;

import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;

/** What makes a flow entry the same one: OpenFlow's identity. */
public record FlowIdentity(int tableId, int priority, Match match) {
    public static FlowIdentity of(FlowMod flow) {
        return new FlowIdentity(flow.tableId(), flow.priority(), flow.match());
    }
}
