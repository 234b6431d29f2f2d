package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.HexFormat;

/**
 * Actions of Open vSwitch's extensions that say something about their flow or steer how actions are executed.
 *
 * <pre>
 *   push, pop     first bit 16 | field | bits 16
 *   clone         0 (48) | actions
 *   check larger  length 16 | bit 16 | field
 *   conjunction   dimension from 0 (8) | dimensions 8 | id 32
 *   note          octets, to the end
 * </pre>
 */
final class FlowActionCodec {
    static final int POP_QUEUE = 5;
    static final int NOTE = 8;
    static final int EXIT = 17;
    static final int DEC_NSH_TTL = 48;
    static final int PUSH = 27;
    static final int POP = 28;
    static final int CONJUNCTION = 34;
    static final int CLONE = 42;
    static final int CHECK_PKT_LARGER = 49;

    private static final int MAX_DEPTH = 32;
    private static final String CLONE_PATH = ".clone";

    private FlowActionCodec() {}

    static Action decodeConjunction(Reader in, String where) throws FlowException {
        int dimension = in.u8() + 1;
        int dimensions = in.u8();
        int id = in.i32();
        try {
            return new Action.Conjunction(id, dimension, dimensions);
        } catch (IllegalArgumentException e) {
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, "conjunction " + e.getMessage());
        }
    }

    static Action decodeClone(ActionCodec codec, Reader in, String where) throws FlowException {
        String path = where + CLONE_PATH;
        if (path.split("\\.clone", -1).length > MAX_DEPTH + 1) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_TOO_MANY, where, "more than " + MAX_DEPTH + " clones are in each other");
        }
        in.skip(6);
        return new Action.CloneActions(codec.actions(in, path));
    }

    static Subfield decodeStacked(Reader in, String where) throws FlowException {
        int bit = in.u16();
        MatchField field = NiciraActions.fieldOf(in, where);
        int bits = in.u16();
        NiciraActions.within(field, bit, bits, where);
        return new Subfield(field, bit, bits);
    }

    static Action decodeCheckPacketLarger(Reader in, String where) throws FlowException {
        int length = in.u16();
        int bit = in.u16();
        MatchField field = NiciraActions.fieldOf(in, where);
        NiciraActions.within(field, bit, 1, where);
        return new Action.CheckPacketLarger(length, new Subfield(field, bit, 1));
    }

    static Action decodeNote(Reader in) throws FlowException {
        byte[] octets = new byte[in.remaining()];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) in.u8();
        }
        return new Action.Note(HexFormat.of().formatHex(octets));
    }

    static void encode(ByteBuf out, Action.Conjunction part) {
        int start = NiciraActions.begin(out, CONJUNCTION);
        out.writeByte(part.dimension() - 1).writeByte(part.dimensions()).writeInt(part.id());
        ActionCodec.close(out, start);
    }

    static void encode(ActionCodec codec, ByteBuf out, Action.CloneActions clone) {
        int start = NiciraActions.begin(out, CLONE);
        out.writeZero(6);
        codec.actions(out, clone.actions());
        ActionCodec.close(out, start);
    }

    static void encodeStacked(ByteBuf out, int subtype, Subfield bits) {
        int start = NiciraActions.begin(out, subtype);
        out.writeShort(bits.bit());
        NiciraActions.field(out, bits.field(), bits.bit() + bits.bits() - 1);
        out.writeShort(bits.bits());
        ActionCodec.close(out, start);
    }

    static void encode(ByteBuf out, Action.CheckPacketLarger larger) {
        int start = NiciraActions.begin(out, CHECK_PKT_LARGER);
        Subfield to = larger.destination();
        out.writeShort(larger.length()).writeShort(to.bit());
        NiciraActions.field(out, to.field(), to.bit());
        ActionCodec.close(out, start);
    }

    /** An action without arguments. */
    static void encode(ByteBuf out, int subtype) {
        int start = NiciraActions.begin(out, subtype);
        out.writeZero(6);
        ActionCodec.close(out, start);
    }

    static void encode(ByteBuf out, Action.Note note) {
        int start = NiciraActions.begin(out, NOTE);
        out.writeBytes(HexFormat.of().parseHex(note.octets()));
        ActionCodec.close(out, start);
    }
}
