package io.heddle.cli;

import com.google.protobuf.ByteString;
import io.heddle.proto.v1.Connection;
import io.heddle.proto.v1.ConnectionQuery;
import io.heddle.proto.v1.FlushConnectionsRequest;
import io.heddle.proto.v1.Query;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the connection tracker knows. */
@Command(
        name = "conntrack",
        description = "Reads and empties the connection tracker.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class ConntrackCommand {
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;

    @Command(
            name = "dump",
            description = "Prints the connections as ovs-appctl dpctl/dump-conntrack does.",
            mixinStandardHelpOptions = true)
    int dump(
            @Mixin Client.ToSwitch client,
            @Nullable @Option(names = "--zone", paramLabel = "ZONE", description = "only those of this zone")
                    Integer zone,
            @Option(names = "--limit", paramLabel = "N", description = "at most so many") int limit) {
        return client.call(connection -> {
            ConnectionQuery.Builder query = ConnectionQuery.newBuilder().setLimit(Math.max(limit, 0));
            if (zone != null) {
                query.setZone(zone);
            }
            List<Connection> connections =
                    Asks.read(
                                    connection,
                                    "",
                                    false,
                                    Query.newBuilder().setConnections(query).build())
                            .stream()
                            .map(found -> found.entity().getConnection())
                            .toList();
            if (client.isJson()) {
                Json.print(client.out(), connections);
            } else {
                connections.forEach(found -> client.out().println(line(found)));
            }
            return ExitStatus.OK;
        });
    }

    @Command(name = "flush", description = "Forgets connections.", mixinStandardHelpOptions = true)
    int flush(
            @Mixin Client.ToSwitch client,
            @Nullable @Option(names = "--zone", paramLabel = "ZONE", description = "only those of this zone")
                    Integer zone) {
        return client.call(connection -> {
            FlushConnectionsRequest.Builder request = FlushConnectionsRequest.newBuilder();
            if (zone != null) {
                request.setZone(zone);
            }
            int count = connection.toSwitch().flushConnections(request.build()).getCount();
            client.out().println("%d connection%s forgotten".formatted(count, count == 1 ? "" : "s"));
            return ExitStatus.OK;
        });
    }

    private static String line(Connection connection) {
        int protocol = connection.getProtocol();
        StringBuilder text = new StringBuilder(protocolName(protocol))
                .append(",orig=")
                .append(direction(connection.getOriginal(), protocol))
                .append(",reply=")
                .append(direction(connection.getReply(), protocol));
        if (connection.getZone() != 0) {
            text.append(",zone=").append(connection.getZone());
        }
        if (connection.getMark() != 0) {
            text.append(",mark=").append(Integer.toUnsignedString(connection.getMark()));
        }
        long high = connection.getLabel().getHigh();
        long low = connection.getLabel().getLow();
        if ((high | low) != 0) {
            text.append(",labels=0x").append(high == 0 ? Long.toHexString(low) : "%x%016x".formatted(high, low));
        }
        if (!connection.getState().isEmpty()) {
            text.append(",protoinfo=(state=").append(connection.getState()).append(')');
        }
        return text.toString();
    }

    private static String direction(Connection.Direction direction, int protocol) {
        String addresses =
                "(src=%s,dst=%s".formatted(address(direction.getSource()), address(direction.getDestination()));
        int source = direction.getSourcePort();
        int destination = direction.getDestinationPort();
        if (protocol == ICMP || protocol == ICMPV6) {
            return "%s,id=%d,type=%d,code=%d)".formatted(addresses, source, destination >>> 8, destination & 0xff);
        }
        return (source | destination) == 0
                ? addresses + ")"
                : "%s,sport=%d,dport=%d)".formatted(addresses, source, destination);
    }

    private static String address(ByteString octets) {
        try {
            return InetAddress.getByAddress(octets.toByteArray()).getHostAddress();
        } catch (UnknownHostException e) {
            throw new CliException(ExitStatus.REFUSED, "the switch sent an address of " + octets.size() + " octets");
        }
    }

    private static String protocolName(int protocol) {
        return switch (protocol) {
            case ICMP -> "icmp";
            case 6 -> "tcp";
            case 17 -> "udp";
            case ICMPV6 -> "icmpv6";
            case 132 -> "sctp";
            default -> Integer.toString(protocol);
        };
    }
}
