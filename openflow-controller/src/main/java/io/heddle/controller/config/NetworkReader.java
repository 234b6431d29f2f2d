package io.heddle.controller.config;

import io.heddle.controller.app.dhcp.AddressRange;
import io.heddle.controller.app.dhcp.DhcpNetwork;
import io.heddle.controller.app.dhcp.Reservation;
import io.heddle.controller.app.dhcp.Route;
import io.heddle.controller.core.SegmentMap.Place;
import io.heddle.proto.document.YamlDocument;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the networks and checks what a schema cannot: that addresses are addresses, lie in their subnet and do not meet.
 *
 * <p>All errors are collected, each with file, line and path.
 */
final class NetworkReader {
    private static final long DEFAULT_LEASE_SECONDS = 3600;

    /** 02 = locally administered, "Hd"; the rest is the network's number. */
    private static final long SERVER_MAC_PREFIX = 0x0248_6400_0000L;

    private static final long MAX_POOL = 1L << 24;

    private final YamlDocument document;
    private final List<String> errors;
    private final List<Place> places = new ArrayList<>();
    private final List<DhcpNetwork> networks = new ArrayList<>();

    NetworkReader(YamlDocument document, List<String> errors) {
        this.document = document;
        this.errors = errors;
    }

    List<Place> places() {
        return places;
    }

    List<DhcpNetwork> networks() {
        return networks;
    }

