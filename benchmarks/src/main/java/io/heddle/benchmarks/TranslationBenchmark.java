package io.heddle.benchmarks;

import io.heddle.datapath.cache.Megaflow;
import io.heddle.datapath.cache.MegaflowCache;
import io.heddle.datapath.upcall.SlowPath;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Translation;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The slow path: four tables that look at the whole 5-tuple, a rewrite and an output. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class TranslationBenchmark {
    private static final int FLOW_LIMIT = 100_000;
    private static final String[] FLOWS = {
        "table=0,in_port=1 actions=goto_table:1",
        "table=1,priority=10,udp,nw_src=10.0.0.0/8,tp_dst=9 actions=goto_table:2",
        "table=1,priority=5,tcp actions=drop",
        "table=2,ip,nw_dst=192.0.2.0/24 actions=mod_dl_dst:02:00:00:00:00:05,dec_ttl,goto_table:3",
        // A multipath by a hash of the connection makes each connection a megaflow of its own.
        "table=3,ip actions=multipath(symmetric_l3l4+udp,0,modulo_n,2,0,NXM_NX_REG0[0..7]),goto_table:4",
        "table=4,reg0=0 actions=output:2",
        "table=4,reg0=1 actions=output:3"
    };

    private final Tables tables = new Tables(FLOWS);
    private final MegaflowCache cache = new MegaflowCache(FLOW_LIMIT, 128, 0x1357);
    private final SlowPath slowPath = new SlowPath((key, now) -> tables.pipeline.translate(key, now, true), cache);
    private final FlowKey key = new Frames(1).key(0);
    private int flow;

    private FlowKey nextKey() {
        int number = flow++;
        key.set(MatchField.NW_SRC, 0x0a000000L + (number & 0xffffff));
        key.set(MatchField.UDP_SRC, 1024L + (number & 0x7fff));
        return key;
    }

    /** Translates the first packet of a connection. */
    @Benchmark
    public Translation translate() {
        return tables.pipeline.translate(nextKey(), 1, true);
    }

    /** Translates the first packet of a connection and installs its megaflow; when the cache is full another one makes room. */
    @Benchmark
    public Megaflow translateAndInstall() {
        return slowPath.miss(nextKey(), flow);
    }
}
