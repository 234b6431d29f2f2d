package io.heddle.controller.app.dhcp;

/**
 * An address that is kept for a client.
 *
 * @param ip IPv4 address in the network, in a pool or not
 * @param mac the client's Ethernet address, 0 when it is known by its identifier
 * @param clientId option 61 in hexadecimal, empty when it is known by its Ethernet address
 * @param hostname name that it is given (option 12); empty: none
 */
public record Reservation(int ip, long mac, String clientId, String hostname) {}
