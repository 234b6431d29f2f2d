package io.heddle.cli;

import io.heddle.proto.v1.DropCount;
import io.heddle.proto.v1.DropQuery;
import io.heddle.proto.v1.Query;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Dropped packets by reason. */
@Command(name = "drops", description = "Lists dropped packets by reason.", mixinStandardHelpOptions = true)
final class DropsCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Client.ToSwitch client;

    @Option(names = "--all", description = "reasons that never happened too")
    private boolean all;

    @Override
    public Integer call() {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setDrops(DropQuery.newBuilder().setWithZeros(all))
                    .build();
            List<DropCount> drops = Asks.read(connection, "", false, query).stream()
                    .map(found -> found.entity().getDrop())
                    .sorted(Comparator.comparingLong(DropCount::getPacketCount).reversed())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), drops);
                return ExitStatus.OK;
            }
            Table table = new Table(">PACKETS", "REASON", "PORT", "MEANING");
            drops.forEach(
                    drop -> table.row(drop.getPacketCount(), drop.getReason(), drop.getPort(), drop.getDescription()));
            table.print(client.out());
            return ExitStatus.OK;
        });
    }
}
