package io.heddle.datapath.bridge;

/** One change of what a switch should have. */
public sealed interface ConfigurationChange {
    /** From now on this and nothing else. */
    record Replace(SwitchConfiguration configuration) implements ConfigurationChange {}

    /** Adds a bridge, or replaces the one of that name. */
    record PutBridge(BridgeConfiguration bridge) implements ConfigurationChange {}

    /** Removes a bridge with its flows. */
    record DeleteBridge(String name) implements ConfigurationChange {}

    /** Adds a port, or replaces the one of that name. */
    record PutPort(String bridge, PortConfiguration port) implements ConfigurationChange {}

    /** Replaces what is set of the connection tracker. */
    record PutConntrack(ConntrackConfiguration conntrack) implements ConfigurationChange {}

    /** Removes a port. */
    record DeletePort(String bridge, String port) implements ConfigurationChange {}
}
