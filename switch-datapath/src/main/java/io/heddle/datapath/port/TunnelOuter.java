package io.heddle.datapath.port;

/**
 * What the outer headers of a tunnel say.
 *
 * @param checksum UDP over IPv4, GRE: there is a checksum; UDP over IPv6 always has one
 * @param tos DSCP in place: 0 to 252, a multiple of 4. ECN comes from the packet inside (RFC 6040)
 * @param isTosInherited DSCP comes from the IP packet inside, too
 * @param ttl 1 to 255, 0 for what the route says
 * @param isTtlInherited the TTL is that of the IP packet inside; of other packets what the route says
 * @param dontFragment IPv4: "don't fragment" is set
 * @param sequence GRE only: packets are numbered
 */
public record TunnelOuter(
        boolean checksum,
        int tos,
        boolean isTosInherited,
        int ttl,
        boolean isTtlInherited,
        boolean dontFragment,
        boolean sequence) {
    /** No checksum, DSCP 0, the route's TTL, may be fragmented. */
    public static final TunnelOuter DEFAULT = new TunnelOuter(false, 0, false, 0, false, false, false);

    public TunnelOuter {
        if (tos < 0 || tos > 252 || (tos & 3) != 0) {
            throw new IllegalArgumentException(
                    "tos: " + tos + " is not a DSCP in place: a multiple of 4 in [0, 252], or \"inherit\"");
        }
        if (ttl < 0 || ttl > 255) {
            throw new IllegalArgumentException("ttl: " + ttl + " is not in [1, 255], nor \"inherit\"");
        }
    }
}
