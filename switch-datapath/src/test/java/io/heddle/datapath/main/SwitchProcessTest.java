package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The switch as a process: what it says about bad input, and its life with real devices. */
class SwitchProcessTest {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration RELOAD = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private record Outcome(int status, String out, String err) {}

    private static Outcome run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = SwitchProcess.run(
                arguments,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("switch.yaml"), yaml);
    }

    @Test
    void shouldSayThatAFileIsRightAndDoNothingElse() throws IOException {
        Path file = file("bridges: [{name: br0, ports: [{name: t0, type: tap}]}]\n");

        Outcome outcome = run("--check", "--config", file.toString());

        assertThat(outcome.status()).isZero();
        assertThat(outcome.out()).isEqualTo("heddle-switch: " + file + " is right: 1 bridges\n");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void shouldNameLineAndPathOfABadPort() throws IOException {
        Path file = file("""
                bridges:
                  - name: br0
                    ports:
                      - { name: a-name-that-is-too-long, type: tap }
                """);

        Outcome outcome = run("--check", "--config", file.toString());

        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err())
                .startsWith("heddle-switch: " + file + ":4: bridges[0].ports[0].name")
                .contains("at most 15 octets");
    }

    @Test
    void shouldRefuseKeysThatATypeDoesNotHave() throws IOException {
        Path file = file("bridges: [{name: br0, ports: [{name: t0, type: tap, remote: 10.0.0.1}]}]\n");

        assertThat(run("--check", "--config", file.toString()).err())
                .contains("bridges[0].ports[0].remote", "a port of type tap has no remote: leave it out");
    }

    @Test
    void shouldRefuseWrongCommandLines() {
        assertThat(run().status()).isEqualTo(2);
        assertThat(run("--config").err()).startsWith("heddle-switch: --config needs a file\nusage: heddle switch");
        assertThat(run("--nonsense").err()).startsWith("heddle-switch: unknown option --nonsense");
    }

    @Test
    @Tag("netns")
    void shouldNameAnInterfaceThatIsNotThere() throws IOException {
        Path file = file("""
                switch: { state: %s, metrics: { listen: "off" } }
                bridges:
                  - name: br0
                    ports:
                      - { name: hd-nothere, type: system }
                """.formatted(folder.resolve("state")));

        Outcome outcome = run("--config", file.toString());

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("heddle-switch: " + file + ":5: bridges[0].ports[0]")
                .contains("hd-nothere");
    }

    /** A switch with two hosts at veth ports and the main namespace at a TAP. */
    private final class Life implements AutoCloseable {
        final NetnsLab lab = new NetnsLab();
        final NetnsLab.Host one = lab.host("one");
        final NetnsLab.Host two = lab.host("two");
        final String portOne = lab.device("v1");
        final String portTwo = lab.device("v2");
        final String tap = lab.device("t3");
        final String extra = lab.device("t4");
        final Path management = folder.resolve("br0.mgmt");
        private LabProcess process = start(false, "secure");

        private LabProcess start(boolean withExtra, String failMode) {
            configure(withExtra, failMode);
            return lab.start(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            "io.heddle.datapath.main.SwitchProcess",
                            "--config",
                            folder.resolve("switch.yaml").toString())
                    .awaitOutput("heddle-switch: ready", START);
        }

        void configure(boolean withExtra, String failMode) {
            String yaml = """
                    switch:
                      grpc: { listen: ["unix:%1$s/switch.sock"] }
                      metrics: { listen: "off" }
                      state: %1$s/state
                    bridges:
                      - name: br0
                        fail-mode: %2$s
                        listen: ["punix:%3$s"]
                        ports:
                          - { name: %4$s, number: 1, type: veth, peer: eth0, netns: %5$s }
                          - { name: %6$s, number: 2, type: veth, peer: eth0, netns: %7$s }
                          - { name: %8$s, number: 3, type: tap }
                    """.formatted(folder, failMode, management, portOne, one.netns(), portTwo, two.netns(), tap)
                    + (withExtra ? "      - { name: %s, number: 4, type: tap }\n".formatted(extra) : "");
            try {
                Files.writeString(folder.resolve("switch.yaml"), yaml);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        void addresses() {
            one.configure("eth0", "10.77.0.1/24");
            two.configure("eth0", "10.77.0.2/24");
        }

        String ofctl(String... words) {
            String[] command = new String[words.length + 3];
            command[0] = "ovs-ofctl";
            command[1] = "-O";
            command[2] = "OpenFlow13";
            System.arraycopy(words, 0, command, 3, words.length);
            return lab.run(command);
        }

        String bridge() {
            return "unix:" + management;
        }

        long packets() {
            Matcher count = Pattern.compile("n_packets=(\\d+)").matcher(ofctl("dump-flows", bridge()));
            assertThat(count.find()).isTrue();
            return Long.parseLong(count.group(1));
        }

        void ping() {
            one.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "10.77.0.2");
        }

        boolean isReachable() {
            return one.start("ping", "-c", "1", "-W", "1", "10.77.0.2").awaitExit(RELOAD) == 0;
        }

        List<String> devices() {
            String links = lab.run("ip", "-o", "link");
            return List.of(portOne, portTwo, tap, extra).stream()
                    .filter(links::contains)
                    .toList();
        }

        @Override
        public void close() {
            process.signal("TERM");
            try {
                process.awaitExit(Duration.ofSeconds(30));
            } finally {
                lab.close();
            }
        }
    }

    @Test
    @Tag("netns")
    void shouldForwardAndSurviveReloadKillAndStop() {
        try (Life life = new Life()) {
            life.addresses();
            life.ofctl("add-flow", life.bridge(), "actions=NORMAL");
            life.ping();
            LabProcess server = life.two.start("iperf3", "-s", "-1", "--forceflush");
            server.awaitOutput("listening", Duration.ofSeconds(10));
            assertThat(life.one.run(Duration.ofSeconds(30), "iperf3", "-c", "10.77.0.2", "-n", "20M"))
                    .contains("receiver");

            long before = life.packets();
            assertThat(before).isGreaterThan(10);
            life.configure(true, "secure");
            life.process.signal("HUP");
            await().atMost(RELOAD).until(() -> life.devices().contains(life.extra));
            assertThat(life.packets()).as("counters over a reload").isGreaterThanOrEqualTo(before);
            life.ping();

            life.process.signal("KILL");
            life.process.awaitExit(Duration.ofSeconds(10));
            life.process = life.start(true, "secure");
            life.ping();
            assertThat(life.ofctl("dump-flows", life.bridge()))
                    .as("flows over a kill")
                    .contains("actions=NORMAL");

            life.process.signal("TERM");
            assertThat(life.process.awaitExit(Duration.ofSeconds(30))).isZero();
            assertThat(life.devices()).as("what it made is gone").isEmpty();
            life.process = life.start(false, "secure");
            assertThat(life.devices()).doesNotContain(life.extra);
        }
    }

    @Test
    @Tag("netns")
    void shouldComeBackAfterAKillWithATapThatWasMovedIntoANamespace() {
        try (Life life = new Life()) {
            life.addresses();
            life.ofctl("add-flow", life.bridge(), "actions=NORMAL");
            NetnsLab.Host guest = life.lab.host("guest");
            for (String address : List.of("10.77.0.3/24", "10.77.0.4/24")) {
                life.lab.run("ip", "link", "set", life.tap, "netns", guest.netns());
                guest.configure(life.tap, address);
                guest.run("ping", "-c", "1", "-W", "5", "10.77.0.2");

                life.process.signal("KILL");
                life.process.awaitExit(Duration.ofSeconds(10));
                // The kernel removes it with the process, also out there.
                await().atMost(RELOAD)
                        .until(() -> !guest.run("ip", "-o", "link").contains(life.tap));
                life.process = life.start(false, "secure");
                assertThat(life.devices()).as("made anew where the switch is").contains(life.tap);
            }
        }
    }

    @Test
    @Tag("netns")
    void shouldMakeAnotherTapWhenAPersistentOneWasMovedAway() {
        try (Life life = new Life()) {
            NetnsLab.Host guest = life.lab.host("guest");
            life.lab.run("ip", "tuntap", "add", "name", life.extra, "mode", "tap");
            boolean isMoved = false;
            try {
                life.configure(true, "secure");
                life.process.signal("HUP");
                await().atMost(RELOAD)
                        .until(() ->
                                life.ofctl("dump-ports-desc", life.bridge()).contains(life.extra));
                life.lab.run("ip", "link", "set", life.extra, "netns", guest.netns());
                isMoved = true;
            } finally {
                if (!isMoved) {
                    life.lab.run("ip", "link", "del", life.extra);
                }
            }
            life.process.signal("KILL");
            life.process.awaitExit(Duration.ofSeconds(10));
            life.process = life.start(true, "secure");
            assertThat(life.devices()).as("another").contains(life.extra);
            assertThat(guest.run("ip", "-o", "link")).as("the old one").contains(life.extra);
        }
    }

    @Test
    @Tag("netns")
    void shouldForwardWithoutFlowsAndControllerOnlyInFailModeStandalone() throws IOException {
        try (Life life = new Life()) {
            life.addresses();
            assertThat(life.isReachable()).isFalse();

            life.configure(false, "standalone");
            life.process.signal("HUP");
            await().atMost(RELOAD).until(() -> life.isReachable());
            life.ping();

            Files.writeString(folder.resolve("switch.yaml"), "");
            life.process.signal("HUP");
            life.process.awaitOutput("the key bridges is missing: nothing was changed", RELOAD);
            life.ping();
        }
    }
}
