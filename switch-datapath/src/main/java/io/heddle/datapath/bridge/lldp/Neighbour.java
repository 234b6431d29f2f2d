package io.heddle.datapath.bridge.lldp;

/**
 * Who is at the other end of a link, in text that the other end has chosen: only printable characters, at most 255 of them.
 *
 * @param chassis identifier: an address, or a name
 * @param port identifier: an address, or a name
 * @param portDescription empty if it has not said
 * @param systemName empty if it has not said
 * @param systemDescription empty if it has not said
 * @param ttlSeconds for which this holds
 */
public record Neighbour(
        String chassis,
        String port,
        String portDescription,
        String systemName,
        String systemDescription,
        int ttlSeconds) {}
