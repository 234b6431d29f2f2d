package io.heddle.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Operations per CPU-second of the benchmark's thread: the rate that neighbours on the machine disturb least.
 *
 * <p>Threading: JMH calls it between iterations.
 */
public final class CpuRate implements InternalProfiler {
    /** Name of the result. */
    static final String NAME = "cpuRate";

    private static final String WORKER = "jmh-worker";
    private static final double NS_PER_SECOND = 1e9;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private long beforeNs;

    @Override
    public String getDescription() {
        return "operations per CPU-second of the benchmark's thread";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        beforeNs = workerNs();
    }

    @Override
    @SuppressWarnings("rawtypes") // JMH's signature
    public Collection<? extends Result> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long spentNs = Math.max(1, workerNs() - beforeNs);
        double rate = result.getMetadata().getAllOps() * NS_PER_SECOND / spentNs;
        return List.of(new ScalarResult(NAME, rate, "ops/s", AggregationPolicy.AVG));
    }

    private long workerNs() {
        long sum = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().contains(WORKER)) {
                sum += Math.max(0, threads.getThreadCpuTime(thread.getThreadId()));
            }
        }
        return sum;
    }
}
