package io.heddle.controller.core;

import io.heddle.controller.packet.Frame;
import java.util.List;

/** What apps are told. */
public sealed interface Event {
    /**
     * A bridge is connected and the controller is its primary. What apps intend for it now is compared with what it has.
     *
     * @param own flows that bear the controller's cookie and are there already: after a restart of the controller an app
     *     adopts those that it can explain, so that they keep their counters
     */
    record SwitchUp(SwitchView view, List<FlowIntent> own) implements Event {
        public SwitchUp {
            own = List.copyOf(own);
        }
    }

    /** The channel of a bridge is gone; its flows may go on working. */
    record SwitchDown(SwitchId id) implements Event {}

    /**
     * A packet came.
     *
     * @param frame whole, or cut to what the flow asked for
     */
    record PacketIn(SwitchView view, int inPort, int tableId, Frame frame) implements Event {}

    /** A port was added or changed. */
    record PortChanged(SwitchView view, SwitchPort port) implements Event {}

    /** A port is gone. */
    record PortRemoved(SwitchView view, SwitchPort port) implements Event {}

    /**
     * A bridge removed a flow by itself.
     *
     * @param intent as it was; it has been forgotten
     */
    record FlowExpired(SwitchId id, FlowIntent intent) implements Event {}

    /** Time has passed: comes every half second or so. */
    record Tick() implements Event {}

    /**
     * An app knows that an address belongs to a host.
     *
     * @param mac Ethernet address, lower 48 bits
     * @param ip IPv4 address
     */
    record AddressBound(Segment segment, int ip, long mac, Origin origin) implements Event {
        /** How it is known; a later one outweighs an earlier one. */
        public enum Origin {
            /** From ARP traffic. */
            TRAFFIC,
            /** A DHCP lease. */
            LEASE,
            /** An address of the controller's own. */
            OWN
        }
    }

    /** A lease ended. */
    record AddressReleased(Segment segment, int ip) implements Event {}
}
