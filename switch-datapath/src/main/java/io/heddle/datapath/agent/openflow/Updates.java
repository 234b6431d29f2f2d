package io.heddle.datapath.agent.openflow;

import io.heddle.datapath.bridge.TableUpdate;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.table.TablePolicy;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import org.jspecify.annotations.Nullable;

/** Messages that change tables and ports, as a bridge takes them. */
final class Updates {
    /** Open vSwitch's cookie for none. */
    private static final long NO_COOKIE = -1L;

    private Updates() {}

    /** The change that a client of a version asks for; null when the message is none. */
    static @Nullable TableUpdate of(OpenFlowMessage message, OpenFlowVersion version, TableUpdate.Source source)
            throws FlowException {
        return switch (message) {
            case OpenFlowMessage.FlowModRequest request ->
                new TableUpdate.FlowUpdate(request.mod(), precondition(request.mod(), version), source);
            case OpenFlowMessage.GroupModRequest request ->
                new TableUpdate.GroupUpdate(request.mod(), TableUpdate.Precondition.NONE, source);
            case OpenFlowMessage.MeterModRequest request ->
                new TableUpdate.MeterUpdate(request.mod(), TableUpdate.Precondition.NONE, source);
            case OpenFlowMessage.PortModRequest request ->
                new TableUpdate.PortUpdate(request.port(), request.config(), request.mask(), request.macAddress());
            case OpenFlowMessage.TableModRequest request
            when version.isAtLeast(OpenFlowVersion.OPENFLOW_14) ->
                new TableUpdate.PolicyUpdate(request.table().tableId(), policy(request.table()));
            default -> null;
        };
    }

    private static TablePolicy policy(MultipartBody.TableDescription table) throws FlowException {
        boolean hasEvents = (table.config() & MultipartBody.TableDescription.VACANCY_EVENTS) != 0;
        MultipartBody.Vacancy vacancy = table.vacancy();
        int known = MultipartBody.TableDescription.VACANCY_EVENTS | MultipartBody.TableDescription.EVICTION;
        if ((table.config() & ~known) != 0 || hasEvents && vacancy == null) {
            throw new FlowException(
                    ErrorCode.TABLE_MOD_FAILED_BAD_CONFIG,
                    "table.config",
                    "config 0x%x: bits 4 (eviction) and 8 (vacancy events, with a vacancy property) are known"
                            .formatted(table.config()));
        }
        return new TablePolicy(
                (table.config() & MultipartBody.TableDescription.EVICTION) != 0,
                hasEvents,
                vacancy == null ? 0 : vacancy.down(),
                vacancy == null ? 0 : vacancy.up());
    }

    /**
     * Until OpenFlow 1.1 a modify that finds nothing adds, unless it asks for a cookie (OpenFlow 1.0.0 section 4.6). In 1.0 what it finds gets
     * its cookie, unless that is all ones, which Open vSwitch has for none; 1.1 leaves the cookie as it is.
     */
    private static TableUpdate.Precondition precondition(FlowMod mod, OpenFlowVersion version) {
        boolean isModify = mod.command() == FlowMod.Command.MODIFY || mod.command() == FlowMod.Command.MODIFY_STRICT;
        if (!isModify || mod.cookieMask() != 0 || version.isAtLeast(OpenFlowVersion.OPENFLOW_12)) {
            return TableUpdate.Precondition.NONE;
        }
        return version == OpenFlowVersion.OPENFLOW_10 && mod.cookie() != NO_COOKIE
                ? TableUpdate.Precondition.UPSERT_WITH_COOKIE
                : TableUpdate.Precondition.UPSERT;
    }

    /** Says whether it is to go on with a packet that the switch does not hold. */
    static boolean hasBuffer(OpenFlowMessage message) {
        return message instanceof OpenFlowMessage.FlowModRequest request
                && request.bufferId() != OpenFlowMessage.NO_BUFFER
                && request.mod().command() != FlowMod.Command.DELETE
                && request.mod().command() != FlowMod.Command.DELETE_STRICT;
    }
}
