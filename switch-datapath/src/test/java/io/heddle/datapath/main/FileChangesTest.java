package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.flow.table.TableLimit;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChangesTest {
    @TempDir
    private Path folder;

    private static SwitchConfiguration bridges(String... names) {
        return new SwitchConfiguration(Stream.of(names)
                .map(name -> new BridgeConfiguration(
                        name, "", BridgeConfiguration.FailMode.SECURE, List.of(), List.of(), List.of(), List.of()))
                .toList());
    }

    private static List<String> names(SwitchConfiguration configuration) {
        return configuration.bridges().stream().map(BridgeConfiguration::name).toList();
    }

    /** The switch, to which something else happens just before each of the first calls of {@code configure}. */
    private static SwitchControl disturbed(SwitchControl control, Deque<ConfigurationChange> before) {
        return (SwitchControl) Proxy.newProxyInstance(
                SwitchControl.class.getClassLoader(), new Class<?>[] {SwitchControl.class}, (_, method, arguments) -> {
                    ConfigurationChange change = method.getName().equals("configure") ? before.poll() : null;
                    if (change != null) {
                        control.configure(List.of(change), 0, false).get(60, TimeUnit.SECONDS);
                    }
                    return method.invoke(control, arguments);
                });
    }

    @FunctionalInterface
    private interface Scenario {
        void run(HeddleSwitch heddle, FileStateStore store) throws Exception;
    }

    private void withSwitch(Scenario scenario) throws Exception {
        List<Throwable> exceptions = new CopyOnWriteArrayList<>();
        try (FileStateStore store = FileStateStore.open(folder);
                HeddleSwitch heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                        List.of(new HeddleSwitch.LoopParts(
                                new PacketPool(64), new PooledOffload(), new ParkingWaiter())),
                        (spec, number, context) -> {
                            throw new IOException("there are no ports");
                        },
                        store,
                        System::nanoTime,
                        42,
                        TableLimit.of(1000),
                        exceptions::add))) {
            heddle.start();
            scenario.run(heddle, store);
        }
        assertThat(exceptions).isEmpty();
    }

    @Test
    void shouldKeepWhatOthersConfigureMeanwhile() throws Exception {
        withSwitch((heddle, store) -> {
            Deque<ConfigurationChange> meanwhile = new ArrayDeque<>();
            FileChanges changes = new FileChanges(disturbed(heddle, meanwhile), store, SwitchConfiguration.EMPTY);
            changes.start(bridges("br0", "br1"), SwitchConfiguration.EMPTY);
            meanwhile.add(
                    new ConfigurationChange.PutBridge(bridges("br8").bridges().getFirst()));
            meanwhile.add(
                    new ConfigurationChange.PutBridge(bridges("br9").bridges().getFirst()));
            changes.apply(bridges("br0", "br2"));

            assertThat(names(heddle.configuration().configuration()))
                    .containsExactlyInAnyOrder("br0", "br2", "br8", "br9");
            assertThat(names(store.load().file())).containsExactly("br0", "br2");
            assertThat(names(store.load().current())).containsExactlyInAnyOrder("br0", "br2", "br8", "br9");
        });
    }

    @Test
    void shouldNotSaveARefusedFileWithWhatOthersConfigureMeanwhile() throws Exception {
        withSwitch((heddle, store) -> {
            Deque<ConfigurationChange> meanwhile = new ArrayDeque<>();
            FileChanges changes = new FileChanges(disturbed(heddle, meanwhile), store, SwitchConfiguration.EMPTY);
            changes.start(bridges("br0"), SwitchConfiguration.EMPTY);
            meanwhile.add(
                    new ConfigurationChange.PutBridge(bridges("br8").bridges().getFirst()));
            SwitchConfiguration refused = bridges("br0", "no/name");
            assertThatThrownBy(() -> changes.apply(refused)).isInstanceOf(ConfigurationException.class);

            assertThat(names(store.load().file())).containsExactly("br0");
            assertThat(names(store.load().current())).containsExactlyInAnyOrder("br0", "br8");
        });
    }
}
