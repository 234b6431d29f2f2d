package io.heddle.cli;

import io.heddle.proto.v1.BridgeConfiguration;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.GetConfigurationResponse;
import io.heddle.proto.v1.Neighbour;
import io.heddle.proto.v1.PortConfiguration;
import io.heddle.proto.v1.PortCounters;
import io.heddle.proto.v1.PortIo;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.PortSetting;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.PortType;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.VlanMode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ports. */
@Command(
        name = "port",
        description = "Lists, shows, adds, removes and sets ports.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class PortCommand {
    /** Kind of port. */
    enum Type {
        tap,
        system,
        veth,
        vxlan,
        geneve,
        gre,
        patch,
        tun,
        internal
    }

    /** How frames pass between an interface and the switch. */
    enum Io {
        auto,
        af_packet,
        af_xdp
    }

    /** What NORMAL does with VLANs at a port. */
    enum Vlans {
        access,
        trunk,
        native_tagged,
        native_untagged;

        @Override
        public String toString() {
            return name().replace('_', '-');
        }
    }

    /** How OpenFlow treats a port, in the words of {@code ovs-ofctl mod-port}. */
    enum Setting {
        up,
        down,
        receive,
        no_receive,
        forward,
        no_forward,
        flood,
        no_flood,
        packet_in,
        no_packet_in;

        @Override
        public String toString() {
            return name().replace('_', '-');
        }
    }

    static Table table() {
        return new Table(
                "BRIDGE",
                ">PORT",
                "NAME",
                "TYPE",
                "IO",
                "MAC",
                ">MTU",
                "STATE",
                ">RX-PACKETS",
                ">TX-PACKETS",
                ">DROPPED");
    }

    static void row(Table table, String bridge, PortState port) {
        PortCounters counters = port.getCounters();
        table.row(
                bridge,
                Numbers.port(port.getNumber()),
                port.getName(),
                type(port.getType()),
                port.getIo(),
                port.getMac(),
                port.getMtu() == 0 ? "" : port.getMtu(),
                state(port),
                counters.getRxPackets(),
                counters.getTxPackets(),
                counters.getRxDropped() + counters.getTxDropped());
    }

    private static String type(PortType type) {
        return type.name().replace("PORT_TYPE_", "").toLowerCase(Locale.ROOT);
    }

    private static String vlans(PortState port) {
        String trunks = port.getTrunksList().stream().map(String::valueOf).collect(Collectors.joining(","));
        return switch (port.getVlanMode()) {
            case VLAN_MODE_ACCESS -> "access, tag=" + port.getTag();
            case VLAN_MODE_NATIVE_TAGGED -> "native-tagged, tag=" + port.getTag() + trunks(trunks);
            case VLAN_MODE_NATIVE_UNTAGGED -> "native-untagged, tag=" + port.getTag() + trunks(trunks);
            case VLAN_MODE_TRUNK, VLAN_MODE_UNSPECIFIED, UNRECOGNIZED -> "trunk" + trunks(trunks);
        };
    }

    private static String trunks(String trunks) {
        return trunks.isEmpty() ? "" : ", trunks=" + trunks;
    }

    private static String state(PortState port) {
        List<String> words = new ArrayList<>();
        words.add(port.getDown() ? "disabled" : port.getLinkUp() ? "up" : "link-down");
        if (port.getNoReceive()) {
            words.add("no-receive");
        }
        if (port.getNoForward()) {
            words.add("no-forward");
        }
        if (port.getNoFlood()) {
            words.add("no-flood");
        }
        if (port.getNoPacketIn()) {
            words.add("no-packet-in");
        }
        if (!port.getSpanningState().isEmpty()) {
            words.add(port.getSpanningRole() + "-" + port.getSpanningState());
        }
        return String.join(",", words);
    }

    @Command(name = "list", description = "Lists the ports.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", arity = "0..1", defaultValue = "", description = "only of this bridge")
                    String bridge) {
        return client.call(connection -> {
            Query query =
                    Query.newBuilder().setPorts(PortQuery.getDefaultInstance()).build();
            List<Asks.Found> ports = Asks.read(connection, bridge, false, query);
            if (client.isJson()) {
                Json.print(
                        client.out(),
                        ports.stream().map(found -> found.entity().getPort()).toList());
            } else {
                Table table = table();
                ports.forEach(found -> row(table, found.bridge(), found.entity().getPort()));
                table.print(client.out());
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "show", description = "Shows a port with its counters.", mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = "name or number of the port") String name) {
        return client.call(connection -> {
            PortState port = find(connection, bridge, name);
            if (client.isJson()) {
                Json.print(client.out(), port);
            } else {
                print(client.out(), port);
            }
            return ExitStatus.OK;
        });
    }

    private static PortState find(Connection connection, String bridge, String name) {
        PortQuery.Builder query = PortQuery.newBuilder();
        if (name.matches("\\d{1,10}")) {
            query.setNumber((int) Long.parseLong(name));
        } else {
            query.setName(name);
        }
        List<Asks.Found> found = Asks.read(
                connection, bridge, false, Query.newBuilder().setPorts(query).build());
        if (found.isEmpty()) {
            throw new CliException(ExitStatus.REFUSED, "bridge %s has no port %s".formatted(bridge, name));
        }
        return found.getFirst().entity().getPort();
    }

    private static void print(PrintWriter out, PortState port) {
        PortCounters counters = port.getCounters();
        out.println("port %s (%s)".formatted(Numbers.port(port.getNumber()), port.getName()));
        out.println("  type   " + type(port.getType()));
        out.println("  io     " + (port.getIo().isEmpty() ? "-" : port.getIo()));
        out.println("  state  " + state(port));
        out.println("  mac    " + (port.getMac().isEmpty() ? "-" : port.getMac()));
        out.println("  mtu    " + (port.getMtu() == 0 ? "-" : Integer.toString(port.getMtu())));
        out.println("  vlans  " + vlans(port));
        if (!port.getBond().isEmpty()) {
            out.println("  bond   %s: %s".formatted(port.getBond(), port.getBondState()));
        }
        for (Neighbour each : port.getNeighboursList()) {
            String name = each.getSystemName().isEmpty() ? "" : " (" + each.getSystemName() + ")";
            out.println("  lldp   %s%s, port %s".formatted(each.getChassis(), name, each.getPort()));
        }
        out.println("  speed  " + (port.getSpeedMbps() == 0 ? "-" : port.getSpeedMbps() + " Mbit/s"));
        out.println("  rx     packets=%d bytes=%d dropped=%d errors=%d"
                .formatted(
                        counters.getRxPackets(),
                        counters.getRxBytes(),
                        counters.getRxDropped(),
                        counters.getRxErrors()));
        out.println("  tx     packets=%d bytes=%d dropped=%d errors=%d"
                .formatted(
                        counters.getTxPackets(),
                        counters.getTxBytes(),
                        counters.getTxDropped(),
                        counters.getTxErrors()));
    }

    /** What a port may have beside its type. */
    static final class Details {
        @Option(names = "--number", paramLabel = "N", description = "OpenFlow port number; left out: a free one")
        private int number;

        @Option(names = "--peer", defaultValue = "", description = "patch: the other port; veth: the other end's name")
        private String peer = "";

        @Option(names = "--netns", defaultValue = "", description = "veth: network namespace of the other end")
        private String netns = "";

        @Option(names = "--io", description = "system, veth: ${COMPLETION-CANDIDATES}")
        private Io io = Io.auto;

        @Option(names = "--mac", defaultValue = "", description = "such as 02:00:00:00:00:07")
        private String mac = "";

        @Option(names = "--mtu", paramLabel = "OCTETS", description = "of a layer 3 packet")
        private int mtu;

        @Option(names = "--remote", defaultValue = "", description = "tunnels: the other end's address, or flow")
        private String remote = "";

        @Option(names = "--local", defaultValue = "", description = "tunnels: own address, or flow")
        private String local = "";

        @Option(names = "--key", defaultValue = "", description = "tunnels: network identifier or key, or flow")
        private String key = "";

        @Option(names = "--udp-port", paramLabel = "N", description = "vxlan, geneve: left out: 4789, 6081")
        private int udpPort;

        @Option(names = "--csum", description = "tunnels: with a checksum")
        private boolean csum;

        @Option(names = "--tos", defaultValue = "", description = "tunnels: 0 to 252, or inherit")
        private String tos = "";

        @Option(names = "--ttl", defaultValue = "", description = "tunnels: 1 to 255, or inherit")
        private String ttl = "";

        @Option(names = "--df", description = "tunnels: outer packets may not be fragmented")
        private boolean df;

        @Option(names = "--seq", description = "gre: packets are numbered")
        private boolean seq;

        @Option(names = "--tag", paramLabel = "VLAN", description = "of the port itself: it is an access port")
        private int tag = -1;

        @Option(names = "--trunks", paramLabel = "VLAN", split = ",", description = "that are carried with a tag")
        private List<Integer> trunks = List.of();

        @Option(names = "--vlan-mode", paramLabel = "MODE", description = "${COMPLETION-CANDIDATES}")
        private @Nullable Vlans vlanMode;
    }

    @Command(name = "add", description = "Adds a port.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = "the port's name, and that of its interface") String name,
            @Option(names = "--type", required = true, description = "${COMPLETION-CANDIDATES}") Type type,
            @ArgGroup(exclusive = false) Details given) {
        Details details = given == null ? new Details() : given;
        PortConfiguration.Builder building = PortConfiguration.newBuilder().addAllTrunks(details.trunks);
        if (details.tag != -1) {
            building.setTag(details.tag);
        }
        if (details.vlanMode != null) {
            building.setVlanMode(
                    VlanMode.valueOf("VLAN_MODE_" + details.vlanMode.name().toUpperCase(Locale.ROOT)));
        }
        PortConfiguration port = building.setName(name)
                .setNumber(details.number)
                .setType(PortType.valueOf("PORT_TYPE_" + type.name().toUpperCase(Locale.ROOT)))
                .setPeer(details.peer)
                .setNetns(details.netns)
                .setMac(details.mac)
                .setMtu(details.mtu)
                .setRemote(details.remote)
                .setLocal(details.local)
                .setKey(details.key)
                .setUdpPort(details.udpPort)
                .setIo(PortIo.valueOf("PORT_IO_" + details.io.name().toUpperCase(Locale.ROOT)))
                .setCsum(details.csum)
                .setTos(details.tos)
                .setTtl(details.ttl)
                .setDf(details.df)
                .setSeq(details.seq)
                .build();
        return client.call(connection -> {
            GetConfigurationResponse now =
                    connection.toSwitch().getConfiguration(GetConfigurationRequest.getDefaultInstance());
            boolean exists = now.getConfiguration().getBridgesList().stream()
                    .filter(each -> each.getName().equals(bridge))
                    .map(BridgeConfiguration::getPortsList)
                    .flatMap(List::stream)
                    .anyMatch(each -> each.getName().equals(name));
            if (exists) {
                throw new CliException(
                        ExitStatus.REFUSED, "bridge %s has a port called \"%s\" already".formatted(bridge, name));
            }
            return Asks.configure(
                    client,
                    connection,
                    now.getRevision(),
                    ConfigurationChange.newBuilder()
                            .setPutPort(ConfigurationChange.PutPort.newBuilder()
                                    .setBridge(bridge)
                                    .setPort(port))
                            .build());
        });
    }

    @Command(name = "set", description = "Sets what a port is to the bridge.", mixinStandardHelpOptions = true)
    int set(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = "name of the port") String name,
            @Parameters(
                            paramLabel = "KEY[=VALUE]",
                            arity = "1..*",
                            description = "other-config:KEY, " + QosSettings.KNOWN
                                    + ", as in Open vSwitch's database; without a value it is taken away")
                    List<String> settings) {
        return client.call(connection -> Settings.changeBridge(client, connection, bridge, building -> {
            for (PortConfiguration.Builder port : building.getPortsBuilderList()) {
                if (port.getName().equals(name)) {
                    Settings.set(port, settings);
                    return;
                }
            }
            throw new CliException(ExitStatus.REFUSED, "bridge %s has no port %s".formatted(bridge, name));
        }));
    }

    @Command(name = "del", description = "Removes a port.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = "name of the port") String name) {
        return client.call(connection -> Asks.configure(
                client,
                connection,
                0,
                ConfigurationChange.newBuilder()
                        .setDeletePort(ConfigurationChange.DeletePort.newBuilder()
                                .setBridge(bridge)
                                .setPort(name))
                        .build()));
    }

    @Command(name = "mod", description = "Sets how OpenFlow treats a port.", mixinStandardHelpOptions = true)
    int mod(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = "name or number of the port") String name,
            @Parameters(paramLabel = "SETTING", arity = "1..*", description = "${COMPLETION-CANDIDATES}")
                    List<Setting> settings) {
        return client.call(connection -> {
            PortSetting.Builder port = PortSetting.newBuilder()
                    .setNumber(find(connection, bridge, name).getNumber());
            for (Setting setting : settings) {
                switch (setting) {
                    case up, down -> port.setDown(setting == Setting.down);
                    case receive, no_receive -> port.setNoReceive(setting == Setting.no_receive);
                    case forward, no_forward -> port.setNoForward(setting == Setting.no_forward);
                    case flood, no_flood -> port.setNoFlood(setting == Setting.no_flood);
                    case packet_in, no_packet_in -> port.setNoPacketIn(setting == Setting.no_packet_in);
                }
            }
            Update update = Update.newBuilder()
                    .setType(Update.Type.MODIFY)
                    .setPort(port)
                    .build();
            return Asks.write(client, connection, bridge, List.of(update), false);
        });
    }
}
