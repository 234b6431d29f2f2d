package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** kill -9 under traffic: what is lost, and that everything comes back by itself. */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class KillTest {
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    private HeddleLab lab;
    private Host sw;
    private Host a;
    private Host b;
    private Path controllerConfig;
    private LabProcess switchProcess;
    private LabProcess controllerProcess;

    @BeforeEach
    void startNetwork() {
        lab = new HeddleLab();
        sw = lab.net.host("s");
        a = lab.net.host("a");
        b = lab.net.host("b");
        switchProcess = startSwitch();
        controllerConfig = ControllerYaml.oneNetwork(lab, "s");
        controllerProcess = lab.startController(sw, controllerConfig);
        address();
        awaitPing();
    }

    private LabProcess startSwitch() {
        return lab.startSwitch(sw, "s", """
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    fail-mode: secure
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: p2, number: 2, type: veth, peer: eth0, netns: %s }
                """.formatted(a.netns(), b.netns()));
    }

    /** Gives the hosts addresses; after a switch was killed its veth pairs may be new ones. */
    private void address() {
        for (Host host : new Host[] {a, b}) {
            host.run("ip", "addr", "replace", host == a ? "10.20.100.1/16" : "10.20.100.2/16", "dev", "eth0");
            host.run("ip", "link", "set", "eth0", "up");
        }
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    private void awaitPing() {
        Awaitility.await()
                .atMost(RECOVERY)
                .ignoreException(AssertionError.class)
                .until(() -> {
                    a.run("ping", "-c", "1", "-W", "1", "10.20.100.2");
                    return true;
                });
    }

    private LabProcess pings(int count) {
        return a.start("ping", "-i", "0.01", "-c", Integer.toString(count), "10.20.100.2");
    }

    private static int lost(LabProcess ping) {
        ping.awaitExit(Duration.ofSeconds(60));
        Matcher matcher =
                Pattern.compile("(\\d+) packets transmitted, (\\d+) received").matcher(ping.output());
        assertThat(matcher.find()).as(ping.output()).isTrue();
        return Integer.parseInt(matcher.group(1)) - Integer.parseInt(matcher.group(2));
    }

    @Test
    void shouldLoseNothingWhenTheControllerIsKilledAndComesBack() {
        LabProcess ping = pings(400);
        ping.awaitOutput("icmp_seq=20", Duration.ofSeconds(5));
        controllerProcess.signal("KILL");
        controllerProcess.awaitExit(Duration.ofSeconds(5));
        controllerProcess = lab.startController(sw, controllerConfig);

        assertThat(lost(ping)).isZero();
        awaitPing();
    }

    @Test
    void shouldRecoverWhenTheSwitchIsKilled() {
        switchProcess.signal("KILL");
        switchProcess.awaitExit(Duration.ofSeconds(5));
        long start = System.nanoTime();
        switchProcess = startSwitch();
        address();
        awaitPing();
        System.out.printf(
                "switch killed: traffic again %.2f s after its restart began%n", (System.nanoTime() - start) / 1e9);
        assertThat(lost(pings(50))).isZero();
    }

    @Test
    void shouldRecoverWhenBothAreKilled() {
        switchProcess.signal("KILL");
        controllerProcess.signal("KILL");
        switchProcess.awaitExit(Duration.ofSeconds(5));
        controllerProcess.awaitExit(Duration.ofSeconds(5));
        switchProcess = startSwitch();
        controllerProcess = lab.startController(sw, controllerConfig);
        address();
        awaitPing();
        assertThat(lost(pings(50))).isZero();
    }
}
