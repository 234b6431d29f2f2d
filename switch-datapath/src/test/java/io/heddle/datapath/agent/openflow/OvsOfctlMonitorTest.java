package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ovs-ofctl monitor BRIDGE watch:...} prints the same of Heddle as of Open vSwitch when the same is done to both. */
@Tag("netns")
@Tag("differential")
@Timeout(300)
final class OvsOfctlMonitorTest {
    private static final List<List<String>> BEFORE = List.of(
            List.of("add-flow", "table=1,priority=5,cookie=0x1,tcp,tp_dst=80,actions=output:2,output:3"),
            List.of("add-flow", "priority=7,cookie=0x2,in_port=1,idle_timeout=600,hard_timeout=700,actions=output:1"),
            List.of("add-flow", "arp,actions=drop"));

    // A modify of OpenFlow 1.0 sets the cookie in Open vSwitch: it is the same here.
    private static final List<List<String>> STEPS = List.of(
            List.of("add-flow", "priority=9,ip,nw_dst=10.0.0.0/8,actions=output:2"),
            List.of("add-flow", "table=2,udp,tp_src=53,actions=resubmit(,3),output:3"),
            List.of("mod-flows", "table=1,cookie=0x1,actions=output:1"),
            List.of("mod-flows", "table=1,cookie=0x1,actions=output:1"),
            List.of("add-flow", "priority=9,cookie=0x7,ip,nw_dst=10.0.0.0/8,actions=output:3"),
            List.of("--strict", "mod-flows", "priority=7,cookie=0x2,in_port=1,actions=output:3"),
            List.of("del-flows", "cookie=0x7/-1"),
            List.of("del-flows", "table=2,udp"),
            List.of("add-flow", "table=3,priority=1,dl_vlan=5,actions=strip_vlan,output:2"),
            List.of("del-flows", "tcp"),
            List.of("--strict", "del-flows", "table=3,priority=1,dl_vlan=5"));

    private static final String LAST = "table=9,priority=999,cookie=0x999,actions=output:2";

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OpenFlow10 | ''",
                "OpenFlow10 | !initial,!modify,out_port=2",
                "OpenFlow12 | ''",
                "OpenFlow13 | ''",
                "OpenFlow13 | !delete,out_port=2",
                "OpenFlow14 | ''",
                "OpenFlow14 | !actions",
                "OpenFlow15 | ''",
            })
    void shouldPrintWhatItPrintsOfOpenVSwitch(String version, String watch) throws Exception {
        List<String> theirs;
        try (OvsSandbox sandbox = new OvsSandbox(folder.resolve("ovs"))) {
            theirs = observe(sandbox.bridge(), version, watch);
        }
        List<String> ours;
        try (AgentLab lab = AgentLab.of(version)) {
            lab.awaitListening();
            ours = observe("unix:" + lab.socket, version, watch);
        }
        assertThat(theirs).hasSizeGreaterThan(4);
        assertThat(ours).containsExactlyElementsOf(theirs);
    }

    private List<String> observe(String bridge, String version, String watch) throws Exception {
        for (List<String> command : BEFORE) {
            ofctl(bridge, version, command);
        }
        Path output = Files.createTempFile(folder, "monitor", ".txt");
        ProcessBuilder builder = new ProcessBuilder("ovs-ofctl", "-O", version, "monitor", bridge, "watch:" + watch);
        builder.environment()
                .put("OVS_RUNDIR", Files.createTempDirectory(folder, "run").toString());
        Process monitor = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            await().atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(Files.readString(output, StandardCharsets.UTF_8))
                            .contains("FLOW_MONITOR reply"));
            for (List<String> step : STEPS) {
                ofctl(bridge, version, step);
            }
            ofctl(bridge, version, List.of("add-flow", LAST));
            await().atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(Files.readString(output, StandardCharsets.UTF_8))
                            .contains("cookie=0x999"));
        } finally {
            monitor.destroyForcibly().waitFor();
        }
        List<String> lines = Files.readString(output, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(" event="))
                .toList();
        // What is there at the beginning comes in no particular order.
        int initial = (int) lines.stream()
                .takeWhile(line -> !line.contains("nw_dst=10.0.0.0/8"))
                .count();
        List<String> sorted =
                new ArrayList<>(lines.subList(0, initial).stream().sorted().toList());
        sorted.addAll(lines.subList(initial, lines.size()));
        return sorted;
    }

    private static void ofctl(String bridge, String version, List<String> words)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ovs-ofctl", "-O", version));
        int at = words.getFirst().startsWith("--") ? 2 : 1;
        line.addAll(words.subList(0, at));
        line.add(bridge);
        line.addAll(words.subList(at, words.size()));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(line + "\n" + text).isZero();
        } finally {
            process.destroyForcibly();
        }
    }
}
