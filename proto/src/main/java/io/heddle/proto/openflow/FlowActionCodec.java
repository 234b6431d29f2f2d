package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;
import java.util.HexFormat;

/**
 * Actions of Open vSwitch's extensions that say something about their flow or steer how actions are executed.
 *
 * <pre>
 *   conjunction   dimension from 0 (8) | dimensions 8 | id 32
 *   note          octets, to the end
 * </pre>
 */
final class FlowActionCodec {
    static final int NOTE = 8;
    static final int CONJUNCTION = 34;

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

    static void encode(ByteBuf out, Action.Note note) {
        int start = NiciraActions.begin(out, NOTE);
        out.writeBytes(HexFormat.of().parseHex(note.octets()));
        ActionCodec.close(out, start);
    }
}
