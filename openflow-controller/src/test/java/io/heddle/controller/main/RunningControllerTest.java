package io.heddle.controller.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.controller.channel.FakeSwitch;
import io.heddle.controller.config.ControllerConfig;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.loop.SwitchStatus;
import io.heddle.controller.packet.ArpMessage;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.packet.Frames;
import io.heddle.controller.store.LeaseStore;
import io.heddle.proto.document.DocumentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningControllerTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final long A = 0x02000000000aL;
    private static final long B = 0x02000000000bL;
    private static final long BROADCAST = 0xffffffffffffL;
    private static final String BLOCK = "priority=1000,ip,nw_src=10.0.0.1,nw_dst=10.0.0.2,actions=drop";

    @TempDir
    Path directory;

    private FakeSwitch bridge;
    private RunningController controller;

    @BeforeEach
    void start() throws Exception {
        bridge = new FakeSwitch(directory.resolve("s"), "0000000000000001");
        controller = RunningController.start(config());
        awaitReady();
    }

    @AfterEach
    void stop() throws Exception {
        controller.close();
        bridge.stop();
    }

    private ControllerConfig config() throws DocumentException {
        return ControllerConfig.parse("c.yaml", """
                controller:
                  switches: ["unix:%1$s/s"]
                  api: { listen: ["unix:%1$s/api", "127.0.0.1:0"] }
                  metrics: { listen: "127.0.0.1:0" }
                  state: %1$s/state
                networks:
                  - { name: lan, subnet: 10.0.0.0/24, pools: ["10.0.0.100-10.0.0.199"] }
                """.formatted(directory));
    }

    private void awaitReady() {
        await().atMost(DEADLINE)
                .until(() -> !controller.switches().isEmpty()
                        && controller.switches().stream()
                                .allMatch(status -> status.state() == SwitchStatus.State.READY));
    }

    private void restartController() throws Exception {
        controller.close();
        controller = RunningController.start(config());
        awaitReady();
    }

    private static Frame frame(long src, long dst) {
        return Frames.udp(dst, src, 0, 1, 2, 1000, 2000, new byte[20]);
    }

    private void learn(int port, long mac) {
        bridge.packetIn(port, 2, frame(mac, BROADCAST).octets());
        await().atMost(DEADLINE)
                .until(() -> bridge.flows().keySet().stream()
                        .anyMatch(flow -> flow.contains("table=2")
                                && flow.contains(io.heddle.flow.packet.EthernetView.text(mac))));
    }

    @Test
    void shouldInstallTheTablesAndLearn() {
        assertThat(bridge.flows().keySet()).anySatisfy(flow -> assertThat(flow).contains("goto_table:1"));
        learn(1, A);
        assertThat(bridge.flows().keySet())
                .anySatisfy(flow -> assertThat(flow)
                        .contains("table=3")
                        .contains("dl_dst=02:00:00:00:00:0a")
                        .endsWith("actions=output:1"));
        assertThat(controller.hosts()).singleElement().satisfies(host -> {
            assertThat(host.host().mac()).isEqualTo(A);
            assertThat(host.host().id()).isEqualTo(new SwitchId(1));
        });
    }

    @Test
    void shouldForgetWhenTheSwitchSaysThatAHostIsSilent() {
        learn(1, A);
        bridge.expire("table=2, idle_timeout=300");
        await().atMost(DEADLINE).until(() -> controller.hosts().isEmpty());
        await().atMost(DEADLINE).until(() -> bridge.flows().keySet().stream().noneMatch(flow -> flow.contains("0a")));
    }

    @Test
    void shouldKeepFlowsAndTheirCountersOverARestartOfTheController() throws Exception {
        learn(1, A);
        learn(2, B);
        bridge.add(BLOCK);
        Map<String, Long> before = bridge.flows();
        int writes = bridge.writes();
        restartController();
        assertThat(bridge.flows()).isEqualTo(before);
        assertThat(bridge.writes()).as("nothing had to be written").isEqualTo(writes);
        assertThat(controller.hosts()).hasSize(2);
    }

    @Test
    void shouldRestoreFlowsWithinASecondAfterTheSwitchIsBack() throws Exception {
        learn(1, A);
        bridge.add(BLOCK);
        Duration least = Duration.ofDays(1);
        // A busy machine may be late once; it is not late every time.
        for (int attempt = 0; attempt < 4 && least.compareTo(Duration.ofSeconds(1)) >= 0; attempt++) {
            Duration took = timeToRestore();
            least = took.compareTo(least) < 0 ? took : least;
        }
        assertThat(least).isLessThan(Duration.ofSeconds(1));
    }

    private Duration timeToRestore() throws Exception {
        Map<String, Long> before = bridge.flows();
        bridge.stop();
        await().atMost(DEADLINE).until(() -> controller.switches().get(0).state() == SwitchStatus.State.CONNECTING);
        await().atMost(DEADLINE)
                .until(() -> controller
                        .switches()
                        .get(0)
                        .lastError()
                        .equals("there is no such socket: is the switch running?"));
        bridge.clear();
        bridge.add(BLOCK);
        bridge.restart();
        long start = System.nanoTime();
        await().atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> bridge.flows().keySet().equals(before.keySet()));
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void shouldReadABridgeAgainThatCouldNotBeRead() throws Exception {
        bridge.stop();
        bridge.clear();
        bridge.failReads(true);
        bridge.restart();
        await().atMost(DEADLINE).until(() -> bridge.readsFailed() >= 2);
        bridge.failReads(false);
        awaitReady();
        await().atMost(DEADLINE).until(() -> !bridge.flows().isEmpty());
    }

    @Test
    void shouldLeaveABridgeAloneOfWhichAnotherIsThePrimary() {
        bridge.elect(false);
        await().atMost(DEADLINE).until(() -> controller.switches().get(0).state() == SwitchStatus.State.SECONDARY);
        int writes = bridge.writes();
        int reads = bridge.flowReads();
        bridge.lost();
        bridge.packetIn(1, 2, frame(A, BROADCAST).octets());
        bridge.elect(true);
        awaitReady();
        // Read once, as the primary that it is again, and not because of what it lost as a secondary.
        assertThat(bridge.flowReads()).isEqualTo(reads + 1);
        assertThat(bridge.writes()).isEqualTo(writes);
    }

    @Test
    void shouldRemoveStaleFlowsOfItsOwnAndLeaveOthersAlone() throws Exception {
        bridge.stop();
        bridge.add(BLOCK);
        bridge.add("table=2,priority=7,cookie=0x4864000200000009,actions=drop");
        bridge.restart();
        await().atMost(DEADLINE)
                .until(() -> bridge.flows().keySet().stream().noneMatch(flow -> flow.contains("priority=7")));
        assertThat(bridge.flows().keySet()).anySatisfy(flow -> assertThat(flow).contains("nw_src=10.0.0.1"));
    }

    @Test
    void shouldNotDeleteWhatAnotherPutInItsFlowsPlace() throws Exception {
        learn(1, A);
        String mine = bridge.flows().keySet().stream()
                .filter(flow -> flow.contains("table=3") && flow.contains("dl_dst=02:00:00:00:00:0a"))
                .findFirst()
                .orElseThrow();
        String other =
                mine.replaceFirst("cookie=0x[0-9a-f]+", "cookie=0x77").replaceFirst("actions=.*", "actions=drop");
        bridge.add(other);
        bridge.expire("table=2, idle_timeout=300");
        await().atMost(DEADLINE).until(() -> controller.hosts().isEmpty());
        learn(2, B);
        assertThat(bridge.flows().keySet()).anySatisfy(flow -> assertThat(flow).contains("cookie=0x77"));
    }

    @Test
    void shouldTryAgainWhatTheSwitchRefused() {
        bridge.refuse(true);
        bridge.packetIn(1, 2, frame(A, BROADCAST).octets());
        await().atMost(DEADLINE).until(() -> bridge.writes() >= 2);
        bridge.refuse(false);
        await().atMost(DEADLINE)
                .until(() ->
                        bridge.flows().keySet().stream().anyMatch(flow -> flow.contains("dl_dst=02:00:00:00:00:0a")));
    }

    /** DISCOVER as any client sends it; the REQUEST that follows. */
    private static Frame dhcp(String options) {
        byte[] message = new byte[300];
        byte[] head = HexFormat.of().parseHex("0101060011223344");
        System.arraycopy(head, 0, message, 0, head.length);
        System.arraycopy(HexFormat.of().parseHex("02000000000a"), 0, message, 28, 6);
        byte[] rest = HexFormat.of().parseHex("63825363" + options + "ff");
        System.arraycopy(rest, 0, message, 236, rest.length);
        return Frames.udp(BROADCAST, A, 0, 0, -1, 68, 67, message);
    }

    private Frame awaitSent(int index) {
        await().atMost(DEADLINE).until(() -> bridge.sent.size() > index);
        assertThat(bridge.sent.get(index).getBridge()).isEqualTo("br0");
        return Frame.of(bridge.sent.get(index).getData().toByteArray());
    }

    @Test
    void shouldLeaseAnAddressDurablyAndAnswerForItInArp() throws Exception {
        bridge.packetIn(3, 1, dhcp("350101").octets());
        Frame offer = awaitSent(0);
        assertThat(offer.ipDst()).isEqualTo(0x0a000064);
        bridge.packetIn(3, 1, dhcp("350103" + "32040a000064" + "36040a0000fe").octets());
        assertThat(awaitSent(1).ipDst()).isEqualTo(0x0a000064);
        try (LeaseStore reader = LeaseStore.open(directory.resolve("state/leases.db"))) {
            assertThat(reader.readAll())
                    .singleElement()
                    .satisfies(lease -> assertThat(lease.mac()).isEqualTo(A));
        }
        ArpMessage question = new ArpMessage(1, B, 0x0a000002, 0, 0x0a000064);
        bridge.packetIn(2, 1, question.toFrame(BROADCAST, B, 0).octets());
        assertThat(ArpMessage.of(awaitSent(2))).isEqualTo(new ArpMessage(2, A, 0x0a000064, B, 0x0a000002));
        restartController();
        bridge.packetIn(2, 1, question.toFrame(BROADCAST, B, 0).octets());
        assertThat(ArpMessage.of(awaitSent(3))).as("remembered").isNotNull();
        assertThat(controller.leases())
                .singleElement()
                .satisfies(entry -> assertThat(entry.offered()).isFalse());
    }

    @Test
    void shouldServeMetrics() throws Exception {
        learn(1, A);
        URI uri = URI.create("http://127.0.0.1:" + controller.ports().get(0) + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body())
                    .contains("heddle_learned_hosts 1.0")
                    .contains("heddle_switches_ready 1.0")
                    .contains("heddle_switch_connected{target=\"unix:" + directory + "/s\"} 1.0")
                    .contains("heddle_leases{network=\"lan\",state=\"bound\"} 0.0")
                    .contains("heddle_flow_writes_total{result=\"done\"}")
                    .contains("jvm_memory_used_bytes");
        }
    }

    @Test
    void shouldRefuseToStartOnAnAddressInUseAndLeaveNothingBehind() throws Exception {
        int port = controller.ports().get(0);
        ControllerConfig taken = ControllerConfig.parse("c.yaml", """
                controller:
                  switches: ["unix:%1$s/s"]
                  api: { listen: ["unix:%1$s/other"] }
                  metrics: { listen: "127.0.0.1:%2$d" }
                  state: %1$s/other-state
                """.formatted(directory, port));
        assertThatThrownBy(() -> RunningController.start(taken))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + port + " for metrics");
        assertThat(directory.resolve("other")).doesNotExist();
    }

    @Test
    void shouldCheckAFileAndExplainTheCommandLine() throws Exception {
        Path good = Files.writeString(directory.resolve("good.yaml"), "controller: { switches: [\"unix:/s\"] }");
        Path bad = Files.writeString(directory.resolve("bad.yaml"), "controller: {}");
        assertThat(run("--config", good.toString(), "--check"))
                .isEqualTo("0 " + good + ": right, 1 switches, 0 networks\n");
        assertThat(run("--config", bad.toString()))
                .startsWith("2 " + bad + ":1: controller: ")
                .contains("switches");
        assertThat(run("--nonsense")).startsWith("2 heddle-controller: what is '--nonsense'?");
        assertThat(run("--config", "/no/such.yaml")).isEqualTo("2 /no/such.yaml: there is no such file\n");
    }

    private static String run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (PrintStream captured = new PrintStream(octets, true, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            System.setErr(captured);
            int status = ControllerProcess.run(args);
            return status + " " + octets.toString(StandardCharsets.UTF_8);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void shouldSurviveNonsenseInPackets() {
        byte[] sound = dhcp("350101").octets();
        for (int length = 0; length < sound.length; length += 7) {
            bridge.packetIn(1, 1, Arrays.copyOf(sound, length));
        }
        bridge.packetIn(3, 1, sound);
        assertThat(Objects.requireNonNull(awaitSent(0)).ipDst()).isEqualTo(0x0a000064);
    }
}
