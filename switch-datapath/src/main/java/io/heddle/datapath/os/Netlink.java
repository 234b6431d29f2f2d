package io.heddle.datapath.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes, changes, removes and watches network devices by rtnetlink, in the namespace of the thread that opened it.
 *
 * <p>Thread safety: none; a connection belongs to one thread at a time. None of this is on a packet's path.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3549">RFC 3549</a>
 */
public final class Netlink implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int AF_INET6 = 10;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int RTMGRP_LINK = 1;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int FLAG_CAPPED = 0x100;
    private static final int BUFFER = 64 * 1024;

    private final FileDescriptor fd;
    private final MemorySegment memory = Arena.ofAuto().allocate(BUFFER, 8);
    private final ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    private int sequence;

    private Netlink(FileDescriptor fd) {
        this.fd = fd;
    }

    /** Opens a connection for requests. */
    public static Netlink open() throws NativeException {
        return open(0);
    }

    /** Opens a connection that is told of every change of a link; see {@link #changes}. Use another one for requests. */
    public static Netlink watch() throws NativeException {
        return open(RTMGRP_LINK);
    }

    private static Netlink open(int groups) throws NativeException {
        FileDescriptor fd = new FileDescriptor(
                NativeException.check(Libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE), "rtnetlink", "socket"));
        Libc.setsockopt(fd.number(), SOL_NETLINK, NETLINK_CAP_ACK, 1); // older kernels: errors without a text
        Libc.setsockopt(fd.number(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
        try (Arena arena = Arena.ofConfined()) {
            // struct sockaddr_nl: u16 family, u16, u32 port, u32 groups
            MemorySegment address = arena.allocate(12, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
            address.set(ValueLayout.JAVA_INT, 8, groups);
            NativeException.check(Libc.bind(fd.number(), address.address(), 12), "rtnetlink", "bind");
            return new Netlink(fd);
        } catch (NativeException e) {
            fd.close();
            throw e;
        }
    }

    /** Returns the descriptor, readable when {@link #changes} has something. */
    public int fd() {
        return fd.number();
    }

    // ---- asking

    /** Returns the link of this name, null if there is none. */
    public @Nullable Link find(String name) throws NativeException {
        LinkMessage request =
                new LinkMessage(LinkMessage.RTM_GETLINK, LinkMessage.F_ACK, 0).text(LinkMessage.IFLA_IFNAME, name);
        List<Link> found = new ArrayList<>();
        int result = exchange(request, found::add);
        if (result == -Errno.ENODEV) {
            return null;
        }
        check(result, name, "RTM_GETLINK", "");
        return found.isEmpty() ? null : found.getFirst();
    }

    /**
     * Returns the link of this name.
     *
     * @throws NativeException if there is none
     */
    public Link get(String name) throws NativeException {
        Link link = find(name);
        if (link == null) {
            throw new NativeException(
                    name,
                    "RTM_GETLINK",
                    Errno.ENODEV,
                    "there is no such interface in this network namespace: make it, or correct the name");
        }
        return link;
    }

    /** Returns all links of the namespace. */
    public List<Link> links() throws NativeException {
        List<Link> links = new ArrayList<>();
        check(
                exchange(new LinkMessage(LinkMessage.RTM_GETLINK, LinkMessage.F_DUMP, 0), links::add),
                "rtnetlink",
                "dump",
                "");
        return links;
    }

    /** Returns the number by which this namespace knows another one, as {@link Link#peerNamespace} has it; -1 if it has none. */
    int namespaceNumber(FileDescriptor namespace) throws NativeException {
        int[] number = {-1};
        int result = exchangeMessages(LinkMessage.namespaceNumber(namespace.number()), message -> {
            number[0] = Math.max(number[0], LinkMessage.parseNamespaceNumber(message));
        });
        check(result, "network namespace", "RTM_GETNSID", "");
        return number[0];
    }

    /** Returns the IP addresses of a link, 4 or 16 octets each. */
    public List<byte[]> addresses(int index) throws NativeException {
        List<byte[]> addresses = new ArrayList<>();
        int result = exchangeMessages(new LinkMessage(LinkMessage.RTM_GETADDR, LinkMessage.F_DUMP, 0), message -> {
            byte[] address = LinkMessage.parseAddress(message, index);
            if (address != null) {
                addresses.add(address);
            }
        });
        check(result, "interface " + index, "RTM_GETADDR", "");
        return addresses;
    }

    // ---- changing

    /**
     * Makes a veth pair; both ends are down.
     *
     * @param alias kept by the kernel at the end {@code name}, empty for none
     * @param peerNetns name of the network namespace that the peer is made in, null for this one
     * @param peerMac 0 for a random one
     * @param mtu of both, 0 for 1500
     */
    public void createVeth(String name, String alias, String peer, @Nullable String peerNetns, long peerMac, int mtu)
            throws NativeException {
        LinkMessage request = new LinkMessage(
                        LinkMessage.RTM_NEWLINK, LinkMessage.F_ACK | LinkMessage.F_EXCLUSIVE_CREATE, 0)
                .text(LinkMessage.IFLA_IFNAME, name);
        if (mtu != 0) {
            request.number(LinkMessage.IFLA_MTU, mtu);
        }
        int info = request.begin(LinkMessage.IFLA_LINKINFO);
        request.text(LinkMessage.INFO_KIND, "veth");
        int data = request.begin(LinkMessage.INFO_DATA);
        int other = request.beginPeer();
        request.text(LinkMessage.IFLA_IFNAME, peer);
        if (mtu != 0) {
            request.number(LinkMessage.IFLA_MTU, mtu);
        }
        if (peerMac != 0) {
            request.mac(peerMac);
        }
        try (FileDescriptor netns = peerNetns == null ? new FileDescriptor(-1) : NetworkNamespace.open(peerNetns)) {
            if (peerNetns != null) {
                request.number(LinkMessage.IFLA_NET_NS_FD, netns.number());
            }
            request.end(other).end(data).end(info);
            String where = peerNetns == null ? "" : " in network namespace " + peerNetns;
            check(
                    exchange(request, null),
                    name,
                    "RTM_NEWLINK veth with peer " + peer + where,
                    "one of the two names is taken" + where + ": remove that interface, or choose another name");
        }
        if (!alias.isEmpty()) {
            // Not taken together with the creation.
            setAlias(get(name).index(), alias);
        }
    }

    /**
     * Makes a vxlan device that sends; it is down, and knows no remote address yet ({@link #setVxlanRemote}).
     *
     * @param namespace that the device is made in; its outer packets are of this connection's
     * @param receivePort UDP port that the device takes when it is set up
     */
    void createVxlan(String name, FileDescriptor namespace, VxlanDevice.Tunnel tunnel, int receivePort)
            throws NativeException {
        LinkMessage request = new LinkMessage(
                        LinkMessage.RTM_NEWLINK, LinkMessage.F_ACK | LinkMessage.F_EXCLUSIVE_CREATE, 0)
                .text(LinkMessage.IFLA_IFNAME, name)
                .number(LinkMessage.IFLA_NET_NS_FD, namespace.number());
        int info = request.begin(LinkMessage.IFLA_LINKINFO);
        request.text(LinkMessage.INFO_KIND, "vxlan");
        int data = request.begin(LinkMessage.INFO_DATA);
        boolean isIpv6 = tunnel.remote().isIpv6();
        if (isIpv6 || !tunnel.local().isNone()) {
            // An unspecified IPv6 source says which family the device is of.
            request.address(isIpv6 ? LinkMessage.VXLAN_LOCAL6 : LinkMessage.VXLAN_LOCAL, tunnel.local());
        }
        VxlanDevice.Outer outer = tunnel.outer();
        if (outer.isTtlInherited()) {
            request.flag(LinkMessage.VXLAN_TTL_INHERIT);
        }
        request.number(LinkMessage.VXLAN_ID, tunnel.vni())
                .octet(LinkMessage.VXLAN_TTL, outer.ttl())
                .octet(LinkMessage.VXLAN_TOS, outer.isTosInherited() ? 1 : outer.tos())
                .octet(LinkMessage.VXLAN_DONT_FRAGMENT, outer.dontFragment() ? 1 : 0)
                .port(LinkMessage.VXLAN_PORT, receivePort)
                .number(LinkMessage.VXLAN_PORT_RANGE, NetworkOrder.of(tunnel.firstSource() << 16 | 0xffff))
                .octet(LinkMessage.VXLAN_UDP_CHECKSUM, outer.checksum() ? 1 : 0)
                .octet(LinkMessage.VXLAN_LEARNING, 0)
                .octet(LinkMessage.VXLAN_LOCAL_BYPASS, 0)
                .end(data)
                .end(info);
        check(exchange(request, null), name, "RTM_NEWLINK vxlan", "needs CAP_NET_ADMIN, and vxlan in the kernel");
    }

    /** Makes a vxlan device send everything to one remote address and UDP port. */
    void setVxlanRemote(int index, VxlanDevice.Tunnel tunnel) throws NativeException {
        LinkMessage request = LinkMessage.newForwarding(index)
                .mac(LinkMessage.NDA_LLADDR, 0) // stands for every address that has no entry
                .address(LinkMessage.NDA_DST, tunnel.remote())
                .port(LinkMessage.NDA_PORT, tunnel.udpPort())
                .number(LinkMessage.NDA_VNI, tunnel.vni());
        check(exchange(request, null), "interface " + index, "RTM_NEWNEIGH", "");
    }

    /** Removes a link, with its peer if it is of a veth pair. */
    public void delete(int index) throws NativeException {
        check(
                exchange(new LinkMessage(LinkMessage.RTM_DELLINK, LinkMessage.F_ACK, index), null),
                "interface " + index,
                "RTM_DELLINK",
                "");
    }

    /** Sets a link up or down. */
    public void setUp(int index, boolean up) throws NativeException {
        change(change(index).up(up), index, up ? "set up" : "set down");
    }

    /** Sets the MTU. */
    public void setMtu(int index, int mtu) throws NativeException {
        change(change(index).number(LinkMessage.IFLA_MTU, mtu), index, "set MTU " + mtu);
    }

    /** Sets the Ethernet address. */
    public void setMac(int index, long mac) throws NativeException {
        change(change(index).mac(mac), index, "set address");
    }

    /** Makes no IPv6 link-local address for the link when it comes up: its end of the link is a switch, not a host. */
    public void disableIpv6Address(int index) throws NativeException {
        LinkMessage request = change(index);
        int families = request.begin(LinkMessage.IFLA_AF_SPEC);
        int inet6 = request.begin(AF_INET6);
        request.octet(LinkMessage.IFLA_INET6_ADDR_GEN_MODE, 1).end(inet6).end(families);
        int result = exchange(request, null);
        if (result != -Errno.EAFNOSUPPORT) { // a kernel without IPv6 makes no address
            check(result, "interface " + index, "set addrgenmode none", "");
        }
    }

    /** Sets the alias. */
    public void setAlias(int index, String alias) throws NativeException {
        change(change(index).text(LinkMessage.IFLA_IFALIAS, alias), index, "set alias");
    }

    /** Moves a link to a network namespace, where it is down. */
    public void move(int index, String netns) throws NativeException {
        try (FileDescriptor target = NetworkNamespace.open(netns)) {
            change(
                    change(index).number(LinkMessage.IFLA_NET_NS_FD, target.number()),
                    index,
                    "move to network namespace " + netns);
        }
    }

    private static LinkMessage change(int index) {
        return new LinkMessage(LinkMessage.RTM_NEWLINK, LinkMessage.F_ACK, index);
    }

    private void change(LinkMessage request, int index, String what) throws NativeException {
        check(exchange(request, null), "interface " + index, what, "");
    }

    // ---- watching

    /**
     * Hands over every change since the last call; does not wait.
     *
     * @param listener gets each link as it is after its change
     * @return false if changes were lost: look at {@link #links} of another connection
     */
    public boolean changes(Consumer<Link> listener) {
        while (true) {
            int received = Libc.recv(fd.number(), memory.address(), BUFFER, MSG_DONTWAIT);
            if (received <= 0) {
                return received != -Errno.ENOBUFS;
            }
            for (int at = 0; at + LinkMessage.HEADER <= received; at += LinkMessage.aligned(buffer.getInt(at))) {
                int length = buffer.getInt(at);
                if (length < LinkMessage.HEADER || at + length > received) {
                    break;
                }
                Link link = LinkMessage.parse(buffer.limit(at + length).position(at));
                buffer.clear();
                if (link != null) {
                    listener.accept(link);
                }
            }
        }
    }

    // ---- the protocol

    private String lastError = "";

    private void check(int result, String subject, String call, String remedy) throws NativeException {
        if (result < 0) {
            String text = lastError.isEmpty() ? remedy : lastError + (remedy.isEmpty() ? "" : ": " + remedy);
            NativeException.check(result, subject, call, text);
        }
    }

    /** Sends a request and reads its answers up to the end of a dump or the acknowledgement; returns 0 or negative errno. */
    private int exchangeMessages(LinkMessage request, Consumer<ByteBuffer> answers) {
        byte[] octets = request.finish(++sequence);
        lastError = "";
        MemorySegment.copy(octets, 0, memory, ValueLayout.JAVA_BYTE, 0, octets.length);
        int sent = Libc.sendto(fd.number(), memory.address(), octets.length, 0, 0, 0);
        if (sent < 0) {
            return sent;
        }
        while (true) {
            int received = Libc.recv(fd.number(), memory.address(), BUFFER, 0);
            if (received == -Errno.EINTR) {
                continue;
            }
            if (received < 0) {
                return received;
            }
            for (int at = 0; at + LinkMessage.HEADER <= received; at += LinkMessage.aligned(buffer.getInt(at))) {
                int length = buffer.getInt(at);
                if (length < LinkMessage.HEADER || at + length > received) {
                    return -Errno.EIO;
                }
                if (buffer.getInt(at + 8) != sequence) {
                    continue; // an answer that was given up
                }
                switch (buffer.getShort(at + 4)) {
                    case LinkMessage.NLMSG_DONE -> {
                        return 0;
                    }
                    case LinkMessage.NLMSG_ERROR -> {
                        return acknowledgement(at, length);
                    }
                    default -> {
                        answers.accept(buffer.limit(at + length).position(at));
                        buffer.clear();
                    }
                }
            }
        }
    }

    private int exchange(LinkMessage request, @Nullable Consumer<Link> answers) {
        return exchangeMessages(request, message -> {
            Link link = LinkMessage.parse(message);
            if (link != null && answers != null) {
                answers.accept(link);
            }
        });
    }

    private int acknowledgement(int at, int length) {
        int error = buffer.getInt(at + LinkMessage.HEADER);
        if (error != 0) {
            // struct nlmsgerr: error, then the request's header, and all of the request unless capped
            int echoed = (buffer.getShort(at + 6) & FLAG_CAPPED) != 0
                    ? LinkMessage.HEADER
                    : LinkMessage.aligned(buffer.getInt(at + LinkMessage.HEADER + 4));
            buffer.limit(at + length);
            lastError = LinkMessage.errorText(buffer, at + LinkMessage.HEADER + 4 + echoed);
            buffer.clear();
        }
        return error;
    }

    @Override
    public void close() {
        fd.close();
    }
}
