package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.ControllerRegistration;
import io.heddle.proto.transport.Tls;
import io.heddle.testkit.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenFlow over TLS: who is let in, who is trusted, and what is said about the others. */
final class TlsTest {
    private static final int HELLO = 0;

    private final Certificates authority;
    private final Certificates stranger;
    private final Path folder;
    private final Tls.Sources files;
    private final AgentLab lab = AgentLab.make(Timing.DEFAULT);

    TlsTest(@TempDir Path folder) throws Exception {
        this.folder = folder;
        authority = new Certificates(folder, "authority");
        stranger = new Certificates(folder, "stranger");
        files = authority.issue("switch");
        lab.agent.useTls(Tls.load(files));
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private InetSocketAddress listen() {
        lab.configure(List.of(), List.of("pssl:0:127.0.0.1"), List.of("OpenFlow13"));
        await().atMost(30, TimeUnit.SECONDS)
                .until(() -> lab.agent.localAddresses("br0").stream().anyMatch(InetSocketAddress.class::isInstance));
        return (InetSocketAddress) lab.agent.localAddresses("br0").getFirst();
    }

    /** Connects; returns the type of the first message and who the switch says it is. */
    private static List<Object> greet(SSLContext context, InetSocketAddress at) throws IOException {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(at.getAddress(), at.getPort())) {
            socket.setSoTimeout(60_000);
            byte[] header = socket.getInputStream().readNBytes(8);
            if (header.length < 8) {
                throw new SSLException("the connection was ended");
            }
            return List.of(
                    (int) header[1], socket.getSession().getPeerPrincipal().getName());
        }
    }

    @Test
    void shouldServeWhoHasACertificateOfTheAuthority() throws Exception {
        authority.issue("client");
        stranger.issue("intruder");
        InetSocketAddress at = listen();

        assertThat(greet(authority.context("client", authority), at)).containsExactly(HELLO, "CN=switch");
        assertThatThrownBy(() -> greet(stranger.context("intruder", authority), at))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> greet(authority.context("", authority), at)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldUseCertificatesThatWereRenewed() throws Exception {
        authority.issue("client");
        InetSocketAddress at = listen();
        assertThat(greet(authority.context("client", authority), at)).containsExactly(HELLO, "CN=switch");

        lab.agent.useTls(Tls.load(authority.issue("renewed")));

        assertThat(greet(authority.context("client", authority), at)).containsExactly(HELLO, "CN=renewed");
    }

    @Test
    void shouldSayWhoseCertificateAControllerOughtToShow() throws Exception {
        stranger.issue("controller");
        try (SSLServerSocket server = (SSLServerSocket) stranger.context("controller", authority)
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> acceptAll(server));
            lab.configure(List.of("ssl:127.0.0.1:" + server.getLocalPort()), List.of(), List.of("OpenFlow13"));

            await().atMost(30, TimeUnit.SECONDS).until(() -> lastError().contains("TLS"));

            assertThat(lastError())
                    .isEqualTo("TLS: the other side's certificate is not of the authority in ca-cert "
                            + files.caCertificate());
        }
    }

    private static void acceptAll(SSLServerSocket server) {
        while (!server.isClosed()) {
            try (SSLSocket socket = (SSLSocket) server.accept()) {
                socket.startHandshake();
                socket.getInputStream().read();
            } catch (IOException e) {
                // It is refused again and again.
            }
        }
    }

    private String lastError() {
        List<ControllerRegistration.State> controllers = lab.bridge()
                .read(reader -> reader.bridge().controllers())
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
        return controllers.isEmpty() ? "" : controllers.getFirst().lastError();
    }

    @Test
    void shouldSayThatTlsNeedsFiles() {
        lab.agent.useTls(null);
        lab.configure(List.of("ssl:127.0.0.1:6653"), List.of(), List.of("OpenFlow13"));

        await().atMost(30, TimeUnit.SECONDS).until(() -> lastError().contains("private-key, certificate, ca-cert"));
    }

    @Test
    void shouldNameTheFileThatIsWrong() throws Exception {
        Path missing = folder.resolve("missing.pem");
        Path text = Files.writeString(folder.resolve("text.pem"), "no key\n");
        Path old = Files.writeString(
                folder.resolve("old.pem"), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        Tls.Sources other = authority.issue("other");

        assertThatThrownBy(() -> Tls.load(new Tls.Sources(missing, files.certificate(), files.caCertificate())))
                .hasMessage("private-key " + missing + ": there is no such file");
        assertThatThrownBy(() -> Tls.load(new Tls.Sources(text, files.certificate(), files.caCertificate())))
                .hasMessageStartingWith("private-key " + text + ": holds no private key in PEM form");
        assertThatThrownBy(() -> Tls.load(new Tls.Sources(old, files.certificate(), files.caCertificate())))
                .hasMessageContainingAll("private-key " + old, "openssl pkcs8 -topk8 -nocrypt");
        assertThatThrownBy(() -> Tls.load(new Tls.Sources(files.privateKey(), text, files.caCertificate())))
                .hasMessageStartingWith("certificate " + text);
        assertThatThrownBy(() -> Tls.load(new Tls.Sources(files.privateKey(), files.certificate(), missing)))
                .hasMessage("ca-cert " + missing + ": there is no such file");
        assertThatThrownBy(
                        () -> Tls.load(new Tls.Sources(files.privateKey(), other.certificate(), files.caCertificate())))
                .hasMessage("certificate %s (CN=other) is not for private-key %s"
                        .formatted(other.certificate(), files.privateKey()));
    }

    @Test
    @Tag("differential")
    void shouldServeOvsOfctl() throws Exception {
        Tls.Sources own = authority.issue("client");
        Tls.Sources intruder = stranger.issue("intruder", authority);
        InetSocketAddress at = listen();

        assertThat(ovsOfctl(own, at, 0, "show")).contains("dpid:0000000000000001");
        ovsOfctl(own, at, 0, "add-flow", "priority=5,actions=output:2");
        assertThat(ovsOfctl(own, at, 0, "dump-flows")).contains("priority=5 actions=output:2");
        ovsOfctl(intruder, at, 1, "show");
    }

    private static String ovsOfctl(
            Tls.Sources files, InetSocketAddress at, int status, String command, String... arguments)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ovs-ofctl", "-O", "OpenFlow13"));
        line.addAll(List.of(
                "-p", files.privateKey().toString(), "-c", files.certificate().toString()));
        line.addAll(List.of("-C", files.caCertificate().toString(), command, "ssl:127.0.0.1:" + at.getPort()));
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(line + "\n" + text).isEqualTo(status);
            return text;
        } finally {
            process.destroyForcibly();
        }
    }
}
