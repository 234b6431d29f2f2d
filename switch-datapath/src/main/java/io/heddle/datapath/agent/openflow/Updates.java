package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import org.jspecify.annotations.Nullable;

/** Messages that change tables and ports, as a bridge takes them. */
final class Updates {
    private Updates() {}

    /** The change that a client of a version asks for; null when the message is none. */
    static @Nullable TableUpdate of(OpenFlowMessage message, OpenFlowVersion version, TableUpdate.Source source) {
        return switch (message) {
            case OpenFlowMessage.FlowModRequest request ->
                new TableUpdate.FlowUpdate(request.mod(), precondition(request.mod(), version), source);
            case OpenFlowMessage.GroupModRequest request ->
                new TableUpdate.GroupUpdate(request.mod(), TableUpdate.Precondition.NONE, source);
            case OpenFlowMessage.MeterModRequest request ->
                new TableUpdate.MeterUpdate(request.mod(), TableUpdate.Precondition.NONE, source);
            case OpenFlowMessage.PortModRequest request ->
                new TableUpdate.PortUpdate(request.port(), request.config(), request.mask(), request.macAddress());
            default -> null;
        };
    }

    /** Until OpenFlow 1.1 a modify that finds nothing adds, unless it asks for a cookie (OpenFlow 1.0.0 section 4.6). */
    private static TableUpdate.Precondition precondition(FlowMod mod, OpenFlowVersion version) {
        boolean isModify = mod.command() == FlowMod.Command.MODIFY || mod.command() == FlowMod.Command.MODIFY_STRICT;
        return isModify && mod.cookieMask() == 0 && !version.isAtLeast(OpenFlowVersion.OPENFLOW_12)
                ? TableUpdate.Precondition.UPSERT
                : TableUpdate.Precondition.NONE;
    }

    /** Says whether it is to go on with a packet that the switch does not hold. */
    static boolean hasBuffer(OpenFlowMessage message) {
        return message instanceof OpenFlowMessage.FlowModRequest request
                && request.bufferId() != OpenFlowMessage.NO_BUFFER
                && request.mod().command() != FlowMod.Command.DELETE
                && request.mod().command() != FlowMod.Command.DELETE_STRICT;
    }
}
