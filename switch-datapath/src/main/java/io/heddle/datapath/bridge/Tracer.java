package io.heddle.datapath.bridge;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowKeyExtractor;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Pipeline;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.heddle.flow.trace.Trace;
import io.heddle.flow.trace.TraceNode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Traces packets for clients. Threading: the control loop. */
final class Tracer {
    private final Pipeline pipeline;

    Tracer(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    TraceReport trace(Bridge bridge, TraceSubject subject, List<Integer> ctNext, long nowNs) throws FlowException {
        FlowKey key = keyOf(subject);
        int number = (int) key.getLong(MatchField.IN_PORT);
        BridgePort port = bridge.ports().byNumber(number);
        if (port == null) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_PORT,
                    "in_port",
                    "bridge %s has no port %s: give the port that the packet comes from, in_port=..."
                            .formatted(bridge.name(), Integer.toUnsignedString(number)));
        }
        key.set(MatchField.IN_PORT, Integer.toUnsignedLong(port.datapathNumber()));
        long revision = bridge.revision();
        Trace trace = io.heddle.flow.trace.Tracer.trace(pipeline, key, nowNs, new FlowFormatter(names(bridge)), ctNext);
        return new TraceReport(trace.toText(), rootOf(trace), trace.megaflow(), trace.datapathActions(), revision);
    }

    private static FlowKey keyOf(TraceSubject subject) {
        return switch (subject) {
            case TraceSubject.Flow flow -> new FlowKey(flow.key());
            case TraceSubject.Frame frame -> {
                FlowKey key = new FlowKey();
                byte[] octets = frame.frame();
                FlowKeyExtractor.extract(MemorySegment.ofArray(octets), 0, octets.length, key);
                yield key.set(MatchField.IN_PORT, Integer.toUnsignedLong(frame.inPort()));
            }
        };
    }

    private static PortNames names(Bridge bridge) {
        Map<String, Integer> numbers = new HashMap<>();
        for (BridgePort port : bridge.ports().all()) {
            if (port.number() != Ports.LOCAL) {
                numbers.put(port.name(), port.number());
            }
        }
        return PortNames.parsing(numbers);
    }

    private static TraceReport.Step rootOf(Trace trace) {
        List<TraceReport.Step> steps =
                new ArrayList<>(trace.roots().stream().map(Tracer::stepOf).toList());
        for (Trace.Resumed resumed : trace.resumed()) {
            List<TraceReport.Step> under =
                    resumed.trace().roots().stream().map(Tracer::stepOf).toList();
            steps.add(new TraceReport.Step(TraceReport.Kind.NOTE, resumed.title(), under));
        }
        return steps.size() == 1
                ? steps.getFirst()
                : new TraceReport.Step(TraceReport.Kind.NOTE, "packet", new ArrayList<>(steps));
    }

    private static TraceReport.Step stepOf(TraceNode node) {
        TraceReport.Kind kind = switch (node.type()) {
            case BRIDGE -> TraceReport.Kind.BRIDGE;
            case TABLE -> TraceReport.Kind.TABLE;
            case ACTION -> TraceReport.Kind.ACTION;
            case BUCKET -> TraceReport.Kind.BUCKET;
            case NOTE -> TraceReport.Kind.NOTE;
            case ERROR -> TraceReport.Kind.ERROR;
        };
        return new TraceReport.Step(
                kind, node.text(), node.children().stream().map(Tracer::stepOf).toList());
    }
}
