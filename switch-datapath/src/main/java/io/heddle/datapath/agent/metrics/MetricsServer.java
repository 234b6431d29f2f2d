package io.heddle.datapath.agent.metrics;

import io.heddle.datapath.bridge.SwitchControl;
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

/**
 * Serves the switch's metrics. Everything is read from the switch when a scrape comes; between
 * scrapes it costs nothing.
 *
 * <p>Threading: {@link #close} from any thread; scrapes are answered one after the other by the endpoint's thread.
 */
public final class MetricsServer implements AutoCloseable {
    private final PrometheusMeterRegistry registry;
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final MetricsEndpoint endpoint;

    private MetricsServer(MetricsEndpoint endpoint, PrometheusMeterRegistry registry) {
        this.endpoint = endpoint;
        this.registry = registry;
        // Names that promtool's lint refuses: a count that is none, and nanoseconds; jvm and system gauges say the
        // same.
        registry.config()
                .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"))
                .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
    }

    /**
     * Starts to serve.
     *
     * @param listen {@code host:port}; port 0 for any free one
     * @throws IOException when the address cannot be bound; says which and why
     * @throws IllegalArgumentException when the address is not one
     */
    public static MetricsServer start(String listen, SwitchControl control) throws IOException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        SwitchMeters meters = new SwitchMeters(registry, control);
        MetricsEndpoint endpoint = MetricsEndpoint.start(listen, "switch", () -> {
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
        registry.close();
    }
}
