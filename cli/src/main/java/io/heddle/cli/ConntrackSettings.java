package io.heddle.cli;

import com.google.protobuf.ByteString;
import io.heddle.flow.conntrack.Timeouts;
import io.heddle.flow.match.Bits;
import io.heddle.flow.text.AddressText;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.ConntrackConfiguration;
import io.heddle.proto.v1.FlushConnectionsRequest;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.GetConfigurationResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Limits and timeouts of the connection tracker, and which connections to forget, in the words of ovs-appctl and ovs-ofctl. Stateless. */
final class ConntrackSettings {
    private ConntrackSettings() {}

    static int change(Client client, Connection connection, Consumer<ConntrackConfiguration.Builder> change) {
        GetConfigurationResponse now =
                connection.toSwitch().getConfiguration(GetConfigurationRequest.getDefaultInstance());
        ConntrackConfiguration.Builder conntrack = now.getConfiguration().getConntrack().toBuilder();
        change.accept(conntrack);
        for (int i = conntrack.getZonesCount() - 1; i >= 0; i--) {
            ConntrackConfiguration.Zone zone = conntrack.getZones(i);
            if (!zone.hasLimit() && zone.getTimeoutsCount() == 0) {
                conntrack.removeZones(i);
            }
        }
        return Asks.configure(
                client,
                connection,
                now.getRevision(),
                ConfigurationChange.newBuilder().setPutConntrack(conntrack).build());
    }

    static ConntrackConfiguration read(Connection connection) {
        return connection
                .toSwitch()
                .getConfiguration(GetConfigurationRequest.getDefaultInstance())
                .getConfiguration()
                .getConntrack();
    }

    private static ConntrackConfiguration.Zone.Builder zone(ConntrackConfiguration.Builder conntrack, int number) {
        for (ConntrackConfiguration.Zone.Builder zone : conntrack.getZonesBuilderList()) {
            if (zone.getZone() == number) {
                return zone;
            }
        }
        return conntrack.addZonesBuilder().setZone(number);
    }

    // ---- limits

    /** {@code max=N} for all zones together, {@code default=N} or {@code zone=Z,limit=N}. */
    static void setLimit(ConntrackConfiguration.Builder conntrack, String text) {
        String[] parts = text.split(",", -1);
        if (parts.length == 1 && text.startsWith("max=")) {
            conntrack.setLimit(number(text, text.substring("max=".length())));
        } else if (parts.length == 1 && text.startsWith("default=")) {
            conntrack.setZoneLimit(number(text, text.substring("default=".length())));
        } else if (parts.length == 2 && parts[0].startsWith("zone=") && parts[1].startsWith("limit=")) {
            int zone = number(text, parts[0].substring("zone=".length()));
            zone(conntrack, zone).setLimit(number(text, parts[1].substring("limit=".length())));
        } else {
            throw new CliException(ExitStatus.USAGE, text + ": max=N, default=N or zone=ZONE,limit=N is right");
        }
    }

    /** {@code zone=1,2}. */
    static List<Integer> zones(String text) {
        if (!text.startsWith("zone=")) {
            throw new CliException(ExitStatus.USAGE, text + ": zone=ZONE[,ZONE...] is right");
        }
        List<Integer> zones = new ArrayList<>();
        for (String part : text.substring("zone=".length()).split(",", -1)) {
            zones.add(number(text, part));
        }
        return zones;
    }

    static void removeLimits(ConntrackConfiguration.Builder conntrack, List<Integer> zones) {
        zones.forEach(number -> zone(conntrack, number).clearLimit());
    }

    // ---- timeouts

    /** {@code NAME=SECONDS}, or {@code NAME} for as it is by default. */
    static void setTimeout(ConntrackConfiguration.Builder conntrack, @Nullable Integer zone, String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        int seconds = equals < 0 ? 0 : number(text, text.substring(equals + 1));
        if (zone != null) {
            ConntrackConfiguration.Zone.Builder own = zone(conntrack, zone).removeTimeouts(name);
            if (equals >= 0) {
                own.putTimeouts(name, seconds);
            }
            return;
        }
        conntrack.removeTimeouts(name);
        if (equals >= 0) {
            conntrack.putTimeouts(name, seconds);
        }
    }

