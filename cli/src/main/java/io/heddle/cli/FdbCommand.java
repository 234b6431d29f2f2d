package io.heddle.cli;

import io.heddle.proto.v1.AddressQuery;
import io.heddle.proto.v1.FlushAddressesRequest;
import io.heddle.proto.v1.LearnedAddress;
import io.heddle.proto.v1.Query;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The forwarding database. */
@Command(
        name = "fdb",
        description = "Shows and forgets where NORMAL has seen which Ethernet address.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class FdbCommand {
    @Command(
            name = "show",
            description = "Lists learned addresses as ovs-appctl fdb/show does.",
            mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(
                            paramLabel = "BRIDGE",
                            arity = "0..1",
                            defaultValue = "",
                            description = "only of this bridge; left out: of all")
                    String bridge) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setAddresses(AddressQuery.getDefaultInstance())
                    .build();
            List<Asks.Found> found = Asks.read(connection, bridge, false, query);
            if (client.isJson()) {
                Json.print(
                        client.out(),
                        found.stream().map(each -> each.entity().getAddress()).toList());
                return ExitStatus.OK;
            }
            Table table = new Table("BRIDGE", "PORT", ">VLAN", "MAC", ">AGE");
            for (Asks.Found each : found) {
                LearnedAddress address = each.entity().getAddress();
                table.row(
                        each.bridge(),
                        address.getPortName(),
                        address.getVlan(),
                        address.getMac(),
                        address.getAgeSeconds());
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }

    @Command(
            name = "flush",
            description = "Forgets the learned addresses of a bridge as ovs-appctl fdb/flush does.",
            mixinStandardHelpOptions = true)
    int flush(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge) {
        return client.call(connection -> {
            FlushAddressesRequest request =
                    FlushAddressesRequest.newBuilder().setBridge(bridge).build();
            int count = connection.toSwitch().flushAddresses(request).getCount();
            client.out().println("%d address%s forgotten".formatted(count, count == 1 ? "" : "es"));
            return ExitStatus.OK;
        });
    }
}
