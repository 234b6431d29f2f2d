package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;

/** The actions of Open vSwitch's extensions ({@code NXAST_*}) that the model has; {@code ovs-actions(7)} describes them. */
final class NiciraActions {
    private static final int RESUBMIT = 1;
    private static final int SET_TUNNEL = 2;
    private static final int SET_QUEUE = 4;
    private static final int REG_MOVE = 6;
    private static final int REG_LOAD = 7;
    private static final int SET_TUNNEL64 = 9;
    private static final int RESUBMIT_TABLE = 14;
    private static final int OUTPUT_REG = 15;
    private static final int DEC_TTL = 18;
    private static final int DEC_TTL_CNT_IDS = 21;
    private static final int PUSH_MPLS = 23;
    private static final int POP_MPLS = 24;
    private static final int SET_MPLS_TTL = 25;
    private static final int DEC_MPLS_TTL = 26;
    private static final int SET_MPLS_LABEL = 30;
    private static final int SET_MPLS_TC = 31;
    private static final int SAMPLE = 29;
    private static final int OUTPUT_REG2 = 32;
    private static final int REG_LOAD2 = 33;
    private static final int SAMPLE2 = 38;
    private static final int SAMPLE3 = 41;
    private static final int RESUBMIT_TABLE_CT = 44;

    private NiciraActions() {}

