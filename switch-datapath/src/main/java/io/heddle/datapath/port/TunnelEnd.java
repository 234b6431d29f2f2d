package io.heddle.datapath.port;

import io.heddle.datapath.os.IpAddress;

/**
 * One end of a tunnel: an address, or what the flow says.
 *
 * @param isFromFlow the flow's {@code tun_dst}, {@code tun_src} or their IPv6 forms say it
 * @param address none if the flow says it, or where routing chooses an own address
 */
public record TunnelEnd(boolean isFromFlow, IpAddress address) {
    /** What the flow says. */
    public static final TunnelEnd FLOW = new TunnelEnd(true, IpAddress.NONE);

    /** An own address that routing chooses. */
    public static final TunnelEnd ROUTED = new TunnelEnd(false, IpAddress.NONE);

    public TunnelEnd {
        if (isFromFlow && !address.isNone()) {
            throw new IllegalArgumentException("give an address, or \"flow\"");
        }
    }

    public static TunnelEnd at(IpAddress address) {
        return new TunnelEnd(false, address);
    }

    /** Says whether packets with that address are from or for this end. */
    boolean takes(long high, long low) {
        return address.isNone() || address.high() == high && address.low() == low;
    }
}
