package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.flow.group.GroupMod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is kept, and what is undone, when a configuration is changed, also over a restart. */
class ReconcilerTest {
    private static final ConfigurationChange BR0 = new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 2));

    /** Saves in memory. */
    private static final class MemoryStore implements StateStore {
        final Map<String, Tables> tables = new ConcurrentHashMap<>();
        final Map<String, Tables> aside = new ConcurrentHashMap<>();
        final Map<String, Map<String, Integer>> portSettings = new ConcurrentHashMap<>();
        volatile boolean isFull;

        @Override
        public void saveConfiguration(SwitchConfiguration configuration) throws IOException {
            if (isFull) {
                throw new IOException("no space left on device");
            }
        }

        @Override
        public void savePortSettings(String bridge, Map<String, Integer> settings) {
            portSettings.put(bridge, settings);
        }

        @Override
        public Map<String, Integer> loadPortSettings(String bridge) {
            return portSettings.getOrDefault(bridge, Map.of());
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
        public Tables loadTables(String bridge, Consumer<String> refused) {
            return tables.getOrDefault(bridge, Tables.EMPTY);
        }

        @Override
        public String setTablesAside(String bridge) {
            aside.put(bridge, loadTables(bridge, text -> {}));
            return "memory";
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
    void shouldLoadGroupsThatChainInAnyOrderAndToDeletedOnes() {
        List<String> groups;
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows(
                    "group group_id=9,type=all",
                    "group group_id=3,type=all,bucket=actions=output:2",
                    "group group_id=2,type=select,bucket=weight:7,actions=group:3",
                    "group group_id=1,type=indirect,bucket=actions=group:2",
                    "group group_id=4,type=all,bucket=actions=group:9,bucket=actions=output:2",
                    "priority=5,in_port=1 actions=group:1",
                    "priority=4 actions=group:4");
            GroupMod deleted = new GroupMod(GroupMod.Command.DELETE, GroupMod.GroupType.ALL, 9, List.of());
            assertThat(lab.write(List.of(new TableUpdate.GroupUpdate(deleted))).failures())
                    .isEmpty();
            groups = groups(lab);
        }

        try (SwitchLab again = new SwitchLab(store)) {
            again.configure(BR0);
            assertThat(groups(again)).hasSize(4).isEqualTo(groups);
            assertThat(again.allFlows()).hasSize(2);
        }
        assertThat(store.aside).isEmpty();
    }

    private static List<String> groups(SwitchLab lab) {
        return lab.await(lab.bridge().read(BridgeReader::groups)).stream()
                .map(group -> group.groupId() + " " + group.type() + " " + group.buckets())
                .toList();
    }

    @Test
    void shouldTellWhatIsRefusedAndSetItAside() {
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            lab.flows(
                    "group group_id=1,type=select,bucket=weight:7,actions=output:2",
                    "priority=5 actions=group:1",
                    "priority=4 actions=output:2");
        }
        StateStore.Tables saved = Objects.requireNonNull(store.tables.get("br0"));
        StateStore.Tables withoutGroup = new StateStore.Tables(saved.flows(), List.of(), List.of());
        store.tables.put("br0", withoutGroup);

        try (SwitchLab again = new SwitchLab(store)) {
            again.configure(BR0);
            assertThat(again.exceptions).hasSize(1);
            assertThat(again.exceptions.getFirst())
                    .hasMessageStartingWith("bridge br0: 1 of its saved flows, groups and meters cannot be loaded; "
                            + "what was saved is kept in memory: flow of priority 5 in table 0: ");
            again.exceptions.clear();
            assertThat(again.onlyFlow().priority()).isEqualTo(4);
        }
        assertThat(store.aside).containsExactly(Map.entry("br0", withoutGroup));
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

    private static void setDown(SwitchLab lab, int port, boolean isDown) {
        var update = new TableUpdate.PortUpdate(port, isDown ? PortState.CONFIG_DOWN : 0, PortState.CONFIG_DOWN, -1);
        assertThat(lab.write(List.of(update)).failures()).isEmpty();
    }

    private static List<Integer> portSettings(SwitchLab lab) {
        return lab.await(lab.bridge()
                .read(reader -> reader.ports().stream().map(PortState::config).toList()));
    }

    @Test
    void shouldKeepSettingsOfPortsOverARestart() {
        // Not closed before the second is there: what a kill would leave.
        try (SwitchLab first = new SwitchLab(store)) {
            first.configure(BR0);
            setDown(first, 2, true);
            try (SwitchLab second = new SwitchLab(store)) {
                second.configure(BR0);
                assertThat(portSettings(second)).containsExactly(0, PortState.CONFIG_DOWN);
                setDown(second, 2, false);
                assertThat(store.portSettings.get("br0")).isEmpty();
            }
        }
    }

    @Test
    void shouldForgetSettingsOfRemovedPortsAndKeepThemWhenTheRemovalFails() {
        try (SwitchLab lab = new SwitchLab(store)) {
            lab.configure(BR0);
            setDown(lab, 2, true);
            store.isFull = true;
            assertThatThrownBy(() -> lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 1))))
                    .hasMessageContaining("no space left");
            assertThat(portSettings(lab)).containsExactly(0, PortState.CONFIG_DOWN);
            store.isFull = false;
            lab.configure(new ConfigurationChange.PutBridge(SwitchLab.bridge("br0", 1)));
            lab.configure(BR0);
            assertThat(portSettings(lab)).containsExactly(0, 0);
            assertThat(store.portSettings.get("br0")).isEmpty();
        }
    }
}
