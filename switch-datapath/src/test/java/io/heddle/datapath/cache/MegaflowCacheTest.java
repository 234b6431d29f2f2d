package io.heddle.datapath.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Seen;
import io.heddle.flow.pipeline.Translation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MegaflowCacheTest {
    private static FlowMask mask(MatchField... fields) {
        FlowMask mask = new FlowMask().add(MatchField.IN_PORT);
        for (MatchField field : fields) {
            mask.add(field);
        }
        return mask;
    }

    private static FlowKey key(int port, long source, long destination) {
        return new FlowKey()
                .set(MatchField.IN_PORT, port)
                .set(MatchField.ETH_SRC, source)
                .set(MatchField.ETH_DST, destination);
    }

    private static Megaflow megaflow(FlowKey key, FlowMask mask, long nowNs) {
        Translation translation =
                new Translation(List.of(), mask, List.of(), 1, Translation.DropCause.NO_OUTPUT, Seen.UNKNOWN);
        return new Megaflow(MegaflowCache.matchOf(key, mask), translation, new ActionProgram(List.of()), 1, nowNs);
    }

    @Test
    void shouldFindWhatAMapFindsWhileMegaflowsComeAndGo() {
        Random random = new Random(5);
        MegaflowCache cache = new MegaflowCache(100_000, 16, 99);
        // Disjoint by port: each port has one mask.
        FlowMask[] masks = {mask(MatchField.ETH_SRC), mask(MatchField.ETH_DST), mask(), mask(MatchField.ETH_TYPE)};
        Map<String, Megaflow> expected = new HashMap<>();
        for (int step = 0; step < 50_000; step++) {
            int port = random.nextInt(4);
            FlowKey key = key(port, random.nextInt(200), random.nextInt(200));
            String name = MegaflowCache.matchOf(key, masks[port]).toString();
            assertThat(cache.lookup(key)).isSameAs(expected.get(name));
            Megaflow known = expected.get(name);
            if (known == null) {
                Megaflow megaflow = megaflow(key, masks[port], step);
                cache.install(megaflow);
                expected.put(name, megaflow);
            } else if (random.nextInt(3) == 0) {
                cache.remove(known);
                expected.remove(name);
                assertThat(known.isCached()).isFalse();
            }
            if (step % 1000 == 0) {
                cache.rank();
                assertThat(cache.size()).isEqualTo(expected.size());
            }
        }
    }

    @Test
    void shouldReplaceAMegaflowOfTheSameMatch() {
        MegaflowCache cache = new MegaflowCache(10, 10, 1);
        FlowKey key = key(1, 2, 3);
        Megaflow old = megaflow(key, mask(MatchField.ETH_SRC), 0);
        Megaflow now = megaflow(key, mask(MatchField.ETH_SRC), 1);
        cache.install(old);
        cache.install(now);

        assertThat(cache.lookup(key)).isSameAs(now);
        assertThat(old.isCached()).isFalse();
        assertThat(cache.size()).isEqualTo(1);
    }

    @Test
    void shouldStayWithinItsLimits() {
        MegaflowCache cache = new MegaflowCache(50, 3, 1);
        FlowMask[] masks = {
            mask(MatchField.ETH_SRC),
            mask(MatchField.ETH_DST),
            mask(MatchField.ETH_TYPE),
            mask(MatchField.ETH_SRC, MatchField.ETH_DST),
            mask()
        };
        for (int i = 0; i < 1000; i++) {
            cache.install(megaflow(key(i % 5, i, i), masks[i % 5], i));
            assertThat(cache.size()).isLessThanOrEqualTo(50);
            assertThat(cache.maskCount()).isLessThanOrEqualTo(5);
        }
        assertThat(cache.evictions()).isPositive();
    }

    /** One mask for each bit that headers differ in: the attack on searches by mask. */
    private static Megaflow crafted(FlowKey key, int bits, long nowNs) {
        FlowMask mask = mask().add(MatchField.ETH_DST, Bits.of(-1L << 48 - bits & 0xffffffffffffL));
        return megaflow(key, mask, nowNs);
    }

    @Test
    void shouldNotSearchMoreMasksForPacketsOfOtherPorts() {
        MegaflowCache cache = new MegaflowCache(100_000, 16, 99);
        cache.install(megaflow(key(1, 5, 6), mask(MatchField.ETH_SRC), 0));
        cache.install(megaflow(key(2, 5, 6), mask(MatchField.ETH_DST), 0));
        int kept = 0;
        for (int bits = 1; bits <= 48; bits++) {
            kept += cache.install(crafted(key(2, bits, 1L << 48 - bits), bits, 0)) ? 1 : 0;
        }
        // The exact mask of ETH_DST is one of the crafted ones, too.
        assertThat(kept).isEqualTo(16);
        assertThat(cache.maskCount()).isEqualTo(17);
        assertThat(cache.masksRefused()).isEqualTo(48 - 16);

        long before = cache.masksProbed();
        assertThat(cache.lookup(key(1, 5, 6))).isNotNull();
        assertThat(cache.masksProbed() - before).as("a hit of another port").isEqualTo(1);
        before = cache.masksProbed();
        assertThat(cache.lookup(key(1, 7, 6))).isNull();
        assertThat(cache.masksProbed() - before).as("a miss of another port").isEqualTo(1);
        before = cache.masksProbed();
        cache.lookup(key(2, 7, 0));
        assertThat(cache.masksProbed() - before).as("a miss of the same port").isLessThanOrEqualTo(16);
    }

    @Test
    void shouldKeepWhatNeedsAMaskTooManyInTheExactMatchCacheAlone() {
        MegaflowCache cache = new MegaflowCache(100, 1, 99);
        ExactMatchCache exact = new ExactMatchCache(2, 7);
        FlowKey key = key(1, 2, 3);
        cache.install(megaflow(key, mask(MatchField.ETH_SRC), 0));
        Megaflow tooMany = megaflow(key(1, 4, 3), mask(MatchField.ETH_DST), 0);
        assertThat(cache.install(tooMany)).isFalse();
        assertThat(tooMany.isExactOnly()).isTrue();
        assertThat(cache.lookup(key(1, 4, 3))).isNull();

        exact.lookup(key(1, 4, 3));
        exact.insert(key(1, 4, 3), tooMany);
        assertThat(exact.lookup(key(1, 4, 3))).isSameAs(tooMany);
        List<Megaflow> shown = new ArrayList<>();
        exact.forEachExactOnly(shown::add);
        assertThat(shown).containsExactly(tooMany);
        assertThat(exact.sweep(999, 1000)).isEqualTo(1);
        assertThat(exact.sweep(1000, 1000)).as("idle").isZero();

        cache.remove(tooMany);
        assertThat(tooMany.isCached()).isFalse();
    }

    @Test
    void shouldGiveItsPlaceUpForMegaflowsOfManyPackets() {
        ExactMatchCache exact = new ExactMatchCache(2, 7);
        MegaflowCache cache = new MegaflowCache(100, 1, 99);
        cache.install(megaflow(key(1, 0, 0), mask(), 0));
        for (int i = 1; i <= 2; i++) {
            Megaflow tooMany = megaflow(key(1, i, i), mask(MatchField.ETH_DST), 0);
            cache.install(tooMany);
            exact.lookup(key(1, i, i));
            exact.insert(key(1, i, i), tooMany);
        }
        for (int i = 3; i <= 4; i++) {
            Megaflow kept = megaflow(key(i, i, i), mask(), 0);
            cache.install(kept);
            exact.lookup(key(i, i, i));
            exact.insert(key(i, i, i), kept);
            assertThat(exact.lookup(key(i, i, i))).isSameAs(kept);
        }
        Megaflow another = megaflow(key(1, 9, 9), mask(MatchField.ETH_DST), 0);
        cache.install(another);
        exact.lookup(key(1, 9, 9));
        exact.insert(key(1, 9, 9), another);
        assertThat(exact.lookup(key(1, 9, 9))).as("pushes nobody out").isNull();
    }

    @Test
    void shouldEvictOnlyWhatIsIdle() {
        MegaflowCache cache = new MegaflowCache(100, 3, 1);
        List<Megaflow> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(megaflow(key(1, i, 0), mask(MatchField.ETH_SRC), 0));
            cache.install(all.get(i));
        }
        all.get(7).count(1, 60, 900);
        cache.evictIdle(100, 1000, 500);

        assertThat(cache.size()).isEqualTo(1);
        assertThat(all.get(7).isCached()).isTrue();
        assertThat(cache.maskCount()).isEqualTo(1);
    }

    @Test
    void shouldNotAnswerFromTheExactMatchCacheWhatHasBeenEvicted() {
        MegaflowCache cache = new MegaflowCache(100, 3, 1);
        ExactMatchCache exact = new ExactMatchCache(2, 7);
        FlowKey key = key(1, 2, 3);
        Megaflow megaflow = megaflow(key, mask(), 0);
        cache.install(megaflow);
        assertThat(exact.lookup(key)).isNull();
        exact.insert(key, megaflow);
        assertThat(exact.lookup(key)).isSameAs(megaflow);
        assertThat(exact.lookup(key(1, 2, 4))).isNull();

        cache.remove(megaflow);
        assertThat(exact.lookup(key)).isNull();
        assertThat(exact.sweep(0, 1000)).isZero();
    }

    /** What each call does is counted in slots moved and megaflows evicted: neither may depend on how many megaflows there are. */
    @Test
    void shouldDoABoundedNumberOfStepsInEachCallWhateverTheSize() {
        Random random = new Random(11);
        MegaflowCache cache = new MegaflowCache(30_000, 4, 99);
        FlowMask mask = mask(MatchField.ETH_SRC, MatchField.ETH_DST);
        List<FlowKey> keys = new ArrayList<>();
        List<Megaflow> megaflows = new ArrayList<>();
        long moves = 0;
        int most = 0;
        for (int step = 0; step < 60_000; step++) {
            FlowKey key = key(1, step, random.nextInt(1000));
            Megaflow megaflow = megaflow(key, mask, step);
            long evictions = cache.evictions();
            if (step == 40_000) {
                cache.setFlowLimit(5_000);
            }
            cache.install(megaflow);
            keys.add(key);
            megaflows.add(megaflow);
            long movesNow = megaflow.subtable == null ? 0 : megaflow.subtable.moves();
            assertThat(movesNow - moves).as("slots moved by an insert").isBetween(0L, 2L * Subtable.MOVES);
            moves = movesNow;
            assertThat(cache.evictions() - evictions)
                    .as("evictions of an insert")
                    .isLessThanOrEqualTo(2);
            most = Math.max(most, cache.size());
            // Whatever is being moved, what is in is found, and what is not is not.
            for (int i = 0; i < 3; i++) {
                int one = random.nextInt(keys.size());
                boolean isIn = megaflows.get(one).isCached();
                assertThat(cache.lookup(keys.get(one))).isSameAs(isIn ? megaflows.get(one) : null);
                if (isIn && i == 0 && random.nextInt(3) == 0) {
                    cache.remove(megaflows.get(one));
                    assertThat(cache.lookup(keys.get(one))).isNull();
                }
            }
        }
        assertThat(most).isGreaterThan(15_000);
        int before = cache.size();
        cache.setFlowLimit(100);
        cache.shrink(64);
        assertThat(cache.size()).isEqualTo(before - 64);
        cache.shrink(Integer.MAX_VALUE);
        assertThat(cache.size()).isEqualTo(100);
        long found = 0;
        for (int i = 0; i < keys.size(); i++) {
            found += cache.lookup(keys.get(i)) == null ? 0 : 1;
        }
        assertThat(found).isEqualTo(100);
    }
}
