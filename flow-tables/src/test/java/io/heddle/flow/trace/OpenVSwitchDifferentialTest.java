package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.PortInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same flows and packets in Heddle and in Open vSwitch's {@code ofproto/trace}. */
@Tag("differential")
class OpenVSwitchDifferentialTest {
    private static final int PROGRAMS = 20;
    private static final int PACKETS = 20;
    private static final List<String> GROUPS = List.of(
            "group_id=1,type=indirect,bucket=actions=dec_ttl,output:2",
            "group_id=2,type=all,bucket=actions=set_field:02:00:00:00:00:09->eth_dst,output:2,"
                    // Named, for it does not copy what it pushes a tag over.
                    + "bucket=actions=push_vlan:0x8100,set_field:4100->vlan_vid,set_field:2->vlan_pcp,output:3");

    private long ourBits;
    private long theirBits;
    private int megaflows;

    @Test
    void shouldDoWithAPacketWhatOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        int compared = 0;
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            for (int seed = 0; seed < PROGRAMS; seed++) {
                Random random = new Random(seed);
                PipelineLab lab = PipelineLab.oneBridge().port(new PortInfo(100, 0, Ports.LOCAL, "br0"));
                lab.ports.remove(5);
                lab.port(new PortInfo(100, 0, Ports.LOCAL, "br0"));
                List<String> flows = new ArrayList<>();
                for (int i = 0; i < 25; i++) {
                    flows.add(RandomPipeline.flow(random));
                }
                for (String group : GROUPS) {
                    lab.group(group);
                }
                lab.flows(flows.toArray(String[]::new));
                sandbox.program(GROUPS, flows);
                for (int i = 0; i < PACKETS; i++) {
                    FlowKey key = RandomPipeline.key(random);
                    // Open vSwitch sees one tag only, unless told otherwise.
                    key.word(KeyLayout.W_VLAN, key.word(KeyLayout.W_VLAN) & 0xffffffff_00000000L);
                    // After an invalid TTL it goes on with the action set; here the packet's way ends.
                    key.set(MatchField.NW_TTL, isIp(key) ? 64 : 0);
                    // It prints further labels but does not read them.
                    key.set(MatchField.MPLS_BOS, key.getLong(MatchField.ETH_TYPE) == 0x8847 ? 1 : 0);
                    compare(lab, sandbox, flows, key);
                    compared++;
                }
            }
        }
        assertThat(compared).isEqualTo(PROGRAMS * PACKETS);
        assertThat(megaflows).isGreaterThan(compared * 3 / 4);
        assertThat(ourBits).as("our megaflows are on the whole no narrower").isLessThan(theirBits * 11 / 10);
    }

    private static boolean isIp(FlowKey key) {
        long type = key.getLong(MatchField.ETH_TYPE);
        return type == 0x0800 || type == 0x86dd;
    }

    private void compare(PipelineLab lab, OpenVSwitchSandbox sandbox, List<String> flows, FlowKey key)
            throws Exception {
        Trace ours = Tracer.trace(lab.pipeline, key, lab.nowNs, PipelineLab.FORMATTER);
        String flow = PipelineLab.FORMATTER.key(key);
        // In a packet, unlike in a match, it takes tp_src for TCP's.
        String theirs = sandbox.trace(flow.startsWith("udp") ? flow.replace("tp_", "udp_") : flow);
        String both = ours.toText() + "\n======== Open vSwitch\n" + theirs + "\n========\n" + String.join("\n", flows);
        assertThat(Delivery.ofHeddle(key, ours.translation().actions()))
                .as(both)
                .isEqualTo(Delivery.ofOpenVSwitch(key, line(theirs, "Datapath actions: ")));
        // It also prints the key when only the action set has changed.
        String theirFinal =
                line(theirs, "Final flow: ").replace("vlan_tci1=0x0000,", "").replaceFirst("^unchanged$", flow);
        if (!theirs.contains("recirc(")) {
            // It stops before write_metadata where only the table after it needs the packet parsed again.
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
            return;
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
