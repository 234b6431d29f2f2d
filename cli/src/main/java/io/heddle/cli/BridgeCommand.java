package io.heddle.cli;

import io.heddle.proto.v1.BridgeConfiguration;
import io.heddle.proto.v1.BridgeQuery;
import io.heddle.proto.v1.BridgeState;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.ControllerConnection;
import io.heddle.proto.v1.FailMode;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.GetConfigurationResponse;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.Query;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Bridges. */
@Command(
        name = "bridge",
        description = "Lists, shows, adds and removes bridges.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class BridgeCommand {
    private static final Query BRIDGE_QUERY =
            Query.newBuilder().setBridge(BridgeQuery.getDefaultInstance()).build();

    /** What a bridge does without a controller. */
    enum Mode {
        secure,
        standalone
    }

    @Command(name = "list", description = "Lists the bridges.", mixinStandardHelpOptions = true)
    int list(@Mixin Client.ToSwitch client) {
        return client.call(connection -> {
            List<BridgeState> bridges = Asks.read(connection, "", false, BRIDGE_QUERY).stream()
                    .map(found -> found.entity().getBridge())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), bridges);
                return ExitStatus.OK;
            }
            Table table = new Table("BRIDGE", "DATAPATH-ID", "FAIL-MODE", ">PORTS", ">FLOWS", "CONTROLLERS");
            for (BridgeState bridge : bridges) {
                long connected = bridge.getControllersList().stream()
                        .filter(ControllerConnection::getConnected)
                        .count();
                table.row(
                        bridge.getName(),
                        bridge.getDatapathId(),
                        mode(bridge),
                        bridge.getPorts(),
                        bridge.getFlows(),
                        connected + " of " + bridge.getControllersCount() + " connected");
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }

    private static String mode(BridgeState bridge) {
        String mode = bridge.getFailMode() == FailMode.FAIL_MODE_STANDALONE ? "standalone" : "secure";
        return bridge.getStandalone() ? mode + " (acting)" : mode;
    }

    @Command(name = "show", description = "Shows a bridge, its controllers and ports.", mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String name) {
        return client.call(connection -> {
            Query ports =
                    Query.newBuilder().setPorts(PortQuery.getDefaultInstance()).build();
            List<Asks.Found> found = Asks.read(connection, name, false, BRIDGE_QUERY, ports);
            if (client.isJson()) {
                Json.print(client.out(), found.stream().map(Asks.Found::entity).toList());
                return ExitStatus.OK;
            }
            PrintWriter out = client.out();
            Table table = PortCommand.table();
            for (Asks.Found each : found) {
                if (each.entity().hasBridge()) {
                    print(out, each.entity().getBridge());
                } else {
                    PortState port = each.entity().getPort();
                    PortCommand.row(table, each.bridge(), port);
                }
            }
            table.print(out);
            return ExitStatus.OK;
        });
    }

    private static void print(PrintWriter out, BridgeState bridge) {
        out.println("bridge " + bridge.getName());
        out.println("  datapath id  " + bridge.getDatapathId());
        out.println("  fail mode    " + mode(bridge));
        out.println("  flows        " + Integer.toUnsignedString(bridge.getFlows()));
        if (!bridge.getSpanningTree().isEmpty()) {
            out.println("  spanning     " + bridge.getSpanningTree());
        }
        for (ControllerConnection controller : bridge.getControllersList()) {
            String state = controller.getConnected()
                    ? "connected, " + controller.getRole()
                    : controller.getLastError().isEmpty()
                            ? "not connected"
                            : "not connected: " + controller.getLastError();
            out.println("  controller   %s (%s) %s".formatted(controller.getTarget(), controller.getProtocol(), state));
        }
    }

    @Command(name = "add", description = "Adds a bridge.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "its name") String name,
            @Option(
                            names = "--datapath-id",
                            paramLabel = "ID",
                            defaultValue = "",
                            description = "16 hexadecimal digits")
                    String datapathId,
            @Option(
                            names = "--fail-mode",
                            paramLabel = "MODE",
                            defaultValue = "secure",
                            description =
                                    "what it does without a controller: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
                    Mode mode,
            @Option(names = "--controller", paramLabel = "ADDRESS", description = "tcp:HOST:PORT; may be repeated")
                    List<String> controllers,
            @Option(
                            names = "--listen",
                            paramLabel = "ADDRESS",
                            description = "ptcp:PORT:HOST or punix:/PATH; may be repeated")
                    List<String> listen) {
        return client.call(connection -> {
            GetConfigurationResponse now =
                    connection.toSwitch().getConfiguration(GetConfigurationRequest.getDefaultInstance());
            if (now.getConfiguration().getBridgesList().stream()
                    .anyMatch(bridge -> bridge.getName().equals(name))) {
                throw new CliException(ExitStatus.REFUSED, "there is a bridge called \"%s\" already".formatted(name));
            }
            BridgeConfiguration.Builder bridge = BridgeConfiguration.newBuilder()
                    .setName(name)
                    .setDatapathId(padded(datapathId.toLowerCase(Locale.ROOT)))
                    .setFailMode(mode == Mode.standalone ? FailMode.FAIL_MODE_STANDALONE : FailMode.FAIL_MODE_SECURE);
            if (controllers != null) {
                bridge.addAllControllers(controllers);
            }
            if (listen != null) {
                bridge.addAllListen(listen);
            }
            return Asks.configure(
                    client,
                    connection,
                    now.getRevision(),
                    ConfigurationChange.newBuilder().setPutBridge(bridge).build());
        });
    }

    @Command(
            name = "set",
            description = "Sets what a bridge does as an Ethernet bridge.",
            mixinStandardHelpOptions = true)
    int set(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String name,
            @Parameters(
                            paramLabel = "KEY[=VALUE]",
                            arity = "1..*",
                            description =
                                    "stp-enable, rstp-enable, mcast-snooping-enable or other-config:KEY, as in Open vSwitch's database; without a value other-config:KEY is taken away")
                    List<String> settings) {
        return client.call(connection ->
                Settings.changeBridge(client, connection, name, bridge -> Settings.set(bridge, settings)));
    }

    @Command(name = "del", description = "Removes a bridge with its flows.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String name) {
        return client.call(connection -> Asks.configure(
                client,
                connection,
                0,
                ConfigurationChange.newBuilder().setDeleteBridge(name).build()));
    }

    /** Leading zeros may be left out, as in the configuration file. */
    private static String padded(String datapathId) {
        return datapathId.matches("[0-9a-f]{1,15}") ? "0".repeat(16 - datapathId.length()) + datapathId : datapathId;
    }
}
