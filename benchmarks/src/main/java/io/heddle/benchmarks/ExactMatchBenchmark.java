package io.heddle.benchmarks;

import io.heddle.datapath.cache.ExactMatchCache;
import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Lookups in the exact-match cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ExactMatchBenchmark {
    private static final int FLOWS = 1024;
    private static final int ENTRIES = 8192;

    private final ExactMatchCache full = new ExactMatchCache(ENTRIES, 0x1234567);
    private final ExactMatchCache empty = new ExactMatchCache(ENTRIES, 0x1234567);
    private FlowKey[] keys = {};

    /** Puts the flows in. */
    @Setup
    public void fill() {
        keys = new Frames(FLOWS).keys();
        MegaflowCache megaflows = new MegaflowCache(FLOWS, 1, 1);
        Megaflow megaflow = Megaflows.of(keys[0], new FlowMask().add(MatchField.IN_PORT));
        megaflows.install(megaflow);
        for (FlowKey key : keys) {
            full.lookup(key);
            full.insert(key, megaflow);
        }
    }

    /** 1,024 flows that are there, each once. */
    @Benchmark
    @OperationsPerInvocation(FLOWS)
    public int hit() {
        return found(full);
    }

    /** Nothing is there: what is left is the hash and a look at two places. */
    @Benchmark
    @OperationsPerInvocation(FLOWS)
    public int hash() {
        return found(empty);
    }

    private int found(ExactMatchCache cache) {
        int found = 0;
        for (FlowKey key : keys) {
            found += cache.lookup(key) == null ? 0 : 1;
        }
        return found;
    }
}
