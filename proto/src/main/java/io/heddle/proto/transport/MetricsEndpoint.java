package io.heddle.proto.transport;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code GET /metrics} in Prometheus' text format 0.0.4.
 *
 * <p>Threading: {@link #close} from any thread; scrapes are answered one after the other by a thread of its own.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus: exposition formats</a>
 */
public final class MetricsEndpoint implements AutoCloseable {
    /** What a scrape says. */
    @FunctionalInterface
    public interface Scrape {
        /**
         * Collects everything.
         *
         * @throws InterruptedException when the endpoint is closed meanwhile
         */
        String text() throws InterruptedException;
    }

    private final String process;
    private final HttpServer server;
    private final Scrape scrape;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(
            task -> Thread.ofPlatform().name("metrics").daemon().unstarted(task));

    private MetricsEndpoint(String process, HttpServer server, Scrape scrape) {
        this.process = process;
        this.server = server;
        this.scrape = scrape;
    }

    /**
     * Starts to serve.
     *
     * @param listen {@code ADDRESS:PORT}, an IPv6 address in brackets; port 0 for any free one
     * @param process who it is, for people who ask for something else: "switch", "controller"
     * @throws IOException when the address cannot be bound; says which and why
     * @throws IllegalArgumentException when the address is not one
     */
    public static MetricsEndpoint start(String listen, String process, Scrape scrape) throws IOException {
        HttpServer server;
        try {
            server = HttpServer.create(parse(listen), 0);
        } catch (IOException e) {
            throw new IOException("cannot listen on " + listen + " for metrics: " + e.getMessage(), e);
        }
        MetricsEndpoint endpoint = new MetricsEndpoint(process, server, scrape);
        server.createContext("/", endpoint::answer);
        server.setExecutor(endpoint.executor);
        server.start();
        return endpoint;
    }

    private static InetSocketAddress parse(String listen) {
        try {
            if (ListenAddress.parse(listen) instanceof ListenAddress.Tcp tcp) {
                return tcp.address();
            }
        } catch (IllegalArgumentException e) {
            throw badAddress(listen, e);
        }
        throw badAddress(listen, null);
    }

    private static IllegalArgumentException badAddress(String listen, @Nullable IllegalArgumentException cause) {
        return new IllegalArgumentException(
                "\"%s\" is no address for the metrics: write ADDRESS:PORT, for example 127.0.0.1:9464"
                        .formatted(listen),
                cause);
    }

    /** The TCP port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean found = exchange.getRequestURI().getPath().equals("/metrics");
            String text = found ? scrape.text() : "Heddle " + process + ": GET /metrics\n";
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            found ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(found ? 200 : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
