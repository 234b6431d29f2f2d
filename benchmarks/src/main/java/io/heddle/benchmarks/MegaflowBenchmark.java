package io.heddle.benchmarks;

import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Lookups in the megaflow cache that hit, all masks equally often: half of them are looked at on average. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class MegaflowBenchmark {
    private static final int LOOKUPS = 1024;

    /** Distinct masks of the port that packets come from. */
    @Param({"1", "20", "100"})
    public int masks;

    /** Megaflows in the cache. */
    @Param({"10000", "100000"})
    public int megaflows;

    private MegaflowCache cache = new MegaflowCache(1, 1, 1);
    private FlowKey[] keys = {};
    private int next;

    /** Flow n has a megaflow of its own, whose mask looks at n modulo masks bits of the ports beside both addresses. */
    @Setup
    public void fill() {
        cache = new MegaflowCache(megaflows, masks, 0x7654321);
        Frames frames = new Frames(1);
        keys = new FlowKey[megaflows];
        for (int i = 0; i < megaflows; i++) {
            FlowKey key = frames.key(0).set(MatchField.NW_SRC, 0x0a000000L + i);
            cache.install(Megaflows.of(key, mask(i % masks)));
            keys[i] = key;
        }
        Random random = new Random(1);
        for (int i = keys.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            FlowKey key = keys[i];
            keys[i] = keys[other];
            keys[other] = key;
        }
    }

    private static FlowMask mask(int number) {
        return new FlowMask()
                .add(MatchField.IN_PORT)
                .add(MatchField.ETH_TYPE)
                .add(MatchField.NW_SRC)
                .add(MatchField.NW_DST)
                .add(MatchField.NW_PROTO)
                .add(MatchField.UDP_DST, Bits.of(number));
    }

    /** The next 1,024 flows in a random order. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public int hit() {
        int found = 0;
        int at = next;
        for (int i = 0; i < LOOKUPS; i++) {
            found += cache.lookup(keys[at]) == null ? 0 : 1;
            at = at + 1 == keys.length ? 0 : at + 1;
        }
        next = at;
        return found;
    }
}
