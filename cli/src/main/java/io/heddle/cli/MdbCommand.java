package io.heddle.cli;

import io.heddle.proto.v1.MulticastEntry;
import io.heddle.proto.v1.MulticastQuery;
import io.heddle.proto.v1.Query;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The multicast database. */
@Command(
        name = "mdb",
        description = "Shows who has asked for which multicast.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class MdbCommand {
    @Command(
            name = "show",
            description = "Lists groups and routers as ovs-appctl mdb/show does.",
            mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setMulticast(MulticastQuery.getDefaultInstance())
                    .build();
            List<MulticastEntry> entries = Asks.read(connection, bridge, false, query).stream()
                    .map(found -> found.entity().getMulticast())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), entries);
                return ExitStatus.OK;
            }
            Table table = new Table("PORT", ">VLAN", "GROUP", ">AGE");
            for (MulticastEntry entry : entries) {
                table.row(
                        entry.getPortName(),
                        entry.getVlan(),
                        entry.getGroup().isEmpty() ? "querier" : entry.getGroup(),
                        entry.getAgeSeconds());
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }
}
