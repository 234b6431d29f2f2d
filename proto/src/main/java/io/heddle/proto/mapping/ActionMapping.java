package io.heddle.proto.mapping;

import com.google.protobuf.ByteString;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.v1.Action.CopyField;
import io.heddle.proto.v1.Action.Nothing;
import io.heddle.proto.v1.ActionList;
import io.heddle.proto.v1.PacketInReason;
import io.heddle.proto.v1.ReservedPort;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Actions to and from {@code heddle.v1.Action}. */
final class ActionMapping {
    private static final int CURRENT_TABLE = 255;

    private ActionMapping() {}

    static ActionList toProto(List<Action> actions) {
        ActionList.Builder proto = ActionList.newBuilder();
        actions.forEach(action -> proto.addActions(toProto(action)));
        return proto.build();
    }

    static io.heddle.proto.v1.Action toProto(Action action) {
        io.heddle.proto.v1.Action.Builder proto = io.heddle.proto.v1.Action.newBuilder();
        Nothing nothing = Nothing.getDefaultInstance();
        switch (action) {
            case Action.Output output -> proto.setOutput(output(output));
            case Action.GroupAction group -> proto.setGroupId(group.groupId());
            case Action.SetQueue queue -> proto.setSetQueue(queue.queueId());
            case Action.SetField set -> proto.setSetField(FieldMapping.toProto(set.field(), set.value(), set.mask()));
            case Action.CopyField copy ->
                proto.setCopyField(CopyField.newBuilder()
                        .setSource(copy.source().fieldName())
                        .setSourceBit(copy.sourceBit())
                        .setDestination(copy.destination().fieldName())
                        .setDestinationBit(copy.destinationBit())
                        .setBits(copy.bits()));
            case Action.PushVlan push -> proto.setPushVlan(push.etherType());
            case Action.PopVlan _ -> proto.setPopVlan(nothing);
            case Action.PushMpls push -> proto.setPushMpls(push.etherType());
            case Action.PopMpls pop -> proto.setPopMpls(pop.etherType());
            case Action.PushPbb push -> proto.setPushPbb(push.etherType());
            case Action.PopPbb _ -> proto.setPopPbb(nothing);
            case Action.SetMplsTtl set -> proto.setSetMplsTtl(set.ttl());
            case Action.DecMplsTtl _ -> proto.setDecMplsTtl(nothing);
            case Action.SetNwTtl set -> proto.setSetNwTtl(set.ttl());
            case Action.DecNwTtl _ -> proto.setDecNwTtl(nothing);
            case Action.DecNshTtl _ -> proto.setDecNshTtl(nothing);
            case Action.CopyTtlOut _ -> proto.setCopyTtlOut(nothing);
            case Action.CopyTtlIn _ -> proto.setCopyTtlIn(nothing);
            case Action.Meter meter -> proto.setMeterId(meter.meterId());
            case Action.Resubmit resubmit -> proto.setResubmit(resubmit(resubmit));
            case Action.Controller controller ->
                proto.setController(io.heddle.proto.v1.Action.Controller.newBuilder()
                        .setMaxLength(controller.maxLength())
                        .setReason(reason(controller.reason()))
                        .setControllerId(controller.controllerId())
                        .setMeterId(controller.meterId())
                        .setUserdata(ByteString.copyFrom(HexFormat.of().parseHex(controller.userdata())))
                        .setPause(controller.isPaused()));
            case Action.Conntrack conntrack -> proto.setConntrack(ConntrackMapping.toProto(conntrack));
            case Action.ConntrackClear _ -> proto.setConntrackClear(nothing);
            case Action.Learn learn -> proto.setLearn(LearnMapping.toProto(learn.spec()));
            case Action.CloneActions clone -> {
                ActionList.Builder list = ActionList.newBuilder();
                clone.actions().forEach(nested -> list.addActions(toProto(nested)));
                proto.setClone(list);
            }
            case Action.DeleteField delete ->
                proto.setDeleteField(delete.field().fieldName());
            case Action.Push push -> proto.setPush(LearnMapping.toProto(push.source()));
            case Action.Pop pop -> proto.setPop(LearnMapping.toProto(pop.destination()));
            case Action.Exit _ -> proto.setExit(nothing);
            case Action.CheckPacketLarger larger ->
                proto.setCheckPacketLarger(io.heddle.proto.v1.Action.CheckPacketLarger.newBuilder()
                        .setLength(larger.length())
                        .setResult(LearnMapping.toProto(larger.destination())));
            case Action.Multipath multipath -> proto.setMultipath(LinkMapping.toProto(multipath));
            case Action.Bundle bundle -> proto.setBundle(LinkMapping.toProto(bundle));
            case Action.OutputTruncated output ->
                proto.setOutputTruncated(io.heddle.proto.v1.Action.OutputTruncated.newBuilder()
                        .setPort(output.port())
                        .setMaxLength(output.maxLength()));
            case Action.PopQueue _ -> proto.setPopQueue(nothing);
            case Action.Conjunction part ->
                proto.setConjunction(io.heddle.proto.v1.Action.Conjunction.newBuilder()
                        .setId(part.id())
                        .setDimension(part.dimension())
                        .setDimensions(part.dimensions()));
            case Action.Note note ->
                proto.setNote(ByteString.copyFrom(HexFormat.of().parseHex(note.octets())));
            case Action.FinTimeout fin ->
                proto.setFinTimeout(io.heddle.proto.v1.Action.FinTimeout.newBuilder()
                        .setIdleTimeoutSeconds(fin.idleTimeoutSeconds())
                        .setHardTimeoutSeconds(fin.hardTimeoutSeconds()));
            case Action.OutputField output ->
                proto.setOutputField(io.heddle.proto.v1.Action.OutputField.newBuilder()
                        .setField(output.field().fieldName())
                        .setBit(output.bit())
                        .setBits(output.bits())
                        .setMaxLength(output.maxLength()));
        }
        return proto.build();
    }

