package io.heddle.flow.pipeline;

import io.heddle.flow.counter.HitCounter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Recirculation ids and the frozen states that they stand for.
 *
 * <p>An id stays while packets use it (megaflows count in its {@link HitCounter}) and for a while after; then it is forgotten, and
 * everything is translated again so that no megaflow goes on sending packets to it.
 *
 * <p>Threading: any thread allocates and finds; the control loop expires.
 */
public final class RecirculationTable {
    /** An id that no packet has used for this long is forgotten. */
    public static final long IDLE_NS = 30_000_000_000L;

    record Frozen(int id, FrozenState state, HitCounter used) {}

    private final Map<FrozenState, Frozen> byState = new ConcurrentHashMap<>();
    private final Map<Integer, Frozen> byId = new ConcurrentHashMap<>();
    private final AtomicInteger nextId = new AtomicInteger(1);

    Frozen freeze(FrozenState state, long nowNs) {
        Frozen frozen = byState.computeIfAbsent(state, s -> {
            Frozen made = new Frozen(freeId(), s, new HitCounter(nowNs));
            byId.put(made.id(), made);
            return made;
        });
        frozen.used().add(0, 0, nowNs);
        return frozen;
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
     * @return how many; if any, the caller has everything translated again ({@code VersionClock.touch})
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
