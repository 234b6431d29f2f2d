package io.heddle.controller.loop;

import io.heddle.controller.channel.SwitchSession;
import io.heddle.controller.core.Command;
import io.heddle.controller.core.SwitchView;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A connected bridge.
 *
 * <p>Thread: the controller loop.
 */
final class ManagedBridge {
    final SwitchSession session;

    /** Flow mods that wait for the write before them. */
    final List<FlowMod> pending = new ArrayList<>();

    /** A packet that must not overtake a write. */
    record HeldPacket(long afterWrite, Command.SendPacket send) {}

    /** Packets in order, each with the number of the write that it waits for. */
    final ArrayDeque<HeldPacket> heldPackets = new ArrayDeque<>();

    SwitchView view;

    /** A write is on its way: one at a time keeps them in order. */
    boolean isWriting;

    /** The flows have not been brought in line yet. */
    boolean reconciling = true;

    /** Writes so far. */
    long writes;

    /** Refused writes since the flows were last as they should be. */
    int refusals;

    /** Why the last of them was refused, for people. */
    String lastRefusal = "";

    /** When the flows are compared again, monotonic. */
    long auditAtNanos;

    long sinceMillis;

    ManagedBridge(SwitchSession session, SwitchView view, long sinceMillis) {
        this.session = session;
        this.view = view;
        this.sinceMillis = sinceMillis;
    }

    /** Sends a packet, after the flow mods that were wanted before it are in force. */
    void send(Command.SendPacket packet) {
        if (!pending.isEmpty()) {
            heldPackets.add(new HeldPacket(writes + 1, packet));
        } else if (isWriting) {
            heldPackets.add(new HeldPacket(writes, packet));
        } else {
            sendNow(packet);
        }
    }

    /** The last write is done: packets that waited for it may go. */
    void release() {
        while (!heldPackets.isEmpty() && heldPackets.getFirst().afterWrite() <= writes) {
            sendNow(heldPackets.removeFirst().send());
        }
    }

    private void sendNow(Command.SendPacket packet) {
        session.sendPacket(packet.id(), packet.inPort(), packet.actions(), packet.frame());
    }

    boolean isReady() {
        return !reconciling;
    }

    SwitchStatus status(int intendedFlows) {
        SwitchStatus.State state = reconciling ? SwitchStatus.State.RECONCILING : SwitchStatus.State.READY;
        return new SwitchStatus(session.target(), view, state, sinceMillis, intendedFlows, "");
    }
}
