package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;

/**
 * Sends copies of the packet of one translation to controllers and to the switch itself.
 *
 * <p>Threading: none; belongs to one {@link Translator}.
 */
final class Punting {
    private final Translator translator;

    Punting(Translator translator) {
        this.translator = translator;
    }

    /** Sends a copy of the packet to the controllers. */
    void punt(int why, int maxLength, int controllerId) {
        BridgeView here = translator.bridge;
        if (here == null) {
            return;
        }
        PortInfo port = translator.world.topology().port(here.id(), translator.inPort());
        if (why == PacketInReason.NO_MATCH && port != null && port.config().noPacketIn()) {
            translator.trace.note("port " + port.name() + " sends no packet-ins for table misses (NO_PACKET_IN)");
            return;
        }
        translator.packet.commit(translator.out, false);
        PortInfo from = translator.world.topology().port((int) translator.original.getLong(MatchField.IN_PORT));
        boolean isRecirculated = translator.original.getLong(MatchField.RECIRC_ID) != 0;
        Match fields = PuntFields.of(translator.packet, from == null || from.isTunnel(), isRecirculated);
        translator.out.add(new DatapathAction.Punt(
                here.id(),
                why,
                maxLength,
                controllerId,
                translator.origin.tableId(),
                translator.origin.cookie(),
                fields));
    }

    /**
     * Sends a copy of the packet to the switch itself.
     *
     * @param why {@link PacketInReason#OWN_PROTOCOL} or {@link PacketInReason#MEMBERSHIP}
     */
    void puntProtocol(int why) {
        BridgeView here = translator.bridge;
        if (here != null) {
            translator.packet.commit(translator.out, false);
            Match port = Match.builder()
                    .exact(MatchField.IN_PORT, Integer.toUnsignedLong(translator.inPort()))
                    .build();
            translator.out.add(
                    new DatapathAction.Punt(here.id(), why, Action.WHOLE_PACKET, 0, 0, PacketInReason.NO_COOKIE, port));
            translator.trace.note("the switch itself is to hear of the packet");
        }
    }

    /** Why an output to CONTROLLER from here is made. */
    int puntReason() {
        if (translator.origin.isTableMiss()) {
            return PacketInReason.NO_MATCH;
        }
        return translator.reason;
    }
}
