package io.heddle.cli;

import com.google.protobuf.ByteString;
import io.heddle.proto.v1.Connection;
import io.heddle.proto.v1.ConnectionQuery;
import io.heddle.proto.v1.ConntrackConfiguration;
import io.heddle.proto.v1.FlushConnectionsRequest;
import io.heddle.proto.v1.GetConntrackLimitsRequest;
import io.heddle.proto.v1.GetConntrackLimitsResponse;
import io.heddle.proto.v1.Query;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the connection tracker knows. */
@Command(
        name = "conntrack",
        description = "Reads, empties and sets the connection tracker.",
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

    @Command(
            name = "flush",
            description =
                    "Forgets connections: all, or those of a zone, or of tuples as ovs-ofctl ct-flush takes them.",
            mixinStandardHelpOptions = true)
    int flush(
            @Mixin Client.ToSwitch client,
            @Nullable @Option(names = "--zone", paramLabel = "ZONE", description = "only those of this zone")
                    Integer zone,
            @Nullable
                    @Parameters(
                            paramLabel = "[zone=ZONE] [TUPLE [REPLY-TUPLE]]",
                            arity = "0..*",
                            hideParamSyntax = true,
                            description = "such as ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80")
                    List<String> which) {
        FlushConnectionsRequest request = ConntrackSettings.flush(zone, which == null ? List.of() : which);
        return client.call(connection -> {
            int count = connection.toSwitch().flushConnections(request).getCount();
            client.out().println("%d connection%s forgotten".formatted(count, count == 1 ? "" : "s"));
            return ExitStatus.OK;
        });
    }

    @Command(
            name = "set-limits",
            description = "Says how many connections zones may have; 0 for any number.",
            mixinStandardHelpOptions = true)
    int setLimits(
            @Mixin Client.ToSwitch client,
            @Parameters(
                            paramLabel = "max=N|default=N|zone=ZONE,limit=N",
                            arity = "1..*",
                            description =
                                    "of all zones together, of zones without a limit of their own, or of one zone")
                    List<String> limits) {
        return client.call(connection -> ConntrackSettings.change(
                client, connection, to -> limits.forEach(limit -> ConntrackSettings.setLimit(to, limit))));
    }

    @Command(name = "del-limits", description = "Takes the limits of zones away.", mixinStandardHelpOptions = true)
    int delLimits(
            @Mixin Client.ToSwitch client,
            @Parameters(paramLabel = "zone=ZONE[,ZONE...]", description = "which zones") String zones) {
        List<Integer> numbers = ConntrackSettings.zones(zones);
        return client.call(connection ->
                ConntrackSettings.change(client, connection, to -> ConntrackSettings.removeLimits(to, numbers)));
    }

    @Command(
            name = "get-limits",
            description = "Prints the limits as ovs-appctl dpctl/ct-get-limits does.",
            mixinStandardHelpOptions = true)
    int getLimits(
            @Mixin Client.ToSwitch client,
            @Nullable
                    @Parameters(
                            paramLabel = "zone=ZONE[,ZONE...]",
                            arity = "0..1",
                            description = "of these zones; left out: of those with a limit of their own")
                    String zones) {
        GetConntrackLimitsRequest request = GetConntrackLimitsRequest.newBuilder()
                .addAllZones(zones == null ? List.of() : ConntrackSettings.zones(zones))
                .build();
        return client.call(connection -> {
            GetConntrackLimitsResponse limits = connection.toSwitch().getConntrackLimits(request);
            if (client.isJson()) {
                Json.print(client.out(), limits);
                return ExitStatus.OK;
            }
            client.out().println("default limit=" + limits.getZoneLimit());
            limits.getZonesList()
                    .forEach(zone -> client.out()
                            .println("zone=%d,limit=%d,count=%d"
                                    .formatted(zone.getZone(), zone.getLimit(), zone.getCount())));
            return ExitStatus.OK;
        });
    }

    @Command(
            name = "set-timeouts",
            description = "Says how long connections are remembered, by the names of Open vSwitch's CT_Timeout_Policy.",
            mixinStandardHelpOptions = true)
    int setTimeouts(
            @Mixin Client.ToSwitch client,
            @Nullable @Option(names = "--zone", paramLabel = "ZONE", description = "only those of this zone")
                    Integer zone,
            @Parameters(
                            paramLabel = "NAME[=SECONDS]",
                            arity = "1..*",
                            description = "such as tcp_established=86400; without a number: as by default")
                    List<String> timeouts) {
        return client.call(connection -> ConntrackSettings.change(
                client, connection, to -> timeouts.forEach(text -> ConntrackSettings.setTimeout(to, zone, text))));
    }

    @Command(
            name = "get-timeouts",
            description = "Prints how long connections are remembered, in seconds.",
            mixinStandardHelpOptions = true)
    int getTimeouts(
            @Mixin Client.ToSwitch client,
            @Nullable @Option(names = "--zone", paramLabel = "ZONE", description = "those of this zone") Integer zone) {
        return client.call(connection -> {
            ConntrackConfiguration conntrack = ConntrackSettings.read(connection);
            if (client.isJson()) {
                Json.print(client.out(), conntrack);
            } else {
                ConntrackSettings.timeouts(conntrack, zone)
                        .forEach((name, seconds) -> client.out().println(name + "=" + seconds));
            }
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
        if (!connection.getAlg().isEmpty()) {
            text.append(",helper=").append(connection.getAlg());
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
