package io.heddle.cli;

import io.heddle.proto.v1.MirrorConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Mirrors. */
@Command(
        name = "mirror",
        description = "Lists, adds and removes mirrors: copies of packets for a port or a VLAN.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class MirrorCommand {
    /** What a mirror selects, and where the copies go. */
    static final class Details {
        @Option(names = "--select-all", description = "all packets of all ports")
        private boolean selectAll;

        @Option(names = "--select-src-port", paramLabel = "PORT", split = ",", description = "that packets come in by")
        private List<String> sources = List.of();

        @Option(names = "--select-dst-port", paramLabel = "PORT", split = ",", description = "that packets leave by")
        private List<String> destinations = List.of();

        @Option(names = "--select-vlan", paramLabel = "VLAN", split = ",", description = "only packets in these")
        private List<Integer> vlans = List.of();

        @Option(names = "--output-port", paramLabel = "PORT", description = "where the copies go, and nothing else")
        private String outputPort = "";

        @Option(names = "--output-vlan", paramLabel = "VLAN", description = "that the copies are in")
        private int outputVlan;

        @Option(names = "--snaplen", paramLabel = "OCTETS", description = "of each copy; left out: all")
        private int snaplen;
    }

    @Command(name = "list", description = "Lists the mirrors of a bridge.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge) {
        return client.call(connection -> {
            List<MirrorConfiguration> mirrors =
                    Settings.bridge(connection, bridge).getMirrorsList();
            if (client.isJson()) {
                Json.print(client.out(), mirrors);
                return ExitStatus.OK;
            }
            Table table = new Table("MIRROR", "SELECTS", "VLANS", "OUTPUT");
            for (MirrorConfiguration mirror : mirrors) {
                String vlans =
                        mirror.getSelectVlanList().stream().map(String::valueOf).collect(Collectors.joining(","));
                table.row(
                        mirror.getName(),
                        selects(mirror),
                        vlans.isEmpty() ? "all" : vlans,
                        mirror.getOutputPort().isEmpty() ? "vlan " + mirror.getOutputVlan() : mirror.getOutputPort());
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }

    private static String selects(MirrorConfiguration mirror) {
        if (mirror.getSelectAll()) {
            return "all";
        }
        List<String> words = new ArrayList<>();
        mirror.getSelectSrcPortList().forEach(port -> words.add("src=" + port));
        mirror.getSelectDstPortList().forEach(port -> words.add("dst=" + port));
        return words.isEmpty() ? "none" : String.join(",", words);
    }

    @Command(name = "add", description = "Adds a mirror, or replaces it.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "MIRROR", description = "its name") String name,
            @Nullable @ArgGroup(exclusive = false) Details given) {
        Details details = given == null ? new Details() : given;
        MirrorConfiguration mirror = MirrorConfiguration.newBuilder()
                .setName(name)
                .setSelectAll(details.selectAll)
                .addAllSelectSrcPort(details.sources)
                .addAllSelectDstPort(details.destinations)
                .addAllSelectVlan(details.vlans)
                .setOutputPort(details.outputPort)
                .setOutputVlan(details.outputVlan)
                .setSnaplen(details.snaplen)
                .build();
        return client.call(connection -> Settings.changeBridge(client, connection, bridge, building -> {
            List<MirrorConfiguration> others = others(building.getMirrorsList(), name);
            building.clearMirrors().addAllMirrors(others).addMirrors(mirror);
        }));
    }

    @Command(name = "del", description = "Removes a mirror.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "MIRROR", description = "its name") String name) {
        return client.call(connection -> Settings.changeBridge(client, connection, bridge, building -> {
            List<MirrorConfiguration> others = others(building.getMirrorsList(), name);
            if (others.size() == building.getMirrorsCount()) {
                throw new CliException(ExitStatus.REFUSED, "bridge %s has no mirror \"%s\"".formatted(bridge, name));
            }
            building.clearMirrors().addAllMirrors(others);
        }));
    }

    private static List<MirrorConfiguration> others(List<MirrorConfiguration> all, String name) {
        return all.stream().filter(each -> !each.getName().equals(name)).toList();
    }
}
