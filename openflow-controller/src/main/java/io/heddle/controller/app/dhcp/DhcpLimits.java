package io.heddle.controller.app.dhcp;

/**
 * What one client or one port may use, so that nobody can use up an address pool or the server.
 *
 * @param maxLeasesPerPort most addresses that clients behind one port hold or are offered, 0: no limit
 * @param messagesPerSecond most messages of one client in a second, 0: no limit
 * @param maxOffers most offers that wait for their request
 * @param offerSeconds how long an offered address is kept
 * @param declineSeconds how long an address that a client found in use is given to nobody
 */
public record DhcpLimits(
        int maxLeasesPerPort, int messagesPerSecond, int maxOffers, int offerSeconds, int declineSeconds) {
    /** 1024 addresses behind a port, 20 messages a second, 65536 offers for 30 s, an address in use rests for 600 s. */
    public static final DhcpLimits DEFAULT = new DhcpLimits(1024, 20, 65536, 30, 600);

    public DhcpLimits {
        if (maxLeasesPerPort < 0 || messagesPerSecond < 0 || maxOffers < 1 || offerSeconds < 1 || declineSeconds < 1) {
            throw new IllegalArgumentException(
                    "maxLeasesPerPort and messagesPerSecond must be 0 or more, the others 1 or more");
        }
    }
}
