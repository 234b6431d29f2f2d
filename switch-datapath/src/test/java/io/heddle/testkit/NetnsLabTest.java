package io.heddle.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class NetnsLabTest {
    @Test
    void shouldConnectTwoHostsAndRemoveEverything() {
        String netns;
        long pid;
        try (NetnsLab lab = new NetnsLab()) {
            NetnsLab.Host a = lab.host("a");
            NetnsLab.Host b = lab.host("b");
            netns = a.netns();
            lab.run("ip", "link", "add", "e0", "netns", a.netns(), "type", "veth", "peer", "e0", "netns", b.netns());
            a.configure("e0", "10.0.0.1/24");
            b.configure("e0", "10.0.0.2/24");
            assertThat(a.run("ping", "-c1", "-W2", "10.0.0.2")).contains("1 received");
            LabProcess server = b.start("iperf3", "-s", "--forceflush").awaitOutput("listening", Duration.ofSeconds(5));
            pid = server.pid();
            assertThat(server.isRunning()).isTrue();
        }
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(Path.of("/run/netns", netns)).doesNotExist();
    }

    @Test
    void shouldFailWithTheOutputOfAFailedCommand() {
        try (NetnsLab lab = new NetnsLab()) {
            assertThatThrownBy(() -> lab.run("sh", "-c", "echo broken; exit 3"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("status 3")
                    .hasMessageContaining("broken");
        }
    }

    @Test
    void shouldKillWhatMissesItsDeadline() {
        try (NetnsLab lab = new NetnsLab()) {
            assertThatThrownBy(() -> lab.run(Duration.ofMillis(200), "sleep", "100"))
                    .hasMessageContaining("has not ended within PT0.2S");
        }
    }
}
