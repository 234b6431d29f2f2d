package io.heddle.benchmarks;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** OpenFlow 1.3 messages from octets, and to them. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CodecBenchmark {
    private static final int MESSAGES = 1024;
    private static final int NO_BUFFER = 0xffffffff;

    private final OpenFlowCodec codec = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_13);
    private final OpenFlowMessage[] messages = new OpenFlowMessage[MESSAGES];
    private final ByteBuf[] encoded = new ByteBuf[MESSAGES];
    private final ByteBuf out = Unpooled.directBuffer(MESSAGES * 128);

    /** Flow-mods as the flow-mod benchmarks send them: a destination address and an output. */
    public CodecBenchmark() {
        FlowParser parser = new FlowParser(PortNames.NONE);
        try {
            for (int i = 0; i < MESSAGES; i++) {
                FlowMod mod = parser.command(
                        "priority=100,ip,nw_dst=10.0.%d.%d,actions=output:2".formatted(i >>> 8, i & 0xff));
                messages[i] = new OpenFlowMessage.FlowModRequest(mod, NO_BUFFER);
                encoded[i] = Unpooled.directBuffer();
                codec.encode(encoded[i], i, messages[i]);
            }
        } catch (FlowException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** 1,024 flow-mods. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public int decode() throws FlowException {
        int sum = 0;
        for (ByteBuf message : encoded) {
            message.readerIndex(0);
            sum += codec.decode(message).xid();
        }
        return sum;
    }

    /** 1,024 flow-mods. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public int encode() {
        out.clear();
        for (int i = 0; i < MESSAGES; i++) {
            codec.encode(out, i, messages[i]);
        }
        return out.writerIndex();
    }
}
