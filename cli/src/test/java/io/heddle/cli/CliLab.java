package io.heddle.cli;

import io.heddle.datapath.agent.grpc.GrpcAgent;
import io.heddle.datapath.bridge.BridgeConfiguration;
import io.heddle.datapath.bridge.BridgeControl;
import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.HeddleSwitch;
import io.heddle.datapath.bridge.PortConfiguration;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.StateStore;
import io.heddle.datapath.buffer.PacketPool;
import io.heddle.datapath.poll.ParkingWaiter;
import io.heddle.datapath.port.MemoryPort;
import io.heddle.datapath.port.PooledOffload;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.table.TableLimit;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A real switch with bridge br0 and ports p1 and p2 in memory, its gRPC on a Unix socket, and the command against it. */
final class CliLab implements AutoCloseable {
    final AtomicLong nowNs = new AtomicLong(1_000_000_000L);
    final String target;
    private final HeddleSwitch heddle;
    private final GrpcAgent agent;

    /** What a command did. */
    record Result(int status, String out, String err) {}

    CliLab(Path folder) throws IOException {
        heddle = new HeddleSwitch(new HeddleSwitch.Parts(
                List.of(new HeddleSwitch.LoopParts(new PacketPool(256), new PooledOffload(), new ParkingWaiter())),
                (spec, number, context) -> new MemoryPort((PortSpec.Memory) spec, number, context),
                StateStore.NONE,
                nowNs::get,
                42,
                TableLimit.of(3),
                Throwable::printStackTrace));
        heddle.start();
        BridgeConfiguration bridge = new BridgeConfiguration(
                "br0",
                "00000000000000b0",
                BridgeConfiguration.FailMode.SECURE,
                List.of(),
                List.of(),
                List.of(),
                List.of(
                        PortConfiguration.of("p1", 1, PortType.MEMORY),
                        PortConfiguration.of("p2", 2, PortType.MEMORY)));
        heddle.configure(List.of(new ConfigurationChange.PutBridge(bridge)), 0, false)
                .join();
        target = "unix:" + folder.resolve("switch.sock");
        agent = GrpcAgent.start(heddle, List.of(target), GrpcAgent.Limits.DEFAULT);
    }

    /** Sends a packet of br0 by NORMAL as if it had come in by a port. */
    void forward(int inPort, byte[] frame) {
        BridgeControl bridge = heddle.bridge("br0").orElseThrow();
        bridge.packetOut(new BridgeControl.PacketOut(frame, inPort, List.of(new Action.Output(Ports.NORMAL))))
                .join();
        bridge.barrier().join();
    }

    /** Runs a command against the switch. */
    Result heddle(String... args) {
        String[] all = new String[args.length + 2];
        System.arraycopy(args, 0, all, 0, args.length);
        all[args.length] = "--target";
        all[args.length + 1] = target;
        return run(all);
    }

    /** Runs a command as it stands. */
    static Result run(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Result(status, out.toString(), err.toString());
    }

    @Override
    public void close() {
        agent.close();
        heddle.close();
    }
}
