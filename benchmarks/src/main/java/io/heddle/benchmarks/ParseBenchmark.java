package io.heddle.benchmarks;

import io.heddle.flow.match.FlowKey;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From a frame to its key. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ParseBenchmark {
    private static final int FRAMES = 1024;

    private final Frames frames = new Frames(FRAMES);
    private final FlowKey key = new FlowKey();

    /** Reads the keys of 1,024 UDP frames. */
    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long extract() {
        long sum = 0;
        for (int i = 0; i < FRAMES; i++) {
            frames.extract(i, key);
            sum += key.word(1);
        }
        return sum;
    }
}
