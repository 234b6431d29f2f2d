package io.heddle.datapath.port;

/**
 * What tells the networks in tunnels between two hosts apart: VXLAN's and Geneve's network identifier, GRE's key.
 *
 * @param isFromFlow the flow's {@code tun_id} is the key
 * @param isSent GRE only: there is one; without one packets are sent without, and received without or with 0
 * @param value 0 if it is from the flow, or not sent
 */
public record TunnelKey(boolean isFromFlow, boolean isSent, int value) {
    /** What the flow says. */
    public static final TunnelKey FLOW = new TunnelKey(true, true, 0);

    /** No key: 0 where there must be one. */
    public static final TunnelKey NONE = new TunnelKey(false, false, 0);

    public TunnelKey {
        if (isFromFlow && value != 0) {
            throw new IllegalArgumentException("key: give a number, or \"flow\"");
        }
    }

    public static TunnelKey of(int value) {
        return new TunnelKey(false, true, value);
    }
}
