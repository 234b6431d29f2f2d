package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
        punt(new Action.Controller(maxLength, why, controllerId), null);
    }

    /**
     * Sends a copy of the packet to the controllers.
     *
     * @param continuation how the packet goes on when it is sent back; null when this is a copy only
     */
    void punt(Action.Controller action, @Nullable FrozenState continuation) {
        int why = action.reason();
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
        // Open vSwitch says table 0 of packets that pause, wherever they do.
        DatapathAction.Punt punt = new DatapathAction.Punt(
                here.id(),
                why,
                continuation == null ? action.maxLength() : Action.WHOLE_PACKET,
                action.controllerId(),
                continuation == null ? translator.origin.tableId() : 0,
                translator.origin.cookie(),
                fields,
                action.userdata(),
                continuation);
        limited(here, action.meterId() == 0 ? MeterMod.CONTROLLER : action.meterId(), punt);
    }

    /** Adds an action that a meter may prevent; the packet itself goes on. */
    private void limited(BridgeView here, int meterId, DatapathAction.Punt punt) {
        if (here.tables().meters().find(meterId, translator.world.version()) == null) {
            translator.out.add(punt);
        } else {
            translator.out.add(new DatapathAction.Clone(List.of(new DatapathAction.Meter(here.id(), meterId), punt)));
        }
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
            limited(
                    here,
                    MeterMod.SLOW_PATH,
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
