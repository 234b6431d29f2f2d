package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Actions and instructions of one version.
 *
 * <p>What OpenFlow 1.0 and 1.1 write field by field is a {@code set_field} in the model ({@link LegacyActions}); which field a port number
 * belongs to, the match of the flow says ({@link #of}).
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 sections 7.2.4 and
 *     7.2.5</a>
 */
final class ActionCodec {
    private static final int GOTO_TABLE = 1;
    private static final int WRITE_METADATA = 2;
    private static final int WRITE_ACTIONS = 3;
    private static final int APPLY_ACTIONS = 4;
    private static final int CLEAR_ACTIONS = 5;
    private static final int METER = 6;
    private static final int EXPERIMENTER = 0xffff;

    private final OpenFlowVersion version;
    private final @Nullable Match context;

    ActionCodec(OpenFlowVersion version) {
        this(version, null);
    }

    private ActionCodec(OpenFlowVersion version, @Nullable Match context) {
        this.version = version;
        this.context = context;
    }

    /** The same for the actions of a flow with that match. */
    ActionCodec of(Match match) {
        return hasLegacyWrites() ? new ActionCodec(version, match) : this;
    }

    OpenFlowVersion version() {
        return version;
    }

    private boolean hasLegacyWrites() {
        return !version.isAtLeast(OpenFlowVersion.OPENFLOW_12);
    }

    /** Reads actions to the end of {@code in}. */
    List<Action> actions(Reader in, String path) throws FlowException {
        List<Action> actions = new ArrayList<>(Math.min(in.remaining() / 8, 64));
        while (in.remaining() > 0) {
            String where = path + "[" + actions.size() + "]";
            if (in.remaining() < 8) {
                throw new FlowException(ErrorCode.BAD_ACTION_BAD_LEN, where, "an action has 8 octets at least");
            }
            int type = in.u16();
            int length = in.u16();
            if (length < 8 || length % 8 != 0 || length - 4 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_LEN,
                        where,
                        "length " + length + " is not a multiple of 8 in 8-" + (in.remaining() + 4));
            }
            Reader body = in.sub(length - 4, ErrorCode.BAD_ACTION_BAD_LEN, where);
            ActionType known = ActionType.of(version, type)
                    .orElseThrow(() -> new FlowException(
                            ErrorCode.BAD_ACTION_BAD_TYPE, where, "action type " + type + " is not known"));
            if (LegacyActions.has(known)) {
                actions.addAll(LegacyActions.decode(version, known, body, context, where));
            } else {
                actions.add(action(known, body, where));
            }
            body.finish();
        }
        return actions;
    }

    private Action action(ActionType type, Reader in, String where) throws FlowException {
        return switch (type) {
            case OUTPUT ->
                version == OpenFlowVersion.OPENFLOW_10
                        ? output(OxmCodec.widePort(exactly(in, 4, where).u16()), in.u16(), where)
                        : output(exactly(in, 12, where).i32(), in.u16(), where);
            case COPY_TTL_OUT -> done(new Action.CopyTtlOut(), exactly(in, 4, where));
            case COPY_TTL_IN -> done(new Action.CopyTtlIn(), exactly(in, 4, where));
            case SET_MPLS_TTL -> new Action.SetMplsTtl(exactly(in, 4, where).u8());
            case DEC_MPLS_TTL -> done(new Action.DecMplsTtl(), exactly(in, 4, where));
            case PUSH_VLAN -> new Action.PushVlan(etherType(exactly(in, 4, where), 0x8100, 0x88a8, where));
            case POP_VLAN -> done(new Action.PopVlan(), exactly(in, 4, where));
            case PUSH_MPLS -> new Action.PushMpls(etherType(exactly(in, 4, where), 0x8847, 0x8848, where));
            case POP_MPLS -> new Action.PopMpls(exactly(in, 4, where).u16());
            case SET_QUEUE -> new Action.SetQueue(exactly(in, 4, where).i32());
            case GROUP -> group(exactly(in, 4, where), where);
            case SET_NW_TTL -> new Action.SetNwTtl(exactly(in, 4, where).u8());
            case DEC_NW_TTL -> done(new Action.DecNwTtl(), exactly(in, 4, where));
            case SET_FIELD -> setField(in, where);
            case PUSH_PBB -> new Action.PushPbb(etherType(exactly(in, 4, where), 0x88e7, 0x88e7, where));
            case POP_PBB -> done(new Action.PopPbb(), exactly(in, 4, where));
            case COPY_FIELD -> NiciraActions.decodeCopy(in, where);
            case METER -> new Action.Meter(exactly(in, 4, where).i32());
            case EXPERIMENTER -> NiciraActions.decode(this, in, where);
            case SET_VLAN_VID,
                    SET_VLAN_PCP,
                    SET_DL_SRC,
                    SET_DL_DST,
                    SET_NW_SRC,
                    SET_NW_DST,
                    SET_NW_TOS,
                    SET_NW_ECN,
                    SET_TP_SRC,
                    SET_TP_DST,
                    SET_MPLS_LABEL,
                    SET_MPLS_TC,
                    ENQUEUE -> throw new IllegalStateException(type + " is read elsewhere");
        };
    }

    private static Action done(Action action, Reader in) {
        in.finish();
        return action;
    }

    static Reader exactly(Reader in, int length, String where) throws FlowException {
        if (in.remaining() != length) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_LEN,
                    where,
                    "its length is " + (in.remaining() + 4) + ", but " + (length + 4) + " is right");
        }
        return in;
    }

    static Action output(int port, int maxLength, String where) throws FlowException {
        if (!OxmCodec.isOutputPort(port)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_OUT_PORT,
                    where,
                    "port " + Integer.toUnsignedString(port)
                            + " cannot be output to: 1 to 4294967040 or a reserved port is right");
        }
        return new Action.Output(port, maxLength);
    }

    private static Action group(Reader in, String where) throws FlowException {
        int group = in.i32();
        if (Integer.compareUnsigned(group, GroupMod.MAX_GROUP) > 0) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_OUT_GROUP,
                    where,
                    "group " + Integer.toUnsignedString(group) + " is reserved");
        }
        return new Action.GroupAction(group);
    }

    static int etherType(Reader in, int one, int other, String where) throws FlowException {
        int type = in.u16();
        if (type != one && type != other) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    where,
                    "Ethernet type 0x%04x is not 0x%04x or 0x%04x".formatted(type, one, other));
        }
        return type;
    }

    private Action setField(Reader in, String where) throws FlowException {
        OxmCodec.Header header = OxmCodec.header(in, ErrorCode.BAD_ACTION_BAD_SET_LEN, where);
        MatchField field = header.field();
        if (field == null) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_TYPE, where, OxmCodec.describe(header.id()) + " is not a known field");
        }
        boolean mayMask = version.isAtLeast(OpenFlowVersion.OPENFLOW_15);
        if (header.masked() && !mayMask) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_TYPE, where, "set_field has no mask before OpenFlow 1.5");
        }
        int octets = OxmCodec.octets(field, header);
        int both = header.masked() ? 2 * octets : octets;
        if (header.length() != both || both > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_LEN,
                    where,
                    field.fieldName() + " has length " + header.length() + ", but " + both + " is right");
        }
        Bits value = OxmCodec.value(in, octets);
        Bits mask = header.masked() ? OxmCodec.value(in, octets).and(field.allOnes()) : field.allOnes();
        if (mask.isZero() || header.masked() && !value.and(mask.not()).isZero()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    where,
                    "the value of " + field.fieldName() + " and its mask disagree");
        }
        int length = 4 + 4 + (header.id().experimenter() == 0 ? 0 : 4) + both;
        if (in.remaining() != (8 - length % 8) % 8) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_LEN, where, "the action is longer than its field, padded to 8 octets");
        }
        if (!field.isSettable()) {
            throw notWritable(field, where);
        }
        return write(field, octets == 2 && field == MatchField.IN_PORT ? widePort(value) : value, mask, where);
    }

    private static Bits widePort(Bits value) {
        return Bits.of(Integer.toUnsignedLong(OxmCodec.widePort((int) value.low())));
    }

    /** A write of a field, after the checks that all actions which write share. */
    static Action writable(MatchField field, Bits value, Bits mask, String where) throws FlowException {
        if (!field.isWritable()) {
            throw notWritable(field, where);
        }
        return write(field, value, mask, where);
    }

    private static FlowException notWritable(MatchField field, String where) {
        return new FlowException(
                ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT, where, field.fieldName() + " cannot be written");
    }

    private static Action write(MatchField field, Bits value, Bits mask, String where) throws FlowException {
        if (!OxmCodec.fits(field, value)) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    where,
                    "the value of " + field.fieldName() + " does not fit into " + field.bits() + " bits");
        }
        if (field == MatchField.VLAN_VID && mask.equals(field.allOnes())) {
            // A VLAN that is written is there; controllers often leave OFPVID_PRESENT out.
            return new Action.SetField(field, value.or(Bits.of(KeyLayout.VLAN_PRESENT)));
        }
        return new Action.SetField(field, value, mask);
    }

    /** Reads instructions to the end of {@code in}; they come out in the order of their execution. */
    List<Instruction> instructions(Reader in) throws FlowException {
        if (in.remaining() == 0) {
            return List.of();
        }
        Instruction[] inOrder = new Instruction[METER + 1];
        while (in.remaining() > 0) {
            if (in.remaining() < 4) {
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_BAD_LEN, "instructions", "an instruction has 8 octets at least");
            }
            int type = in.u16();
            int length = in.u16();
            if (length < 8 || length % 8 != 0 || length - 4 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_BAD_LEN,
                        "instructions",
                        "length " + length + " is not a multiple of 8 in 8-" + (in.remaining() + 4));
            }
            Reader body = in.sub(length - 4, ErrorCode.BAD_INSTRUCTION_BAD_LEN, "instructions");
            Instruction instruction = instruction(type, body);
            body.finish();
            int index = type == METER
                    ? 0
                    : type == APPLY_ACTIONS
                            ? 1
                            : type == CLEAR_ACTIONS ? 2 : type == WRITE_ACTIONS ? 3 : type == WRITE_METADATA ? 4 : 5;
            if (inOrder[index] != null) {
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_DUP_INST,
                        "instructions",
                        "instruction type " + type + " is there twice");
            }
            inOrder[index] = instruction;
        }
        List<Instruction> instructions = new ArrayList<>(4);
        for (Instruction instruction : inOrder) {
            if (instruction != null) {
                instructions.add(instruction);
            }
        }
        return instructions;
    }

    private Instruction instruction(int type, Reader in) throws FlowException {
        return switch (type) {
            case GOTO_TABLE -> {
                int table = whole(in, 4).u8();
                if (table == 255) {
                    throw new FlowException(
                            ErrorCode.BAD_INSTRUCTION_BAD_TABLE_ID, "instructions", "table 255 does not exist");
                }
                yield new Instruction.GotoTable(table);
            }
            case WRITE_METADATA -> {
                whole(in, 20).skip(4);
                yield new Instruction.WriteMetadata(in.i64(), in.i64());
            }
            case WRITE_ACTIONS -> new Instruction.WriteActions(actionList(in));
            case APPLY_ACTIONS -> new Instruction.ApplyActions(actionList(in));
            case CLEAR_ACTIONS -> {
                whole(in, 4).finish();
                yield new Instruction.ClearActions();
            }
            case METER -> {
                if (version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
                    throw new FlowException(
                            ErrorCode.BAD_INSTRUCTION_UNKNOWN_INST,
                            "instructions",
                            "a meter is an action since OpenFlow 1.5");
                }
                yield new Instruction.Meter(whole(in, 4).i32());
            }
            case EXPERIMENTER ->
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_BAD_EXPERIMENTER,
                        "instructions",
                        "experimenter 0x%08x has no instruction here".formatted(in.i32()));
            default ->
                throw new FlowException(
                        ErrorCode.BAD_INSTRUCTION_UNKNOWN_INST,
                        "instructions",
                        "instruction type " + type + " is not known");
        };
    }

    private List<Action> actionList(Reader in) throws FlowException {
        in.skip(4);
        return actions(in, "actions");
    }

    private static Reader whole(Reader in, int length) throws FlowException {
        if (in.remaining() != length) {
            throw new FlowException(
                    ErrorCode.BAD_INSTRUCTION_BAD_LEN,
                    "instructions",
                    "its length is " + (in.remaining() + 4) + ", but " + (length + 4) + " is right");
        }
        return in;
    }

    /** Writes actions. An action that the version cannot say (a meter inside of a bucket) is left out. */
    void actions(ByteBuf out, List<Action> actions) {
        for (int i = 0; i < actions.size(); i++) {
            if (version == OpenFlowVersion.OPENFLOW_10 && LegacyActions.isEnqueue(actions, i)) {
                LegacyActions.enqueue(out, actions, i);
                i += 2;
            } else if (!hasLegacyWrites() || !LegacyActions.encode(version, out, actions.get(i))) {
                action(out, actions.get(i));
            } else if (LegacyActions.isTransportPair(actions, i)) {
                i++;
            }
        }
    }

    private void action(ByteBuf out, Action action) {
        switch (action) {
            case Action.Output output -> {
                if (version == OpenFlowVersion.OPENFLOW_10) {
                    begin(out, ActionType.OUTPUT, 8).writeShort(OxmCodec.narrowPort(output.port()));
                    out.writeShort(output.maxLength());
                } else {
                    begin(out, ActionType.OUTPUT, 16)
                            .writeInt(output.port())
                            .writeShort(output.maxLength())
                            .writeZero(6);
                }
            }
            case Action.GroupAction group -> begin(out, ActionType.GROUP, 8).writeInt(group.groupId());
            case Action.SetQueue queue -> begin(out, ActionType.SET_QUEUE, 8).writeInt(queue.queueId());
            case Action.SetField set -> {
                if (set.isMasked() && !version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
                    NiciraActions.load(out, set);
                } else {
                    setField(out, set);
                }
            }
            case Action.CopyField copy -> {
                if (version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
                    int start = out.writerIndex();
                    begin(out, ActionType.COPY_FIELD, 0);
                    NiciraActions.copy(out, copy, start);
                } else {
                    NiciraActions.move(out, copy);
                }
            }
            case Action.PushVlan push -> half(out, ActionType.PUSH_VLAN, push.etherType());
            case Action.PopVlan _ -> begin(out, ActionType.POP_VLAN, 8).writeZero(4);
            case Action.PushMpls push -> half(out, ActionType.PUSH_MPLS, push.etherType());
            case Action.PopMpls pop -> half(out, ActionType.POP_MPLS, pop.etherType());
            case Action.PushPbb push -> {
                if (ActionType.PUSH_PBB.number(version) >= 0) {
                    half(out, ActionType.PUSH_PBB, push.etherType());
                }
            }
            case Action.PopPbb _ -> {
                if (ActionType.POP_PBB.number(version) >= 0) {
                    begin(out, ActionType.POP_PBB, 8).writeZero(4);
                }
            }
            case Action.SetMplsTtl set ->
                begin(out, ActionType.SET_MPLS_TTL, 8).writeByte(set.ttl()).writeZero(3);
            case Action.DecMplsTtl _ -> begin(out, ActionType.DEC_MPLS_TTL, 8).writeZero(4);
            case Action.SetNwTtl set ->
                begin(out, ActionType.SET_NW_TTL, 8).writeByte(set.ttl()).writeZero(3);
            case Action.DecNwTtl _ -> begin(out, ActionType.DEC_NW_TTL, 8).writeZero(4);
            case Action.CopyTtlOut _ -> begin(out, ActionType.COPY_TTL_OUT, 8).writeZero(4);
            case Action.CopyTtlIn _ -> begin(out, ActionType.COPY_TTL_IN, 8).writeZero(4);
            case Action.Meter meter -> {
                // The others have an instruction.
                if (version.isAtLeast(OpenFlowVersion.OPENFLOW_15)) {
                    begin(out, ActionType.METER, 8).writeInt(meter.meterId());
                }
            }
            case Action.Resubmit resubmit -> NiciraActions.resubmit(out, resubmit);
            case Action.Controller controller -> ControllerCodec.encode(out, controller);
            case Action.OutputField output -> NiciraActions.outputField(out, output);
            case Action.Conntrack conntrack -> ConntrackCodec.encode(this, out, conntrack);
            case Action.ConntrackClear _ -> ConntrackCodec.encodeClear(out);
            case Action.Learn learn -> LearnCodec.encode(out, learn.spec());
            case Action.OutputTruncated output -> LinkCodec.encode(out, output);
            case Action.Multipath multipath -> LinkCodec.encode(out, multipath);
            case Action.Bundle bundle -> LinkCodec.encode(out, bundle);
            case Action.CloneActions clone -> FlowActionCodec.encode(this, out, clone);
            case Action.Push push -> FlowActionCodec.encodeStacked(out, FlowActionCodec.PUSH, push.source());
            case Action.DeleteField delete -> ControllerCodec.encode(out, delete);
            case Action.Pop pop -> FlowActionCodec.encodeStacked(out, FlowActionCodec.POP, pop.destination());
            case Action.Exit _ -> FlowActionCodec.encode(out, FlowActionCodec.EXIT);
            case Action.DecNshTtl _ -> FlowActionCodec.encode(out, FlowActionCodec.DEC_NSH_TTL);
            case Action.CheckPacketLarger larger -> FlowActionCodec.encode(out, larger);
            case Action.PopQueue _ -> FlowActionCodec.encode(out, FlowActionCodec.POP_QUEUE);
            case Action.Conjunction part -> FlowActionCodec.encode(out, part);
            case Action.Note note -> FlowActionCodec.encode(out, note);
            case Action.FinTimeout fin -> LearnCodec.encode(out, fin);
        }
    }

    private ByteBuf begin(ByteBuf out, ActionType type, int length) {
        return begin(version, out, type, length);
    }

    static ByteBuf begin(OpenFlowVersion version, ByteBuf out, ActionType type, int length) {
        return out.writeShort(type.number(version)).writeShort(length);
    }

    private void half(ByteBuf out, ActionType type, int value) {
        begin(out, type, 8).writeShort(value).writeZero(2);
    }

    private void setField(ByteBuf out, Action.SetField set) {
        int start = out.writerIndex();
        begin(out, ActionType.SET_FIELD, 0);
        MatchField field = set.field();
        if (field == MatchField.IN_PORT && !set.isMasked()) {
            // Open vSwitch takes it in this form only.
            OxmCodec.header(out, OxmCodec.NXM_IN_PORT, false, 2);
            out.writeShort(OxmCodec.narrowPort((int) set.value().low()));
            close(out, start);
            return;
        }
        int octets = OxmCodec.octets(field, field.ids().getFirst());
        OxmCodec.header(out, field.ids().getFirst(), set.isMasked(), set.isMasked() ? 2 * octets : octets);
        OxmCodec.value(out, set.value(), octets);
        if (set.isMasked()) {
            OxmCodec.value(out, set.mask(), octets);
        }
        close(out, start);
    }

    /** Pads to a multiple of 8 octets and writes the length. */
    static void close(ByteBuf out, int start) {
        int length = out.writerIndex() - start;
        int padding = (8 - length % 8) % 8;
        out.writeZero(padding);
        out.setShort(start + 2, length + padding);
    }

    private boolean hasMeters() {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_13);
    }

    /** Writes instructions. A meter, where the version has none, is left out. */
    void instructions(ByteBuf out, List<Instruction> instructions) {
        boolean hasMeterAction = version.isAtLeast(OpenFlowVersion.OPENFLOW_15);
        for (Instruction instruction : hasMeterAction ? withMeterAsAction(instructions) : instructions) {
            if (instruction instanceof Instruction.Meter && !hasMeters()) {
                continue;
            }
            int start = out.writerIndex();
            switch (instruction) {
                case Instruction.Meter meter ->
                    out.writeShort(METER).writeShort(0).writeInt(meter.meterId());
                case Instruction.ApplyActions apply -> {
                    out.writeShort(APPLY_ACTIONS).writeShort(0).writeZero(4);
                    actions(out, apply.actions());
                }
                case Instruction.ClearActions _ ->
                    out.writeShort(CLEAR_ACTIONS).writeShort(0).writeZero(4);
                case Instruction.WriteActions write -> {
                    out.writeShort(WRITE_ACTIONS).writeShort(0).writeZero(4);
                    actions(out, write.actions());
                }
                case Instruction.WriteMetadata write ->
                    out.writeShort(WRITE_METADATA)
                            .writeShort(0)
                            .writeZero(4)
                            .writeLong(write.metadata())
                            .writeLong(write.mask());
                case Instruction.GotoTable to ->
                    out.writeShort(GOTO_TABLE)
                            .writeShort(0)
                            .writeByte(to.tableId())
                            .writeZero(3);
            }
            close(out, start);
        }
    }

    /** The same with the meter as the first action of the list that is applied. */
    private static List<Instruction> withMeterAsAction(List<Instruction> instructions) {
        if (instructions.isEmpty() || !(instructions.getFirst() instanceof Instruction.Meter(int meter))) {
            return instructions;
        }
        List<Instruction> changed = new ArrayList<>(instructions.subList(1, instructions.size()));
        List<Action> applied = new ArrayList<>();
        applied.add(new Action.Meter(meter));
        if (!changed.isEmpty() && changed.getFirst() instanceof Instruction.ApplyActions(List<Action> rest)) {
            applied.addAll(rest);
            changed.removeFirst();
        }
        changed.addFirst(new Instruction.ApplyActions(applied));
        return changed;
    }
}
