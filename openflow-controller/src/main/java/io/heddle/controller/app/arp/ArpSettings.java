package io.heddle.controller.app.arp;

/**
 * How the ARP proxy behaves.
 *
 * @param unknownTargets what happens to a request for an address that nobody taught it
 * @param floodPerSecond most requests of one port that are flooded in a second, 0: no limit
 * @param maxEntries most addresses that are remembered; above it those that were asked for longest ago go
 * @param ageingSeconds how long an address learned from traffic is remembered without being seen, 1 or more
 */
public record ArpSettings(Unknown unknownTargets, int floodPerSecond, int maxEntries, int ageingSeconds) {
    /** What happens to a request that cannot be answered. */
    public enum Unknown {
        /** Sent to every other port, at a limited rate. */
        FLOOD,
        /** Dropped. */
        SUPPRESS
    }

    /** Flood, 200 a second, 65536 entries, 1200 s. */
    public static final ArpSettings DEFAULT = new ArpSettings(Unknown.FLOOD, 200, 65536, 1200);

    public ArpSettings {
        if (floodPerSecond < 0 || maxEntries < 1 || ageingSeconds < 1) {
            throw new IllegalArgumentException(
                    "floodPerSecond must be 0 or more, maxEntries and ageingSeconds 1 or more");
        }
    }
}
