package io.heddle.flow.pipeline;

import io.heddle.flow.counter.HitCounter;
import org.jspecify.annotations.Nullable;

/**
 * What the pipeline knows of a port of a bridge.
 *
 * @param datapathPort number in the process, 1 or more
 * @param bridge number of the bridge, as in {@link BridgeView#id}
 * @param number OpenFlow port number, {@link io.heddle.flow.action.Ports#LOCAL} for the bridge's own port
 * @param isUp administratively up and with a link
 * @param peer datapath number of the other end of a patch port, 0 for other ports
 * @param isTunnel whether packets that leave by it take tunnel fields (tun_id, tun_dst ...) along
 * @param vlans that it carries for output to NORMAL
 * @param crossings counts what crosses a patch port, which no device counts; null for other ports
 * @param layer2 what it is to the protocols of layer 2
 */
public record PortInfo(
        int datapathPort,
        int bridge,
        int number,
        String name,
        boolean isUp,
        PortConfig config,
        int peer,
        boolean isTunnel,
        PortVlans vlans,
        @Nullable Crossings crossings,
        PortLayer2 layer2) {
    /**
     * Packets and octets through a patch port, octets as they came into the switch.
     *
     * @param sent to the peer
     * @param received from the peer
     */
    public record Crossings(HitCounter sent, HitCounter received) {}

    /**
     * {@code OFPPC_*} flags other than PORT_DOWN.
     *
     * @param noReceive drop what comes in
     * @param noForward send nothing out
     * @param noFlood leave the port out of floods
     * @param noPacketIn a table miss of a packet from this port does not go to the controller
     */
    public record PortConfig(boolean noReceive, boolean noForward, boolean noFlood, boolean noPacketIn) {
        public static final PortConfig DEFAULT = new PortConfig(false, false, false, false);
    }

    /** A port that carries all VLANs and whose crossings are not counted. */
    public PortInfo(
            int datapathPort,
            int bridge,
            int number,
            String name,
            boolean isUp,
            PortConfig config,
            int peer,
            boolean isTunnel) {
        this(datapathPort, bridge, number, name, isUp, config, peer, isTunnel, PortVlans.ALL, null, PortLayer2.PLAIN);
    }

    /** A plain port that is up. */
    public PortInfo(int datapathPort, int bridge, int number, String name) {
        this(datapathPort, bridge, number, name, true, PortConfig.DEFAULT, 0, false);
    }

    /** The same port with other VLANs. */
    public PortInfo withVlans(PortVlans others) {
        return new PortInfo(
                datapathPort, bridge, number, name, isUp, config, peer, isTunnel, others, crossings, layer2);
    }

    /** The same port with other protocols. */
    public PortInfo withLayer2(PortLayer2 other) {
        return new PortInfo(datapathPort, bridge, number, name, isUp, config, peer, isTunnel, vlans, crossings, other);
    }

    boolean canSend() {
        return isUp && !config.noForward() && layer2.spanning().forwards();
    }

    /** Number of the port, or of the bond that it belongs to. */
    int bundle() {
        Bond bond = layer2.bond();
        return bond == null ? number : bond.number();
    }

    /** Says whether it stands for itself, or for its bond. */
    boolean isBundle() {
        return bundle() == number;
    }
}
