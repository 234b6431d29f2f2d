package io.heddle.flow.trace;

import io.heddle.flow.match.FlowKey;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.text.FlowFormatter;
import java.util.List;

/**
 * What one packet met on its way, and what came of it.
 *
 * <pre>
 *   Flow: ip,in_port=1,...
 *
 *   bridge("br0")
 *   -------------
 *    0. ip,nw_dst=10.0.0.1, priority 32768, cookie 0x5
 *       set_field:1->reg0
 *       goto_table:1
 *    1. priority 0
 *       output:2
 *
 *   Final flow: unchanged
 *   Megaflow: recirc_id=0,eth,ip,in_port=1,nw_dst=10.0.0.1
 *   Datapath actions: 2
 * </pre>
 *
 * @param flow the packet's key, in_port being the bridge's number
 * @param finalFlow the key at the end
 * @param resumed what became of the copies that came back from the connection tracker, in the order of their departure
 */
public record Trace(
        FlowKey flow,
        List<TraceNode> roots,
        FlowKey finalFlow,
        Translation translation,
        FlowFormatter formatter,
        List<Resumed> resumed) {
    private static final String LINE = "=".repeat(79);

    /**
     * A copy that came back from the connection tracker.
     *
     * @param title with its recirculation id and the state that it came back with
     */
    public record Resumed(String title, Trace trace) {}

    public Trace {
        roots = List.copyOf(roots);
        resumed = List.copyOf(resumed);
    }

    /** What the megaflow matches, in one line; in_port is the number in the first bridge. */
    public String megaflow() {
        return formatter.megaflow(flow, translation.mask());
    }

    /** What the datapath does, in one line: {@code 2,3} or {@code drop}. Ports are the datapath's numbers. */
    public String datapathActions() {
        return new DatapathActionFormatter(formatter, flow).format(translation.actions());
    }

    /** The whole trace. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        print(text);
        for (Resumed each : resumed) {
            text.append('\n').append(LINE).append('\n').append(each.title()).append('\n');
            text.append(LINE).append("\n\n");
            each.trace().print(text);
        }
        return text.toString();
    }

    private void print(StringBuilder text) {
        text.append("Flow: ").append(formatter.key(flow)).append('\n');
        roots.forEach(root -> root.print(text, 0));
        text.append("\nFinal flow: ")
                .append(finalFlow.equals(flow) ? "unchanged" : formatter.key(finalFlow))
                .append("\nMegaflow: ")
                .append(megaflow())
                .append("\nDatapath actions: ")
                .append(datapathActions())
                .append('\n');
    }
}
