package io.heddle.flow.pipeline;

import io.heddle.flow.counter.HitCounter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Recirculation ids and the frozen states that they stand for.
 *
 * <p>An id stays while packets use it (megaflows count in its {@link HitCounter}) and for a while after; then it is forgotten, and the
 * translations that rest on it ({@link Use}) are made again so that no megaflow goes on sending packets to it.
 *
 * <p>Bounded: where states hold what senders choose, each packet may need an id of its own. When there are {@link #DEFAULT_LIMIT},
 * packets that need another one are dropped until some have been forgotten.
 *
 * <p>Threading: any thread allocates and finds; the control loop expires.
 */
public final class RecirculationTable {
    /** An id that no packet has used for this long is forgotten. */
    public static final long IDLE_NS = 30_000_000_000L;

    /** Most ids, unless made with another limit. */
    public static final int DEFAULT_LIMIT = 100_000;

    record Frozen(int id, FrozenState state, HitCounter used) {}

    /** A translation sends packets to an id, or is of packets that were sent there. */
    record Use(RecirculationTable table, Frozen frozen) implements Seen.Fact {
        @Override
        public boolean isCurrent() {
            return frozen.equals(table.byId.get(frozen.id()));
        }
    }

    private final Map<FrozenState, Frozen> byState = new ConcurrentHashMap<>();
    private final Map<Integer, Frozen> byId = new ConcurrentHashMap<>();
    private final AtomicInteger nextId = new AtomicInteger(1);
    private final LongAdder refused = new LongAdder();
    private final int limit;

    /** @param limit most ids; several threads that allocate at the same moment may exceed it by one each */
    public RecirculationTable(int limit) {
        this.limit = limit;
    }

    /** A table of {@link #DEFAULT_LIMIT} ids. */
    public RecirculationTable() {
        this(DEFAULT_LIMIT);
    }

    /** The id of a state, which is kept for a while from now on; null when there is none and no other may be made. */
    @Nullable
    Frozen freeze(FrozenState state, long nowNs) {
        Frozen frozen = byState.get(state);
        if (frozen == null && byId.size() >= limit) {
            refused.increment();
            return null;
        }
        if (frozen == null) {
            frozen = byState.computeIfAbsent(state, s -> {
                Frozen made = new Frozen(freeId(), s, new HitCounter(nowNs));
                byId.put(made.id(), made);
                return made;
            });
        }
        frozen.used().add(0, 0, nowNs);
        return frozen;
    }

    /** How often no id was left. Any thread. */
    public long refused() {
        return refused.sum();
    }

    private int freeId() {
        int id = nextId.getAndIncrement();
        while (id == 0 || byId.containsKey(id)) {
            id = nextId.getAndIncrement();
        }
        return id;
    }

    @Nullable
    Frozen find(int id) {
        return byId.get(id);
    }

    /** Ids in use. */
    public int size() {
        return byId.size();
    }

    /**
     * Forgets ids that are not used any more.
     *
     * @return how many; if any, the caller has translations looked at ({@code VersionClock.touchAddresses})
     */
    public int expire(long nowNs) {
        int before = byId.size();
        byId.values().removeIf(frozen -> {
            boolean isIdle = nowNs - frozen.used().lastUsedNs() >= IDLE_NS;
            if (isIdle) {
                byState.remove(frozen.state(), frozen);
            }
            return isIdle;
        });
        return before - byId.size();
    }
}
