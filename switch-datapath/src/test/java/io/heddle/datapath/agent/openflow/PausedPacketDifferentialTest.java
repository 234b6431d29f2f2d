package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ovs-ofctl monitor BRIDGE resume -P nxt_packet_in2} prints the same of Heddle as of Open vSwitch, and packets go on alike. */
@Tag("netns")
@Tag("differential")
@Timeout(300)
final class PausedPacketDifferentialTest {
    private static final String UDP = "505400000007505400000005" + "0800" + "4500005c000000004011668f0a0000010a000002"
            + "0008000900480000"
            + HexFormat.of().formatHex(new byte[64]);
    private static final String GROUP =
            "group_id=1,type=all,bucket=actions=set_field:7->reg4,output:2,bucket=actions=output:3";

    private static final String PROBE = "userdata=aa";

    @TempDir
    private Path folder = Path.of("");

    /** Columns: version, pauses on the way, how often p2 and p3 send, flows. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OpenFlow13 | 1 | 1 | 1 | in_port=1 actions=set_field:5->reg0,push:NXM_NX_REG0[],resubmit(,1),set_field:9->reg2,output:2;"
                        + "table=1,cookie=0x77,actions=set_field:6->reg1,controller(reason=no_match,userdata=01.02.03,pause),"
                        + "set_field:8->reg3,pop:NXM_NX_REG5[],output:3",
                "OpenFlow10 | 1 | 1 | 1 | in_port=1 actions=set_field:5->reg0,push:NXM_NX_REG0[],resubmit(,1),output:2;"
                        + "table=1,cookie=0x77,actions=controller(pause),pop:NXM_NX_REG5[],output:3",
                "OpenFlow15 | 2 | 1 | 1 | in_port=1 actions=set_field:4->metadata,resubmit(,1),output:2;"
                        + "table=1,cookie=0x77,actions=controller(userdata=11),controller(pause),set_field:5->metadata,"
                        + "controller(userdata=12,pause),output:3",
                "OpenFlow13 | 1 | 2 | 1 | in_port=1 actions=controller(pause),group:1,output:2",
                "OpenFlow13 | 1 | 1 | 0 | in_port=1,udp,ct_state=-trk actions=ct(commit,table=2,zone=7,exec(set_field:0x9->ct_mark,"
                        + "set_field:0xa->ct_label));table=2,cookie=0x22,actions=controller(pause),resubmit(,3);"
                        + "table=3,udp,ct_state=+trk+new,ct_mark=9,actions=output:2",
                "OpenFlow13 | 1 | 1 | 0 | in_port=1 actions=push_vlan:0x8100,set_field:4099->vlan_vid,controller(pause),pop_vlan,output:2",
                "OpenFlow14 | 1 | 1 | 0 | in_port=1 actions=controller(pause),write_metadata:5,goto_table:1;"
                        + "table=1,metadata=5,actions=output:2",
            })
    void shouldGoOnAsInOpenVSwitch(String version, int pauses, int second, int third, String flows) throws Exception {
        List<String> theirs;
        try (OvsSandbox sandbox = new OvsSandbox(folder.resolve("ovs"))) {
            Network network = new Network(sandbox.bridge(), version);
            theirs = network.observe(flows, pauses, second, third, () -> sandbox.receive("p1", UDP));
        }
        List<String> ours;
        try (AgentLab lab = AgentLab.of(version)) {
            lab.awaitListening();
            Network network = new Network("unix:" + lab.socket, version);
            ours = network.observe(
                    flows,
                    pauses,
                    second,
                    third,
                    () -> lab.port("p1").in.add(HexFormat.of().parseHex(UDP)));
        }
        assertThat(theirs).hasSizeGreaterThan(1);
        assertThat(ours).containsExactlyElementsOf(theirs);
    }

    private interface Sending {
        void send() throws IOException, InterruptedException;
    }

    private final class Network {
        private final String bridge;
        private final String version;

        private Network(String bridge, String version) {
            this.bridge = bridge;
            this.version = version;
        }

        private List<String> observe(String flows, int pauses, int second, int third, Sending sending)
                throws Exception {
            if (flows.contains("group:1")) {
                ofctl("add-group", GROUP);
            }
            for (String flow : flows.split(";")) {
                ofctl("add-flow", flow);
            }
            Path output = Files.createTempFile(folder, "monitor", ".txt");
            Process monitor = builder("monitor", "65534", "resume", "-P", "nxt_packet_in2")
                    .redirectOutput(output.toFile())
                    .start();
            try {
                awaitMonitor(output);
                sending.send();
                await().atMost(60, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThat(Files.readString(output, StandardCharsets.UTF_8)
                                        .split("send: NXT_RESUME", -1))
                                .as(Files.readString(output, StandardCharsets.UTF_8))
                                .hasSize(pauses + 1));
                await().atMost(60, TimeUnit.SECONDS)
                        .untilAsserted(() -> assertThat(List.of(sent("p2"), sent("p3")))
                                .as(Files.readString(output, StandardCharsets.UTF_8))
                                .containsExactly(second, third));
            } finally {
                monitor.destroyForcibly().waitFor();
            }
            return Pattern.compile("^(?=NXT_PACKET_IN2|send:)", Pattern.MULTILINE)
                    .splitAsStream(Files.readString(output, StandardCharsets.UTF_8))
                    .filter(message -> !message.contains(PROBE))
                    .flatMap(String::lines)
                    .filter(line -> !line.contains("continuation.bridge") && !line.contains("continuation.odp_port"))
                    .map(line -> line.replaceAll("xid=0x[0-9a-f]+", "xid"))
                    .toList();
        }

        /** A monitor says nothing when it begins to listen: it is asked until it has heard. */
        private void awaitMonitor(Path output) {
            await().atMost(60, TimeUnit.SECONDS).until(() -> {
                ofctl(
                        "packet-out",
                        "in_port=CONTROLLER packet=" + UDP.substring(0, 28) + " actions=controller(userdata=aa)");
                return Files.readString(output, StandardCharsets.UTF_8).contains(PROBE);
            });
        }

        private int sent(String port) throws Exception {
            String statistics = ofctl("dump-ports", port);
            String after = statistics.substring(statistics.indexOf("tx pkts=") + "tx pkts=".length());
            return Integer.parseInt(after.substring(0, after.indexOf(',')));
        }

        private ProcessBuilder builder(String command, String... words) throws IOException {
            List<String> line = new ArrayList<>(List.of("ovs-ofctl", "-O", version, command, bridge));
            line.addAll(List.of(words));
            ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
            builder.environment()
                    .put("OVS_RUNDIR", Files.createTempDirectory(folder, "run").toString());
            return builder;
        }

        private String ofctl(String command, String... words) throws IOException, InterruptedException {
            Process process = builder(command, words).start();
            try {
                String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).as(command + text).isZero();
                return text;
            } finally {
                process.destroyForcibly();
            }
        }
    }
}
