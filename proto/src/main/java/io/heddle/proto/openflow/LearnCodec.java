package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.action.LearnSpec.Part;
import io.heddle.flow.action.LearnSpec.Target;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The actions {@code learn} and {@code fin_timeout} of Open vSwitch's extensions.
 *
 * <pre>
 *   learn    idle 16 | hard 16 | priority 16 | cookie 64 | flags 16 | table 8 | 0 (8) | fin idle 16 | fin hard 16 | parts
 *   learn2   as learn up to its parts | limit 32 | first bit of the result 16 | 0 (16) | field of the result | parts
 *   part     0 (2) | 1: a value 1 | target 2 | 0 (1) | bits 10 | field and first bit, or value in 16 bit units | field and first bit
 * </pre>
 */
final class LearnCodec {
    static final int LEARN = 16;
    static final int FIN_TIMEOUT = 19;
    static final int LEARN2 = 45;

    private static final int SEND_FLOW_REM = 1;
    private static final int DELETE_LEARNED = 2;
    private static final int WRITE_RESULT = 4;

    private static final int BITS = 0x3ff;
    private static final int TARGET_SHIFT = 11;
    private static final int IS_VALUE = 1 << 13;

    /** By their numbers on the wire. */
    private static final List<Target> TARGETS = List.of(Target.MATCH, Target.LOAD, Target.OUTPUT);

    private LearnCodec() {}

    static Action decodeFinTimeout(Reader in) throws FlowException {
        return new Action.FinTimeout(in.u16(), in.u16());
    }

    /** Reads {@code learn} or {@code learn2} from its timeouts on. */
    static Action decode(Reader in, int subtype, String where) throws FlowException {
        int idle = in.u16();
        int hard = in.u16();
        int priority = in.u16();
        long cookie = in.i64();
        int flags = in.u16();
        int table = in.u8();
        in.skip(1);
        int finIdle = in.u16();
        int finHard = in.u16();
        int known = SEND_FLOW_REM | DELETE_LEARNED | (subtype == LEARN2 ? WRITE_RESULT : 0);
        if ((flags & ~known) != 0) {
            throw bad(where, "flags 0x%x of learn are not known".formatted(flags));
        }
        int limit = 0;
        Subfield result = null;
        if (subtype == LEARN2) {
            limit = in.i32();
            int bit = in.u16();
            in.skip(2);
            if ((flags & WRITE_RESULT) != 0) {
                MatchField field = NiciraActions.fieldOf(in, where);
                NiciraActions.within(field, bit, 1, where);
                result = new Subfield(field, bit, 1);
            }
        }
        return new Action.Learn(new LearnSpec(
                table,
                priority,
                cookie,
                idle,
                hard,
                finIdle,
                finHard,
                (flags & SEND_FLOW_REM) != 0,
                (flags & DELETE_LEARNED) != 0,
                limit,
                result,
                parts(in, where)));
    }

    private static List<Part> parts(Reader in, String where) throws FlowException {
        List<Part> parts = new ArrayList<>();
        while (in.remaining() >= 2) {
            int header = in.u16();
            if (header == 0) {
                break;
            }
            parts.add(part(in, header, where + ".parts[" + parts.size() + "]"));
        }
        while (in.remaining() > 0) {
            if (in.u8() != 0) {
                throw bad(where, "what follows the last part of learn is not zero");
            }
        }
        return parts;
    }

    private static Part part(Reader in, int header, String where) throws FlowException {
        int bits = header & BITS;
        int target = header >>> TARGET_SHIFT & 3;
        boolean isValue = (header & IS_VALUE) != 0;
        if (bits == 0
                || header >>> 14 != 0
                || (header & 1 << 10) != 0
                || target >= TARGETS.size()
                || isValue && target == 2) {
            throw bad(where, "the header 0x%04x of a part of learn is not known".formatted(header));
        }
        Subfield source = null;
        Bits value = Bits.ZERO;
        if (!isValue) {
            source = subfield(in, bits, where);
        } else {
            int octets = (bits + 15) / 16 * 2;
            if (octets > 16 || octets > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_LEN, where, "a value of %d octets is too long".formatted(octets));
            }
            value = OxmCodec.value(in, octets);
            if (!value.and(Bits.ones(bits).not()).isZero()) {
                throw bad(where, "the value does not fit into " + bits + " bits");
            }
        }
        Target kind = TARGETS.get(target);
        return new Part(kind, kind == Target.OUTPUT ? null : subfield(in, bits, where), source, value);
    }

    private static Subfield subfield(Reader in, int bits, String where) throws FlowException {
        MatchField field = NiciraActions.fieldOf(in, where);
        int bit = in.u16();
        NiciraActions.within(field, bit, bits, where);
        return new Subfield(field, bit, bits);
    }

    private static FlowException bad(String where, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, what);
    }

    static void encode(ByteBuf out, Action.FinTimeout fin) {
        int start = NiciraActions.begin(out, FIN_TIMEOUT);
        out.writeShort(fin.idleTimeoutSeconds())
                .writeShort(fin.hardTimeoutSeconds())
                .writeShort(0);
        ActionCodec.close(out, start);
    }

    static void encode(ByteBuf out, LearnSpec spec) {
        Subfield result = spec.result();
        boolean isLong = spec.limit() != 0 || result != null;
        int start = NiciraActions.begin(out, isLong ? LEARN2 : LEARN);
        out.writeShort(spec.idleTimeoutSeconds())
                .writeShort(spec.hardTimeoutSeconds())
                .writeShort(spec.priority())
                .writeLong(spec.cookie())
                .writeShort((spec.sendsFlowRemoved() ? SEND_FLOW_REM : 0)
                        | (spec.isDeletedWithIt() ? DELETE_LEARNED : 0)
                        | (result != null ? WRITE_RESULT : 0))
                .writeByte(spec.tableId())
                .writeByte(0)
                .writeShort(spec.finIdleTimeoutSeconds())
                .writeShort(spec.finHardTimeoutSeconds());
        if (isLong) {
            out.writeInt(spec.limit())
                    .writeShort(result == null ? 0 : result.bit())
                    .writeShort(0);
        }
        if (result != null) {
            NiciraActions.field(out, result.field(), result.bit());
        }
        spec.parts().forEach(part -> encode(out, part));
        ActionCodec.close(out, start);
    }

    private static void encode(ByteBuf out, Part part) {
        Subfield source = part.source();
        Subfield destination = part.destination();
        int bits = destination != null ? destination.bits() : source != null ? source.bits() : 0;
        out.writeShort((source == null ? IS_VALUE : 0) | TARGETS.indexOf(part.target()) << TARGET_SHIFT | bits);
        if (source == null) {
            OxmCodec.value(out, part.value(), (bits + 15) / 16 * 2);
        }
        encode(out, source);
        encode(out, destination);
    }

    private static void encode(ByteBuf out, @Nullable Subfield bits) {
        if (bits != null) {
            NiciraActions.field(out, bits.field(), bits.bit() + bits.bits() - 1);
            out.writeShort(bits.bit());
        }
    }
}
