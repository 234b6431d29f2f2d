package io.heddle.flow.conntrack;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much a tracker remembers, and how long.
 *
 * @param limit most connections, 1 to 2^29
 * @param zoneLimit most connections of a zone without a limit of its own; 0 for no limit
 * @param timeouts of zones without timeouts of their own
 * @param zones by number
 */
public record TrackerSettings(int limit, int zoneLimit, Timeouts timeouts, Map<Integer, Zone> zones) {
    public static final TrackerSettings DEFAULT =
            new TrackerSettings(ConnectionTracker.DEFAULT_LIMIT, 0, Timeouts.DEFAULT, Map.of());

    /**
     * What is different in a zone.
     *
     * @param limit most connections, 0 for no limit; null for that of other zones
     * @param timeouts null for those of other zones
     */
    public record Zone(@Nullable Integer limit, @Nullable Timeouts timeouts) {}

    public TrackerSettings {
        zones = Map.copyOf(zones);
        if (limit < 1 || limit > ConnectionTracker.MOST_LIMIT) {
            throw new IllegalArgumentException(
                    "limit %d is not in 1 to %d".formatted(limit, ConnectionTracker.MOST_LIMIT));
        }
        for (int zone : zones.keySet()) {
            if (zone < 0 || zone > 0xffff) {
                throw new IllegalArgumentException("zone " + zone + " is not in 0 to 65535");
            }
        }
    }

    /** Most connections of a zone; 0 for no limit. */
    public int limitOf(int zone) {
        Zone own = zones.get(zone);
        Integer limitOfZone = own == null ? null : own.limit;
        return limitOfZone == null ? zoneLimit : limitOfZone;
    }
}
