package io.heddle.flow.pipeline;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;

/**
 * What a packet-in says beside the packet: in_port, metadata, tunnel fields, registers, packet mark.
 *
 * <p>Threading: only pure functions.
 */
final class PuntFields {
    private static final int[] FROM_PACKET = {
        KeyLayout.W_TUN_ID,
        KeyLayout.W_TUN_IPV4,
        KeyLayout.W_TUN_MISC,
        KeyLayout.W_TUN_IPV6_SRC,
        KeyLayout.W_TUN_IPV6_SRC + 1,
        KeyLayout.W_TUN_IPV6_DST,
        KeyLayout.W_TUN_IPV6_DST + 1
    };

    private PuntFields() {}

    /**
     * The fields that are not zero. The packet's own among them become part of the megaflow, which carries their values.
     *
     * @param looked gets the packet's fields
     */
    static Match of(FlowKey key, FlowMask looked) {
        FlowMask mask = new FlowMask();
        mask.add(MatchField.IN_PORT);
        for (int word : FROM_PACKET) {
            looked.addWord(word, -1L);
            if (key.word(word) != 0) {
                mask.addWord(word, -1L);
            }
        }
        looked.add(MatchField.PKT_MARK);
        if (key.getLong(MatchField.PKT_MARK) != 0) {
            mask.add(MatchField.PKT_MARK);
        }
        for (int word = KeyLayout.W_METADATA; word < KeyLayout.W_CONJ_ACTSET; word++) {
            if (key.word(word) != 0) {
                mask.addWord(word, -1L);
            }
        }
        return Match.of(key, mask);
    }
}
