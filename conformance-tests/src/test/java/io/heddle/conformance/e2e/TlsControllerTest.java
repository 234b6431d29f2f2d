package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proto.transport.Tls;
import io.heddle.testkit.Certificates;
import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A controller that switches reach by TLS: a Heddle bridge and an Open vSwitch. */
@Tag("netns")
@Tag("differential")
class TlsControllerTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static String section(Tls.Sources files) {
        return "tls: { private-key: \"%s\", certificate: \"%s\", ca-cert: \"%s\" }"
                .formatted(files.privateKey(), files.certificate(), files.caCertificate());
    }

    @Test
    void shouldRunSwitchesOverTls() throws Exception {
        try (HeddleLab lab = new HeddleLab()) {
            Host host = lab.net.host("t");
            Certificates authority = new Certificates(lab.folder, "authority");
            Tls.Sources own = authority.issue("switch");
            LabProcess controller = lab.startController(host, lab.write("controller.yaml", """
                    controller:
                      openflow: { listen: ["pssl:6653:127.0.0.1"] }
                      api:      { listen: ["unix:%s"] }
                      metrics:  { listen: "off" }
                      state:    "%s"
                      %s
                    """.formatted(
                            lab.socket("controller"),
                            lab.folder.resolve("controller.state"),
                            section(authority.issue("controller")))));
            LabProcess heddle = lab.startSwitch(host, lab.write("s.yaml", switchYaml(lab, own, "127.0.0.1")));
            OpenVSwitch ovs = OpenVSwitch.start(host, lab.folder.resolve("ovs"));
            Tls.Sources theirs = authority.issue("ovs");
            ovs.vsctl(
                    "set-ssl",
                    theirs.privateKey().toString(),
                    theirs.certificate().toString(),
                    theirs.caCertificate().toString());
            ovs.vsctl("add-br", "ovs0", "--", "set", "bridge", "ovs0", "datapath_type=netdev", "fail-mode=secure");
            ovs.vsctl(
                    "set",
                    "bridge",
                    "ovs0",
                    "protocols=OpenFlow13",
                    "--",
                    "set-controller",
                    "ovs0",
                    "ssl:127.0.0.1:6653");

            controller.awaitOutput("bridge br0 ready", SOON);
            controller.awaitOutput("bridge ovs0 ready", SOON);
            assertThat(ovs.ofctl("dump-flows", "ovs0")).contains("cookie=0x4864");

            // A certificate of another authority, read again by SIGHUP: the next connection is refused, and both sides
            // say why.
            Certificates stranger = new Certificates(lab.folder, "stranger");
            Tls.Sources wrong = stranger.issue("switch", authority);
            Files.copy(wrong.privateKey(), own.privateKey(), StandardCopyOption.REPLACE_EXISTING);
            heddle.signal("HUP");
            heddle.awaitOutput("certificate .* is not for private-key .*: nothing was changed", SOON);
            Files.copy(wrong.certificate(), own.certificate(), StandardCopyOption.REPLACE_EXISTING);
            controller.signal("HUP");
            controller.awaitOutput("keys and certificates read again", SOON);
            lab.write("s.yaml", switchYaml(lab, own, "localhost"));
            heddle.signal("HUP");
            heddle.awaitOutput("s.yaml read again", SOON);
            controller.awaitOutput("TLS: the other side shows no certificate of the authority in ca-cert", SOON);
            heddle.awaitOutput("ssl:localhost:6653: TLS: the other side refuses: ", SOON);
        }
    }

    private static String switchYaml(HeddleLab lab, Tls.Sources files, String controller) {
        return """
                switch:
                  grpc:    { listen: ["unix:%s"] }
                  metrics: { listen: "off" }
                  state:   "%s"
                  poll-loops: 1
                  %s
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    fail-mode: secure
                    controllers: ["ssl:%s:6653"]
                    ports:
                      - { name: br0, type: internal }
                """.formatted(lab.socket("s"), lab.folder.resolve("s.state"), section(files), controller);
    }
}
