package io.heddle.datapath.port;

import io.heddle.datapath.buffer.Packet;

/**
 * Is told of packets that are longer than the MTU of the port they were to leave through, so that their sender can be told too
 * (RFC 792 "fragmentation needed", RFC 4443 section 3.2 "packet too big").
 */
@FunctionalInterface
public interface OversizeHandler {
    /** Does nothing: the packet is only counted. */
    OversizeHandler NONE = (port, packet, mtu) -> {};

    /**
     * Called on the poll loop, from within {@link Port#transmit}, before the packet is dropped. Must not transmit through any port
     * at once: it keeps what it wants to send for the end of the cycle.
     *
     * @param port that the packet does not fit
     * @param packet as it was to be sent; still the port's, who releases it after the call; take a copy to keep it
     * @param mtu longest layer 3 packet in octets that would fit, without what the port adds (a tunnel's headers)
     */
    void onOversize(Port port, Packet packet, int mtu);
}
