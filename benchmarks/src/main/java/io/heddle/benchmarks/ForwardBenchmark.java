package io.heddle.benchmarks;

import io.heddle.datapath.buffer.PacketBatch;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.MeterGate;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.flow.conntrack.ConnectionTracker;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A whole duty cycle: 64 packets received, parsed, found in the exact-match cache, counted and output. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ForwardBenchmark {
    /** Flows that the frames belong to, a power of two up to 1,024. */
    @Param({"1", "1024"})
    public int flows;

    private final RingPort out = new RingPort(2, new Frames(1), false);
    private @Nullable PollLoop loop;
    private long nowNs = 1;

    /** Two ports; what comes in at one leaves by the other. */
    @Setup
    public void connect() {
        Tables tables = new Tables("in_port=1,ip,nw_src=10.0.0.0/8 actions=output:2");
        PollLoop made = new PollLoop(
                PollLoop.Settings.defaults(0, 0x2545f491),
                tables.clock,
                (key, now) -> tables.pipeline.translate(key, now, true),
                MeterGate.OPEN,
                new PacketPool(64),
                new PooledOffload(),
                new ConnectionTracker(0x2545f491),
                new ParkingWaiter(),
                failure -> {
                    throw new IllegalStateException(failure);
                });
        made.attach(new RingPort(Frames.IN_PORT, new Frames(flows), true));
        made.attach(out);
        loop = made;
    }

    /** Gives memory back. */
    @TearDown
    public void disconnect() {
        if (loop != null) {
            if (out.statistics().sentPackets() == 0) {
                throw new IllegalStateException("nothing was forwarded");
            }
            loop.close();
        }
    }

    /** One duty cycle. */
    @Benchmark
    @OperationsPerInvocation(PacketBatch.CAPACITY)
    public int forward() {
        nowNs += 6_400;
        return loop == null ? 0 : loop.doWork(nowNs);
    }
}