    /** Reads an experimenter action from its experimenter id on. */
    static Action decode(ActionCodec codec, Reader in, String where) throws FlowException {
        int experimenter = in.i32();
        if (experimenter != OxmId.NICIRA) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_EXPERIMENTER,
                    where,
                    "the actions of experimenter 0x%08x are not known".formatted(experimenter));
        }
        int subtype = in.u16();
        return switch (subtype) {
            case RESUBMIT -> new Action.Resubmit(OxmCodec.widePort(in.u16()), 255);
            case RESUBMIT_TABLE -> new Action.Resubmit(OxmCodec.widePort(in.u16()), in.u8());
            case SET_TUNNEL -> {
                in.skip(2);
                yield new Action.SetField(MatchField.TUN_ID, Integer.toUnsignedLong(in.i32()));
            }
            case SET_TUNNEL64 -> {
                in.skip(6);
                yield new Action.SetField(MatchField.TUN_ID, in.i64());
            }
            case SET_QUEUE -> {
                in.skip(2);
                yield new Action.SetQueue(in.i32());
            }
            case FlowActionCodec.POP_QUEUE -> new Action.PopQueue();
            case PUSH_MPLS -> new Action.PushMpls(ActionCodec.etherType(in, 0x8847, 0x8848, where));
            case POP_MPLS -> new Action.PopMpls(in.u16());
            case SET_MPLS_TTL -> new Action.SetMplsTtl(in.u8());
            case DEC_MPLS_TTL -> new Action.DecMplsTtl();
            case SET_MPLS_LABEL -> {
                in.skip(2);
                yield ActionCodec.writable(
                        MatchField.MPLS_LABEL,
                        Bits.of(Integer.toUnsignedLong(in.i32())),
                        MatchField.MPLS_LABEL.allOnes(),
                        where);
            }
            case SET_MPLS_TC ->
                ActionCodec.writable(MatchField.MPLS_TC, Bits.of(in.u8()), MatchField.MPLS_TC.allOnes(), where);
            case REG_MOVE -> decodeMove(in, where);
            case REG_LOAD -> decodeLoad(in, where);
            case REG_LOAD2 -> decodeLoad2(in, where);
            case OUTPUT_REG, OUTPUT_REG2 -> decodeOutput(in, subtype, where);
            case DEC_TTL, DEC_TTL_CNT_IDS -> new Action.DecNwTtl();
            case RESUBMIT_TABLE_CT -> new Action.Resubmit(OxmCodec.widePort(in.u16()), in.u8(), true);
            case ControllerCodec.CONTROLLER, ControllerCodec.CONTROLLER2 -> ControllerCodec.decode(in, subtype, where);
            case ControllerCodec.DELETE_FIELD -> new Action.DeleteField(fieldOf(in, where));
            case LearnCodec.LEARN, LearnCodec.LEARN2 -> LearnCodec.decode(in, subtype, where);
            case LinkCodec.OUTPUT_TRUNC -> LinkCodec.decodeOutput(in, where);
            case LinkCodec.MULTIPATH -> LinkCodec.decodeMultipath(in, where);
            case LinkCodec.BUNDLE, LinkCodec.BUNDLE_LOAD -> LinkCodec.decodeBundle(in, subtype, where);
            case FlowActionCodec.EXIT -> new Action.Exit();
            case FlowActionCodec.DEC_NSH_TTL -> new Action.DecNshTtl();
            case FlowActionCodec.PUSH -> new Action.Push(FlowActionCodec.decodeStacked(in, where));
            case FlowActionCodec.POP -> new Action.Pop(FlowActionCodec.decodeStacked(in, where));
            case FlowActionCodec.CLONE -> FlowActionCodec.decodeClone(codec, in, where);
            case FlowActionCodec.CHECK_PKT_LARGER -> FlowActionCodec.decodeCheckPacketLarger(in, where);
            case FlowActionCodec.CONJUNCTION -> FlowActionCodec.decodeConjunction(in, where);
            case FlowActionCodec.NOTE -> FlowActionCodec.decodeNote(in);
            case LearnCodec.FIN_TIMEOUT -> LearnCodec.decodeFinTimeout(in);
            case ConntrackCodec.CT -> ConntrackCodec.decode(codec, in, where);
            case ConntrackCodec.CT_CLEAR -> new Action.ConntrackClear();
            case SAMPLE, SAMPLE2, SAMPLE3 ->
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_EXP_TYPE, where, "packets are not sampled: leave sample out");
            default ->
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_EXP_TYPE, where, "Nicira's action " + subtype + " is not supported");
        };
    }

    /** A field named by a header without a value, of 4 octets, or 8 for an experimenter's. */
    static MatchField fieldOf(Reader in, String where) throws FlowException {
        OxmCodec.Header header = OxmCodec.header(in, ErrorCode.BAD_ACTION_BAD_LEN, where);
        MatchField field = header.field();
        if (field == null) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_TYPE, where, OxmCodec.describe(header.id()) + " is not a known field");
        }
        return field;
    }

    static void within(MatchField field, int bit, int bits, String where) throws FlowException {
        if (bits < 1 || bit + bits > field.bits()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    where,
                    "bits %d to %d are outside %s, which has %d"
                            .formatted(bit, bit + bits - 1, field.fieldName(), field.bits()));
        }
    }

    private static Action decodeMove(Reader in, String where) throws FlowException {
        int bits = in.u16();
        int fromBit = in.u16();
        int toBit = in.u16();
        return move(in, bits, fromBit, toBit, where);
    }

    private static Action move(Reader in, int bits, int fromBit, int toBit, String where) throws FlowException {
        MatchField from = fieldOf(in, where);
        MatchField to = fieldOf(in, where);
        within(from, fromBit, bits, where);
        within(to, toBit, bits, where);
        if (!to.isWritable()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT, where, to.fieldName() + " cannot be written");
        }
        return new Action.CopyField(from, fromBit, to, toBit, bits);
    }

    /** Reads OpenFlow 1.5's {@code copy_field}, which differs by two octets of padding. */
    static Action decodeCopy(Reader in, String where) throws FlowException {
        int bits = in.u16();
        int fromBit = in.u16();
        int toBit = in.u16();
        in.skip(2);
        return move(in, bits, fromBit, toBit, where);
    }

    private static Action decodeLoad(Reader in, String where) throws FlowException {
        int range = in.u16();
        int bit = range >>> 6;
        int bits = (range & 0x3f) + 1;
        MatchField field = fieldOf(in, where);
        long value = in.i64();
        within(field, bit, bits, where);
        if (bits < 64 && value >>> bits != 0) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, "the value does not fit into " + bits + " bits");
        }
        return ActionCodec.writable(field, shifted(Bits.of(value), bit), shifted(Bits.ones(bits), bit), where);
    }

    private static Action decodeLoad2(Reader in, String where) throws FlowException {
        OxmCodec.Header header = OxmCodec.header(in, ErrorCode.BAD_ACTION_BAD_SET_LEN, where);
        MatchField field = header.field();
        if (field == null) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_TYPE, where, OxmCodec.describe(header.id()) + " is not a known field");
        }
        int octets = OxmCodec.octets(field, header);
        int length = header.masked() ? 2 * octets : octets;
        if (header.length() != length || length > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_LEN, where, field.fieldName() + " needs " + length + " octets");
        }
        Bits value = OxmCodec.value(in, octets);
        Bits mask = header.masked() ? OxmCodec.value(in, octets).and(field.allOnes()) : field.allOnes();
        if (mask.isZero() || !value.and(mask.not()).isZero()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_SET_ARGUMENT,
                    where,
                    "the value of " + field.fieldName() + " and its mask disagree");
        }
        return ActionCodec.writable(field, value, mask, where);
    }

    private static Action decodeOutput(Reader in, int subtype, String where) throws FlowException {
        int range = in.u16();
        int bit = range >>> 6;
        int bits = (range & 0x3f) + 1;
        int early = subtype == OUTPUT_REG2 ? in.u16() : 0;
        MatchField field = fieldOf(in, where);
        int maxLength = subtype == OUTPUT_REG2 ? early : in.u16();
        within(field, bit, bits, where);
        return new Action.OutputField(field, bit, bits, maxLength);
    }

    private static Bits shifted(Bits bits, int by) {
        if (by == 0) {
            return bits;
        }
        return by >= 64
                ? new Bits(bits.low() << (by - 64), 0)
                : new Bits(bits.high() << by | bits.low() >>> (64 - by), bits.low() << by);
    }

    static int begin(ByteBuf out, int subtype) {
        int start = out.writerIndex();
        out.writeShort(0xffff).writeShort(0).writeInt(OxmId.NICIRA).writeShort(subtype);
        return start;
    }

    static void field(ByteBuf out, MatchField field, int lastBit) {
        // The extensions' in_port has 16 bits; what lies beyond them is in OpenFlow's.
        boolean isNarrow = field == MatchField.IN_PORT && lastBit < 16;
        OxmId id = isNarrow ? OxmCodec.NXM_IN_PORT : OxmCodec.extensionId(field);
        OxmCodec.header(out, id, false, OxmCodec.octets(field, id));
    }

    /** Writes some bits of a field: a plain load where they are adjacent and at most 64, else a load with a mask. */
    static void load(ByteBuf out, Action.SetField set) {
        Bits mask = set.mask();
        int first =
                mask.low() != 0 ? Long.numberOfTrailingZeros(mask.low()) : 64 + Long.numberOfTrailingZeros(mask.high());
        int count = Long.bitCount(mask.high()) + Long.bitCount(mask.low());
        if (count <= 64 && shifted(Bits.ones(count), first).equals(mask)) {
            int start = begin(out, REG_LOAD);
            out.writeShort(first << 6 | (count - 1));
            field(out, set.field(), first + count - 1);
            Bits value = set.value();
            out.writeLong(
                    first == 0
                            ? value.low()
                            : first >= 64
                                    ? value.high() >>> (first - 64)
                                    : value.low() >>> first | value.high() << (64 - first));
            ActionCodec.close(out, start);
            return;
        }
        int start = begin(out, REG_LOAD2);
        OxmCodec.write(out, set.field(), OxmCodec.extensionId(set.field()), set.value(), mask);
        ActionCodec.close(out, start);
    }

    /** Writes OpenFlow 1.5's {@code copy_field}, whose type and length are written. */
    static void copy(ByteBuf out, Action.CopyField copy, int start) {
        out.writeShort(copy.bits()).writeShort(copy.sourceBit()).writeShort(copy.destinationBit());
        out.writeZero(2);
        field(out, copy.source(), copy.sourceBit() + copy.bits() - 1);
        field(out, copy.destination(), copy.destinationBit() + copy.bits() - 1);
        ActionCodec.close(out, start);
    }

    static void move(ByteBuf out, Action.CopyField copy) {
        int start = begin(out, REG_MOVE);
        out.writeShort(copy.bits()).writeShort(copy.sourceBit()).writeShort(copy.destinationBit());
        field(out, copy.source(), copy.sourceBit() + copy.bits() - 1);
        field(out, copy.destination(), copy.destinationBit() + copy.bits() - 1);
        ActionCodec.close(out, start);
    }

    static void resubmit(ByteBuf out, Action.Resubmit resubmit) {
        boolean ownPort = resubmit.inPort() == Ports.IN_PORT;
        boolean plain = !ownPort && resubmit.tableId() == 255 && !resubmit.withConnection();
        int start = begin(out, plain ? RESUBMIT : resubmit.withConnection() ? RESUBMIT_TABLE_CT : RESUBMIT_TABLE);
        out.writeShort(resubmit.inPort());
        out.writeByte(plain ? 0 : resubmit.tableId()).writeZero(3);
        ActionCodec.close(out, start);
    }

    /**
     * Writes an action that OpenFlow 1.0 lacks in the extensions' form.
     *
     * @return false when they have none either
     */
    static boolean encodeInstead(ByteBuf out, Action action) {
        int start = out.writerIndex();
        switch (action) {
            case Action.SetQueue queue -> {
                begin(out, SET_QUEUE);
                out.writeZero(2).writeInt(queue.queueId());
            }
            case Action.PushMpls push -> {
                begin(out, PUSH_MPLS);
                out.writeShort(push.etherType());
            }
            case Action.PopMpls pop -> {
                begin(out, POP_MPLS);
                out.writeShort(pop.etherType());
            }
            case Action.SetMplsTtl set -> {
                begin(out, SET_MPLS_TTL);
                out.writeByte(set.ttl());
            }
            case Action.DecMplsTtl _ -> begin(out, DEC_MPLS_TTL);
            case Action.DecNwTtl _ -> begin(out, DEC_TTL);
            case Action.SetNwTtl set -> load(out, new Action.SetField(MatchField.NW_TTL, set.ttl()));
            default -> {
                return false;
            }
        }
        if (!(action instanceof Action.SetNwTtl)) {
            ActionCodec.close(out, start);
        }
        return true;
    }

    static void outputField(ByteBuf out, Action.OutputField output) {
        int start = begin(out, OUTPUT_REG);
        out.writeShort(output.bit() << 6 | (output.bits() - 1));
        field(out, output.field(), output.bit() + output.bits() - 1);
        out.writeShort(output.maxLength()).writeZero(6);
        ActionCodec.close(out, start);
    }
}
