package io.heddle.datapath.queue;

import io.heddle.datapath.buffer.Packet;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.HeaderRewriter;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;

/** Writes a DSCP (RFC 2474) into IP packets; others stay as they are. Immutable. */
final class DscpMark {
    private final Match rewrite;

    DscpMark(int dscp) {
        rewrite = Match.builder()
                .masked(MatchField.IP_DSCP, Bits.of(dscp), MatchField.IP_DSCP.allOnes())
                .build();
    }

    /** @param packet whose frame nobody else has */
    void write(Packet packet, HeaderRewriter rewriter) {
        int partialStart = packet.needsChecksum() ? packet.checksumStart() : -1;
        rewriter.rewrite(rewrite, packet.memory(), packet.offset(), packet.length(), partialStart);
    }
}
