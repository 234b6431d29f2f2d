package io.heddle.datapath.os;

/**
 * A network device as rtnetlink describes it.
 *
 * @param index unique in its namespace
 * @param name at most 15 octets
 * @param flags {@code IFF_} bits
 * @param mtu in octets, without the Ethernet header
 * @param mac 48 bits, 0 for devices without an Ethernet address
 * @param kind like "veth" or "tun"; empty for hardware
 * @param alias set by whoever made it; empty for none
 * @param peerIndex of a veth pair's other end, in that one's namespace; 0 for none
 * @param peerNamespace number by which the link's namespace knows the peer's; -1: the same namespace
 * @param gone it has been removed, or moved to another namespace
 */
public record Link(
        int index,
        String name,
        int flags,
        int mtu,
        long mac,
        String kind,
        String alias,
        int peerIndex,
        int peerNamespace,
        boolean gone) {
    private static final int IFF_UP = 1;
    private static final int IFF_RUNNING = 0x40;

    /** Says whether it is set up. */
    public boolean isUp() {
        return (flags & IFF_UP) != 0;
    }

    /** Says whether it is set up and has a carrier. */
    public boolean isRunning() {
        return (flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
    }
}
