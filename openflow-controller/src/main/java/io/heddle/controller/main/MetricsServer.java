package io.heddle.controller.main;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** {@code GET /metrics} in Prometheus' text format. */
final class MetricsServer implements AutoCloseable {
    private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final JvmGcMetrics gc = new JvmGcMetrics();

    private MetricsServer(HttpServer server) {
        this.server = server;
    }

    /** Begins to listen on {@code host:port}. */
    static MetricsServer start(String listen, PrometheusMeterRegistry meters) throws IOException {
        int colon = listen.lastIndexOf(':');
        String host = listen.substring(0, colon).replaceAll("^\\[|]$", "");
        HttpServer http;
        try {
            http = HttpServer.create(new InetSocketAddress(host, Integer.parseInt(listen.substring(colon + 1))), 16);
        } catch (IOException e) {
            throw new IOException("cannot listen on " + listen + " for metrics: " + e.getMessage(), e);
        }
        MetricsServer metrics = new MetricsServer(http);
        new ClassLoaderMetrics().bindTo(meters);
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        metrics.gc.bindTo(meters);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/metrics", exchange -> answer(exchange, meters));
        http.start();
        return metrics;
    }

    private static void answer(HttpExchange exchange, PrometheusMeterRegistry meters) throws IOException {
        try (exchange) {
            boolean get = exchange.getRequestMethod().equals("GET")
                    && exchange.getRequestURI().getPath().equals("/metrics");
            byte[] body = (get ? meters.scrape(TYPE) : "GET /metrics\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", TYPE);
            exchange.sendResponseHeaders(get ? 200 : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        gc.close();
    }
}
