package io.heddle.flow.pipeline;

import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.match.Match;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of the short program that a megaflow executes on its packets. All decisions have been taken: ports are datapath port
 * numbers, groups are gone, and rewrites are final values.
 */
public sealed interface DatapathAction {
    /** Sends the packet as it is now to a datapath port (unique in the process). */
    record Output(int port) implements DatapathAction {}

    /** Cuts the next output to at most {@code maxLength} octets. */
    record Truncate(int maxLength) implements DatapathAction {}

    /**
     * Writes header fields and packet metadata (tunnel, mark, queue): for every word of {@code rewrite}, the bits of its mask. Headers
     * that the packet does not have are not made. Checksums are kept right.
     */
    record SetFields(Match rewrite) implements DatapathAction {}

    /** Inserts an outermost VLAN tag; bit 12 of {@code tci} is sent as 0. */
    record PushVlan(int etherType, int tci) implements DatapathAction {}

    record PopVlan() implements DatapathAction {}

    /** Inserts an outermost MPLS label stack entry and sets the Ethernet type. */
    record PushMpls(int etherType, int labelStackEntry) implements DatapathAction {}

    /** Removes the outermost label stack entry and sets the Ethernet type. */
    record PopMpls(int etherType) implements DatapathAction {}

    /** Copies a TTL between the outermost label and what is below it; {@code isInward} from the label. */
    record CopyTtl(boolean isInward) implements DatapathAction {}

    /** Inserts an 802.1ah I-TAG and a copy of the Ethernet addresses before it. */
    record PushPbb(int etherType, int serviceTag) implements DatapathAction {}

    record PopPbb() implements DatapathAction {}

    /** Drops the packet if the meter says so; packets within the rate go on. */
    record Meter(int bridge, int meterId) implements DatapathAction {}

    /**
     * Copies the packet as it is now to the controllers of a bridge.
     *
     * @param reason {@code OFPR_*}
     * @param maxLength octets to send, 65535 for all
     * @param pipelineFields non-zero pipeline fields (in_port as the bridge numbers it, metadata, tunnel, registers)
     * @param userdata what the flow says to the controllers, octets in hexadecimal
     * @param continuation how the packet goes on when a controller sends it back; null when it is a copy only
     */
    record Punt(
            int bridge,
            int reason,
            int maxLength,
            int controllerId,
            int tableId,
            long cookie,
            Match pipelineFields,
            String userdata,
            @Nullable FrozenState continuation)
            implements DatapathAction {
        /** A copy of which nothing more is said. */
        public Punt(
                int bridge,
                int reason,
                int maxLength,
                int controllerId,
                int tableId,
                long cookie,
                Match pipelineFields) {
            this(bridge, reason, maxLength, controllerId, tableId, cookie, pipelineFields, "", null);
        }
    }

    /** Executes {@code actions} on a copy of the packet; the packet itself goes on as it was. */
    record Clone(List<DatapathAction> actions) implements DatapathAction {
        public Clone {
            actions = List.copyOf(actions);
        }
    }

    /**
     * Has the connection tracker look at the packet, and translate it if asked: what it says goes with the packet. Does nothing to packets
     * that are not IP but say that they are not tracked.
     */
    record Conntrack(TrackRequest request) implements DatapathAction {}

    /** Takes away what the connection tracker said of the packet. */
    record ConntrackClear() implements DatapathAction {}

    /**
     * Executes one list or the other, and is always the last action.
     *
     * @param length octets from the Ethernet header on; of a super-frame each segment counts
     */
    record CheckLength(int length, List<DatapathAction> ifLonger, List<DatapathAction> otherwise)
            implements DatapathAction {
        public CheckLength {
            ifLonger = List.copyOf(ifLonger);
            otherwise = List.copyOf(otherwise);
        }
    }

    /** Extracts the key again and looks the packet up with this recirculation id. Always the last action. */
    record Recirculate(int recirculationId) implements DatapathAction {}
}
