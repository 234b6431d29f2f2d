package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.BridgeControl.Atomicity;
import io.heddle.datapath.bridge.BridgeControl.CommitResult;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.TableLimit;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A switch whose ports are in memory: flows in, in ovs-ofctl's syntax, frames in, frames out. */
final class SwitchLab implements AutoCloseable {
    static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    final AtomicLong nowNs = new AtomicLong(1_000_000_000L);
    final List<Throwable> exceptions = new CopyOnWriteArrayList<>();
    final Map<String, MemoryPort> ports = new ConcurrentHashMap<>();

    /** What the switch gets instead of a port. */
    volatile UnaryOperator<Port> wrap = UnaryOperator.identity();

    final HeddleSwitch heddle;
    private boolean isStarted;

    SwitchLab() {
        this(StateStore.NONE);
    }

    SwitchLab(StateStore store) {
        this(store, 1);
    }

    private SwitchLab(StateStore store, int loops) {
        heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                Stream.generate(() -> new HeddleSwitch.LoopParts(
                                new PacketPool(2048), new PooledOffload(), new ParkingWaiter()))
                        .limit(loops)
                        .toList(),
                (spec, number, context) -> {
                    if (spec.name().equals("broken")) {
                        throw new IOException("broken: no such device");
                    }
                    MemoryPort port = new MemoryPort((PortSpec.Memory) spec, number, context);
                    ports.put(spec.name(), port);
                    return wrap.apply(port);
                },
                store,
                nowNs::get,
                42,
                TableLimit.of(1000),
                exceptions::add));
    }

    /** A switch with one bridge, br0, with ports p1 to p{@code count}. */
    static SwitchLab withPorts(int count) {
        SwitchLab lab = new SwitchLab();
        lab.configure(new ConfigurationChange.PutBridge(bridge("br0", count)));
        return lab;
    }

    /** The same, with several poll loops: p1 is the first one's, p2 the second one's and so on. To be started. */
    static SwitchLab withLoops(int loops, int ports) {
        SwitchLab lab = new SwitchLab(StateStore.NONE, loops);
        lab.configure(new ConfigurationChange.PutBridge(bridge("br0", ports)));
        return lab;
    }

    static BridgeConfiguration bridge(String name, int ports) {
        List<PortConfiguration> list = new ArrayList<>();
        for (int i = 1; i <= ports; i++) {
            list.add(PortConfiguration.of((name.equals("br0") ? "p" : name + "-p") + i, i, PortType.MEMORY));
        }
        return new BridgeConfiguration(
                name, "", BridgeConfiguration.FailMode.SECURE, List.of(), List.of(), List.of(), list);
    }

    /** From now on the loops have threads. */
    SwitchLab start() {
        isStarted = true;
        heddle.start();
        return this;
    }

    Bridge bridge() {
        return bridge("br0");
    }

    Bridge bridge(String name) {
        return (Bridge) heddle.bridge(name).orElseThrow();
    }

    SwitchControl.ConfigurationResult configure(ConfigurationChange... changes) {
        return await(heddle.configure(List.of(changes), 0, false));
    }

    <T> T await(CompletableFuture<T> future) {
        try {
            while (!isStarted && !future.isDone()) {
                turn();
            }
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Adds flows and waits for the barrier. */
    SwitchLab flows(String... lines) {
        CommitResult result = write(updates(lines));
        if (!result.failures().isEmpty()) {
            throw new AssertionError(result.failures().toString());
        }
        await(bridge().barrier());
        return this;
    }

    CommitResult write(List<TableUpdate> updates) {
        return await(bridge().write(updates, Atomicity.CONTINUE_ON_ERROR, false));
    }

    /** A line begins with {@code group}, {@code meter}, {@code delete} and so on, or is a flow to add. */
    static List<TableUpdate> updates(String... lines) {
        List<TableUpdate> updates = new ArrayList<>();
        try {
            for (String line : lines) {
                if (line.startsWith("group ")) {
                    updates.add(new TableUpdate.GroupUpdate(PARSER.group(GroupMod.Command.ADD, line.substring(6))));
                } else if (line.startsWith("meter ")) {
                    updates.add(new TableUpdate.MeterUpdate(PARSER.meter(MeterMod.Command.ADD, line.substring(6))));
                } else {
                    updates.add(new TableUpdate.FlowUpdate(PARSER.command(line)));
                }
            }
        } catch (FlowException e) {
            throw new AssertionError(e);
        }
        return updates;
    }

    /** One turn of both loops, one millisecond later. */
    int turn() {
        return heddle.doWork(nowNs.addAndGet(1_000_000));
    }

    SwitchLab send(String port, byte[] frame) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(frame.length).put(frame).flip();
        if (!port(port).outside().send(buffer)) {
            throw new AssertionError("the queue of " + port + " is full");
        }
        return this;
    }

    MemoryPort port(String name) {
        MemoryPort port = ports.get(name);
        if (port == null) {
            throw new AssertionError("no port " + name);
        }
        return port;
    }

    /** The frame that has come out of a port; null for none. */
    byte @Nullable [] receive(String port) {
        ByteBuffer buffer = port(port).outside().take(70_000);
        if (buffer == null) {
            return null;
        }
        byte[] frame = new byte[buffer.remaining()];
        buffer.get(frame);
        return frame;
    }

    /** Names of the ports that frames have come out of, each followed by how many; takes them. */
    String outputs() {
        StringBuilder text = new StringBuilder();
        ports.keySet().stream().sorted().forEach(name -> {
            int count = 0;
            while (receive(name) != null) {
                count++;
            }
            if (count > 0) {
                text.append(text.isEmpty() ? "" : " ").append(name).append('x').append(count);
            }
        });
        return text.toString();
    }

    FlowState onlyFlow() {
        return allFlows().getFirst();
    }

    List<FlowState> allFlows() {
        return await(bridge().read(reader -> reader.flows(FlowSelector.ALL)));
    }

    @Override
    public void close() {
        heddle.close();
        if (!exceptions.isEmpty()) {
            throw new AssertionError(exceptions.getFirst());
        }
    }
}
