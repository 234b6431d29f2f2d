package io.heddle.flow.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bridges of the process and their ports: an immutable picture that the control loop replaces ({@link Pipeline#use}) when a port
 * comes, goes or changes state.
 */
public final class Topology {
    /** No bridges, no ports. */
    public static final Topology EMPTY = builder().build();

    private record BridgePort(int bridge, int number) {}

    private final Map<Integer, BridgeView> bridges;
    private final Map<Integer, PortInfo> byDatapathPort = new HashMap<>();
    private final Map<BridgePort, PortInfo> byNumber = new HashMap<>();
    private final Map<Integer, List<PortInfo>> ofBridge = new HashMap<>();

    private Topology(Map<Integer, BridgeView> bridges, List<PortInfo> ports) {
        this.bridges = Map.copyOf(bridges);
        List<PortInfo> sorted = new ArrayList<>(ports);
        sorted.sort(Comparator.comparing(PortInfo::number, Integer::compareUnsigned));
        for (PortInfo port : sorted) {
            byDatapathPort.put(port.datapathPort(), port);
            byNumber.put(new BridgePort(port.bridge(), port.number()), port);
            ofBridge.computeIfAbsent(port.bridge(), id -> new ArrayList<>()).add(port);
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The port with that number in the process, or null. */
    public @Nullable PortInfo port(int datapathPort) {
        return byDatapathPort.get(datapathPort);
    }

    /** The port with that OpenFlow number, or null. */
    public @Nullable PortInfo port(int bridge, int number) {
        return byNumber.get(new BridgePort(bridge, number));
    }

    /** The ports of a bridge by OpenFlow number. */
    public List<PortInfo> ports(int bridge) {
        return ofBridge.getOrDefault(bridge, List.of());
    }

    public @Nullable BridgeView bridge(int id) {
        return bridges.get(id);
    }

    /** Collects bridges and ports. */
    public static final class Builder {
        private final Map<Integer, BridgeView> bridges = new HashMap<>();
        private final List<PortInfo> ports = new ArrayList<>();

        private Builder() {}

        public Builder bridge(BridgeView bridge) {
            bridges.put(bridge.id(), bridge);
            return this;
        }

        public Builder port(PortInfo port) {
            ports.add(port);
            return this;
        }

        public Topology build() {
            return new Topology(bridges, ports);
        }
    }
}
