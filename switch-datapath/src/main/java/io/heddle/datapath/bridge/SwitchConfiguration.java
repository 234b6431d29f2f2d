package io.heddle.datapath.bridge;

import java.util.List;
import java.util.Objects;

/** What a switch should have. */
public record SwitchConfiguration(List<BridgeConfiguration> bridges, ConntrackConfiguration conntrack) {
    public static final SwitchConfiguration EMPTY = new SwitchConfiguration(List.of());

    /** Nothing is set of the connection tracker. */
    public SwitchConfiguration(List<BridgeConfiguration> bridges) {
        this(bridges, ConntrackConfiguration.DEFAULT);
    }

    /** {@code conntrack} may be missing in what an earlier version has saved. */
    @SuppressWarnings("ConstantValue")
    public SwitchConfiguration {
        conntrack = Objects.requireNonNullElse(conntrack, ConntrackConfiguration.DEFAULT);
        bridges = List.copyOf(bridges);
    }

    /** The same switch with other bridges. */
    public SwitchConfiguration withBridges(List<BridgeConfiguration> other) {
        return new SwitchConfiguration(other, conntrack);
    }
}
