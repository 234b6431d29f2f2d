package io.heddle.flow.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.table.FlowMod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heddle's and {@code ovs-ofctl}'s understanding of the same text, compared by what both print. */
@Tag("differential")
final class FlowTextDifferentialTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    @Test
    void shouldUnderstandFlowsAsOvsOfctlDoes(@TempDir Path folder) throws Exception {
        RandomFlows flows = new RandomFlows(42);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            texts.add(flows.next());
        }

        List<String> printed = ovsOfctl(folder, texts);

        assertThat(printed).hasSameSizeAs(texts);
        for (int i = 0; i < texts.size(); i++) {
            FlowMod flow = PARSER.flow(FlowMod.Command.ADD, texts.get(i));
            String rule = FORMATTER.rule(flow.priority(), flow.match());
            String actions = FORMATTER.instructions(flow.instructions());
            assertThat(normalised(rule, actions)).as(texts.get(i)).isEqualTo(theirs(printed.get(i)));
        }
    }

    /** OpenFlow 1.3 cannot say the difference between these, so ovs-ofctl does not print it. */
    private static String normalised(String rule, String actions) {
        return rule.replace("vlan_tci=0x0000", "vlan_tci=0x0000/0x1fff").replace("/0x1fff/0x1fff", "/0x1fff") + "|"
                + asLoads(actions);
    }

    private static String theirs(String line) {
        int actions = line.indexOf("actions=");
        assertThat(actions).as(line).isPositive();
        String rule = line.substring(line.indexOf("ADD") + 3, actions).trim();
        if (rule.startsWith("table:")) {
            int space = rule.indexOf(' ');
            rule = space < 0 ? "" : rule.substring(space + 1);
        }
        for (String attribute : List.of(" cookie:", " idle:", " hard:", " send_flow_rem", " check_overlap")) {
            int at = (" " + rule).indexOf(attribute);
            rule = at < 0 ? rule : rule.substring(0, Math.max(0, at - 1));
        }
        return rule + "|" + asLoads(line.substring(actions + "actions=".length()));
    }

    /** A whole field may be loaded or set. */
    private static String asLoads(String actions) {
        return actions.replace("load:0x2->NXM_OF_ARP_OP[]", "set_field:2->arp_op");
    }

    private static List<String> ovsOfctl(Path folder, List<String> flows) throws IOException, InterruptedException {
        Path file = folder.resolve("flows");
        Files.write(file, flows);
        Path output = folder.resolve("printed");
        Process process = new ProcessBuilder("ovs-ofctl", "-O", "OpenFlow13", "parse-flows", file.toString())
                .redirectError(folder.resolve("errors").toFile())
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("errors"), StandardCharsets.UTF_8))
                .isZero();
        return text.lines().filter(line -> line.contains("OFPT_FLOW_MOD")).toList();
    }
}
