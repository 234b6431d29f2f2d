package io.heddle.datapath.main;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the switch process needs to know besides its bridges.
 *
 * @param grpcListen where to serve gRPC, {@code unix:/path} or {@code host:port}
 * @param metricsListen where to serve {@code GET /metrics}, {@code host:port}; null for nowhere
 * @param stateFolder for what was configured at run time
 */
public record SwitchSettings(
        List<String> grpcListen, @Nullable String metricsListen, Path stateFolder) {
    public static final List<String> DEFAULT_GRPC_LISTEN = List.of("unix:/run/heddle/switch.sock");
    public static final String DEFAULT_METRICS_LISTEN = "127.0.0.1:9464";
    public static final Path DEFAULT_STATE_FOLDER = Path.of("/var/lib/heddle/switch");

    public SwitchSettings {
        grpcListen = List.copyOf(grpcListen);
    }
}
