package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces go on behind the connection tracker, with what the user says that it says. */
final class CtNextTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final Pattern OUTCOME = Pattern.compile("Datapath actions: (.*)");
    private static final List<String> FLOWS = List.of(
            "table=0,ip,ct_state=-trk actions=set_field:7->reg0,ct(zone=5,table=1)",
            "table=1,reg0=7,ct_zone=5,ip,ct_state=+trk+new actions=ct(commit,zone=5),2",
            "table=1,ip,ct_state=+trk+est-rpl actions=3",
            "table=1,ip,ct_state=+trk+est+rpl actions=ct(zone=6,table=2)",
            "table=2,ip,ct_state=+trk+new actions=2",
            "table=2,ip,ct_state=+trk+inv actions=4");
    private static final String PACKET =
            "in_port=1,ip,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=17,udp_src=1,udp_dst=2,nw_ttl=64";

    private static List<Integer> flags(String... texts) throws FlowException {
        List<Integer> flags = new ArrayList<>();
        for (String text : texts) {
            flags.add(PARSER.ctState(text));
        }
        return flags;
    }

    private static List<String> outcomes(String trace) {
        return OUTCOME.matcher(trace).results().map(match -> match.group(1)).toList();
    }

    @Test
    void shouldGoOnAsNewUnlessItIsTold() throws Exception {
        PipelineLab lab = PipelineLab.oneBridge().flows(FLOWS.toArray(String[]::new));
        String text = lab.trace(PACKET).toText();

        assertThat(text)
                .contains("recirc(0x1) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)\n")
                .contains(" 1. ct_state=+new+trk,ct_zone=5,ip,reg0=0x7");
        assertThat(outcomes(text)).containsExactly("ct(zone=5),recirc(0x1)", "ct(commit,zone=5),2");
    }

    @Test
    void shouldGoOnWithWhatItIsTold() throws Exception {
        PipelineLab lab = PipelineLab.oneBridge().flows(FLOWS.toArray(String[]::new));

        assertThat(outcomes(lab.trace(PACKET, flags("est")).toText())).last().isEqualTo("3");
        Trace trace = lab.trace(PACKET, flags("est,rpl", "inv"));
        assertThat(trace.toText()).contains(" - resume conntrack with ct_state=trk|est|rpl\n", "ct_state=trk|inv\n");
        assertThat(trace.resumed()).hasSize(2);
        assertThat(outcomes(trace.toText())).last().isEqualTo("4");
        assertThat(outcomes(lab.trace(PACKET, flags("trk est|rpl")).toText()))
                .as("the second one is new")
                .last()
                .isEqualTo("2");
    }

    @Test
    void shouldEndWhereTablesGoRoundInCircles() throws Exception {
        PipelineLab lab = PipelineLab.oneBridge().flows("table=0,ip actions=ct(zone=1,table=0)");

        assertThat(lab.trace(PACKET).resumed()).hasSize(64);
    }

    @Test
    void shouldRefuseFlagsThatThereAreNot() {
        assertThatThrownBy(() -> PARSER.ctState("new,old"))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining("\"old\" is not one of new, est, rel, rpl, inv, trk, snat, dnat");
    }

    @Test
    @Tag("differential")
    void shouldDoAsOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        PipelineLab lab = PipelineLab.oneBridge().flows(FLOWS.toArray(String[]::new));
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            sandbox.program(List.of(), FLOWS);
            for (String[] next : List.of(
                    new String[] {},
                    new String[] {"trk,est"},
                    new String[] {"trk,est,rpl"},
                    new String[] {"trk,est,rpl", "trk,inv"},
                    new String[] {"trk,inv"})) {
                List<String> wanted = withoutIds(outcomes(sandbox.trace(PACKET, List.of(next))));
                assertThat(withoutIds(outcomes(lab.trace(PACKET, flags(next)).toText())))
                        .as(String.join(" ", next))
                        .isEqualTo(wanted);
            }
        }
    }

    private static List<String> withoutIds(List<String> outcomes) {
        return outcomes.stream()
                .map(line -> line.replaceAll("recirc\\(0x[0-9a-f]+\\)", "recirc"))
                .toList();
    }
}
