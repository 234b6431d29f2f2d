package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.HashFields;
import io.heddle.flow.action.LinkAlgorithm;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The actions {@code multipath}, {@code bundle}, {@code bundle_load} and {@code output} with {@code max_len} of Open vSwitch's extensions.
 *
 * <pre>
 *   multipath     fields 16 | basis 16 | 0 (16) | algorithm 16 | highest link 16 | argument 32 | 0 (16) | first bit and bits 16 | field
 *   output_trunc  port 16 | octets 32
 *   bundle        algorithm 16 | fields 16 | basis 16 | type of members (in_port) 32 | how many 16 | first bit and bits 16 | field 32
 *                 | 0 (32) | members, 16 each
 * </pre>
 */
final class LinkCodec {
    static final int MULTIPATH = 10;
    static final int BUNDLE = 12;
    static final int BUNDLE_LOAD = 13;
    static final int OUTPUT_TRUNC = 39;

    private static final int ACTIVE_BACKUP = 0;
    private static final int HIGHEST_WEIGHT = 1;

    /** Header of the extensions' in_port. */
    private static final int PORTS = 0x00000002;

    private LinkCodec() {}

    static Action decodeMultipath(Reader in, String where) throws FlowException {
        HashFields fields = fields(in.u16(), where);
        int basis = in.u16();
        in.skip(2);
        int number = in.u16();
        LinkAlgorithm algorithm = LinkAlgorithm.byNumber(number)
                .orElseThrow(() -> bad(where, "algorithm " + number + " of multipath is not known"));
        int links = in.u16() + 1;
        int argument = in.i32();
        in.skip(2);
        int range = in.u16();
        Subfield to = subfield(NiciraActions.fieldOf(in, where), range, where);
        try {
            return new Action.Multipath(fields, basis, algorithm, links, argument, to);
        } catch (IllegalArgumentException e) {
            throw bad(where, String.valueOf(e.getMessage()));
        }
    }

    static Action decodeBundle(Reader in, int subtype, String where) throws FlowException {
        int algorithm = in.u16();
        HashFields fields = fields(in.u16(), where);
        int basis = in.u16();
        int type = in.i32();
        int count = in.u16();
        int range = in.u16();
        Subfield to = null;
        if (subtype == BUNDLE_LOAD) {
            to = subfield(NiciraActions.fieldOf(in, where), range, where);
        } else {
            in.skip(4);
        }
        in.skip(4);
        if (algorithm != ACTIVE_BACKUP && algorithm != HIGHEST_WEIGHT) {
            throw bad(where, "algorithm " + algorithm + " of bundle is not known");
        }
        if (type != PORTS) {
            throw bad(where, "members of type 0x%08x are not known, 0x%08x (ports) is right".formatted(type, PORTS));
        }
        if (count > in.remaining() / 2) {
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_LEN, where, "there is no room for " + count + " members");
        }
        List<Integer> members = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            members.add(OxmCodec.widePort(in.u16()));
        }
        try {
            return new Action.Bundle(fields, basis, algorithm == HIGHEST_WEIGHT, members, to);
        } catch (IllegalArgumentException e) {
            throw bad(where, String.valueOf(e.getMessage()));
        }
    }

    private static HashFields fields(int number, String where) throws FlowException {
        return HashFields.byNumber(number)
                .orElseThrow(() -> bad(where, "hash fields " + number + " are not known, 0 to 6 are right"));
    }

    private static Subfield subfield(MatchField field, int range, String where) throws FlowException {
        int bit = range >>> 6;
        int bits = (range & 0x3f) + 1;
        NiciraActions.within(field, bit, bits, where);
        return new Subfield(field, bit, bits);
    }

    private static FlowException bad(String where, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, what);
    }

    static Action decodeOutput(Reader in, String where) throws FlowException {
        int port = OxmCodec.widePort(in.u16());
        int maxLength = in.i32();
        try {
            return new Action.OutputTruncated(port, maxLength);
        } catch (IllegalArgumentException e) {
            throw bad(where, String.valueOf(e.getMessage()));
        }
    }

    static void encode(ByteBuf out, Action.OutputTruncated output) {
        int start = NiciraActions.begin(out, OUTPUT_TRUNC);
        out.writeShort(output.port()).writeInt(output.maxLength());
        ActionCodec.close(out, start);
    }

    static void encode(ByteBuf out, Action.Multipath multipath) {
        int start = NiciraActions.begin(out, MULTIPATH);
        Subfield to = multipath.destination();
        out.writeShort(multipath.fields().number())
                .writeShort(multipath.basis())
                .writeShort(0)
                .writeShort(multipath.algorithm().number())
                .writeShort(multipath.links() - 1)
                .writeInt(multipath.argument())
                .writeShort(0)
                .writeShort(to.bit() << 6 | (to.bits() - 1));
        NiciraActions.field(out, to.field(), to.bit() + to.bits() - 1);
        ActionCodec.close(out, start);
    }

    /** Numbers of more than 16 bits, which the extension cannot say, become none. */
    static void encode(ByteBuf out, Action.Bundle bundle) {
        Subfield to = bundle.destination();
        int start = NiciraActions.begin(out, to == null ? BUNDLE : BUNDLE_LOAD);
        out.writeShort(bundle.byWeight() ? HIGHEST_WEIGHT : ACTIVE_BACKUP)
                .writeShort(bundle.fields().number())
                .writeShort(bundle.basis())
                .writeInt(PORTS)
                .writeShort(bundle.members().size());
        if (to == null) {
            out.writeShort(0).writeInt(0);
        } else {
            out.writeShort(to.bit() << 6 | (to.bits() - 1));
            NiciraActions.field(out, to.field(), to.bit() + to.bits() - 1);
        }
        out.writeInt(0);
        for (int member : bundle.members()) {
            boolean isSayable = member >>> 16 == 0 || Integer.compareUnsigned(member, Ports.MAX) > 0;
            out.writeShort(isSayable ? member : Ports.ANY);
        }
        ActionCodec.close(out, start);
    }
}
