package io.heddle.cli;

import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.QueueConfiguration;
import io.heddle.proto.v1.QueueQuery;
import io.heddle.proto.v1.QueueState;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Queues of ports. */
@Command(
        name = "queue",
        description = "Lists and shows the queues of ports.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class QueueCommand {
    private static final String PORT = "name or number of the port";

    @Command(name = "list", description = "Lists the queues.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", arity = "0..1", defaultValue = "", description = "only of this bridge")
                    String bridge,
            @Parameters(paramLabel = "PORT", arity = "0..1", defaultValue = "", description = "only of this port")
                    String port) {
        return client.call(connection -> {
            List<Asks.Found> queues = Asks.read(connection, bridge, false, query(of(port)));
            if (client.isJson()) {
                Json.print(
                        client.out(),
                        queues.stream().map(found -> found.entity().getQueue()).toList());
                return ExitStatus.OK;
            }
            Table table = new Table(
                    "BRIDGE",
                    "PORT",
                    ">QUEUE",
                    ">MIN-RATE",
                    ">MAX-RATE",
                    ">PRIORITY",
                    ">TX-PACKETS",
                    ">TX-BYTES",
                    ">DROPPED",
                    ">WAITING");
            for (Asks.Found found : queues) {
                QueueState queue = found.entity().getQueue();
                QueueConfiguration asked = queue.getConfiguration();
                table.row(
                        found.bridge(),
                        queue.getPortName(),
                        id(queue),
                        asked.getMinRate() == 0 ? "" : asked.getMinRate(),
                        asked.getMaxRate() == 0 ? "" : asked.getMaxRate(),
                        Integer.toUnsignedString(asked.getPriority()),
                        queue.getTxPackets(),
                        queue.getTxBytes(),
                        queue.getTxErrors(),
                        queue.getWaiting());
            }
            table.print(client.out());
            return ExitStatus.OK;
        });
    }

    @Command(name = "show", description = "Shows a queue with its counters.", mixinStandardHelpOptions = true)
    int show(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = "name of the bridge") String bridge,
            @Parameters(paramLabel = "PORT", description = PORT) String port,
            @Parameters(paramLabel = "QUEUE", description = "number of the queue") String number) {
        QueueQuery query =
                of(port).setQueueId(Numbers.unsigned(number, "queue")).build();
        return client.call(connection -> {
            List<Asks.Found> found = Asks.read(connection, bridge, false, query(query.toBuilder()));
            if (found.isEmpty()) {
                throw new CliException(
                        ExitStatus.REFUSED, "port %s of bridge %s has no queue %s".formatted(port, bridge, number));
            }
            QueueState queue = found.getFirst().entity().getQueue();
            if (client.isJson()) {
                Json.print(client.out(), queue);
            } else {
                print(client.out(), queue);
            }
            return ExitStatus.OK;
        });
    }

    private static QueueQuery.Builder of(String port) {
        QueueQuery.Builder query = QueueQuery.newBuilder();
        if (port.matches("\\d{1,10}")) {
            query.setPort((int) Long.parseLong(port));
        } else {
            query.setPortName(port);
        }
        return query;
    }

    private static Query query(QueueQuery.Builder query) {
        return Query.newBuilder().setQueues(query).build();
    }

    private static String id(QueueState queue) {
        return Integer.toUnsignedString(queue.getQueueId());
    }

    private static String rate(long bitsPerSecond) {
        return bitsPerSecond == 0 ? "-" : bitsPerSecond + " bit/s";
    }

    private static void print(PrintWriter out, QueueState queue) {
        QueueConfiguration asked = queue.getConfiguration();
        out.println(
                "queue %s of port %s (%s)".formatted(id(queue), Numbers.port(queue.getPort()), queue.getPortName()));
        out.println("  min-rate  " + rate(asked.getMinRate()));
        out.println("  max-rate  " + rate(asked.getMaxRate()));
        out.println("  port      " + rate(queue.getPortMaxRate()));
        out.println("  burst     " + (asked.getBurst() == 0 ? "-" : asked.getBurst() + " bit"));
        out.println("  priority  " + Integer.toUnsignedString(asked.getPriority()));
        out.println("  dscp      " + (asked.hasDscp() ? Integer.toString(asked.getDscp()) : "-"));
        out.println("  tx        packets=%d bytes=%d dropped=%d waiting=%d"
                .formatted(queue.getTxPackets(), queue.getTxBytes(), queue.getTxErrors(), queue.getWaiting()));
    }
}
