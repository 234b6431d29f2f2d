package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.proto.openflow.OpenFlowCodec;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration.Kind;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.heddle.proto.openflow.OpenFlowVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ovs-ofctl monitor} prints of messages that it does not ask for. */
@Tag("differential")
@Timeout(300)
final class OvsOfctlStatusTest {
    private final AgentLab lab = AgentLab.of("OpenFlow14", 5);

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    /** An {@code ovs-ofctl monitor} that can be told to send messages. */
    private final class Monitor implements AutoCloseable {
        private final OpenFlowCodec codec;
        private final Path output;
        private final Path control;
        private final Process process;

        Monitor(String version, String name) throws Exception {
            codec = OpenFlowCodec.of(OpenFlowVersion.byName(version).orElseThrow());
            output = lab.folder.resolve(name + ".txt");
            control = lab.folder.resolve(name + ".ctl");
            ProcessBuilder builder = new ProcessBuilder(
                    "ovs-ofctl", "-O", version, "--unixctl=" + control, "monitor", "unix:" + lab.socket, "65534");
            builder.environment().put("OVS_RUNDIR", lab.folder.toString());
            process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(control));
        }

        void send(OpenFlowMessage message) throws Exception {
            ByteBuf out = Unpooled.buffer();
            codec.encode(out, 0x77, message);
            appctl("ofctl/send", ByteBufUtil.hexDump(out));
            appctl("ofctl/barrier");
        }

        private void appctl(String... words) throws Exception {
            java.util.List<String> line =
                    new java.util.ArrayList<>(java.util.List.of("ovs-appctl", "-T", "60", "-t", control.toString()));
            line.addAll(java.util.List.of(words));
            Process call = new ProcessBuilder(line).redirectErrorStream(true).start();
            try {
                String text = new String(call.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(call.waitFor()).as(text).isZero();
            } finally {
                call.destroyForcibly();
            }
        }

        String text() throws Exception {
            return Files.readString(output, StandardCharsets.UTF_8);
        }

        void awaitText(String... texts) {
            await().atMost(60, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(text()).contains(texts));
        }

        @Override
        public void close() {
            process.destroyForcibly();
            process.onExit().join();
        }
    }

    private static OpenFlowMessage master(long generation) {
        return new OpenFlowMessage.RoleRequest(Role.MASTER, OptionalLong.of(generation));
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldTellAMasterThatAnotherIs(String version) throws Exception {
        try (Monitor one = new Monitor(version, "one");
                Monitor two = new Monitor(version, "two")) {
            one.send(master(5));
            two.send(master(6));
            one.awaitText(
                    "_ROLE_STATUS (OF1." + version.charAt(9), "role=secondary generation_id=6 reason=primary_request");
            two.send(new OpenFlowMessage.ChangeAsync(Map.of(Kind.ROLE_STATUS_SLAVE, 0)));
            one.send(master(7));
            two.send(new OpenFlowMessage.RoleRequest(Role.NO_CHANGE, OptionalLong.of(7)));
            two.awaitText("OFPT_ROLE_REPLY", "role=secondary generation_id=7");
            assertThat(two.text()).doesNotContain("_ROLE_STATUS");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldForwardWhatOthersDoToGroupsAndMeters(String version) throws Exception {
        lab.speak("OpenFlow14");
        try (Monitor one = new Monitor(version, "one");
                Monitor two = new Monitor(version, "two")) {
            one.send(new OpenFlowMessage.ChangeAsync(Map.of(Kind.REQUEST_FORWARD_MASTER, 3)));
            lab.ovsOfctl("add-group", "group_id=5,type=all,bucket=output:2");
            lab.ovsOfctl(1, "mod-group", "group_id=77,type=all,bucket=output:2");
            lab.ovsOfctl("bundle", bundle("group add group_id=6,type=indirect,bucket=output:1"));
            one.awaitText(
                    "REQUESTFORWARD", "reason=group_mod", "ADD group_id=5,type=all", "ADD group_id=6,type=indirect");
            if (!version.equals("OpenFlow12")) {
                lab.ovsOfctl("add-meter", "meter=1 kbps bands=type=drop rate=1000");
                one.awaitText("reason=meter_mod", "ADD meter=1 kbps bands=");
            }
            lab.ovsOfctl("del-groups");
            one.awaitText("DEL group_id=");
            assertThat(one.text()).doesNotContain("group_id=77");
            assertThat(two.text()).doesNotContain("REQUESTFORWARD");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow14", "OpenFlow15"})
    void shouldEvictFlowsAndTellOfVacancy(String version) throws Exception {
        lab.speak(version);
        assertThat(lab.ovsOfctl("dump-table-desc")).contains("eviction=off", "vacancy=off");
        try (Monitor one = new Monitor(version, "one")) {
            one.send(new OpenFlowMessage.ChangeAsync(Map.of(Kind.TABLE_STATUS_MASTER, 0x18)));
            lab.ovsOfctl("mod-table", "0", "vacancy:30,70");
            lab.ovsOfctl("mod-table", "0", "evict");
            assertThat(lab.ovsOfctl("dump-table-desc"))
                    .contains("eviction=on eviction_flags=OTHER|IMPORTANCE|LIFETIME")
                    .contains("vacancy=on vacancy_down=30% vacancy_up=70% vacancy=100%");
            lab.ovsOfctl("add-flow", "in_port=1,importance=2,idle_timeout=600,actions=drop");
            lab.ovsOfctl("add-flow", "in_port=2,importance=1,idle_timeout=900,send_flow_rem,actions=drop");
            for (int port = 3; port <= 5; port++) {
                lab.ovsOfctl("add-flow", "in_port=" + port + ",importance=1,actions=drop");
            }
            one.awaitText("OFPT_TABLE_STATUS", "reason=VACANCY_DOWN", "vacancy=20%");
            lab.ovsOfctl("add-flow", "in_port=6,actions=drop");
            one.awaitText("OFPT_FLOW_REMOVED", "in_port=2", "reason=eviction");
            lab.ovsOfctl("add-flow", "in_port=7,actions=drop");
            assertThat(lab.ovsOfctl(1, "add-flow", "in_port=8,actions=drop")).contains("OFPFMFC_TABLE_FULL");
            assertThat(lab.ovsOfctl("dump-aggregate")).contains("flow_count=5");
            lab.ovsOfctl("del-flows");
            one.awaitText("reason=VACANCY_UP", "vacancy=100%");
            lab.ovsOfctl("mod-table", "0", "noevict");
            lab.ovsOfctl("mod-table", "0", "novacancy");
            assertThat(lab.ovsOfctl("dump-table-desc")).contains("eviction=off", "vacancy=off");
        }
    }

    private String bundle(String line) throws Exception {
        return Files.writeString(lab.folder.resolve("bundle"), line + "\n").toString();
    }
}
