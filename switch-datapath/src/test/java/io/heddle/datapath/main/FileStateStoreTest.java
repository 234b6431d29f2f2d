package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.StateStore.Tables;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStateStoreTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    @TempDir
    private Path folder;

    private static FlowState flow(String text) throws Exception {
        FlowMod mod = PARSER.flow(FlowMod.Command.ADD, text);
        return new FlowState(
                mod.tableId(),
                mod.priority(),
                mod.match(),
                mod.instructions(),
                mod.cookie(),
                0,
                0,
                mod.importance(),
                mod.flags(),
                0,
                0,
                0,
                0);
    }

    private static Tables load(FileStateStore store) throws IOException {
        List<String> refused = new ArrayList<>();
        Tables tables = store.loadTables("br0", refused::add);
        assertThat(refused).isEmpty();
        return tables;
    }

    @Test
    void shouldLoadTheTablesThatWereSaved() throws Exception {
        GroupMod group = PARSER.group(
                GroupMod.Command.ADD, "group_id=3,type=select,bucket=weight:10,actions=output:1,bucket=output:2");
        Tables tables = new Tables(
                List.of(
                        flow("table=2,priority=7,cookie=0x5,udp,nw_dst=10.0.0.0/8,actions=set_field:1->reg0,output:4"),
                        flow("priority=0,send_flow_rem,actions=CONTROLLER:128"),
                        flow("in_port=LOCAL,actions=group:3,goto_table:2")),
                List.of(GroupState.of(group)),
                List.of(),
                List.of(new TunnelOptions.Option(0x102, 0x80, 4, 0), new TunnelOptions.Option(0xffff, 7, 8, 63)));
        try (FileStateStore store = FileStateStore.open(folder)) {
            store.saveTables("br0", tables);

            assertThat(load(store)).isEqualTo(tables);
            store.forgetTables("br0");
            assertThat(load(store)).isEqualTo(Tables.EMPTY);
        }
    }

    @Test
    void shouldLoadTheSettingsOfPortsThatWereSaved() throws Exception {
        try (FileStateStore store = FileStateStore.open(folder)) {
            assertThat(store.loadPortSettings("br0")).isEmpty();
            store.savePortSettings("br0", Map.of("p1", 1, "p2", 16));
            store.savePortSettings("br1", Map.of("q", 4));
            assertThat(store.loadPortSettings("br0")).isEqualTo(Map.of("p1", 1, "p2", 16));
            store.savePortSettings("br0", Map.of());
            assertThat(store.loadPortSettings("br0")).isEmpty();
            assertThat(store.loadPortSettings("br1")).isEqualTo(Map.of("q", 4));
            Files.writeString(folder.resolve("tables/br1.ports"), "{");
            assertThatThrownBy(() -> store.loadPortSettings("br1")).hasMessageContaining("remove it");
        }
    }

    @Test
    void shouldLoadTheConfigurationThatWasSaved() throws Exception {
        SwitchConfiguration file = new SwitchConfiguration(List.of(bridge("br0")));
        SwitchConfiguration current = new SwitchConfiguration(List.of(bridge("br0"), bridge("br1")));
        try (FileStateStore store = FileStateStore.open(folder)) {
            assertThat(store.load()).isEqualTo(FileStateStore.Saved.NOTHING);
            store.setFile(file);
            store.saveConfiguration(current);

            assertThat(store.load()).isEqualTo(new FileStateStore.Saved(file, current));
        }
    }

    @Test
    void shouldForgetTablesOfBridgesThatAreNotSaved() throws Exception {
        try (FileStateStore store = FileStateStore.open(folder)) {
            Tables tables = new Tables(List.of(flow("actions=drop")), List.of(), List.of());
            store.saveTables("br0", tables);
            store.saveTables("br1", tables);
            store.savePortSettings("br1", Map.of("p1", 1));
            store.forgetOthers(store.load());
            assertThat(store.loadTables("br1", _ -> {}))
                    .as("nobody has said what there is")
                    .isEqualTo(tables);

            store.saveConfiguration(new SwitchConfiguration(List.of(bridge("br0"))));
            store.forgetOthers(store.load());
            assertThat(load(store)).isEqualTo(tables);
            assertThat(store.loadTables("br1", _ -> {})).isEqualTo(Tables.EMPTY);
            assertThat(store.loadPortSettings("br1")).isEmpty();
        }
    }

    private static BridgeConfiguration bridge(String name) {
        return new BridgeConfiguration(
                name,
                "00000000000000aa",
                BridgeConfiguration.FailMode.STANDALONE,
                List.of("tcp:127.0.0.1:6653"),
                List.of(),
                List.of("OpenFlow13"),
                List.of(PortConfiguration.of("p1", 1, PortConfiguration.PortType.TAP)));
    }

    @Test
    void shouldKeepThePreviousStateWhenAWriteIsCutShort() throws Exception {
        try (FileStateStore store = FileStateStore.open(folder)) {
            Tables tables = new Tables(List.of(flow("actions=drop")), List.of(), List.of());
            store.saveTables("br0", tables);
            Files.writeString(folder.resolve("tables/br0.flows.new"), "flow priority=1,acti");

            assertThat(load(store)).isEqualTo(tables);
        }
    }

    @Test
    void shouldKeepTheOtherLinesAndNameThoseThatItCannotRead() throws Exception {
        Path path = folder.resolve("tables/br0.flows");
        String text = "# x\nflow actions=nonsense:3\n\nflow actions=drop\nstate x\n";
        List<String> refused = new ArrayList<>();
        try (FileStateStore store = FileStateStore.open(folder)) {
            Files.writeString(path, text);

            assertThat(store.loadTables("br0", refused::add).flows()).containsExactly(flow("actions=drop"));
            assertThat(refused).hasSize(2);
            assertThat(refused.get(0)).startsWith(path + ":2: ");
            assertThat(refused.get(1)).startsWith(path + ":5: ").contains("\"state\"");

            String aside = store.setTablesAside("br0");
            store.saveTables("br0", Tables.EMPTY);
            assertThat(aside).isEqualTo(path + ".refused");
            assertThat(Path.of(aside)).hasContent(text);
        }
    }

    @Test
    void shouldLoadTheOtherLinesOfAFileThatIsNotUtf8() throws Exception {
        byte[] text = "flow actions=drop\nflow priority=?,actions=drop\n".getBytes(StandardCharsets.US_ASCII);
        text[new String(text, StandardCharsets.US_ASCII).indexOf('?')] = (byte) 0xff;
        List<String> refused = new ArrayList<>();
        try (FileStateStore store = FileStateStore.open(folder)) {
            Files.write(folder.resolve("tables/br0.flows"), text);

            assertThat(store.loadTables("br0", refused::add).flows()).containsExactly(flow("actions=drop"));
            assertThat(refused).hasSize(1);
        }
    }

    @Test
    void shouldSayWhatToDoWithAConfigurationItCannotRead() throws Exception {
        try (FileStateStore store = FileStateStore.open(folder)) {
            Files.writeString(folder.resolve("configuration.json"), "{ \"file\": 5 }");

            assertThatThrownBy(store::load)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("configuration.json is not a saved configuration")
                    .hasMessageContaining("remove it to start from the configuration file alone");
        }
    }

    @Test
    void shouldRefuseAFolderThatIsInUse() throws Exception {
        try (FileStateStore first = FileStateStore.open(folder)) {
            assertThat(first.load()).isNotNull();
            assertThatThrownBy(() -> FileStateStore.open(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is in use by another switch");
        }
        try (FileStateStore again = FileStateStore.open(folder)) {
            assertThat(again.load()).isEqualTo(FileStateStore.Saved.NOTHING);
        }
    }
}
