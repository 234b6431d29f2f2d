package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.lldp.Neighbour;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.pipeline.SpanningState;
import java.util.List;

/**
 * A port of a bridge at one moment.
 *
 * @param number OpenFlow number, {@link io.heddle.flow.action.Ports#LOCAL} for the bridge's own
 * @param vlans that it carries for NORMAL
 * @param macAddress 48 bits, 0 when it has none
 * @param mtu octets of a layer 3 packet, 0 when it has no limit of its own
 * @param config bits {@code CONFIG_*}, as {@code OFPPC_*} of OpenFlow 1.3
 * @param linkUp the device can pass packets
 * @param speedKbps current, 0 when not known
 * @param durationNs since it was added
 * @param layer2 what it is to the protocols of layer 2
 * @param io how frames pass between the interface and the switch, like {@code af_xdp native}; empty where there is one way only
 */
public record PortState(
        int number,
        String name,
        PortConfiguration.PortType type,
        PortVlans vlans,
        long macAddress,
        int mtu,
        int config,
        boolean linkUp,
        long speedKbps,
        Counters counters,
        long durationNs,
        Layer2 layer2,
        String io) {
    /** {@code OFPPC_PORT_DOWN}. */
    public static final int CONFIG_DOWN = 1;

    /** {@code OFPPC_NO_RECV}: what is received is dropped. */
    public static final int CONFIG_NO_RECEIVE = 1 << 2;

    /** {@code OFPPC_NO_FLOOD} of OpenFlow 1.0; Open vSwitch knows it in all versions. */
    public static final int CONFIG_NO_FLOOD = 1 << 4;

    /** {@code OFPPC_NO_FWD}: what is to be sent is dropped. */
    public static final int CONFIG_NO_FORWARD = 1 << 5;

    /** {@code OFPPC_NO_PACKET_IN}: no table-miss packet-in for its packets. */
    public static final int CONFIG_NO_PACKET_IN = 1 << 6;

    /** All bits that a port_mod may change. */
    public static final int CONFIG_MASK =
            CONFIG_DOWN | CONFIG_NO_RECEIVE | CONFIG_NO_FLOOD | CONFIG_NO_FORWARD | CONFIG_NO_PACKET_IN;

    /**
     * What a port is to the protocols of layer 2.
     *
     * @param spanning what the spanning tree lets it do
     * @param role in the spanning tree, such as {@code root}; empty while it takes no part
     * @param bond that it belongs to; empty for none
     * @param bondState {@code active}, {@code enabled} or {@code disabled}, and what LACP says
     * @param neighbours that LLDP has heard
     */
    public record Layer2(
            SpanningState spanning, String role, String bond, String bondState, List<Neighbour> neighbours) {
        /** No protocol is spoken. */
        public static final Layer2 NONE = new Layer2(SpanningState.OFF, "", "", "", List.of());

        public Layer2 {
            neighbours = List.copyOf(neighbours);
        }

        /** Says whether its bond does not use it now. */
        public boolean isDisabledInBond() {
            return bondState.startsWith("disabled");
        }

        Layer2 withSpanning(SpanningState state, String newRole) {
            return new Layer2(state, newRole, bond, bondState, neighbours);
        }

        Layer2 withBond(String name, String state) {
            return new Layer2(spanning, role, name, state, neighbours);
        }

        Layer2 withNeighbours(List<Neighbour> others) {
            return new Layer2(spanning, role, bond, bondState, others);
        }
    }

    public boolean isDown() {
        return (config & CONFIG_DOWN) != 0;
    }

    /** What went through the port since it was added. */
    public record Counters(
            long rxPackets,
            long txPackets,
            long rxOctets,
            long txOctets,
            long rxDropped,
            long txDropped,
            long rxErrors,
            long txErrors) {
        public static final Counters NONE = new Counters(0, 0, 0, 0, 0, 0, 0, 0);
    }
}