    private static io.heddle.proto.v1.Action.Output output(Action.Output output) {
        io.heddle.proto.v1.Action.Output.Builder proto =
                io.heddle.proto.v1.Action.Output.newBuilder().setMaxLength(output.maxLength());
        ReservedPort reserved = reserved(output.port());
        return reserved == ReservedPort.RESERVED_PORT_UNSPECIFIED
                ? proto.setPort(output.port()).build()
                : proto.setReserved(reserved).build();
    }

    private static io.heddle.proto.v1.Action.Resubmit resubmit(Action.Resubmit resubmit) {
        io.heddle.proto.v1.Action.Resubmit.Builder proto = io.heddle.proto.v1.Action.Resubmit.newBuilder();
        if (resubmit.inPort() != Ports.IN_PORT) {
            proto.setInPort(resubmit.inPort());
        }
        if (resubmit.tableId() != CURRENT_TABLE) {
            proto.setTableId(resubmit.tableId());
        }
        return proto.setWithConnection(resubmit.withConnection()).build();
    }

    /** Actions in either form. */
    static List<Action> toModel(ActionList proto, TextForms texts) throws FlowException {
        if (proto.getText().isEmpty()) {
            return toModel(proto.getActionsList(), texts);
        }
        if (proto.getActionsCount() > 0) {
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "text", "send either text or actions, not both");
        }
        return texts.actions(proto.getText());
    }

    static List<Action> toModel(List<io.heddle.proto.v1.Action> proto, TextForms texts) throws FlowException {
        List<Action> actions = new ArrayList<>(proto.size());
        for (int i = 0; i < proto.size(); i++) {
            try {
                actions.add(toModel(proto.get(i), texts));
            } catch (FlowException e) {
                throw new FlowException(e.error().under("actions[" + i + "]"));
            }
        }
        return actions;
    }

    static Action toModel(io.heddle.proto.v1.Action proto, TextForms texts) throws FlowException {
        return switch (proto.getKindCase()) {
            case OUTPUT -> output(proto.getOutput());
            case GROUP_ID -> new Action.GroupAction(proto.getGroupId());
            case SET_QUEUE -> new Action.SetQueue(proto.getSetQueue());
            case SET_FIELD -> setField(proto.getSetField(), texts);
            case COPY_FIELD -> copyField(proto.getCopyField());
            case PUSH_VLAN -> new Action.PushVlan(etherType(proto.getPushVlan(), "push_vlan", 0x8100, 0x88a8));
            case POP_VLAN -> new Action.PopVlan();
            case PUSH_MPLS -> new Action.PushMpls(etherType(proto.getPushMpls(), "push_mpls", 0x8847, 0x8848));
            case POP_MPLS ->
                new Action.PopMpls(
                        Checks.range("pop_mpls", proto.getPopMpls(), 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT));
            case PUSH_PBB -> new Action.PushPbb(etherType(proto.getPushPbb(), "push_pbb", 0x88e7, 0x88e7));
            case POP_PBB -> new Action.PopPbb();
            case SET_MPLS_TTL ->
                new Action.SetMplsTtl(
                        Checks.range("set_mpls_ttl", proto.getSetMplsTtl(), 0, 255, ErrorCode.BAD_ACTION_BAD_ARGUMENT));
            case DEC_MPLS_TTL -> new Action.DecMplsTtl();
            case SET_NW_TTL ->
                new Action.SetNwTtl(
                        Checks.range("set_nw_ttl", proto.getSetNwTtl(), 0, 255, ErrorCode.BAD_ACTION_BAD_ARGUMENT));
            case DEC_NW_TTL -> new Action.DecNwTtl();
            case DEC_NSH_TTL -> new Action.DecNshTtl();
            case COPY_TTL_OUT -> new Action.CopyTtlOut();
            case COPY_TTL_IN -> new Action.CopyTtlIn();
            case METER_ID -> new Action.Meter(proto.getMeterId());
            case RESUBMIT -> resubmit(proto.getResubmit());
            case CONTROLLER -> controller(proto.getController());
            case OUTPUT_FIELD -> outputField(proto.getOutputField());
            case CONNTRACK -> ConntrackMapping.toModel(proto.getConntrack(), texts);
            case CONNTRACK_CLEAR -> new Action.ConntrackClear();
            case CLONE -> new Action.CloneActions(toModel(proto.getClone(), texts));
            case PUSH -> new Action.Push(LearnMapping.toModel(proto.getPush(), "push"));
            case POP -> new Action.Pop(LearnMapping.toModel(proto.getPop(), "pop"));
            case EXIT -> new Action.Exit();
            case CHECK_PACKET_LARGER ->
                new Action.CheckPacketLarger(
                        Checks.range(
                                "check_packet_larger.length",
                                proto.getCheckPacketLarger().getLength(),
                                0,
                                0xffff,
                                ErrorCode.BAD_ACTION_BAD_ARGUMENT),
                        LearnMapping.toModel(proto.getCheckPacketLarger().getResult(), "check_packet_larger.result"));
            case MULTIPATH -> LinkMapping.toModel(proto.getMultipath());
            case BUNDLE -> LinkMapping.toModel(proto.getBundle());
            case OUTPUT_TRUNCATED ->
                new Action.OutputTruncated(
                        proto.getOutputTruncated().getPort(),
                        Checks.range(
                                "output_truncated.max_length",
                                proto.getOutputTruncated().getMaxLength(),
                                Action.OutputTruncated.MIN_LENGTH,
                                Integer.MAX_VALUE,
                                ErrorCode.BAD_ACTION_BAD_ARGUMENT));
            case DELETE_FIELD ->
                new Action.DeleteField(
                        FieldMapping.field(proto.getDeleteField(), FieldMapping.Place.ACTION, "delete_field"));
            case POP_QUEUE -> new Action.PopQueue();
            case CONJUNCTION -> conjunction(proto.getConjunction());
            case NOTE ->
                new Action.Note(HexFormat.of().formatHex(proto.getNote().toByteArray()));
            case LEARN -> new Action.Learn(LearnMapping.toModel(proto.getLearn()));
            case FIN_TIMEOUT ->
                new Action.FinTimeout(
                        Checks.range(
                                "fin_timeout.idle_timeout_seconds",
                                proto.getFinTimeout().getIdleTimeoutSeconds(),
                                0,
                                0xffff,
                                ErrorCode.BAD_ACTION_BAD_ARGUMENT),
                        Checks.range(
                                "fin_timeout.hard_timeout_seconds",
                                proto.getFinTimeout().getHardTimeoutSeconds(),
                                0,
                                0xffff,
                                ErrorCode.BAD_ACTION_BAD_ARGUMENT));
            case KIND_NOT_SET ->
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_TYPE, "", "the action is of no kind that this switch knows");
        };
    }

    private static Action output(io.heddle.proto.v1.Action.Output proto) throws FlowException {
        int port = switch (proto.getTargetCase()) {
            case PORT -> proto.getPort();
            case RESERVED -> reserved(proto.getReserved());
            case TARGET_NOT_SET -> 0;
        };
        if (port == 0) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_OUT_PORT,
                    "output.port",
                    "the port is missing: set port to 1-4294967040, or reserved");
        }
        int maxLength = maxLength(proto.getMaxLength(), "output.max_length");
        return port == Ports.CONTROLLER && maxLength == 0
                ? new Action.Output(port)
                : new Action.Output(port, maxLength);
    }

    private static Action setField(io.heddle.proto.v1.FieldMatch proto, TextForms texts) throws FlowException {
        try {
            FieldMapping.Value value = proto.hasText()
                    ? texts.field(proto, FieldMapping.Place.ACTION)
                    : FieldMapping.toModel(proto, FieldMapping.Place.ACTION);
            MatchField field = value.field();
            if (!field.isSettable()) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_SET_TYPE, "field", field.fieldName() + " cannot be written");
            }
            boolean whole = value.mask().equals(FieldMapping.wholeMask(field));
            if (!whole && !field.isMaskable()) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                        "mask",
                        field.fieldName() + " can be written as a whole only: leave the mask out");
            }
            return new Action.SetField(field, value.value(), whole ? field.allOnes() : value.mask());
        } catch (FlowException e) {
            throw new FlowException(e.error().under("set_field"));
        }
    }

    private static Action copyField(CopyField proto) throws FlowException {
        MatchField source = FieldMapping.field(proto.getSource(), FieldMapping.Place.ACTION, "copy_field.source");
        MatchField destination =
                FieldMapping.field(proto.getDestination(), FieldMapping.Place.ACTION, "copy_field.destination");
        if (!destination.isWritable()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_TYPE,
                    "copy_field.destination",
                    destination.fieldName() + " cannot be written");
        }
        int bits = Checks.range("copy_field.bits", proto.getBits(), 1, 128, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        int from = firstBit("copy_field.source_bit", proto.getSourceBit(), bits, source);
        int to = firstBit("copy_field.destination_bit", proto.getDestinationBit(), bits, destination);
        return new Action.CopyField(source, from, destination, to, bits);
    }

    static int firstBit(String path, int bit, int bits, MatchField field) throws FlowException {
        if (bits > field.bits() || Integer.compareUnsigned(bit, field.bits() - bits) > 0) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path,
                    "%d bits from bit %s are outside of %s, which has %d"
                            .formatted(bits, Integer.toUnsignedString(bit), field.fieldName(), field.bits()));
        }
        return bit;
    }

    private static Action resubmit(io.heddle.proto.v1.Action.Resubmit proto) throws FlowException {
        int table = proto.hasTableId()
                ? Checks.range("resubmit.table_id", proto.getTableId(), 0, 255, ErrorCode.BAD_ACTION_BAD_ARGUMENT)
                : CURRENT_TABLE;
        return new Action.Resubmit(
                proto.getInPort() == 0 ? Ports.IN_PORT : proto.getInPort(), table, proto.getWithConnection());
    }

    private static Action controller(io.heddle.proto.v1.Action.Controller proto) throws FlowException {
        int maxLength = maxLength(proto.getMaxLength(), "controller.max_length");
        int id = Checks.range(
                "controller.controller_id", proto.getControllerId(), 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        int reason = switch (proto.getReason()) {
            case PACKET_IN_REASON_NO_MATCH -> 0;
            case PACKET_IN_REASON_UNSPECIFIED, PACKET_IN_REASON_ACTION -> 1;
            case PACKET_IN_REASON_INVALID_TTL -> 2;
            case PACKET_IN_REASON_ACTION_SET -> 3;
            case PACKET_IN_REASON_GROUP -> 4;
            case PACKET_IN_REASON_PACKET_OUT -> 5;
            case UNRECOGNIZED ->
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                        "controller.reason",
                        proto.getReasonValue() + " is no reason of PacketInReason");
        };
        return new Action.Controller(
                maxLength == 0 ? Action.WHOLE_PACKET : maxLength,
                reason,
                id,
                proto.getMeterId(),
                HexFormat.of().formatHex(proto.getUserdata().toByteArray()),
                proto.getPause());
    }

    private static Action conjunction(io.heddle.proto.v1.Action.Conjunction proto) throws FlowException {
        int dimensions =
                Checks.range("conjunction.dimensions", proto.getDimensions(), 2, 64, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        int dimension = Checks.range(
                "conjunction.dimension", proto.getDimension(), 1, dimensions, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        return new Action.Conjunction(proto.getId(), dimension, dimensions);
    }

    private static Action outputField(io.heddle.proto.v1.Action.OutputField proto) throws FlowException {
        MatchField field = FieldMapping.field(proto.getField(), FieldMapping.Place.ACTION, "output_field.field");
        int bits = Checks.range("output_field.bits", proto.getBits(), 1, 32, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        int bit = firstBit("output_field.bit", proto.getBit(), bits, field);
        int maxLength = maxLength(proto.getMaxLength(), "output_field.max_length");
        return new Action.OutputField(field, bit, bits, maxLength == 0 ? Action.WHOLE_PACKET : maxLength);
    }

    private static int maxLength(int value, String path) throws FlowException {
        return Checks.range(path, value, 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
    }

    private static int etherType(int value, String path, int one, int other) throws FlowException {
        if (value != one && value != other) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    path,
                    one == other
                            ? "0x%x is not allowed, it must be 0x%x".formatted(value, one)
                            : "0x%x is not allowed, it must be 0x%x or 0x%x".formatted(value, one, other));
        }
        return value;
    }

    static PacketInReason reason(int openFlowReason) {
        return switch (openFlowReason) {
            case 0 -> PacketInReason.PACKET_IN_REASON_NO_MATCH;
            case 1 -> PacketInReason.PACKET_IN_REASON_ACTION;
            case 2 -> PacketInReason.PACKET_IN_REASON_INVALID_TTL;
            case 3 -> PacketInReason.PACKET_IN_REASON_ACTION_SET;
            case 4 -> PacketInReason.PACKET_IN_REASON_GROUP;
            case 5 -> PacketInReason.PACKET_IN_REASON_PACKET_OUT;
            default -> PacketInReason.PACKET_IN_REASON_UNSPECIFIED;
        };
    }

    private static ReservedPort reserved(int port) {
        return switch (port) {
            case Ports.IN_PORT -> ReservedPort.RESERVED_PORT_IN_PORT;
            case Ports.TABLE -> ReservedPort.RESERVED_PORT_TABLE;
            case Ports.NORMAL -> ReservedPort.RESERVED_PORT_NORMAL;
            case Ports.FLOOD -> ReservedPort.RESERVED_PORT_FLOOD;
            case Ports.ALL -> ReservedPort.RESERVED_PORT_ALL;
            case Ports.CONTROLLER -> ReservedPort.RESERVED_PORT_CONTROLLER;
            case Ports.LOCAL -> ReservedPort.RESERVED_PORT_LOCAL;
            default -> ReservedPort.RESERVED_PORT_UNSPECIFIED;
        };
    }

    private static int reserved(ReservedPort port) {
        return switch (port) {
            case RESERVED_PORT_IN_PORT -> Ports.IN_PORT;
            case RESERVED_PORT_TABLE -> Ports.TABLE;
            case RESERVED_PORT_NORMAL -> Ports.NORMAL;
            case RESERVED_PORT_FLOOD -> Ports.FLOOD;
            case RESERVED_PORT_ALL -> Ports.ALL;
            case RESERVED_PORT_CONTROLLER -> Ports.CONTROLLER;
            case RESERVED_PORT_LOCAL -> Ports.LOCAL;
            case RESERVED_PORT_UNSPECIFIED, UNRECOGNIZED -> 0;
        };
    }
}
