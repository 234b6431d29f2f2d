package io.heddle.flow.pipeline;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a packet-in says beside the packet: in_port, metadata, tunnel fields, registers, packet mark, the connection.
 *
 * <p>Threading: only pure functions.
 */
final class PuntFields {
    private static final int[] TUNNEL = IntStream.concat(
                    IntStream.rangeClosed(KeyLayout.W_TUN_ID, KeyLayout.W_TUN_IPV6_DST + 1),
                    IntStream.range(KeyLayout.W_TUN_OPTIONS, KeyLayout.PACKET_WORDS))
            .toArray();

    private static final List<MatchField> CONNECTION = List.of(
            MatchField.CT_STATE,
            MatchField.CT_ZONE,
            MatchField.CT_MARK,
            MatchField.CT_LABEL,
            MatchField.CT_NW_SRC,
            MatchField.CT_NW_DST,
            MatchField.CT_IPV6_SRC,
            MatchField.CT_IPV6_DST,
            MatchField.CT_NW_PROTO,
            MatchField.CT_TP_SRC,
            MatchField.CT_TP_DST);

    private PuntFields() {}

    /**
     * The fields that are not zero. The packet's own among them become part of the megaflow, which carries their values.
     *
     * @param mayHaveTunnel whether the packet came out of a tunnel; those fields of other packets are 0 unless written
     * @param mayHaveMark whether the packet was marked before; the mark of a new packet is 0 unless written
     */
    static Match of(PacketState packet, boolean mayHaveTunnel, boolean mayHaveMark) {
        FlowKey key = packet.key;
        FlowMask from = new FlowMask();
        if (mayHaveTunnel) {
            for (int word : TUNNEL) {
                from.addWord(word, -1L);
            }
        }
        if (mayHaveMark) {
            from.add(MatchField.PKT_MARK);
        }
        if (packet.isTracked()) {
            CONNECTION.forEach(from::add);
            from.add(MatchField.ETH_TYPE);
        }
        packet.look(from);
        FlowMask mask = new FlowMask();
        mask.add(MatchField.IN_PORT);
        for (int word : TUNNEL) {
            addIfNotZero(mask, key, word, mayHaveTunnel ? -1L : packet.ownedBits(word));
        }
        long mark = MatchField.PKT_MARK.wordMask();
        int markWord = MatchField.PKT_MARK.word();
        addIfNotZero(mask, key, markWord, mayHaveMark ? mark : mark & packet.ownedBits(markWord));
        for (int word = KeyLayout.W_METADATA; word < KeyLayout.W_CONJ_ACTSET; word++) {
            // Two registers share a word.
            boolean isPair = word >= KeyLayout.W_REG0;
            addIfNotZero(mask, key, word, isPair ? 0xffffffffL : -1L);
            addIfNotZero(mask, key, word, isPair ? 0xffffffffL << 32 : -1L);
        }
        if (packet.isTracked() && key.getLong(MatchField.CT_STATE) != 0) {
            addConnection(mask, packet);
        }
        return Match.of(key, mask);
    }

    /** What the connection tracker has said; the Ethernet type says of which protocol the addresses are. */
    private static void addConnection(FlowMask mask, PacketState packet) {
        FlowKey key = packet.key;
        mask.add(MatchField.CT_STATE).add(MatchField.ETH_TYPE);
        for (MatchField field : List.of(MatchField.CT_ZONE, MatchField.CT_MARK, MatchField.CT_LABEL)) {
            if (!key.get(field).isZero()) {
                mask.add(field);
            }
        }
        if (key.getLong(MatchField.CT_NW_PROTO) != 0 && packet.isIp()) {
            boolean isIpv6 = key.getLong(MatchField.ETH_TYPE) == 0x86dd;
            mask.add(isIpv6 ? MatchField.CT_IPV6_SRC : MatchField.CT_NW_SRC)
                    .add(isIpv6 ? MatchField.CT_IPV6_DST : MatchField.CT_NW_DST)
                    .add(MatchField.CT_NW_PROTO)
                    .add(MatchField.CT_TP_SRC)
                    .add(MatchField.CT_TP_DST);
        }
    }

    private static void addIfNotZero(FlowMask mask, FlowKey key, int word, long bits) {
        if ((key.word(word) & bits) != 0) {
            // Of the options, those that are there.
            mask.addWord(word, word == KeyLayout.W_TUN_OPTIONS ? key.word(word) & bits : bits);
        }
    }
}
