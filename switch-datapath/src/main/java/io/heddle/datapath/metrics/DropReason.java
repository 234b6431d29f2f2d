package io.heddle.datapath.metrics;

import java.util.List;
import java.util.Locale;

/** Why a packet was dropped. Every drop in the switch has one of these and is counted under it. */
public enum DropReason {
    /** The pool had no free frame. */
    NO_BUFFER("no free buffer for the packet or a copy of it"),
    /** The port's queue was full. */
    TX_FULL("the egress port could not take the packet at once"),
    /** The queue that the packet was for had no room. */
    QUEUE_FULL("the queue of the egress port was full: more was to be sent than its rate"),
    /** More came in than the port's rate of ingress policing. */
    POLICED("more came in than the ingress port's policing allows"),
    /** Too many packets wait for the poll loop that has the egress port. */
    HANDOFF_FULL("the poll loop that has the egress port is behind"),
    /** The system refused the packet. */
    TX_ERROR("the system refused to send the packet"),
    /** The egress interface is down or gone. */
    LINK_DOWN("the egress port has no working link"),
    /** The packet is longer than the egress port's MTU and is not a super-frame that could be cut. */
    MTU_EXCEEDED("the packet is longer than the MTU of the egress port"),
    /** The frame is too short for its headers, or its headers contradict each other. */
    MALFORMED("the frame's headers are incomplete or contradict each other"),
    /** The kernel had no room in the receive ring. */
    RX_OVERRUN("the receive ring was full"),
    /** The device gave a frame that was cut. */
    RX_TRUNCATED("the received frame was longer than a buffer"),
    /** Tunnel port without an entry for the key and address of the packet. */
    TUNNEL_UNKNOWN("no tunnel port takes the packet's addresses and key"),
    /** The outer header of a tunnel says "congestion experienced", and the packet inside cannot say so (RFC 6040 section 4.2). */
    TUNNEL_ECN("the tunnel's path was congested, and the packet inside cannot be marked"),
    /** No route or no neighbour for the tunnel's remote address. */
    NO_ROUTE("no route to the tunnel's remote address"),
    /** The frame is not IP, ARP or neighbour discovery. */
    NOT_LAYER_3("the frame is not IP, and the egress port is a layer 3 port"),
    /** The frame was flooded, or sent to another station than the layer 3 port. */
    NOT_FOR_PORT("the frame is for another Ethernet address than the layer 3 egress port's"),
    /** Nobody answered the layer 3 port's ARP request or neighbour solicitation. */
    NO_NEIGHBOUR("the Ethernet address of the packet's destination is not known yet: it has been asked for"),
    /** No flow matched in a bridge in fail-mode secure. */
    TABLE_MISS("no flow matched, and the table's miss entry drops"),
    /** The matching flow has no output. */
    NO_OUTPUT("the matching flow drops the packet"),
    /** All outputs were to the port that the packet came from. */
    OUTPUT_TO_IN_PORT("the packet would only go back to the port it came from"),
    /** No bucket of the group is live. */
    NO_LIVE_BUCKET("no bucket of the group is live"),
    /** Fragments are not wanted. */
    FRAGMENT("the packet is a fragment, and fragments are dropped"),
    /** NORMAL does not take packets of this VLAN from the port. */
    VLAN("the ingress port does not carry the packet's VLAN"),
    /** The spanning tree lets the port neither learn nor forward. */
    SPANNING_TREE("the spanning tree blocks the port"),
    /** The packet came by a member of a bond that the bond does not take it from. */
    BOND("the bond does not take the packet from this port of it"),
    /** There was no room for another header. */
    NO_HEADROOM("there was no room for another header"),
    /** The packet came in through a port that the flow tables say must not receive. */
    PORT_BLOCKED("the port is configured not to receive or not to forward"),
    /** A meter's rate was exceeded. */
    METER("the rate of a meter was exceeded"),
    /** TTL reached zero. */
    TTL_EXPIRED("the time to live ran out"),
    /** Controller queue full. */
    PUNT_FULL("the queue to the controllers was full"),
    /** No controller listens that the packet, or its copy, is for. */
    NO_CONTROLLER("the packet or its copy was for a controller that is not connected"),
    /** Recirculated too often. */
    RECIRC_LIMIT("the packet was recirculated too often"),
    /** As many packets as may be are on their way through a second look-up. */
    RECIRC_TABLE_FULL("all recirculation ids are in use"),
    /** The pipeline resubmitted, or patch ports nested, too deeply. */
    TRANSLATION_LIMIT("the pipeline was too deep: groups, resubmits or patch ports form a loop"),
    /** A fragment has octets that another one of its packet has too. */
    FRAGMENT_OVERLAP("the fragment overlaps another one of its packet"),
    /** The other fragments of the packet did not come in time. */
    FRAGMENT_TIMEOUT("the other fragments of the packet did not come"),
    /** As many fragments as may be wait for others. */
    FRAGMENT_LIMIT("too many fragments wait for others"),
    /** The tracker or the zone has as many connections as it may have, and the packet was to be translated. */
    CONNTRACK_FULL("the connection tracker is full, and the packet was to be translated"),
    /** An exception while the packet was processed: a bug. */
    INTERNAL_ERROR("an internal error while the packet was processed");

    /** All reasons, by index. */
    public static final List<DropReason> ALL = List.of(values());

    private final String sentence;

    DropReason(String sentence) {
        this.sentence = sentence;
    }

    /** Returns what happened, for people. */
    public String sentence() {
        return sentence;
    }

    /** Returns the place in {@link #ALL}, for arrays of counters; it is not stored or sent anywhere. */
    @SuppressWarnings("EnumOrdinal") // the one place that relies on it
    public int index() {
        return ordinal();
    }

    /** Returns the name in metrics and commands, like {@code mtu_exceeded}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
