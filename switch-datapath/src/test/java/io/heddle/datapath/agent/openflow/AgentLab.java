package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.bridge.Layer2Configuration;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.StateStore;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.flow.table.TableLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real switch with one bridge {@code br0}, three ports in memory, and its OpenFlow agent. */
final class AgentLab implements AutoCloseable {
    static final Timing FAST = new Timing(1_000, 500, 20, 200);

    /** No client is too slow for this, on the busiest machine. */
    private static final Timing PATIENT = new Timing(60_000, 100_000, 100, 8_000);

    final Path folder;
    final Path socket;
    final Map<String, QueuePort> ports = new ConcurrentHashMap<>();
    final List<Throwable> bugs = new ArrayList<>();
    final HeddleSwitch vswitch;
    final OpenFlowAgent agent;
    private String version = "OpenFlow13";

    static AgentLab make(Timing timing) {
        return make(timing, 100_000);
    }

    /** A switch whose tables hold {@code flowsPerTable} flows each. */
    static AgentLab make(Timing timing, int flowsPerTable) {
        try {
            return new AgentLab(timing, flowsPerTable, List.of("OpenFlow13"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A switch that speaks all versions; {@code ovs-ofctl} speaks this one. */
    static AgentLab of(String version) {
        return of(version, 100_000);
    }

    /** As above; its tables hold {@code flowsPerTable} flows each. */
    static AgentLab of(String version, int flowsPerTable) {
        try {
            AgentLab lab = new AgentLab(PATIENT, flowsPerTable, List.of());
            lab.speak(version);
            return lab;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Which version {@code ovs-ofctl} speaks from now on. */
    void speak(String openFlowVersion) {
        version = openFlowVersion;
    }

    private AgentLab(Timing timing, int flowsPerTable, List<String> protocols) throws IOException {
        folder = Files.createTempDirectory("heddle-of");
        socket = folder.resolve("br0.mgmt");
        PacketPool pool = new PacketPool(512);
        vswitch = new HeddleSwitch(new HeddleSwitch.Parts(
                List.of(new HeddleSwitch.LoopParts(pool, new PooledOffload(), new ParkingWaiter())),
                (spec, number, context) -> {
                    QueuePort port = new QueuePort(spec, number, context);
                    ports.put(spec.name(), port);
                    return port;
                },
                StateStore.NONE,
                System::nanoTime,
                1,
                TableLimit.of(flowsPerTable),
                bugs::add));
        vswitch.start();
        configure(List.of(), List.of("punix:" + socket), protocols);
        agent = new OpenFlowAgent(vswitch, timing);
    }

    void configure(List<String> controllers, List<String> listen, List<String> protocols) {
        configure(controllers, listen, protocols, Map.of());
    }

    void configure(
            List<String> controllers, List<String> listen, List<String> protocols, Map<String, String> otherConfig) {
        BridgeConfiguration bridge = new BridgeConfiguration(
                "br0",
                "0000000000000001",
                BridgeConfiguration.FailMode.SECURE,
                controllers,
                listen,
                protocols,
                List.of(
                        PortConfiguration.of("p1", 1, PortType.MEMORY),
                        PortConfiguration.of("p2", 2, PortType.MEMORY),
                        PortConfiguration.of("p3", 3, PortType.MEMORY)),
                new Layer2Configuration(false, false, false, otherConfig, List.of(), List.of()));
        vswitch.configure(List.of(new ConfigurationChange.Replace(new SwitchConfiguration(List.of(bridge)))), 0, false)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    BridgeControl bridge() {
        return vswitch.bridge("br0").orElseThrow();
    }

    QueuePort port(String name) {
        return Objects.requireNonNull(ports.get(name));
    }

    /** Waits until the bridge's socket is there. */
    void awaitListening() {
        await().atMost(10, TimeUnit.SECONDS).until(() -> Files.exists(socket));
    }

    /** Runs {@code ovs-ofctl -O} with the lab's version against the bridge; returns what it printed on both outputs. */
    String ovsOfctl(int expectedStatus, String command, String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ovs-ofctl", "-O", version));
        List<String> words = new ArrayList<>(List.of(arguments));
        words.addFirst(command);
        // Options stand before the command.
        while (words.getFirst().startsWith("-")) {
            boolean hasValue = words.getFirst().length() == 2;
            line.add(words.removeFirst());
            if (hasValue) {
                line.add(words.removeFirst());
            }
        }
        line.addAll(List.of(words.removeFirst(), "unix:" + socket));
        line.addAll(words);
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(line + "\n" + text).isEqualTo(expectedStatus);
            return text;
        } finally {
            process.destroyForcibly();
        }
    }

    String ovsOfctl(String command, String... arguments) throws IOException, InterruptedException {
        return ovsOfctl(0, command, arguments);
    }

    @Override
    public void close() throws IOException {
        agent.close();
        vswitch.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        assertThat(bugs).isEmpty();
    }
}
