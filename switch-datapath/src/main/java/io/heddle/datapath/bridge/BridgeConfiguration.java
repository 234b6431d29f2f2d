package io.heddle.datapath.bridge;

import java.util.List;
import java.util.Objects;

/**
 * A bridge as it should be.
 *
 * @param name unique in the switch
 * @param datapathId 16 hexadecimal digits, unique in the switch; empty: made from the name
 * @param controllers OpenFlow controllers to connect to, such as {@code tcp:127.0.0.1:6653}
 * @param listen where to listen for OpenFlow, such as {@code ptcp:6634:127.0.0.1}, {@code punix:/run/heddle/br0.mgmt}
 * @param protocols OpenFlow versions to speak, such as {@code OpenFlow13}; empty: all that are supported
 * @param layer2 what it does as an Ethernet bridge
 */
public record BridgeConfiguration(
        String name,
        String datapathId,
        FailMode failMode,
        List<String> controllers,
        List<String> listen,
        List<String> protocols,
        List<PortConfiguration> ports,
        Layer2Configuration layer2) {
    /** What a bridge does while no controller is connected. */
    public enum FailMode {
        /** Nothing: the flows stay as they are. */
        SECURE,
        /** Acts as a learning switch. */
        STANDALONE
    }

    /** One that does no more as an Ethernet bridge than to learn. */
    public BridgeConfiguration(
            String name,
            String datapathId,
            FailMode failMode,
            List<String> controllers,
            List<String> listen,
            List<String> protocols,
            List<PortConfiguration> ports) {
        this(name, datapathId, failMode, controllers, listen, protocols, ports, Layer2Configuration.NONE);
    }

    /** {@code layer2} may be missing in what an earlier version has saved. */
    @SuppressWarnings("ConstantValue")
    public BridgeConfiguration {
        layer2 = Objects.requireNonNullElse(layer2, Layer2Configuration.NONE);
        controllers = List.copyOf(controllers);
        listen = List.copyOf(listen);
        protocols = List.copyOf(protocols);
        ports = List.copyOf(ports);
    }

    /** How many OpenFlow connections each controller gets beside the main one. */
    public int auxiliaryConnections() {
        return OtherConfig.number(layer2.otherConfig(), "auxiliary-connections", 0);
    }

    /** The same bridge as another Ethernet bridge. */
    public BridgeConfiguration withLayer2(Layer2Configuration other) {
        return new BridgeConfiguration(name, datapathId, failMode, controllers, listen, protocols, ports, other);
    }
}
