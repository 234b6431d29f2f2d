package io.heddle.datapath.main;

import io.heddle.proto.transport.Tls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the switch process needs to know besides its bridges.
 *
 * @param grpcListen where to serve gRPC, {@code unix:/path} or {@code host:port}
 * @param metricsListen where to serve {@code GET /metrics}, {@code host:port}; null for nowhere
 * @param stateFolder for what was configured at run time
 * @param pollLoops threads that forward packets, from 1
 * @param tls for OpenFlow at {@code ssl:} and {@code pssl:} addresses; null for none
 */
public record SwitchSettings(
        List<String> grpcListen,
        @Nullable String metricsListen,
        Path stateFolder,
        int pollLoops,
        Tls.@Nullable Sources tls) {
    public static final List<String> DEFAULT_GRPC_LISTEN = List.of("unix:/run/heddle/switch.sock");
    public static final String DEFAULT_METRICS_LISTEN = "127.0.0.1:9464";
    /** Most poll loops that a file may ask for. */
    public static final int MAX_POLL_LOOPS = 64;

    public static final Path DEFAULT_STATE_FOLDER = Path.of("/var/lib/heddle/switch");

    public SwitchSettings {
        grpcListen = List.copyOf(grpcListen);
    }

    /**
     * Reads the files for TLS.
     *
     * @return null when there are none
     * @throws IOException with a sentence that names the file
     */
    @Nullable
    Tls loadTls() throws IOException {
        return tls == null ? null : Tls.load(tls);
    }

    /** One poll loop for every two cores, as half of them are for the system's network stack and for the hosts; at most 8. */
    public static int defaultPollLoops() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 8);
    }
}
