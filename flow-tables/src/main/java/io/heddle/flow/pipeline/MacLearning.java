package io.heddle.flow.pipeline;

import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.counter.HitCounter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a bridge has seen which Ethernet address, for output to NORMAL.
 *
 * <p>An address is kept while packets come from it: a megaflow that learned one counts its packets in {@link Entry#used}, so that the
 * entry stays young without a translation. Every change of what a lookup would say bumps the revision, but only translations that have
 * {@linkplain Seen seen} that very address need to be made again: an address that flaps between ports costs nobody else anything.
 *
 * <p>Threading: any thread learns and looks up; the control loop expires and flushes.
 */
public final class MacLearning {
    /** An address is forgotten when it has sent nothing for this long. */
    public static final long DEFAULT_AGEING_NS = 300_000_000_000L;

    /** Most addresses of a bridge; further ones are not learned, packets to them are flooded. */
    public static final int DEFAULT_MAX_ENTRIES = 8192;

    /**
     * An address.
     *
     * @param port OpenFlow number
     * @param vlan VLAN id, 0 for none
     * @param used when it last sent something
     */
    public record Entry(long address, int vlan, int port, long learnedNs, HitCounter used) {
        /** Says whether both are of one learning: each has a counter of its own. */
        boolean isSame(@Nullable Entry other) {
            return other != null && port == other.port && used.equals(other.used);
        }
    }

    private final VersionClock clock;
    private volatile long ageingNs;
    private volatile int maxEntries;
    private final Map<Long, Entry> entries = new ConcurrentHashMap<>();

    public MacLearning(VersionClock clock) {
        this(clock, DEFAULT_AGEING_NS, DEFAULT_MAX_ENTRIES);
    }

    public MacLearning(VersionClock clock, long ageingNs, int maxEntries) {
        this.clock = clock;
        this.ageingNs = ageingNs;
        this.maxEntries = maxEntries;
    }

    /** Sets how long an address that sends nothing is kept, and how many are: what is there beyond that ages as it would have. */
    public void setLimits(long newAgeingNs, int newMaxEntries) {
        ageingNs = newAgeingNs;
        maxEntries = newMaxEntries;
    }

    private static long key(int vlan, long address) {
        return (long) vlan << 48 | address;
    }

    /** Where the address is, or null. */
    public @Nullable Entry find(int vlan, long address) {
        return entries.get(key(vlan, address));
    }

    /**
     * Learns where a packet came from.
     *
     * @return the entry, or null when the table is full
     */
    public @Nullable Entry learn(int vlan, long address, int port, long nowNs) {
        long key = key(vlan, address);
        Entry known = entries.get(key);
        if (known != null && known.port() == port) {
            known.used().add(0, 0, nowNs);
            return known;
        }
        if (known == null && entries.size() >= maxEntries) {
            return null;
        }
        Entry entry = new Entry(address, vlan, port, nowNs, new HitCounter(nowNs));
        entries.put(key, entry);
        clock.touchAddresses();
        return entry;
    }

    /** Forgets what has been silent for the ageing time; returns how many. */
    public int expire(long nowNs) {
        return forget(entry -> nowNs - entry.used().lastUsedNs() >= ageingNs);
    }

    /** Forgets what was seen on a port that has gone. */
    public int flushPort(int port) {
        return forget(entry -> entry.port() == port);
    }

    /** Forgets everything. */
    public int flush() {
        return forget(entry -> true);
    }

    private int forget(Predicate<Entry> predicate) {
        int before = entries.size();
        if (entries.values().removeIf(predicate)) {
            clock.touchAddresses();
        }
        return before - entries.size();
    }

    /** All entries, by VLAN and address. */
    public List<Entry> entries() {
        return entries.values().stream()
                .sorted(Comparator.comparingInt(Entry::vlan).thenComparingLong(Entry::address))
                .toList();
    }
}
