package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthProbeTest {
    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer server;

    private int status = 200;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/metrics", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    @Test
    void shouldBeHealthyWhenServerAnswersOk() {
        assertThat(HealthProbe.probe(url())).isZero();
    }

    @Test
    void shouldBeUnhealthyWhenServerAnswersAnythingElse() {
        status = 503;

        assertThat(HealthProbe.probe(url())).isEqualTo(1);
    }

    @Test
    void shouldBeUnhealthyWhenNobodyListens() {
        String url = url();
        server.stop(0);

        assertThat(HealthProbe.probe(url)).isEqualTo(1);
    }

    @Test
    void shouldRejectWhatIsNoHttpAddress() {
        assertThat(HealthProbe.probe("file:///etc/passwd")).isEqualTo(2);
        assertThat(HealthProbe.probe()).isEqualTo(2);
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/metrics";
    }
}
