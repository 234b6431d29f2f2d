package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.conntrack.Timeouts;
import io.heddle.flow.conntrack.TrackerSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How much the connection tracker remembers, and how long. The names of timeouts are those of Open vSwitch's {@code CT_Timeout_Policy}.
 *
 * @param limit most connections; 0 for the tracker's own limit
 * @param zoneLimit most connections of a zone that has no limit of its own, 0 for no limit
 * @param timeouts in seconds, by name; what is not there stays as it is by default
 */
public record ConntrackConfiguration(int limit, int zoneLimit, Map<String, Integer> timeouts, List<Zone> zones) {
    /** Nothing is set. */
    public static final ConntrackConfiguration DEFAULT = new ConntrackConfiguration(0, 0, Map.of(), List.of());

    /**
     * What is different in a zone.
     *
     * @param zone 0 to 65535
     * @param limit most connections, 0 for no limit; null for that of other zones
     * @param timeouts in seconds, by name; those that are not there are as in other zones
     */
    public record Zone(int zone, @Nullable Integer limit, Map<String, Integer> timeouts) {
        public Zone {
            timeouts = Map.copyOf(new TreeMap<>(timeouts));
        }
    }

    public ConntrackConfiguration {
        timeouts = Map.copyOf(timeouts);
        zones = List.copyOf(zones);
    }

    /** The limit that is in force. */
    public int effectiveLimit() {
        return limit == 0 ? ConnectionTracker.DEFAULT_LIMIT : limit;
    }

    /**
     * Checks the configuration.
     *
     * @param path of it, for errors
     * @throws ConfigurationException with the path of the first part that cannot be
     */
    public void check(String path) throws ConfigurationException {
        settings(path);
    }

    /** What it asks of a tracker; it has been checked. */
    public TrackerSettings settings() {
        try {
            return settings("conntrack");
        } catch (ConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    private TrackerSettings settings(String path) throws ConfigurationException {
        if (limit < 0 || limit > ConnectionTracker.MOST_LIMIT) {
            throw invalid(path + ".limit", "%d is not in 1 to %d".formatted(limit, ConnectionTracker.MOST_LIMIT));
        }
        checkLimit(zoneLimit, path + ".zone-limit");
        Timeouts ofAll = timeouts(Timeouts.DEFAULT, timeouts, path);
        Map<Integer, TrackerSettings.Zone> byNumber = new HashMap<>();
        for (int i = 0; i < zones.size(); i++) {
            Zone zone = zones.get(i);
            String at = path + ".zones[" + i + "]";
            if (zone.zone < 0 || zone.zone > 0xffff) {
                throw invalid(at + ".zone", zone.zone + " is not in 0 to 65535");
            }
            Integer own = zone.limit;
            if (own != null) {
                checkLimit(own, at + ".limit");
            }
            Timeouts ownTimeouts = zone.timeouts.isEmpty() ? null : timeouts(ofAll, zone.timeouts, at);
            if (byNumber.put(zone.zone, new TrackerSettings.Zone(own, ownTimeouts)) != null) {
                throw invalid(at + ".zone", "zone " + zone.zone + " is there twice");
            }
        }
        return new TrackerSettings(effectiveLimit(), zoneLimit, ofAll, byNumber);
    }

    private static void checkLimit(int limit, String path) throws ConfigurationException {
        if (limit < 0 || limit > ConnectionTracker.MOST_LIMIT) {
            throw invalid(
                    path, "%d is not in 0 to %d; 0 means no limit".formatted(limit, ConnectionTracker.MOST_LIMIT));
        }
    }

    private static Timeouts timeouts(Timeouts base, Map<String, Integer> changed, String path)
            throws ConfigurationException {
        try {
            return base.with(changed);
        } catch (IllegalArgumentException e) {
            // Its message begins with the name.
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(": ");
            throw invalid(path + ".timeouts." + message.substring(0, colon), message.substring(colon + 2));
        }
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }
}
