package io.heddle.controller.config;

import io.heddle.proto.transport.Tls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the process needs to know.
 *
 * @param switches targets, {@code unix:/path} or {@code grpc://host:port}
 * @param openFlowListen where switches connect to, {@code ptcp:[PORT[:HOST]]}, {@code pssl:[PORT[:HOST]]} or {@code punix:PATH}; empty: nowhere
 * @param apiListen {@code unix:/path} or {@code host:port}
 * @param metricsListen {@code host:port}; null: off
 * @param state folder of the lease database
 * @param tls for OpenFlow at {@code pssl:} addresses; null for none
 */
public record ControllerSettings(
        List<String> switches,
        List<String> openFlowListen,
        List<String> apiListen,
        @Nullable String metricsListen,
        Path state,
        Tls.@Nullable Sources tls) {
    /** {@link #apiListen} when nothing is said. */
    public static final List<String> DEFAULT_API_LISTEN = List.of("unix:/run/heddle/controller.sock");

    /** {@link #metricsListen} when nothing is said. */
    public static final String DEFAULT_METRICS_LISTEN = "127.0.0.1:9465";

    /** {@link #state} when nothing is said. */
    public static final Path DEFAULT_STATE = Path.of("/var/lib/heddle/controller");

    public ControllerSettings {
        switches = List.copyOf(switches);
        openFlowListen = List.copyOf(openFlowListen);
        apiListen = List.copyOf(apiListen);
    }

    /**
     * Reads the files for TLS.
     *
     * @return null when there are none
     * @throws IOException with a sentence that names the file
     */
    public @Nullable Tls loadTls() throws IOException {
        return tls == null ? null : Tls.load(tls);
    }
}
