package io.heddle.flow.trace;

import io.heddle.flow.action.Action;
import io.heddle.flow.conntrack.CtState;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.Pipeline;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.TraceListener;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Translates one packet and keeps the steps.
 *
 * <p>Threading: none; for one use.
 */
public final class Tracer implements TraceListener {
    private record Open(TraceNode.Type type, String text, List<TraceNode> children) {}

    /** Copies of one packet that are followed at most: tables may send a packet to the tracker again and again. */
    private static final int MAX_RESUMED = 64;

    private final FlowFormatter formatter;

    /** What goes to the connection tracker is added here. */
    private final Deque<FlowKey> forks;

    private final Deque<Open> open = new ArrayDeque<>();
    private final List<TraceNode> roots = new ArrayList<>();
    private FlowKey finalKey = new FlowKey();

    private Tracer(FlowFormatter formatter, Deque<FlowKey> forks) {
        this.formatter = formatter;
        this.forks = forks;
    }

    /**
     * Traces a packet as if it came from a port; nothing is learned and nothing is counted.
     *
     * @param key of the packet, in_port being the datapath's number
     * @param formatter which knows the port names that are to be printed
     */
    public static Trace trace(Pipeline pipeline, FlowKey key, long nowNs, FlowFormatter formatter) {
        return trace(pipeline, key, nowNs, formatter, List.of());
    }

    /**
     * As above, and says what the connection tracker answers.
     *
     * @param ctNext {@code ct_state} of the copies that come back from the tracker, in turn; then {@code trk|new}
     */
    public static Trace trace(
            Pipeline pipeline, FlowKey key, long nowNs, FlowFormatter formatter, List<Integer> ctNext) {
        Deque<FlowKey> waiting = new ArrayDeque<>();
        Trace first = once(pipeline, key, nowNs, formatter, waiting);
        List<Trace.Resumed> resumed = new ArrayList<>();
        for (FlowKey fork = waiting.poll(); fork != null && resumed.size() < MAX_RESUMED; fork = waiting.poll()) {
            boolean isSaid = resumed.size() < ctNext.size();
            int state = CtState.TRACKED | (isSaid ? ctNext.get(resumed.size()) : CtState.NEW);
            fork.set(MatchField.CT_STATE, state).set(MatchField.IN_PORT, key.getLong(MatchField.IN_PORT));
            String title = "recirc(0x%x) - resume conntrack with %sct_state=%s%s"
                    .formatted(
                            fork.getLong(MatchField.RECIRC_ID),
                            isSaid ? "" : "default ",
                            formatter.ctState(state),
                            isSaid ? "" : " (use --ct-next to customize)");
            resumed.add(new Trace.Resumed(title, once(pipeline, fork, nowNs, formatter, waiting)));
        }
        return new Trace(first.flow(), first.roots(), first.finalFlow(), first.translation(), formatter, resumed);
    }

    private static Trace once(
            Pipeline pipeline, FlowKey key, long nowNs, FlowFormatter formatter, Deque<FlowKey> waiting) {
        Tracer tracer = new Tracer(formatter, waiting);
        FlowKey shown = new FlowKey(key);
        PortInfo port = pipeline.topology().port((int) key.getLong(MatchField.IN_PORT));
        if (port != null) {
            shown.set(MatchField.IN_PORT, Integer.toUnsignedLong(port.number()));
        }
        tracer.finalKey = shown;
        Translation translation = pipeline.translate(key, nowNs, false, tracer);
        return new Trace(shown, tracer.roots, tracer.finalKey, translation, formatter, List.of());
    }

    /** Traces the actions of a packet-out. */
    public static Trace tracePacketOut(
            Pipeline pipeline,
            FlowKey key,
            int bridge,
            int inPort,
            List<Action> actions,
            long nowNs,
            FlowFormatter formatter) {
        Tracer tracer = new Tracer(formatter, new ArrayDeque<>());
        FlowKey shown = new FlowKey(key).set(MatchField.IN_PORT, Integer.toUnsignedLong(inPort));
        tracer.finalKey = shown;
        Translation translation = pipeline.packetOut(key, bridge, inPort, actions, nowNs, false, tracer);
        return new Trace(shown, tracer.roots, tracer.finalKey, translation, formatter, List.of());
    }

    @Override
    public void begin(Step step) {
        open.push(
                switch (step) {
                    case Step.Bridge bridge -> opened(TraceNode.Type.BRIDGE, "bridge(\"" + bridge.name() + "\")");
                    case Step.Table(int tableId, FlowEntry entry)
                    when entry != null -> {
                        Open table = opened(TraceNode.Type.TABLE, "%2d. %s".formatted(tableId, rule(entry)));
                        if (formatter.instructions(entry.instructions()).equals("drop")) {
                            table.children().add(new TraceNode(TraceNode.Type.ACTION, "drop", List.of()));
                        }
                        yield table;
                    }
                    case Step.Table table -> opened(TraceNode.Type.TABLE, "%2d. No match.".formatted(table.tableId()));
                    case Step.OneAction action ->
                        opened(TraceNode.Type.ACTION, formatter.actions(List.of(action.action())));
                    case Step.OneInstruction instruction ->
                        opened(TraceNode.Type.ACTION, formatter.instructions(List.of(instruction.instruction())));
                    case Step.ActionSetBegins set -> opened(TraceNode.Type.ACTION, "action set:");
                    case Step.Bucket bucket ->
                        opened(
                                TraceNode.Type.BUCKET,
                                "bucket %d of group %s"
                                        .formatted(bucket.index(), Integer.toUnsignedString(bucket.groupId())));
                    case Step.Learned learned -> opened(TraceNode.Type.NOTE, learned(learned.flow()));
                    case Step.Note note -> opened(TraceNode.Type.NOTE, note.text());
                    case Step.Problem problem -> opened(TraceNode.Type.ERROR, problem.text());
                });
    }

    private static Open opened(TraceNode.Type type, String text) {
        return new Open(type, text, new ArrayList<>());
    }

    private String learned(FlowMod flow) {
        String match = formatter.match(flow.match());
        return "learns table=" + flow.tableId()
                + (match.isEmpty() ? "" : " " + match)
                + " priority=" + flow.priority()
                + (flow.cookie() == 0 ? "" : " cookie=0x" + Long.toHexString(flow.cookie()))
                + (flow.idleTimeoutSeconds() == 0 ? "" : " idle=" + flow.idleTimeoutSeconds())
                + (flow.hardTimeoutSeconds() == 0 ? "" : " hard=" + flow.hardTimeoutSeconds())
                + (flow.flags().contains(FlowMod.Flag.SEND_FLOW_REM) ? " send_flow_rem" : "")
                + " actions=" + formatter.instructions(flow.instructions());
    }

    private String rule(FlowEntry entry) {
        String match = formatter.match(entry.match());
        return (match.isEmpty() ? "" : match + ", ")
                + "priority " + entry.priority()
                + (entry.cookie() == 0 ? "" : ", cookie 0x" + Long.toHexString(entry.cookie()));
    }

    @Override
    public void end() {
        Open closed = open.pop();
        TraceNode node = new TraceNode(closed.type(), closed.text(), closed.children());
        Open parent = open.peek();
        (parent == null ? roots : parent.children()).add(node);
    }

    @Override
    public void forked(FlowKey key) {
        forks.add(key);
    }

    @Override
    public void finished(FlowKey key) {
        finalKey = new FlowKey(key);
    }
}
