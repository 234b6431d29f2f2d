package io.heddle.cli;

import io.heddle.proto.v1.Meter;
import io.heddle.proto.v1.MeterQuery;
import io.heddle.proto.v1.MeterState;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.Update;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Meters, in the syntax of {@code ovs-ofctl(8)}. */
@Command(
        name = "meter",
        description = "Reads and changes meters, in the syntax of ovs-ofctl.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class MeterCommand {
    private static final String BRIDGE = "name of the bridge";
    private static final String METER = "such as meter=1,kbps,band=type=drop,rate=1000";

    @Command(name = "dump", description = "Prints the meters.", mixinStandardHelpOptions = true)
    int dump(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Option(names = "--stats", description = "with counters") boolean stats) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setMeters(MeterQuery.getDefaultInstance())
                    .build();
            List<MeterState> meters = Asks.read(connection, bridge, true, query).stream()
                    .map(found -> found.entity().getMeter())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), meters);
            } else {
                for (MeterState meter : meters) {
                    client.out().println(" " + meter.getMeter().getText().strip());
                    if (stats) {
                        client.out().println("   " + statistics(meter));
                    }
                }
            }
            return ExitStatus.OK;
        });
    }

    private static String statistics(MeterState state) {
        StringBuilder text = new StringBuilder("flow_count=%d,packet_in_count=%d,byte_in_count=%d"
                .formatted(state.getFlowCount(), state.getPacketCount(), state.getByteCount()));
        for (int i = 0; i < state.getMeter().getBandsCount(); i++) {
            Meter.Band band = state.getMeter().getBands(i);
            text.append(
                    ",band%d:packet_count=%d,byte_count=%d".formatted(i, band.getPacketCount(), band.getByteCount()));
        }
        return text.toString();
    }

    @Command(name = "add", description = "Adds a meter.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "METER", description = METER) String meter) {
        return write(client, bridge, Update.Type.INSERT, Meter.newBuilder().setText(meter));
    }

    @Command(name = "mod", description = "Replaces a meter.", mixinStandardHelpOptions = true)
    int mod(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "METER", description = METER) String meter) {
        return write(client, bridge, Update.Type.MODIFY, Meter.newBuilder().setText(meter));
    }

    @Command(name = "del", description = "Removes a meter and the flows that use it.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "ID", description = "number of the meter, or all") String id) {
        int number = Numbers.idOrAll(id, 0xffffffff, "meter");
        return write(client, bridge, Update.Type.DELETE, Meter.newBuilder().setMeterId(number));
    }

    private static int write(Client client, String bridge, Update.Type type, Meter.Builder meter) {
        Update update = Update.newBuilder().setType(type).setMeter(meter).build();
        return client.call(connection -> Asks.write(client, connection, bridge, List.of(update), false));
    }
}
