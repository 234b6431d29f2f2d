package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.netty.buffer.ByteBuf;

/**
 * {@code ofp_match} as a version writes it: in fixed places in OpenFlow 1.1 ({@link Match11}), as fields with a type in later ones ({@link
 * OxmCodec}). OpenFlow 1.0's has no type and is read where it stands ({@link Match10}).
 */
final class MatchCodec {
    private final boolean isFixed;

    MatchCodec(OpenFlowVersion version) {
        this.isFixed = version == OpenFlowVersion.OPENFLOW_11;
    }

    /** Reads a whole match with its padding. A client of OpenFlow 1.1 may write the later form too, as with Open vSwitch. */
    Match read(Reader in) throws FlowException {
        if (!isFixed || in.remaining() < 4 || in.peek16(0) != Match11.TYPE) {
            return OxmCodec.match(in);
        }
        int length = in.peek16(2);
        if (length != Match11.OCTETS || length > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_LEN,
                    "match",
                    "length " + length + " with " + in.remaining() + " octets left: " + Match11.OCTETS + " is right");
        }
        in.skip(4);
        return Match11.decode(in);
    }

    /** Writes a whole match with its padding. */
    void write(ByteBuf out, Match match) {
        if (isFixed) {
            Match11.encode(out, match);
        } else {
            OxmCodec.match(out, match);
        }
    }
}
