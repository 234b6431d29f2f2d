package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import java.util.Arrays;
import java.util.List;

/** Compares Heddle's trace of a packet with Open vSwitch's, and counts where a rule of its own explains that they differ. */
final class TraceComparison {
    private long ourBits;
    private long theirBits;
    private int megaflows;
    private int cutElsewhere;
    private int finalFlowsNotShown;
    private int megaflowsNotReadable;

    /** Bits that Heddle's megaflows match, of those that could be compared. */
    long ourBits() {
        return ourBits;
    }

    /** Bits that Open vSwitch's megaflows match, of the same packets. */
    long theirBits() {
        return theirBits;
    }

    /** How many megaflows could be compared. */
    int megaflows() {
        return megaflows;
    }

    /** Packets whose way is cut into two translations in another place: what is delivered before it is not compared. */
    int cutElsewhere() {
        return cutElsewhere;
    }

    /** Packets that Open vSwitch translates again, so that its final flow is not the last one. */
    int finalFlowsNotShown() {
        return finalFlowsNotShown;
    }

    /** Megaflows that Open vSwitch prints in a form that no parser takes, its own included. */
    int megaflowsNotReadable() {
        return megaflowsNotReadable;
    }

    /** Traces a packet in both and compares what is delivered where, and the packet as it is at the end. */
    void compare(PipelineLab lab, OpenVSwitchSandbox sandbox, FlowKey key) throws Exception {
        Trace ours = Tracer.trace(lab.pipeline, key, lab.nowNs, PipelineLab.FORMATTER);
        String flow = PipelineLab.FORMATTER.key(key);
        // In a packet, unlike in a match, it takes tp_src for TCP's.
        String theirs = sandbox.trace(flow.startsWith("udp") ? flow.replace("tp_", "udp_") : flow);
        String both = ours.toText() + "\n======== Open vSwitch\n" + theirs;
        List<Delivery> delivered = Delivery.ofHeddle(key, ours.translation().actions());
        List<Delivery> expected = Delivery.ofOpenVSwitch(key, line(theirs, "Datapath actions: "));
        boolean isCut = delivered.stream().anyMatch(Delivery::isRecirculation)
                || expected.stream().anyMatch(Delivery::isRecirculation);
        if (isCut && !delivered.equals(expected)) {
            // After pop_mpls it parses the packet again for write_metadata, Heddle for normal: the rest is another
            // translation.
            cutElsewhere++;
            return;
        }
        assertThat(delivered).as(both).isEqualTo(expected);
        // It also prints the key when only the action set has changed.
        String theirFinal =
                line(theirs, "Final flow: ").replace("vlan_tci1=0x0000,", "").replaceFirst("^unchanged$", flow);
        if (theirs.contains("recirc(")) {
            // It stops before write_metadata where only the table after it needs the packet parsed again.
            finalFlowsNotShown++;
        } else {
            assertThat(PipelineLab.FORMATTER.key(ours.finalFlow())).as(both).isEqualTo(theirFinal);
        }
        compareMegaflows(ours.translation().mask(), line(theirs, "Megaflow: "));
    }

    private void compareMegaflows(FlowMask ours, String theirs) {
        try {
            long bits = bits(megaflow(theirs));
            theirBits += bits;
            ourBits += bits(ours);
            megaflows++;
        } catch (FlowException e) {
            // It prints some of what it has looked at (nw_ttl of an MPLS packet) in ways that no parser takes, its own
            // included.
            megaflowsNotReadable++;
        }
    }

    private static String line(String trace, String prefix) {
        return trace.lines()
                .filter(line -> line.startsWith(prefix))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no '" + prefix + "' in\n" + trace))
                .substring(prefix.length());
    }

    private static FlowMask megaflow(String text) throws FlowException {
        return PipelineLab.PARSER
                .match(text.replace("recirc_id=0,", "").replaceFirst("^eth,?", ""))
                .mask()
                .add(MatchField.RECIRC_ID);
    }

    private static long bits(FlowMask mask) {
        return Arrays.stream(mask.words()).map(Long::bitCount).sum();
    }
}
