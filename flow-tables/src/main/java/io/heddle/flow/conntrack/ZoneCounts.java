package io.heddle.flow.conntrack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@link TrackerSettings} say of each zone, where a packet finds it without a search, and how many connections a zone has.
 *
 * <p>Thread safety: none; belongs to a tracker.
 */
final class ZoneCounts {
    private static final int ZONES = 0x10000;

    private final int[] counts = new int[ZONES];
    private TrackerSettings settings = TrackerSettings.DEFAULT;

    /** Null while no zone has a limit of its own. */
    private int @Nullable [] limits;

    /** Null while no zone has timeouts of its own; so are the places of those that have none. */
    private @Nullable Timeouts @Nullable [] timeouts;

    void configure(TrackerSettings given) {
        settings = given;
        int[] ownLimits = null;
        @Nullable Timeouts[] ownTimeouts = null;
        for (int zone : given.zones().keySet()) {
            TrackerSettings.Zone own = given.zones().get(zone);
            if (own == null) {
                continue;
            }
            if (own.limit() != null) {
                ownLimits = ownLimits == null ? filled(given.zoneLimit()) : ownLimits;
                ownLimits[zone] = given.limitOf(zone);
            }
            if (own.timeouts() != null) {
                ownTimeouts = ownTimeouts == null ? new @Nullable Timeouts[ZONES] : ownTimeouts;
                ownTimeouts[zone] = own.timeouts();
            }
        }
        limits = ownLimits;
        timeouts = ownTimeouts;
    }

    private static int[] filled(int limit) {
        int[] made = new int[ZONES];
        Arrays.fill(made, limit);
        return made;
    }

    TrackerSettings settings() {
        return settings;
    }

    int count(int zone) {
        return counts[zone];
    }

    void added(int zone) {
        counts[zone]++;
    }

    void removed(int zone) {
        counts[zone]--;
    }

    boolean isFull(int zone, int total) {
        int[] own = limits;
        int limit = own == null ? settings.zoneLimit() : own[zone];
        return total >= settings.limit() || limit > 0 && counts[zone] >= limit;
    }

    Timeouts timeouts(int zone) {
        @Nullable Timeouts[] own = timeouts;
        Timeouts ofZone = own == null ? null : own[zone];
        return ofZone == null ? settings.timeouts() : ofZone;
    }
}
