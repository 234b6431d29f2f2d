package io.heddle.controller.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.heddle.controller.api.Inventory;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves {@code GET /metrics} in Prometheus' text format 0.0.4.
 *
 * <p>Apps and the controller loop count into a registry of {@link #newRegistry}; what is a number of things (leases,
 * connections) is read when a scrape comes.
 *
 * <p>Threading: {@link #close} from any thread; scrapes are answered one after the other by a thread of its own.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">Prometheus: exposition formats</a>
 */
public final class MetricsServer implements AutoCloseable {
    private final PrometheusMeterRegistry registry;
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final InventoryMeters inventory;
    private final HttpServer server;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(
            task -> Thread.ofPlatform().name("metrics").daemon().unstarted(task));

    private MetricsServer(HttpServer server, PrometheusMeterRegistry registry, InventoryMeters inventory) {
        this.server = server;
        this.registry = registry;
        this.inventory = inventory;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
    }

    /** A registry to count into; it gives every metric of the controller its sentence. */
    public static PrometheusMeterRegistry newRegistry() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        registry.config()
                .meterFilter(new Descriptions())
                // Prometheus' lint objects to the unit in the one's name and to the other's ending; process_cpu_usage
                // says as much.
                .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
                .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
        return registry;
    }

    /**
     * Starts to serve.
     *
     * @param listen {@code host:port}, an IPv6 address in brackets; port 0 for any free one
     * @param registry from {@link #newRegistry}; the caller closes it
     * @param inventory read when a scrape comes
     * @param networks whose leases are shown even while there are none
     * @throws IOException when the address cannot be bound; says which and why
     * @throws IllegalArgumentException when the address is not one
     */
    public static MetricsServer start(
            String listen, PrometheusMeterRegistry registry, Inventory inventory, List<String> networks)
            throws IOException {
        InetSocketAddress address = parse(listen);
        HttpServer server;
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new IOException("cannot listen on " + listen + " for metrics: " + e.getMessage(), e);
        }
        InventoryMeters meters = new InventoryMeters(registry, inventory, networks);
        MetricsServer metrics = new MetricsServer(server, registry, meters);
        server.createContext("/", metrics::answer);
        server.setExecutor(metrics.executor);
        server.start();
        return metrics;
    }

    private static InetSocketAddress parse(String listen) {
        int colon = listen.lastIndexOf(':');
        String host = colon <= 0 ? "" : listen.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        String port = listen.substring(colon + 1);
        if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 0xffff) {
            throw new IllegalArgumentException(
                    "\"%s\" is no address for the metrics: write ADDRESS:PORT, for example 127.0.0.1:9465"
                            .formatted(listen));
        }
        return new InetSocketAddress(host, Integer.parseInt(port));
    }

    /** The TCP port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean found = exchange.getRequestURI().getPath().equals("/metrics");
            byte[] body = (found ? scrape() : "Heddle controller: GET /metrics\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            found ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(found ? 200 : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private String scrape() {
        inventory.refresh();
        return registry.scrape();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
        gcMetrics.close();
    }
}
