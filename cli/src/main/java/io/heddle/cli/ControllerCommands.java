package io.heddle.cli;

import com.google.protobuf.Timestamp;
import io.heddle.proto.v1.Host;
import io.heddle.proto.v1.Lease;
import io.heddle.proto.v1.ListHostsRequest;
import io.heddle.proto.v1.ListLeasesRequest;
import io.heddle.proto.v1.ListSwitchesRequest;
import io.heddle.proto.v1.SwitchInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a controller knows. */
final class ControllerCommands {
    private ControllerCommands() {}

    /** DHCP leases. */
    @Command(
            name = "lease",
            description = "Reads the controller's DHCP leases.",
            synopsisSubcommandLabel = "COMMAND",
            mixinStandardHelpOptions = true)
    static final class LeaseCommand {
        @Command(name = "list", description = "Lists the leases.", mixinStandardHelpOptions = true)
        int list(
                @Mixin Client.ToController client,
                @Option(names = "--network", defaultValue = "", description = "only of this network") String network,
                @Option(names = "--mac", defaultValue = "", description = "only of this client") String mac) {
            return client.call(connection -> {
                List<Lease> leases = new ArrayList<>();
                connection
                        .toController()
                        .listLeases(ListLeasesRequest.newBuilder()
                                .setNetwork(network)
                                .setMac(mac)
                                .build())
                        .forEachRemaining(leases::add);
                if (client.isJson()) {
                    Json.print(client.out(), leases);
                    return ExitStatus.OK;
                }
                Table table = new Table("NETWORK", "IP", "MAC", "HOSTNAME", "STATE", "EXPIRES");
                for (Lease lease : leases) {
                    table.row(
                            lease.getNetwork(),
                            lease.getIp(),
                            lease.getMac(),
                            lease.getHostname(),
                            lease.getState().name().toLowerCase(Locale.ROOT) + (lease.getReserved() ? ",reserved" : ""),
                            lease.hasExpires() ? from(Instant.now(), lease.getExpires()) : "never");
                }
                table.print(client.out());
                return ExitStatus.OK;
            });
        }
    }

    /** Learned hosts. */
    @Command(
            name = "host",
            description = "Reads the hosts that the controller has seen.",
            synopsisSubcommandLabel = "COMMAND",
            mixinStandardHelpOptions = true)
    static final class HostCommand {
        @Command(name = "list", description = "Lists the hosts.", mixinStandardHelpOptions = true)
        int list(@Mixin Client.ToController client) {
            return client.call(connection -> {
                List<Host> hosts = new ArrayList<>();
                connection
                        .toController()
                        .listHosts(ListHostsRequest.getDefaultInstance())
                        .forEachRemaining(hosts::add);
                if (client.isJson()) {
                    Json.print(client.out(), hosts);
                    return ExitStatus.OK;
                }
                Table table = new Table("MAC", "IP", "SWITCH", "DATAPATH-ID", ">PORT", "NAME", ">VLAN", "SEEN");
                for (Host host : hosts) {
                    table.row(
                            host.getMac(),
                            String.join(",", host.getIpsList()),
                            host.getBridge(),
                            host.getDatapathId(),
                            Numbers.port(host.getPort()),
                            host.getPortName(),
                            host.getVlan() == 0 ? "" : host.getVlan(),
                            from(Instant.now(), host.getLastSeen()));
                }
                table.print(client.out());
                return ExitStatus.OK;
            });
        }
    }

    /** Channels to switches. */
    @Command(
            name = "channel",
            description = "Reads the controller's channels to its switches.",
            synopsisSubcommandLabel = "COMMAND",
            mixinStandardHelpOptions = true)
    static final class ChannelCommand {
        @Command(
                name = "list",
                description = "Lists the switches and how their channels are.",
                mixinStandardHelpOptions = true)
        int list(@Mixin Client.ToController client) {
            return client.call(connection -> {
                List<SwitchInfo> switches = new ArrayList<>();
                connection
                        .toController()
                        .listSwitches(ListSwitchesRequest.getDefaultInstance())
                        .forEachRemaining(switches::add);
                if (client.isJson()) {
                    Json.print(client.out(), switches);
                    return ExitStatus.OK;
                }
                Table table = new Table(
                        "TARGET", "BRIDGE", "DATAPATH-ID", "STATE", "SINCE", ">PORTS", ">FLOWS", "LAST-ERROR");
                for (SwitchInfo each : switches) {
                    table.row(
                            each.getTarget(),
                            each.getBridge(),
                            each.getDatapathId(),
                            each.getState().name().toLowerCase(Locale.ROOT),
                            from(Instant.now(), each.getSince()),
                            each.getPorts(),
                            each.getIntendedFlows(),
                            each.getLastError());
                }
                table.print(client.out());
                return ExitStatus.OK;
            });
        }
    }

    /** {@code in 1h59m}, {@code 12s ago}; - for no time. */
    static String from(Instant now, Timestamp time) {
        if (time.equals(Timestamp.getDefaultInstance())) {
            return "";
        }
        Duration until = Duration.between(now, Instant.ofEpochSecond(time.getSeconds(), time.getNanos()));
        String length = span(until.abs().toSeconds());
        return until.isNegative() ? length + " ago" : "in " + length;
    }

    private static String span(long seconds) {
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m" + seconds % 60 + "s";
        }
        return seconds < 86_400
                ? seconds / 3600 + "h" + seconds / 60 % 60 + "m"
                : seconds / 86_400 + "d" + seconds / 3600 % 24 + "h";
    }
}
