package io.heddle.flow.pipeline;

/**
 * What the pipeline knows of a port of a bridge.
 *
 * @param datapathPort number in the process, 1 or more
 * @param bridge number of the bridge, as in {@link BridgeView#id}
 * @param number OpenFlow port number, {@link io.heddle.flow.action.Ports#LOCAL} for the bridge's own port
 * @param isUp administratively up and with a link
 * @param peer datapath number of the other end of a patch port, 0 for other ports
 * @param isTunnel whether packets that leave by it take tunnel fields (tun_id, tun_dst ...) along
 */
public record PortInfo(
        int datapathPort,
        int bridge,
        int number,
        String name,
        boolean isUp,
        PortConfig config,
        int peer,
        boolean isTunnel) {
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

    /** A plain port that is up. */
    public PortInfo(int datapathPort, int bridge, int number, String name) {
        this(datapathPort, bridge, number, name, true, PortConfig.DEFAULT, 0, false);
    }

    boolean canSend() {
        return isUp && !config.noForward();
    }
}
