package io.heddle.flow.pipeline;

import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.match.Bits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Behind which ports somebody listens to which multicast group, and where its routers are (RFC 4541): what a bridge that snoops knows.
 *
 * <p>Translations read sets of ports; a set is replaced when it changes, and only the translations that have seen it are made again
 * ({@link Seen}). Ports are OpenFlow numbers, that of a bond its first member's.
 *
 * <p>Threading: the control loop changes, any thread reads {@link #listeners} and {@link #routers}.
 */
public final class MulticastTable {
    /** Prefix of IPv4 groups: they are kept as addresses of ::ffff:0:0/96. */
    private static final long IPV4 = 0xffffL << 32;

    /** A router that asks no more is forgotten after this. */
    private static final long ROUTER_IDLE_NS = 180_000_000_000L;

    /** How long a listener may take to contradict another that leaves (RFC 3376 section 8.8, twice a second). */
    private static final long LAST_MEMBER_NS = 2_000_000_000L;

    /**
     * How the table behaves.
     *
     * @param maxGroups further ones are not kept: their packets are treated as nobody's
     * @param ageingNs a listener that does not report is forgotten after this
     * @param floodsUnregistered multicast that nobody has asked for goes everywhere, else to routers only
     * @param isFastLeave who leaves is forgotten at once: right where there is one listener behind each port
     */
    public record Settings(int maxGroups, long ageingNs, boolean floodsUnregistered, boolean isFastLeave) {}

    /** Some ports; a set of its own identity each time. */
    static final class PortSet {
        private final List<Integer> ports;

        private PortSet(Map<Integer, Long> ports) {
            this.ports = List.copyOf(new TreeMap<>(ports).keySet());
        }

        List<Integer> ports() {
            return ports;
        }
    }

    private record Key(int vlan, Bits group) {}

    /** A line of the table: {@code group} is null for a router. */
    public record Entry(int port, int vlan, @Nullable Bits group, long ageNs) {
        public boolean isIpv4() {
            return group != null && MulticastTable.isIpv4(group);
        }
    }

    private final VersionClock clock;
    private final Settings settings;
    private final Map<Key, PortSet> listeners = new ConcurrentHashMap<>();
    private final Map<Integer, PortSet> routers = new ConcurrentHashMap<>();

    /** When each listener is forgotten. Control loop. */
    private final Map<Key, Map<Integer, Long>> listenersUntil = new HashMap<>();

    /** When each router is forgotten. Control loop. */
    private final Map<Integer, Map<Integer, Long>> routersUntil = new HashMap<>();

    public MulticastTable(VersionClock clock, Settings settings) {
        this.clock = clock;
        this.settings = settings;
    }

    public Settings settings() {
        return settings;
    }

    /** The key of an IPv4 group. */
    public static Bits ipv4(int group) {
        return new Bits(0, IPV4 | group & 0xffffffffL);
    }

    private static boolean isIpv4(Bits group) {
        return group.high() == 0 && group.low() >>> 32 == 0xffff;
    }

    // ---- any thread

    @Nullable
    PortSet listeners(int vlan, Bits group) {
        return listeners.get(new Key(vlan, group));
    }

    @Nullable
    PortSet routers(int vlan) {
        return routers.get(vlan);
    }

    /** What was found for a group; {@code group} is null for routers. */
    record Fact(
            MulticastTable table,
            int vlan,
            @Nullable Bits group,
            @Nullable PortSet found) implements Seen.Fact {
        @Override
        @SuppressWarnings("ReferenceEquality") // a set that came back is another
        public boolean isCurrent() {
            Bits of = group;
            return (of == null ? table.routers(vlan) : table.listeners(vlan, of)) == found;
        }
    }

    // ---- control loop

    /** Somebody behind a port listens. */
    public void join(int vlan, Bits group, int port, long nowNs) {
        Map<Integer, Long> asking = routersUntil.get(vlan);
        if (asking != null && asking.containsKey(port)) {
            return; // gets everything
        }
        Key key = new Key(vlan, group);
        Map<Integer, Long> until = listenersUntil.get(key);
        if (until == null) {
            if (listenersUntil.size() >= settings.maxGroups()) {
                return;
            }
            until = new HashMap<>();
            listenersUntil.put(key, until);
        }
        if (until.put(port, nowNs + settings.ageingNs()) == null) {
            publish(key, until);
        }
    }

    /** Somebody behind a port listens no more. */
    public void leave(int vlan, Bits group, int port, long nowNs) {
        Key key = new Key(vlan, group);
        Map<Integer, Long> until = listenersUntil.get(key);
        if (until == null || !until.containsKey(port)) {
            return;
        }
        if (settings.isFastLeave()) {
            until.remove(port);
            publish(key, until);
        } else {
            until.merge(port, nowNs + LAST_MEMBER_NS, Math::min);
        }
    }

    /** A router has asked who listens. */
    public void query(int vlan, int port, long nowNs) {
        Map<Integer, Long> until = routersUntil.computeIfAbsent(vlan, v -> new HashMap<>());
        if (until.put(port, nowNs + ROUTER_IDLE_NS) == null) {
            publish(vlan, until);
        }
    }

    /** Forgets who has been silent for too long. */
    public void expire(long nowNs) {
        forget((_, until) -> until <= nowNs);
    }

    /** Forgets what was heard by a port. */
    public void flushPort(int gone) {
        forget((port, _) -> port == gone);
    }

    /** Forgets everything. */
    public void flush() {
        forget((_, _) -> true);
    }

    private interface Doomed {
        boolean test(int port, long untilNs);
    }

    private void forget(Doomed doomed) {
        for (Map.Entry<Key, Map<Integer, Long>> each : List.copyOf(listenersUntil.entrySet())) {
            if (each.getValue().entrySet().removeIf(port -> doomed.test(port.getKey(), port.getValue()))) {
                publish(each.getKey(), each.getValue());
            }
        }
        for (Map.Entry<Integer, Map<Integer, Long>> each : List.copyOf(routersUntil.entrySet())) {
            if (each.getValue().entrySet().removeIf(port -> doomed.test(port.getKey(), port.getValue()))) {
                publish(each.getKey(), each.getValue());
            }
        }
    }

    private void publish(Key key, Map<Integer, Long> until) {
        if (until.isEmpty()) {
            listenersUntil.remove(key);
            listeners.remove(key);
        } else {
            listeners.put(key, new PortSet(until));
        }
        clock.touchAddresses();
    }

    private void publish(int vlan, Map<Integer, Long> until) {
        if (until.isEmpty()) {
            routersUntil.remove(vlan);
            routers.remove(vlan);
        } else {
            routers.put(vlan, new PortSet(until));
        }
        clock.touchAddresses();
    }

    /** All lines: listeners by VLAN, group and port, then routers. */
    public List<Entry> entries(long nowNs) {
        List<Entry> entries = new ArrayList<>();
        listenersUntil.forEach((key, until) -> until.forEach((port, end) ->
                entries.add(new Entry(port, key.vlan(), key.group(), Math.max(0, nowNs + settings.ageingNs() - end)))));
        entries.sort(Comparator.comparingInt(Entry::vlan)
                .thenComparing(
                        Entry::group,
                        Comparator.nullsLast((a, b) -> a.high() == b.high()
                                ? Long.compareUnsigned(a.low(), b.low())
                                : Long.compareUnsigned(a.high(), b.high())))
                .thenComparingInt(Entry::port));
        List<Entry> asking = new ArrayList<>();
        routersUntil.forEach((vlan, until) -> until.forEach(
                (port, end) -> asking.add(new Entry(port, vlan, null, Math.max(0, nowNs + ROUTER_IDLE_NS - end)))));
        asking.sort(Comparator.comparingInt(Entry::vlan).thenComparingInt(Entry::port));
        entries.addAll(asking);
        return entries;
    }
}
