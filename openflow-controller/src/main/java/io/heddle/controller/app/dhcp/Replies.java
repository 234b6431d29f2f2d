package io.heddle.controller.app.dhcp;

import io.heddle.controller.app.dhcp.DhcpNetwork.Parameters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Makes the replies to one request (RFC 2131 section 4.3.1, table 3). */
final class Replies {
    /** What a client gets that names no parameters it wants: the usual ones. The mask stands before the routers (RFC 2132 3.3). */
    private static final List<Integer> USUAL = List.of(1, 3, 6, 15, 28, 42, 26);

    private final DhcpNetwork network;
    private final DhcpMessage request;
    private final String hostname;

    /** {@code hostname}: name that the client is given, empty for none. */
    Replies(DhcpNetwork network, DhcpMessage request, String hostname) {
        this.network = network;
        this.request = request;
        this.hostname = hostname;
    }

    DhcpMessage offer(int ip, long seconds) {
        return lease(MessageType.OFFER, ip, seconds);
    }

    DhcpMessage ack(int ip, long seconds) {
        DhcpMessage reply = lease(MessageType.ACK, ip, seconds);
        reply.ciaddr = request.ciaddr;
        return reply;
    }

    /** Parameters only: neither an address nor a lease time (RFC 2131 section 4.3.5). */
    DhcpMessage inform() {
        DhcpMessage reply = start(MessageType.ACK);
        reply.ciaddr = request.ciaddr;
        putParameters(reply);
        return end(reply);
    }

    DhcpMessage nak(String why) {
        DhcpMessage reply = start(MessageType.NAK);
        if (request.giaddr != 0) {
            // The relay has to broadcast it: the client may have no right address (RFC 2131 section 4.3.2).
            reply.flags |= DhcpMessage.BROADCAST_FLAG;
        }
        reply.options.put(DhcpOption.MESSAGE, why);
        return end(reply);
    }

    private DhcpMessage lease(MessageType type, int ip, long seconds) {
        DhcpMessage reply = start(type);
        reply.yiaddr = ip;
        reply.options.put(DhcpOption.LEASE_TIME, seconds);
        if (seconds != DhcpNetwork.ENDLESS) {
            // RFC 2131 section 4.4.5: half, and seven eighths.
            reply.options.put(DhcpOption.RENEWAL_TIME, seconds / 2);
            reply.options.put(DhcpOption.REBINDING_TIME, seconds * 7 / 8);
        }
        putParameters(reply);
        return end(reply);
    }

    private DhcpMessage start(MessageType type) {
        DhcpMessage reply = new DhcpMessage();
        reply.op = DhcpMessage.REPLY_OP;
        reply.hardwareType = request.hardwareType;
        reply.xid = request.xid;
        reply.flags = request.flags;
        reply.giaddr = request.giaddr;
        reply.chaddr = request.chaddr;
        reply.options.put(DhcpOption.MESSAGE_TYPE, type.code());
        reply.options.put(DhcpOption.SERVER_IDENTIFIER, network.serverAddress());
        return reply;
    }

    private DhcpMessage end(DhcpMessage reply) {
        byte[] id = request.options.get(DhcpOption.CLIENT_IDENTIFIER);
        if (id != null) {
            // RFC 6842: the client finds its reply by it.
            reply.options.put(DhcpOption.CLIENT_IDENTIFIER, id);
        }
        byte[] relay = request.options.get(DhcpOption.RELAY_INFORMATION);
        if (relay != null) {
            // RFC 3046 section 2.2: echoed as it came.
            reply.options.put(DhcpOption.RELAY_INFORMATION, relay);
        }
        return reply;
    }

    private void putParameters(DhcpMessage reply) {
        Parameters given = network.parameters();
        reply.siaddr = given.nextServer();
        List<Integer> wanted = request.options.get(DhcpOption.PARAMETER_REQUESTS);
        Set<Integer> order = new LinkedHashSet<>();
        order.add(DhcpOption.SUBNET_MASK.code());
        order.addAll(wanted == null || wanted.isEmpty() ? USUAL : wanted);
        boolean unrequested = wanted == null || !wanted.contains(DhcpOption.BOOTFILE_NAME.code());
        if (unrequested && !given.bootFile().isEmpty()) {
            byte[] file = given.bootFile().getBytes(StandardCharsets.UTF_8);
            reply.file = file.length < 128 ? file : reply.file;
        }
        for (int code : order) {
            put(code, reply.options, given);
        }
    }

    // One line per option of the table that a client can ask for; other codes are not known here.
    private void put(int code, DhcpOptions options, Parameters given) {
        if (code == DhcpOption.SUBNET_MASK.code()) {
            options.put(DhcpOption.SUBNET_MASK, network.mask());
        } else if (code == DhcpOption.BROADCAST_ADDRESS.code()) {
            options.put(DhcpOption.BROADCAST_ADDRESS, network.broadcast());
        } else if (code == DhcpOption.CLASSLESS_ROUTES.code()) {
            putIf(!given.routes().isEmpty(), options, DhcpOption.CLASSLESS_ROUTES, routes(given));
        } else if (code == DhcpOption.VENDOR_INFORMATION.code()) {
            byte[] octets = HexFormat.of().parseHex(given.vendorInformation());
            putIf(octets.length > 0, options, DhcpOption.VENDOR_INFORMATION, octets);
        } else if (code == DhcpOption.INTERFACE_MTU.code()) {
            putIf(given.mtu() != 0, options, DhcpOption.INTERFACE_MTU, given.mtu());
        } else {
            putAddresses(code, DhcpOption.ROUTERS, given.routers(), options);
            putAddresses(code, DhcpOption.DNS_SERVERS, given.dns(), options);
            putAddresses(code, DhcpOption.NTP_SERVERS, given.ntp(), options);
            putText(code, DhcpOption.HOST_NAME, hostname, options);
            putText(code, DhcpOption.DOMAIN_NAME, given.domain(), options);
            putText(code, DhcpOption.TFTP_SERVER_NAME, given.tftpServer(), options);
            putText(code, DhcpOption.BOOTFILE_NAME, given.bootFile(), options);
            if (code == DhcpOption.DOMAIN_SEARCH.code()) {
                putIf(!given.search().isEmpty(), options, DhcpOption.DOMAIN_SEARCH, given.search());
            }
        }
    }

    private static void putAddresses(
            int code, DhcpOption<List<Integer>> option, List<Integer> value, DhcpOptions options) {
        putIf(code == option.code() && !value.isEmpty(), options, option, value);
    }

    private static void putText(int code, DhcpOption<String> option, String value, DhcpOptions options) {
        putIf(code == option.code() && !value.isEmpty(), options, option, value);
    }

    private static <T> void putIf(boolean there, DhcpOptions options, DhcpOption<T> option, T value) {
        if (there) {
            options.put(option, value);
        }
    }

    /** A client that takes option 121 ignores option 3, so the default route has to be there too (RFC 3442). */
    private static List<Route> routes(Parameters given) {
        List<Route> routes = new ArrayList<>(given.routes());
        boolean hasDefault = routes.stream().anyMatch(route -> route.prefixLength() == 0);
        if (!hasDefault && !given.routers().isEmpty()) {
            routes.add(new Route(0, 0, given.routers().get(0)));
        }
        return routes;
    }
}
