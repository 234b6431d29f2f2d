package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Mininet's topologies with Heddle as the switch class, without a controller, with Heddle's and with Open vSwitch's. */
@Tag("netns")
@Tag("tools")
class MininetTest {
    private static final Path ROOT = Path.of(System.getProperty("heddle.root"));

    @Test
    void shouldCarryPingsInTopologies() {
        try (HeddleLab lab = new HeddleLab()) {
            Host at = lab.net.host("m");
            Path config = lab.write(
                    "controller.yaml", """
                    controller:
                      openflow: { listen: ["ptcp:6653:127.0.0.1"] }
                      api:      { listen: ["unix:%s"] }
                      metrics:  { listen: "off" }
                      state:    "%s"
                    """.formatted(lab.socket("controller"), lab.folder.resolve("controller.state")));
            lab.startController(at, config);
            String script = ROOT.resolve("conformance-tests/src/test/resources/mininet/networks.py")
                    .toString();

            String said = at.run(
                    Duration.ofMinutes(3),
                    "env",
                    "PYTHONPATH=" + ROOT.resolve("deploy/mininet"),
                    "PYTHONDONTWRITEBYTECODE=1",
                    "/usr/bin/python3",
                    script,
                    "127.0.0.1:6653");

            assertThat(said)
                    .contains("alone: connected True, lost 0 %")
                    .contains("tree: connected True, lost 0 %")
                    .contains("attached: lost 0 %")
                    .contains("3(s1-eth3)")
                    .contains("testcontroller: connected True, lost 0 %");
        }
    }
}
