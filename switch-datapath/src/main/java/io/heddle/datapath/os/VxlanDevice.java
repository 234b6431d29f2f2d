package io.heddle.datapath.os;

import java.io.IOException;

/**
 * A vxlan device of the kernel that only sends: what is written to it leaves encapsulated, and a TCP super-frame stays one until a
 * device below cannot take it.
 *
 * <pre>
 *   send --> | a namespace without a name: vxlan device | --> IP, UDP, VXLAN --> the namespace of the thread that opened it
 * </pre>
 *
 * <p>The device lies in a network namespace of its own, so the host sees no new interface, and the kernel removes it with the process
 * however that ends. It also takes a free UDP port of the host, as every vxlan device does; what comes there ends in the namespace, in
 * which nothing has an address.
 *
 * <p>Thread safety: {@link #send} belongs to one poll loop, the rest to the control loop.
 */
public final class VxlanDevice implements AutoCloseable {
    private static final String NAME = "vxlan";

    /** Longest packet inside that the outer IPv4 packet has room for: without IPv4, UDP, VXLAN and Ethernet headers. */
    private static final int MTU = 65_535 - 50;

    /** As {@link #MTU}; the kernel counts the IPv6 header as part of the packet. */
    private static final int MTU_OVER_IPV6 = 65_535 - 70;

    /** The port is free when it is asked for, and may be somebody's when the device takes it. */
    private static final int ATTEMPTS = 8;

    private static final PacketSocket.Options SENDER = new PacketSocket.Options(0, 1, 0, false, false, null);

    private final Netlink netlink;
    private final int index;
    private final PacketSocket socket;

    private VxlanDevice(Netlink netlink, int index, PacketSocket socket) {
        this.netlink = netlink;
        this.index = index;
        this.socket = socket;
    }

    /**
     * Where the device sends.
     *
     * @param vni 24 bits
     * @param local source address, none for what routing chooses
     * @param remote the other end's address
     * @param udpPort destination port
     * @param firstSource first of the source ports, of which the kernel chooses by the flow inside; the last is 65535
     */
    public record Tunnel(int vni, IpAddress local, IpAddress remote, int udpPort, int firstSource, Outer outer) {}

    /**
     * What the outer headers say.
     *
     * @param checksum of UDP over IPv4; over IPv6 it is always there
     * @param tos DSCP in place, a multiple of 4; ECN comes from the packet inside
     * @param ttl 1 to 255, 0 for what the route says
     */
    public record Outer(
            boolean checksum, int tos, boolean isTosInherited, int ttl, boolean isTtlInherited, boolean dontFragment) {}

    /**
     * Makes the device. Its outer packets are sent in the namespace of the calling thread.
     *
     * @param subject what it is for, in errors
     * @throws IOException if the kernel has no such devices, or this process may not make namespaces and devices
     */
    public static VxlanDevice open(String subject, Tunnel tunnel) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (Netlink underlay = Netlink.open()) {
                int port = UdpPortHold.free(subject);
                return NetworkNamespace.runInNew(subject, own -> make(subject, tunnel, port, underlay, own));
            } catch (NativeException e) {
                boolean isTaken = e.errno() == Errno.EADDRINUSE || e.errno() == Errno.EEXIST;
                if (!isTaken || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static VxlanDevice make(String subject, Tunnel tunnel, int port, Netlink underlay, FileDescriptor own)
            throws NativeException {
        Netlink netlink = Netlink.open();
        try {
            underlay.createVxlan(NAME, own, tunnel, port);
            int index = netlink.get(NAME).index();
            netlink.disableIpv6Address(index);
            netlink.setMtu(index, tunnel.remote.isIpv6() ? MTU_OVER_IPV6 : MTU);
            netlink.setVxlanRemote(index, tunnel);
            netlink.setUp(index, true);
            return new VxlanDevice(netlink, index, PacketSocket.open(subject, index, SENDER));
        } catch (NativeException e) {
            netlink.close(); // the namespace goes with it, and the device with that
            throw e;
        }
    }

    /**
     * Sends messages without waiting, from {@code first}; each is a virtio-net header of 10 octets and an Ethernet frame.
     *
     * @return as {@link PacketSocket#send}; a frame for which there is no route is taken, and lost
     */
    public int send(MessageBatch messages, int first) {
        return socket.send(messages, first);
    }

    @Override
    public void close() {
        socket.close();
        try {
            netlink.delete(index);
        } catch (NativeException e) {
            // It went with the namespace of its outer packets.
        } finally {
            netlink.close();
        }
    }
}
