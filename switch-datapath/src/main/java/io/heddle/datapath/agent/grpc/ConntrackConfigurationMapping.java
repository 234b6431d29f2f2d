package io.heddle.datapath.agent.grpc;

import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import io.heddle.datapath.bridge.ConntrackConfiguration;
import io.heddle.datapath.bridge.SwitchControl.ConntrackLimits;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.match.Bits;
import io.heddle.proto.v1.FlushConnectionsRequest;
import io.heddle.proto.v1.GetConntrackLimitsResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is set and asked of the connection tracker, to and from messages. Stateless. */
final class ConntrackConfigurationMapping {
    private ConntrackConfigurationMapping() {}

    static io.heddle.proto.v1.ConntrackConfiguration toProto(ConntrackConfiguration model) {
        io.heddle.proto.v1.ConntrackConfiguration.Builder proto = io.heddle.proto.v1.ConntrackConfiguration.newBuilder()
                .setLimit(model.limit())
                .setZoneLimit(model.zoneLimit())
                .putAllTimeouts(model.timeouts());
        for (ConntrackConfiguration.Zone zone : model.zones()) {
            io.heddle.proto.v1.ConntrackConfiguration.Zone.Builder to =
                    proto.addZonesBuilder().setZone(zone.zone()).putAllTimeouts(zone.timeouts());
            Integer limit = zone.limit();
            if (limit != null) {
                to.setLimit(limit);
            }
        }
        return proto.build();
    }

    static ConntrackConfiguration toModel(io.heddle.proto.v1.ConntrackConfiguration proto, String path) {
        List<ConntrackConfiguration.Zone> zones = new ArrayList<>();
        for (int i = 0; i < proto.getZonesCount(); i++) {
            io.heddle.proto.v1.ConntrackConfiguration.Zone zone = proto.getZones(i);
            String at = path + ".zones[" + i + "]";
            zones.add(new ConntrackConfiguration.Zone(
                    ConfigurationMapping.unsigned(zone.getZone(), at + ".zone"),
                    zone.hasLimit() ? ConfigurationMapping.unsigned(zone.getLimit(), at + ".limit") : null,
                    timeouts(zone.getTimeoutsMap(), at)));
        }
        return new ConntrackConfiguration(
                ConfigurationMapping.unsigned(proto.getLimit(), path + ".limit"),
                ConfigurationMapping.unsigned(proto.getZoneLimit(), path + ".zone_limit"),
                timeouts(proto.getTimeoutsMap(), path),
                zones);
    }

    private static Map<String, Integer> timeouts(Map<String, Integer> proto, String path) {
        Map<String, Integer> model = new HashMap<>();
        proto.forEach(
                (name, seconds) -> model.put(name, ConfigurationMapping.unsigned(seconds, path + ".timeouts." + name)));
        return model;
    }

    static ConnectionFilter filter(FlushConnectionsRequest request) {
        int protocol = request.getProtocol();
        if (protocol < 0 || protocol > 0xff) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT, "protocol", Integer.toUnsignedString(protocol) + " is not in 0 to 255");
        }
        return new ConnectionFilter(
                Queries.zone(request.hasZone(), request.getZone()),
                protocol,
                end(request.getOriginal(), "original"),
                end(request.getReply(), "reply"));
    }

    private static ConnectionFilter.End end(FlushConnectionsRequest.Tuple proto, String path) {
        return new ConnectionFilter.End(
                address(proto.getSource(), path + ".source"),
                address(proto.getDestination(), path + ".destination"),
                range(proto.getSourcePort(), 0xffff, path + ".source_port"),
                range(proto.getDestinationPort(), 0xffff, path + ".destination_port"),
                range(proto.getIcmpId(), 0xffff, path + ".icmp_id"),
                range(proto.getIcmpType(), 0xff, path + ".icmp_type"),
                range(proto.getIcmpCode(), 0xff, path + ".icmp_code"));
    }

    private static int range(int value, int most, String path) {
        if (value < 0 || value > most) {
            throw Failures.refusal(
                    Code.INVALID_ARGUMENT,
                    path,
                    "%s is not in 0 to %d".formatted(Integer.toUnsignedString(value), most));
        }
        return value;
    }

    private static Bits address(ByteString octets, String path) {
        ByteBuffer buffer = octets.asReadOnlyByteBuffer();
        return switch (octets.size()) {
            case 0 -> Bits.ZERO;
            case 4 -> ConnectionFilter.mapped(buffer.getInt());
            case 16 -> new Bits(buffer.getLong(), buffer.getLong());
            default ->
                throw Failures.refusal(
                        Code.INVALID_ARGUMENT, path, "an address has 4 or 16 octets, not " + octets.size());
        };
    }

    static GetConntrackLimitsResponse toProto(ConntrackLimits limits) {
        GetConntrackLimitsResponse.Builder proto = GetConntrackLimitsResponse.newBuilder()
                .setLimit(limits.limit())
                .setCount(limits.count())
                .setZoneLimit(limits.zoneLimit());
        limits.zones()
                .forEach(zone -> proto.addZonesBuilder()
                        .setZone(zone.zone())
                        .setLimit(zone.limit())
                        .setCount(zone.count()));
        return proto.build();
    }
}