    void read(JsonNode list) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            String path = "networks[" + i + "]";
            JsonNode node = list.get(i);
            String name = node.path("name").asString();
            if (!names.add(name)) {
                error(path + ".name", "there is another network '" + name + "'");
            }
            Place place = new Place(
                    name,
                    Set.copyOf(ControllerConfig.strings(node.path("bridges"))),
                    node.path("vlan").asInt(0));
            for (Place other : places) {
                if (other.vlan() == place.vlan() && meet(other.bridges(), place.bridges())) {
                    error(
                            path,
                            "network '" + other.name() + "' has the same VLAN " + place.vlan() + " of the same bridge");
                }
            }
            places.add(place);
            int before = errors.size();
            DhcpNetwork network = network(node, path, place);
            if (network != null && errors.size() == before) {
                networks.add(network);
            }
        }
    }

    private static boolean meet(Set<String> one, Set<String> other) {
        return one.isEmpty() || other.isEmpty() || one.stream().anyMatch(other::contains);
    }

    private @Nullable DhcpNetwork network(JsonNode node, String path, Place place) {
        String[] subnet = node.path("subnet").asString().split("/");
        int prefix = Integer.parseInt(subnet[1]);
        int base = address(subnet[0], path + ".subnet");
        if (prefix < 1 || prefix > 30) {
            error(path + ".subnet", "a prefix of " + prefix + " bits is not in 1-30");
            return null;
        }
        int mask = -1 << (32 - prefix);
        if ((base & ~mask) != 0) {
            error(path + ".subnet", "write the network's address: " + DhcpNetwork.text(base & mask) + "/" + prefix);
            return null;
        }
        Subnet in = new Subnet(base, mask, path);
        List<AddressRange> pools = pools(node.path("pools"), in);
        List<Reservation> reservations = reservations(node.path("reservations"), in);
        if (pools.isEmpty() && reservations.isEmpty()) {
            return null;
        }
        DhcpNetwork.Parameters parameters = parameters(node, in);
        int server = node.has("server")
                ? in.host(node.path("server").asString(), ".server")
                : highestFree(in, pools, reservations, parameters.routers());
        if (parameters.routers().contains(server)) {
            error(
                    path + ".server",
                    DhcpNetwork.text(server) + " is the gateway's: give the server an address of its own");
        }
        JsonNode lease = node.path("lease-time");
        long seconds = lease.isString() ? DhcpNetwork.ENDLESS : lease.asLong(DEFAULT_LEASE_SECONDS);
        long mac = node.has("server-mac")
                ? mac(node.path("server-mac").asString())
                : SERVER_MAC_PREFIX | (server & 0xffffffL);
        return new DhcpNetwork(
                place,
                base,
                prefix,
                server,
                mac,
                pools,
                reservations,
                seconds,
                node.path("authoritative").asBoolean(false),
                parameters);
    }

    /** The highest host address that is nobody's; 0 never happens in a subnet whose pools leave one. */
    private int highestFree(
            Subnet in, List<AddressRange> pools, List<Reservation> reservations, List<Integer> routers) {
        for (int ip = in.broadcast() - 1; ip != in.base; ip--) {
            int each = ip;
            if (pools.stream().noneMatch(pool -> pool.contains(each))
                    && reservations.stream().noneMatch(reservation -> reservation.ip() == each)
                    && !routers.contains(each)) {
                return ip;
            }
        }
        error(
                in.path + ".pools",
                "they leave no address for the server: make them smaller, or say which with 'server'");
        return in.base;
    }

    private List<AddressRange> pools(JsonNode list, Subnet in) {
        List<AddressRange> pools = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String at = ".pools[" + i + "]";
            String[] ends = list.get(i).asString().split("-");
            int first = in.host(ends[0], at);
            int last = in.host(ends[1], at);
            if (Integer.compareUnsigned(first, last) > 0) {
                error(in.path + at, "it ends before it begins: write " + ends[1] + "-" + ends[0]);
                continue;
            }
            AddressRange range = new AddressRange(first, last);
            if (range.size() > MAX_POOL) {
                error(in.path + at, range.size() + " addresses are more than " + MAX_POOL);
            }
            for (AddressRange other : pools) {
                if (other.contains(first) || other.contains(last) || range.contains(other.first())) {
                    error(in.path + at, "it overlaps another pool");
                }
            }
            pools.add(range);
        }
        return pools;
    }

    private List<Reservation> reservations(JsonNode list, Subnet in) {
        List<Reservation> reservations = new ArrayList<>();
        Set<Integer> taken = new HashSet<>();
        Set<String> clients = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            String at = ".reservations[" + i + "]";
            JsonNode node = list.get(i);
            int ip = in.host(node.path("ip").asString(), at + ".ip");
            if (node.has("mac") == node.has("client-id")) {
                error(in.path + at, "say either mac or client-id");
            }
            long mac = node.has("mac") ? mac(node.path("mac").asString()) : 0;
            String id = octets(node.path("client-id").asString(""));
            if (!taken.add(ip)) {
                error(in.path + at + ".ip", "the address is reserved twice");
            }
            if (!clients.add(mac + "/" + id)) {
                error(in.path + at, "the client has another reservation");
            }
            reservations.add(new Reservation(ip, mac, id, node.path("hostname").asString("")));
        }
        return reservations;
    }

    private DhcpNetwork.Parameters parameters(JsonNode node, Subnet in) {
        JsonNode gateway = node.path("gateway");
        List<Integer> routers = new ArrayList<>();
        if (gateway.isString()) {
            routers.add(in.host(gateway.asString(), ".gateway"));
        }
        for (int i = 0; gateway.isArray() && i < gateway.size(); i++) {
            routers.add(in.host(gateway.get(i).asString(), ".gateway[" + i + "]"));
        }
        return new DhcpNetwork.Parameters(
                routers,
                addresses(node.path("dns"), in.path + ".dns"),
                node.path("domain").asString(""),
                ControllerConfig.strings(node.path("search")),
                addresses(node.path("ntp"), in.path + ".ntp"),
                node.path("mtu").asInt(0),
                routes(node.path("routes"), in.path + ".routes"),
                node.path("tftp-server").asString(""),
                node.path("boot-file").asString(""),
                node.has("next-server") ? address(node.path("next-server").asString(), in.path + ".next-server") : 0,
                octets(node.path("vendor-information").asString("")));
    }

    private List<Route> routes(JsonNode list, String path) {
        List<Route> routes = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String at = path + "[" + i + "]";
            String[] to = list.get(i).path("to").asString().split("/");
            int prefix = Integer.parseInt(to[1]);
            if (prefix > 32) {
                error(at + ".to", "a prefix of " + prefix + " bits is not in 0-32");
                continue;
            }
            routes.add(new Route(
                    address(to[0], at + ".to"),
                    prefix,
                    address(list.get(i).path("via").asString(), at + ".via")));
        }
        return routes;
    }

    private List<Integer> addresses(JsonNode list, String path) {
        List<Integer> addresses = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            addresses.add(address(list.get(i).asString(), path + "[" + i + "]"));
        }
        return addresses;
    }

    /** An address; 0 and an error when it is none. */
    private int address(String text, String path) {
        String[] parts = text.split("\\.", -1);
        int address = 0;
        boolean right = parts.length == 4;
        for (int i = 0; right && i < 4; i++) {
            right = parts[i].matches("[0-9]{1,3}") && Integer.parseInt(parts[i]) <= 255;
            address = right ? address << 8 | Integer.parseInt(parts[i]) : 0;
        }
        if (!right) {
            error(path, "'" + text + "' is no IPv4 address");
        }
        return address;
    }

    private static long mac(String text) {
        return Long.parseLong(text.replace(":", ""), 16);
    }

    private static String octets(String text) {
        return text.replace(":", "").toLowerCase(Locale.ROOT);
    }

    private void error(String path, String message) {
        errors.add(document.errorAt(path, message));
    }

    /** A subnet while its parts are read. */
    private final class Subnet {
        private final int base;
        private final int mask;
        private final String path;

        Subnet(int base, int mask, String path) {
            this.base = base;
            this.mask = mask;
            this.path = path;
        }

        int broadcast() {
            return base | ~mask;
        }

        /** An address of a host in the subnet. */
        int host(String text, String at) {
            int before = errors.size();
            int ip = address(text, path + at);
            if (errors.size() == before && ((ip & mask) != base || ip == base || ip == broadcast())) {
                error(
                        path + at,
                        "%s is not in %s-%s"
                                .formatted(text, DhcpNetwork.text(base + 1), DhcpNetwork.text(broadcast() - 1)));
            }
            return ip;
        }
    }
}
