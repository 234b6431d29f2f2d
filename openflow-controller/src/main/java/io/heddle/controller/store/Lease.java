package io.heddle.controller.store;

/**
 * A DHCP lease: what one address of a network is doing.
 *
 * @param network name of the network
 * @param ip IPv4 address
 * @param clientKey identity of the client within the network: {@code id:HEX} (option 61) or {@code hw:TYPE:HEX}; empty for a declined
 *     address, which is nobody's
 * @param mac the client's Ethernet address, lower 48 bits
 * @param clientId option 61 in hexadecimal; empty when there was none
 * @param hostname option 12; empty when there was none
 * @param state what the address is doing
 * @param startsMillis when it was given or last renewed, since 1970
 * @param expiresMillis when this state ends, since 1970; {@link #ENDLESS}: never
 * @param reserved it is a static reservation
 * @param datapathId where the client was
 * @param port OpenFlow port where the client was
 * @param relayInformation option 82 in hexadecimal; empty when there was none
 */
public record Lease(
        String network,
        int ip,
        String clientKey,
        long mac,
        String clientId,
        String hostname,
        State state,
        long startsMillis,
        long expiresMillis,
        boolean reserved,
        long datapathId,
        int port,
        String relayInformation) {
    /** {@link #expiresMillis} of a lease without an end. */
    public static final long ENDLESS = Long.MAX_VALUE;

    /** What an address is doing. The names are in the database. */
    public enum State {
        /** A client has it, until the lease ends. */
        BOUND,
        /** The client gave it back; kept for it while there are others. */
        RELEASED,
        /** A client found that somebody else uses it; not given to anyone until the time is over. */
        DECLINED
    }

    /** Says whether a client has the address now. */
    public boolean isActive(long nowMillis) {
        return state == State.BOUND && nowMillis < expiresMillis;
    }

    /** Says whether nobody may have the address now. */
    public boolean isDeclined(long nowMillis) {
        return state == State.DECLINED && nowMillis < expiresMillis;
    }

    /** The same lease in another state. */
    public Lease with(State newState, long newStarts, long newExpires) {
        return new Lease(
                network,
                ip,
                newState == State.DECLINED ? "" : clientKey,
                mac,
                clientId,
                hostname,
                newState,
                newStarts,
                newExpires,
                reserved,
                datapathId,
                port,
                relayInformation);
    }
}
