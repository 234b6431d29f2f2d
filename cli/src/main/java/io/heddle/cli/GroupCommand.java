package io.heddle.cli;

import io.heddle.proto.v1.Group;
import io.heddle.proto.v1.GroupQuery;
import io.heddle.proto.v1.GroupState;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.Update;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Groups, in the syntax of {@code ovs-ofctl(8)}. */
@Command(
        name = "group",
        description = "Reads and changes groups, in the syntax of ovs-ofctl.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class GroupCommand {
    private static final String BRIDGE = "name of the bridge";
    private static final String GROUP = "such as group_id=1,type=select,bucket=output:1,bucket=output:2";

    @Command(name = "dump", description = "Prints the groups.", mixinStandardHelpOptions = true)
    int dump(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Option(names = "--stats", description = "with counters") boolean stats) {
        return client.call(connection -> {
            Query query = Query.newBuilder()
                    .setGroups(GroupQuery.getDefaultInstance())
                    .build();
            List<GroupState> groups = Asks.read(connection, bridge, true, query).stream()
                    .map(found -> found.entity().getGroup())
                    .toList();
            if (client.isJson()) {
                Json.print(client.out(), groups);
            } else {
                for (GroupState group : groups) {
                    client.out().println(" " + group.getGroup().getText().strip());
                    if (stats) {
                        client.out().println("   " + statistics(group));
                    }
                }
            }
            return ExitStatus.OK;
        });
    }

    private static String statistics(GroupState state) {
        StringBuilder text = new StringBuilder("ref_count=%d,packet_count=%d,byte_count=%d"
                .formatted(
                        Integer.toUnsignedLong(state.getReferenceCount()),
                        state.getPacketCount(),
                        state.getByteCount()));
        for (int i = 0; i < state.getGroup().getBucketsCount(); i++) {
            Group.Bucket bucket = state.getGroup().getBuckets(i);
            text.append(",bucket%d:packet_count=%d,byte_count=%d"
                    .formatted(i, bucket.getPacketCount(), bucket.getByteCount()));
        }
        return text.toString();
    }

    @Command(name = "add", description = "Adds a group.", mixinStandardHelpOptions = true)
    int add(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "GROUP", description = GROUP) String group) {
        return write(client, bridge, Update.Type.INSERT, Group.newBuilder().setText(group));
    }

    @Command(name = "mod", description = "Replaces a group.", mixinStandardHelpOptions = true)
    int mod(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "GROUP", description = GROUP) String group,
            @Option(names = "--may-create", description = "add the group if there is none") boolean mayCreate) {
        return write(
                client,
                bridge,
                mayCreate ? Update.Type.UPSERT : Update.Type.MODIFY,
                Group.newBuilder().setText(group));
    }

    @Command(name = "del", description = "Removes a group and the flows that use it.", mixinStandardHelpOptions = true)
    int del(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "BRIDGE", description = BRIDGE) String bridge,
            @Parameters(paramLabel = "ID", description = "number of the group, or all") String id) {
        int number = Numbers.idOrAll(id, 0xfffffffc, "group");
        return write(client, bridge, Update.Type.DELETE, Group.newBuilder().setGroupId(number));
    }

    private static int write(Client client, String bridge, Update.Type type, Group.Builder group) {
        Update update = Update.newBuilder().setType(type).setGroup(group).build();
        return client.call(connection -> Asks.write(client, connection, bridge, List.of(update), false));
    }
}
