package io.heddle.controller.metrics;

import io.heddle.controller.api.Inventory;
import io.heddle.proto.transport.MetricsEndpoint;
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
import java.util.List;

/**
 * Serves the controller's metrics.
 *
 * <p>Apps and the controller loop count into a registry of {@link #newRegistry}; what is a number of things (leases,
 * connections) is read when a scrape comes.
 *
 * <p>Threading: {@link #close} from any thread; scrapes are answered one after the other by the endpoint's thread.
 */
public final class MetricsServer implements AutoCloseable {
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final MetricsEndpoint endpoint;

    private MetricsServer(MetricsEndpoint endpoint, PrometheusMeterRegistry registry) {
        this.endpoint = endpoint;
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
        InventoryMeters meters = new InventoryMeters(registry, inventory, networks);
        MetricsEndpoint endpoint = MetricsEndpoint.start(listen, "controller", () -> {
            meters.refresh();
            return registry.scrape();
        });
        return new MetricsServer(endpoint, registry);
    }

    /** The TCP port that is listened on. */
    public int port() {
        return endpoint.port();
    }

    @Override
    public void close() {
        endpoint.close();
        gcMetrics.close();
    }
}
