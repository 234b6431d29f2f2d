package io.heddle.datapath.bridge;

import java.util.List;

/**
 * A bridge as it should be.
 *
 * @param name unique in the switch
 * @param datapathId 16 hexadecimal digits, unique in the switch; empty: made from the name
 * @param controllers OpenFlow controllers to connect to, such as {@code tcp:127.0.0.1:6653}
 * @param listen where to listen for OpenFlow, such as {@code ptcp:6634:127.0.0.1}, {@code punix:/run/heddle/br0.mgmt}
 * @param protocols OpenFlow versions to speak, such as {@code OpenFlow13}; empty: all that are supported
 */
public record BridgeConfiguration(
        String name,
        String datapathId,
        FailMode failMode,
        List<String> controllers,
        List<String> listen,
        List<String> protocols,
        List<PortConfiguration> ports) {
    /** What a bridge does while no controller is connected. */
    public enum FailMode {
        /** Nothing: the flows stay as they are. */
        SECURE,
        /** Acts as a learning switch. */
        STANDALONE
    }

    public BridgeConfiguration {
        controllers = List.copyOf(controllers);
        listen = List.copyOf(listen);
        protocols = List.copyOf(protocols);
        ports = List.copyOf(ports);
    }
}
