package io.heddle.proto.mapping;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.mapping.SwitchUpdate.FlowChange;
import io.heddle.proto.mapping.SwitchUpdate.GroupChange;
import io.heddle.proto.mapping.SwitchUpdate.MeterChange;
import io.heddle.proto.mapping.SwitchUpdate.PortChange;
import io.heddle.proto.mapping.SwitchUpdate.Presence;
import io.heddle.proto.v1.PortSetting;
import io.heddle.proto.v1.Update;

/** Updates of a {@code Write} to the domain model. */
public final class UpdateMapping {
    private UpdateMapping() {}

    /**
     * One update.
     *
     * @throws FlowException with a path in {@code Update}, {@code flow.match.fields[1].value} for instance
     */
    public static SwitchUpdate toModel(Update proto, TextForms texts) throws FlowException {
        Update.Type type = proto.getType();
        if (type == Update.Type.TYPE_UNSPECIFIED || type == Update.Type.UNRECOGNIZED) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_TYPE,
                    "type",
                    "the type is missing or unknown: INSERT, MODIFY, DELETE or UPSERT");
        }
        return switch (proto.getEntityCase()) {
            case FLOW -> under("flow", () -> flow(type, proto.getFlow(), texts));
            case GROUP -> under("group", () -> group(type, proto.getGroup(), texts));
            case METER -> under("meter", () -> meter(type, proto.getMeter(), texts));
            case PORT -> under("port", () -> port(type, proto.getPort()));
            case FLOWS -> under("flows", () -> flows(type, proto, texts));
            case ENTITY_NOT_SET ->
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_TYPE,
                        "entity",
                        "nothing to update: set flow, group, meter, port or flows");
        };
    }

    private static SwitchUpdate flow(Update.Type type, io.heddle.proto.v1.Flow flow, TextForms texts)
            throws FlowException {
        FlowMod.Command command = switch (type) {
            case INSERT, UPSERT, TYPE_UNSPECIFIED, UNRECOGNIZED -> FlowMod.Command.ADD;
            case MODIFY -> FlowMod.Command.MODIFY_STRICT;
            case DELETE -> FlowMod.Command.DELETE_STRICT;
        };
        return new FlowChange(presence(type), FlowMapping.toModel(command, flow, texts));
    }

    private static SwitchUpdate group(Update.Type type, io.heddle.proto.v1.Group group, TextForms texts)
            throws FlowException {
        GroupMod.Command command = switch (type) {
            case INSERT, UPSERT, TYPE_UNSPECIFIED, UNRECOGNIZED -> GroupMod.Command.ADD;
            case MODIFY -> GroupMod.Command.MODIFY;
            case DELETE -> GroupMod.Command.DELETE;
        };
        GroupMod mod = GroupMapping.toModel(command, group, texts);
        boolean all = mod.groupId() == GroupMod.ALL_GROUPS;
        return new GroupChange(all ? Presence.ANY : presence(type), mod);
    }

    private static SwitchUpdate meter(Update.Type type, io.heddle.proto.v1.Meter meter, TextForms texts)
            throws FlowException {
        MeterMod.Command command = switch (type) {
            case INSERT, UPSERT, TYPE_UNSPECIFIED, UNRECOGNIZED -> MeterMod.Command.ADD;
            case MODIFY -> MeterMod.Command.MODIFY;
            case DELETE -> MeterMod.Command.DELETE;
        };
        MeterMod mod = MeterMapping.toModel(command, meter, texts);
        boolean all = mod.meterId() == MeterMod.ALL_METERS;
        return new MeterChange(all ? Presence.ANY : presence(type), mod);
    }

    private static SwitchUpdate flows(Update.Type type, Update proto, TextForms texts) throws FlowException {
        if (type != Update.Type.MODIFY && type != Update.Type.DELETE) {
            throw new FlowException(
                    ErrorCode.FLOW_MOD_FAILED_BAD_COMMAND,
                    "",
                    "a selection of flows cannot be added: only MODIFY and DELETE take one");
        }
        FlowMod.Command command = type == Update.Type.MODIFY ? FlowMod.Command.MODIFY : FlowMod.Command.DELETE;
        return new FlowChange(Presence.ANY, FlowMapping.toModel(command, proto.getFlows(), texts));
    }

    private static SwitchUpdate port(Update.Type type, PortSetting port) throws FlowException {
        if (type != Update.Type.MODIFY) {
            throw new FlowException(
                    ErrorCode.PORT_MOD_FAILED_BAD_CONFIG,
                    "",
                    "a port's setting takes MODIFY only; ports are added and removed with Configure");
        }
        int[] configAndMask = new int[2];
        bit(configAndMask, PortChange.PORT_DOWN, port.hasDown(), port.getDown());
        bit(configAndMask, PortChange.NO_RECEIVE, port.hasNoReceive(), port.getNoReceive());
        bit(configAndMask, PortChange.NO_FORWARD, port.hasNoForward(), port.getNoForward());
        bit(configAndMask, PortChange.NO_FLOOD, port.hasNoFlood(), port.getNoFlood());
        bit(configAndMask, PortChange.NO_PACKET_IN, port.hasNoPacketIn(), port.getNoPacketIn());
        return new PortChange(port.getNumber(), configAndMask[0], configAndMask[1]);
    }

    private static void bit(int[] configAndMask, int bit, boolean given, boolean on) {
        configAndMask[0] |= on ? bit : 0;
        configAndMask[1] |= given ? bit : 0;
    }

    private static Presence presence(Update.Type type) {
        return switch (type) {
            case INSERT -> Presence.MUST_NOT_EXIST;
            case MODIFY, DELETE -> Presence.MUST_EXIST;
            case UPSERT, TYPE_UNSPECIFIED, UNRECOGNIZED -> Presence.ANY;
        };
    }

    private interface Mapping {
        SwitchUpdate map() throws FlowException;
    }

    private static SwitchUpdate under(String prefix, Mapping mapping) throws FlowException {
        try {
            return mapping.map();
        } catch (FlowException e) {
            throw new FlowException(e.error().under(prefix));
        }
    }
}