    /** Those that are in force, by name. */
    static Map<String, Integer> timeouts(ConntrackConfiguration conntrack, @Nullable Integer zone) {
        Map<String, Integer> timeouts = new TreeMap<>();
        for (Timeouts.Kind kind : Timeouts.Kind.values()) {
            timeouts.put(kind.text(), kind.defaultSeconds());
        }
        timeouts.putAll(conntrack.getTimeoutsMap());
        conntrack.getZonesList().stream()
                .filter(each -> zone != null && each.getZone() == zone)
                .forEach(each -> timeouts.putAll(each.getTimeoutsMap()));
        return timeouts;
    }

    // ---- what to forget

    /** {@code zone=N}, then the tuple of the first packet, then that of the answers; each may be left out or be empty. */
    static FlushConnectionsRequest flush(@Nullable Integer zone, List<String> texts) {
        FlushConnectionsRequest.Builder request = FlushConnectionsRequest.newBuilder();
        if (zone != null) {
            request.setZone(zone);
        }
        int at = 0;
        if (!texts.isEmpty() && texts.getFirst().startsWith("zone=")) {
            request.setZone(number(texts.getFirst(), texts.getFirst().substring("zone=".length())));
            at = 1;
        }
        if (texts.size() > at) {
            request.setOriginal(tuple(texts.get(at), request));
        }
        if (texts.size() > at + 1) {
            request.setReply(tuple(texts.get(at + 1), request));
        }
        if (texts.size() > at + 2) {
            throw new CliException(ExitStatus.USAGE, texts.get(at + 2) + ": at most zone and two tuples are taken");
        }
        return request.build();
    }

    private static FlushConnectionsRequest.Tuple tuple(String text, FlushConnectionsRequest.Builder request) {
        FlushConnectionsRequest.Tuple.Builder tuple = FlushConnectionsRequest.Tuple.newBuilder();
        for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            int equals = part.indexOf('=');
            String value = equals < 0 ? "" : part.substring(equals + 1);
            switch (equals < 0 ? part : part.substring(0, equals)) {
                case "ct_nw_src" -> tuple.setSource(ipv4(part, value));
                case "ct_nw_dst" -> tuple.setDestination(ipv4(part, value));
                case "ct_ipv6_src" -> tuple.setSource(ipv6(part, value));
                case "ct_ipv6_dst" -> tuple.setDestination(ipv6(part, value));
                case "ct_nw_proto" -> request.setProtocol(number(part, value));
                case "ct_tp_src" -> tuple.setSourcePort(number(part, value));
                case "ct_tp_dst" -> tuple.setDestinationPort(number(part, value));
                case "icmp_id" -> tuple.setIcmpId(number(part, value));
                case "icmp_type" -> tuple.setIcmpType(number(part, value));
                case "icmp_code" -> tuple.setIcmpCode(number(part, value));
                default ->
                    throw new CliException(
                            ExitStatus.USAGE,
                            part
                                    + ": a tuple has ct_nw_src, ct_nw_dst, ct_ipv6_src, ct_ipv6_dst, ct_nw_proto, ct_tp_src,"
                                    + " ct_tp_dst, icmp_id, icmp_type and icmp_code");
            }
        }
        return tuple.build();
    }

    private static ByteString ipv4(String text, String value) {
        OptionalInt address = AddressText.parseIpv4(value);
        if (address.isEmpty()) {
            throw new CliException(ExitStatus.USAGE, text + ": an IPv4 address such as 10.0.0.1 is right");
        }
        return ByteString.copyFrom(
                ByteBuffer.allocate(4).putInt(address.getAsInt()).flip());
    }

    private static ByteString ipv6(String text, String value) {
        Bits address = AddressText.parseIpv6(value);
        if (address == null) {
            throw new CliException(ExitStatus.USAGE, text + ": an IPv6 address such as fd00::1 is right");
        }
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(address.high())
                .putLong(address.low())
                .flip());
    }

    private static int number(String text, String value) {
        try {
            return Integer.parseUnsignedInt(value);
        } catch (NumberFormatException e) {
            throw new CliException(ExitStatus.USAGE, "%s: \"%s\" is not a number".formatted(text, value));
        }
    }
}
