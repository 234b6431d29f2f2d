package io.heddle.controller.channel;

import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.flow.table.FlowMod;
import java.util.List;

/** What a session tells. Called on the controller loop's thread. */
public interface SessionListener {
    /** How a session is. */
    enum State {
        /** Trying. */
        CONNECTING,
        /** There is a connection; bridges come up one by one. */
        CONNECTED,
        /** Over: whoever connected will come with a new session, if at all. */
        ENDED
    }

    /** Why a flow is gone. */
    enum Removal {
        /** Its idle or hard timeout. */
        TIMEOUT,
        /** Somebody deleted it, or what it referred to. */
        DELETED,
        /** The table was full. */
        EVICTED
    }

    /** The connection was made or lost; {@code reason} for people, empty when it was made. */
    void onState(SwitchSession session, State state, String reason);

    /**
     * This controller is a bridge's primary, again or for the first time.
     *
     * @param flows all that are there
     */
    void onBridgeUp(SwitchSession session, SwitchView view, List<FlowMod> flows);

    /** A bridge is gone, unreachable, or another controller is its primary ({@code secondary}). */
    void onBridgeDown(SwitchSession session, SwitchView view, boolean secondary);

    void onPacketIn(SwitchSession session, SwitchView view, int inPort, int tableId, Frame frame);

    /** A port is new or changed; {@code view} has it already. */
    void onPortChanged(SwitchSession session, SwitchView view, SwitchPort port);

    /** A port is gone; {@code view} has it no more. */
    void onPortRemoved(SwitchSession session, SwitchView view, SwitchPort port);

    void onFlowRemoved(SwitchSession session, SwitchId id, FlowMod flow, Removal reason);
}
