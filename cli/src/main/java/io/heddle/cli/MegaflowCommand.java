package io.heddle.cli;

import io.heddle.proto.v1.Megaflow;
import io.heddle.proto.v1.MegaflowQuery;
import io.heddle.proto.v1.Query;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the caches hold. */
@Command(
        name = "megaflow",
        description = "Reads the megaflow caches.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class MegaflowCommand {
    @Command(
            name = "dump",
            description = "Prints the megaflows, the most recently used first, as ovs-appctl dpctl/dump-flows does.",
            mixinStandardHelpOptions = true)
    int dump(
            @Mixin Client.ToSwitch client,
            @Option(names = "--limit", paramLabel = "N", description = "at most so many") int limit) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setMegaflows(MegaflowQuery.newBuilder().setLimit(Math.max(limit, 0)))
                    .build();
            List<Megaflow> megaflows = Asks.read(connection, "", false, query).stream()
                    .map(found -> found.entity().getMegaflow())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), megaflows);
            } else {
                megaflows.forEach(megaflow -> client.out().println(line(megaflow)));
            }
            return ExitStatus.OK;
        });
    }

    private static String line(Megaflow megaflow) {
        String used = megaflow.getPacketCount() == 0 ? "never" : Numbers.seconds(megaflow.getIdleNs());
        String reason = megaflow.getDropReason().isEmpty() ? "" : " (" + megaflow.getDropReason() + ")";
        return "%s, packets:%d, bytes:%d, used:%s, actions:%s%s"
                .formatted(
                        megaflow.getMatchText(),
                        megaflow.getPacketCount(),
                        megaflow.getByteCount(),
                        used,
                        megaflow.getActionsText(),
                        reason);
    }
}
