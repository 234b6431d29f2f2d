package io.heddle.cli;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.mapping.FlowMapping;
import io.heddle.proto.mapping.TextForms;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.FlowSelection;
import io.heddle.proto.v1.FlowState;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.Update;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Flows, in the syntax of {@code ovs-ofctl(8)}. */
@Command(
        name = "flow",
        description = "Reads and changes flows, in the syntax of ovs-ofctl.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class FlowCommand {
    private static final String BRIDGE = "name of the bridge";
    private static final String SELECTION = "only these: table=0,ip,nw_dst=10.0.0.0/8 or out_port=2";
    private static final String FLOW = "such as table=0,priority=10,ip,nw_dst=10.0.0.1,actions=output:2";

    @Command(name = "dump", description = "Prints flows as ovs-ofctl dump-flows does.", mixinStandardHelpOptions = true)
    int dump(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "FLOW", arity = "0..1", defaultValue = "", description = SELECTION)
                    String selection,
            @Option(names = "--no-stats", description = "without durations and counters") boolean noStats) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setFlows(FlowSelection.newBuilder().setText(selection))
                    .build();
            List<FlowState> flows = Asks.read(connection, bridge, client.isJson(), query).stream()
                    .map(found -> found.entity().getFlow())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), flows);
            } else {
                flows.forEach(flow -> client.out().println(line(flow, noStats)));
            }
            return ExitStatus.OK;
        });
    }

    private static String line(FlowState state, boolean noStats) {
        try {
            FlowFormatter formatter = new FlowFormatter(PortNames.NONE);
            FlowMod flow = FlowMapping.toModel(FlowMod.Command.ADD, state.getFlow(), new TextForms(PortNames.NONE));
            return noStats
                    ? " " + formatter.flow(flow)
                    : formatter.statistics(flow, state.getDurationNs(), state.getPacketCount(), state.getByteCount());
        } catch (FlowException e) {
            // A newer switch may say what this command does not know.
            return " # cannot be printed: " + e.error();
        }
    }

    @Command(
            name = "add",
            description = "Adds flows; one of the same table, priority and match is replaced.",
            mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "FLOW", arity = "0..1", defaultValue = "", description = FLOW) String flow,
            @Option(
                            names = "--file",
                            paramLabel = "FILE",
                            description = "a flow per line, # begins a comment; - is the standard input")
                    String file,
            @Option(names = "--atomic", description = "all or nothing, and each packet sees all or nothing")
                    boolean atomic) {
        if (flow.isEmpty() == (file == null)) {
            throw new CliException(ExitStatus.USAGE, "give either FLOW or --file");
        }
        List<Update> updates = new ArrayList<>();
        for (String line : file == null ? List.of(flow) : lines(file)) {
            updates.add(Update.newBuilder()
                    .setType(Update.Type.UPSERT)
                    .setFlow(Flow.newBuilder().setText(line))
                    .build());
        }
        return client.call(connection -> Asks.write(client, connection, bridge, updates, atomic));
    }

    private static List<String> lines(String file) {
        try (BufferedReader reader = file.equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(file))) {
            return reader.lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new CliException(ExitStatus.USAGE, "cannot read %s: %s".formatted(file, reason(e)));
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException
                ? "there is no such file"
                : String.valueOf(e.getMessage());
    }

    @Command(
            name = "mod",
            description = "Changes what flows do: all that the match covers, or with --strict exactly one.",
            mixinStandardHelpOptions = true)
    int mod(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "FLOW", description = FLOW) String flow,
            @Option(names = "--strict", description = "exactly the flow of this table, priority and match")
                    boolean strict) {
        return client.call(connection ->
                Asks.write(client, connection, bridge, List.of(change(Update.Type.MODIFY, flow, strict)), false));
    }

    @Command(
            name = "del",
            description = "Removes flows: all, all that the match covers, or with --strict exactly one.",
            mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "FLOW", arity = "0..1", defaultValue = "", description = SELECTION) String flow,
            @Option(names = "--strict", description = "exactly the flow of this table, priority and match")
                    boolean strict) {
        return client.call(connection ->
                Asks.write(client, connection, bridge, List.of(change(Update.Type.DELETE, flow, strict)), false));
    }

    private static Update change(Update.Type type, String flow, boolean strict) {
        Update.Builder update = Update.newBuilder().setType(type);
        return strict
                ? update.setFlow(Flow.newBuilder().setText(flow)).build()
                : update.setFlows(FlowSelection.newBuilder().setText(flow)).build();
    }
}
