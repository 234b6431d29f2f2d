package io.heddle.datapath.bridge;

import java.util.List;

/** What a switch should have. */
public record SwitchConfiguration(List<BridgeConfiguration> bridges) {
    public static final SwitchConfiguration EMPTY = new SwitchConfiguration(List.of());

    public SwitchConfiguration {
        bridges = List.copyOf(bridges);
    }
}
