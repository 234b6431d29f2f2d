package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.PortConfiguration.PortType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What is kept, and what is undone, when a configuration is changed, also over a restart. */
class ReconcilerTest {
    private static final ConfigurationChange BR0 = new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 2));

    /** Saves in memory. */
    private static final class MemoryStore implements StateStore {
        final Map<String, Tables> tables = new ConcurrentHashMap<>();
        volatile boolean isFull;

        @Override
        public void saveConfiguration(SwitchConfiguration configuration) throws IOException {
            if (isFull) {
                throw new IOException("no space left on device");
            }
        }

        @Override
        public void saveTables(String bridge, Tables saved) {
            tables.put(bridge, saved);
        }

        @Override
        public void forgetTables(String bridge) {
            tables.remove(bridge);
        }

        @Override
        public Tables loadTables(String bridge) {
            return tables.getOrDefault(bridge, Tables.EMPTY);
        }
    }

    private final MemoryStore store = new MemoryStore();

    private static PortConfiguration broken() {
        return PortConfiguration.of("broken", 1, PortType.MEMORY);
    }

    private static BridgeConfiguration withPorts(BridgeConfiguration bridge, PortConfiguration... ports) {
        return new BridgeConfiguration(
                bridge.name(),
                bridge.datapathId(),
                bridge.failMode(),
                bridge.controllers(),
                bridge.listen(),
                bridge.protocols(),
                List.of(ports));
    }

    private static List<String> flows(SwitchLab lab) {
        return lab.allFlows().stream()
                .map(flow -> flow.priority() + " " + flow.instructions())
                .toList();
    }

    private List<String> flowsAfterRestart() {
        try (SwitchLab again = new SwitchLab(store)) {
            again.configure(BR0);
            return flows(again);
        }
    }

    @Test
    void shouldKeepSavedFlowsWhenAStartFails() {
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows("actions=output:2");
        }
        BridgeConfiguration bridge = withPorts(SwitchLab.bridge("br0", 0), broken());
        try (SwitchLab lab = new SwitchLab(store)) {
            assertThatThrownBy(() -> lab.configure(new ConfigurationChange.PutBridge(bridge)))
                    .hasMessageContaining("broken: no such device");
        }

        assertThat(flowsAfterRestart()).hasSize(1);
    }

    @Test
    void shouldHaveTheFlowsOfABridgeWhoseRemovalIsUndone() {
        List<String> flows;
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows("group group_id=1,type=all,bucket=actions=output:2", "priority=5,actions=group:1");
            flows = flows(lab);
            BridgeConfiguration other = withPorts(SwitchLab.bridge("br1", 0), broken());
            assertThatThrownBy(() ->
                            lab.configure(new ConfigurationChange.Replace(new SwitchConfiguration(List.of(other)))))
                    .hasMessageContaining("broken: no such device");

            assertThat(lab.heddle.bridges()).hasSize(1);
            assertThat(flows(lab)).isEqualTo(flows);
        }

        assertThat(flowsAfterRestart()).isEqualTo(flows);
    }

    @Test
    void shouldHaveTheFlowsOfABridgeWhoseRemovalCouldNotBeSaved() {
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows("actions=output:2");
            store.isFull = true;
            assertThatThrownBy(() -> lab.configure(new ConfigurationChange.DeleteBridge("br0")))
                    .hasMessageContaining("no space left on device");
            store.isFull = false;

            assertThat(lab.allFlows()).hasSize(1);
        }

        assertThat(flowsAfterRestart()).hasSize(1);
    }

    @Test
    void shouldForgetTheFlowsOfABridgeThatIsRemovedOrReplaced() {
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows("actions=output:2");
            BridgeConfiguration bridge = SwitchLab.bridge("br0", 2);
            lab.configure(new ConfigurationChange.PutBridge(new BridgeConfiguration(
                    bridge.name(),
                    "00000000000000aa",
                    bridge.failMode(),
                    bridge.controllers(),
                    bridge.listen(),
                    bridge.protocols(),
                    bridge.ports())));

            assertThat(lab.allFlows()).as("another datapath").isEmpty();
            lab.flows("actions=output:1");
            lab.configure(new ConfigurationChange.DeleteBridge("br0"));
        }

        assertThat(store.tables).isEmpty();
        assertThat(flowsAfterRestart()).isEmpty();
    }

    @Test
    void shouldGiveAPortAnotherNumberWhenItsOwnIsGivenToAnotherPort() {
        try (SwitchLab lab = new SwitchLab(store)) {
            PortConfiguration a = PortConfiguration.of("a", 0, PortType.MEMORY);
            PortConfiguration b = PortConfiguration.of("b", 1, PortType.MEMORY);
            PortConfiguration c = PortConfiguration.of("c", 0, PortType.MEMORY);
            BridgeConfiguration bridge = SwitchLab.bridge("br0", 0);
            lab.configure(new ConfigurationChange.PutBridge(withPorts(bridge, a, c)));
            lab.configure(new ConfigurationChange.PutBridge(withPorts(bridge, a, b, c)));

            assertThat(lab.bridge().ports().copy().stream().map(port -> port.number() + " " + port.name()))
                    .containsExactly("1 b", "2 c", "3 a");
            assertThat(lab.heddle.devices()).hasSize(3);
            assertThat(lab.heddle.configuration().configuration().bridges().getFirst().ports().stream()
                            .map(PortConfiguration::number))
                    .containsExactly(3, 1, 2);
        }
    }
}
