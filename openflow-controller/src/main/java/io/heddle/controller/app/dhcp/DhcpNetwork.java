package io.heddle.controller.app.dhcp;

import io.heddle.controller.core.SegmentMap.Place;
import java.util.List;

/**
 * A network that gets addresses by DHCP.
 *
 * @param place its name, bridges and VLAN
 * @param subnet network address
 * @param prefixLength 1 to 30
 * @param serverAddress the server's own address in it (option 54)
 * @param serverMac the server's own Ethernet address
 * @param pools addresses to give
 * @param reservations addresses for certain clients
 * @param leaseSeconds 60 to 2^32 - 2; {@link #ENDLESS}: for ever
 * @param authoritative no other server gives addresses here: a client that asks for an address that this server knows nothing about
 *     is told so (NAK) instead of being left waiting
 * @param parameters what clients are told besides
 */
public record DhcpNetwork(
        Place place,
        int subnet,
        int prefixLength,
        int serverAddress,
        long serverMac,
        List<AddressRange> pools,
        List<Reservation> reservations,
        long leaseSeconds,
        boolean authoritative,
        Parameters parameters) {
    /** Lease time without an end (RFC 2131 section 3.3). */
    public static final long ENDLESS = 0xffffffffL;

    /**
     * What clients are told; what is empty or 0 is not sent.
     *
     * @param routers option 3
     * @param dns option 6
     * @param domain option 15
     * @param search option 119
     * @param ntp option 42
     * @param mtu option 26
     * @param routes option 121
     * @param tftpServer option 66
     * @param bootFile option 67
     * @param nextServer the message's siaddr
     * @param vendorInformation option 43 in hexadecimal
     */
    public record Parameters(
            List<Integer> routers,
            List<Integer> dns,
            String domain,
            List<String> search,
            List<Integer> ntp,
            int mtu,
            List<Route> routes,
            String tftpServer,
            String bootFile,
            int nextServer,
            String vendorInformation) {
        /** Nothing. */
        public static final Parameters NONE =
                new Parameters(List.of(), List.of(), "", List.of(), List.of(), 0, List.of(), "", "", 0, "");

        public Parameters {
            routers = List.copyOf(routers);
            dns = List.copyOf(dns);
            search = List.copyOf(search);
            ntp = List.copyOf(ntp);
            routes = List.copyOf(routes);
        }
    }

    public DhcpNetwork {
        if (prefixLength < 1 || prefixLength > 30) {
            throw new IllegalArgumentException("prefixLength " + prefixLength + " is not in 1-30");
        }
        if (leaseSeconds < 60 || leaseSeconds > ENDLESS) {
            throw new IllegalArgumentException("leaseSeconds " + leaseSeconds + " is not in 60-" + ENDLESS);
        }
        pools = List.copyOf(pools);
        reservations = List.copyOf(reservations);
    }

    /** Name of the network. */
    public String name() {
        return place.name();
    }

    /** The subnet mask (option 1). */
    public int mask() {
        return -1 << (32 - prefixLength);
    }

    /** The subnet's broadcast address (option 28). */
    public int broadcast() {
        return subnet | ~mask();
    }

    /** Says whether an address belongs to the subnet. */
    public boolean contains(int ip) {
        return (ip & mask()) == subnet;
    }

    /** Prints an address as {@code 10.0.0.1}. */
    public static String text(int ip) {
        return (ip >>> 24) + "." + (ip >>> 16 & 0xff) + "." + (ip >>> 8 & 0xff) + "." + (ip & 0xff);
    }
}
