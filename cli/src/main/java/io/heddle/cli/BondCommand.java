package io.heddle.cli;

import io.heddle.proto.v1.BondConfiguration;
import io.heddle.proto.v1.BondMode;
import io.heddle.proto.v1.LacpMode;
import io.heddle.proto.v1.PortQuery;
import io.heddle.proto.v1.PortState;
import io.heddle.proto.v1.Query;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Bonds. */
@Command(
        name = "bond",
        description = "Shows, adds and removes bonds: several ports that are one.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class BondCommand {
    /** How packets are spread. */
    enum Mode {
        active_backup,
        balance_slb,
        balance_tcp;

        @Override
        public String toString() {
            return name().replace('_', '-');
        }
    }

    /** Whether LACP is spoken. */
    enum Lacp {
        off,
        passive,
        active
    }

    @Command(name = "show", description = "Shows the bonds of a bridge.", mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge) {
        return client.call(connection -> {
            List<BondConfiguration> bonds = Settings.bridge(connection, bridge).getBondsList();
            if (client.isJson()) {
                Json.print(client.out(), bonds);
                return ExitStatus.OK;
            }
            Query query =
                    Query.newBuilder().setPorts(PortQuery.getDefaultInstance()).build();
            List<PortState> ports = Asks.read(connection, bridge, false, query).stream()
                    .map(found -> found.entity().getPort())
                    .toList();
            Table table = new Table("BOND", "MODE", "LACP", "PORT", "STATE");
            for (BondConfiguration bond : bonds) {
                ports.stream()
                        .filter(port -> port.getBond().equals(bond.getName()))
                        .forEach(port -> table.row(
                                bond.getName(),
                                word(bond.getBondMode().name()),
                                word(bond.getLacp().name()),
                                port.getName(),
                                port.getBondState()));
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }

    private static String word(String name) {
        return name.replaceFirst("^(BOND|LACP)_MODE_", "").replace('_', '-').toLowerCase(Locale.ROOT);
    }

    @Command(name = "add", description = "Adds a bond, or replaces it.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "BOND", description = "its name") String name,
            @Parameters(paramLabel = "PORT", arity = "2..*", description = "ports of the bridge") List<String> ports,
            @Option(
                            names = "--bond-mode",
                            paramLabel = "MODE",
                            defaultValue = "active_backup",
                            description = "${COMPLETION-CANDIDATES}")
                    Mode mode,
            @Option(
                            names = "--lacp",
                            paramLabel = "MODE",
                            defaultValue = "off",
                            description = "${COMPLETION-CANDIDATES}")
                    Lacp lacp,
            @Option(names = "--bond-updelay", paramLabel = "MS", description = "for which a link must be up to be used")
                    int updelay,
            @Option(names = "--bond-downdelay", paramLabel = "MS", description = "for which it is used when it is down")
                    int downdelay,
            @Nullable
                    @Option(names = "--other-config", paramLabel = "KEY=VALUE", description = "such as lacp-time=fast")
                    Map<String, String> otherConfig) {
        BondConfiguration bond = BondConfiguration.newBuilder()
                .setName(name)
                .addAllPorts(ports)
                .setBondMode(BondMode.valueOf("BOND_MODE_" + mode.name().toUpperCase(Locale.ROOT)))
                .setLacp(LacpMode.valueOf("LACP_MODE_" + lacp.name().toUpperCase(Locale.ROOT)))
                .setBondUpdelay(updelay)
                .setBondDowndelay(downdelay)
                .putAllOtherConfig(otherConfig == null ? Map.of() : otherConfig)
                .build();
        return client.call(connection -> Settings.changeBridge(client, connection, bridge, building -> {
            List<BondConfiguration> others = others(building.getBondsList(), name);
            building.clearBonds().addAllBonds(others).addBonds(bond);
        }));
    }

    @Command(name = "del", description = "Removes a bond; its ports stay.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "BOND", description = "its name") String name) {
        return client.call(connection -> Settings.changeBridge(client, connection, bridge, building -> {
            List<BondConfiguration> others = others(building.getBondsList(), name);
            if (others.size() == building.getBondsCount()) {
                throw new CliException(ExitStatus.REFUSED, "bridge %s has no bond \"%s\"".formatted(bridge, name));
            }
            building.clearBonds().addAllBonds(others);
        }));
    }

    private static List<BondConfiguration> others(List<BondConfiguration> all, String name) {
        return all.stream().filter(each -> !each.getName().equals(name)).toList();
    }
}
