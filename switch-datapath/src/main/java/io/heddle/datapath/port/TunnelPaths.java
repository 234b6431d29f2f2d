package io.heddle.datapath.port;

import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.os.PathMtu;

/**
 * What routing says of the paths to remote addresses, asked again every second.
 *
 * <p>Thread safety: none; belongs to one poll loop.
 */
final class TunnelPaths {
    private static final long LIFETIME_NS = 1_000_000_000;
    private static final int SLOTS = 64;

    private final IpAddress local;
    private final PathMtu routing = new PathMtu();

    // By remote address; valid until validUntil.
    private final long[] remoteHigh = new long[SLOTS];
    private final long[] remoteLow = new long[SLOTS];
    private final int[] mtus = new int[SLOTS];
    private final int[] sources = new int[SLOTS];
    private final long[] validUntil = new long[SLOTS];

    private int slot;

    /** @param local own address, none for what routing chooses */
    TunnelPaths(IpAddress local) {
        this.local = local;
    }

    /** Looks the path to an address up; {@link #mtu} and {@link #source} are about it from then on. */
    void look(long high, long low, long nowNs) {
        slot = (int) ((high * 31 + low) * 0x9e3779b97f4a7c15L >>> 58);
        if (remoteHigh[slot] != high || remoteLow[slot] != low || nowNs - validUntil[slot] >= 0) {
            remoteHigh[slot] = high;
            remoteLow[slot] = low;
            mtus[slot] = routing.to(local, high, low);
            sources[slot] = routing.source();
            validUntil[slot] = nowNs + LIFETIME_NS;
        }
    }

    /** The longest IP packet in octets, negative without a route. */
    int mtu() {
        return mtus[slot];
    }

    /** The IPv4 source address, 0 if not known. */
    int source() {
        return sources[slot];
    }
}
