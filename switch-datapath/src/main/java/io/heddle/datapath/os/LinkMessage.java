package io.heddle.datapath.os;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads rtnetlink messages about links (RFC 3549; {@code linux/rtnetlink.h}, {@code linux/if_link.h}).
 *
 * <pre>
 *   nlmsghdr  len u32 | type u16 | flags u16 | seq u32 | port u32
 *   ifinfomsg family u8 | 0 | type u16 | index i32 | flags u32 | change u32
 *   rtattr    len u16 | type u16 | value ..., padded to 4 octets; repeated
 * </pre>
 *
 * <p>Thread safety: none.
 */
final class LinkMessage {
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_GETADDR = 22;
    static final int RTM_NEWNEIGH = 28;
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int F_REQUEST = 1;
    static final int F_ACK = 4;
    static final int F_EXCLUSIVE_CREATE = 0x600;
    static final int F_DUMP = 0x300;
    static final int HEADER = 16;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_LINK = 5;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_IFALIAS = 20;
    static final int IFLA_AF_SPEC = 26;
    static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    static final int IFLA_NET_NS_FD = 28;
    static final int IFLA_LINK_NETNSID = 37;
    static final int RTM_NEWNSID = 88;
    static final int RTM_GETNSID = 90;
    static final int NETNSA_NSID = 1;
    static final int NETNSA_FD = 3;
    static final int INFO_KIND = 1;
    static final int INFO_DATA = 2;
    static final int VETH_INFO_PEER = 1;
    static final int IFF_UP = 1;
    static final int VXLAN_ID = 1;
    static final int VXLAN_LOCAL = 4;
    static final int VXLAN_TTL = 5;
    static final int VXLAN_TOS = 6;
    static final int VXLAN_LEARNING = 7;
    static final int VXLAN_PORT_RANGE = 10;
    static final int VXLAN_PORT = 15;
    static final int VXLAN_LOCAL6 = 17;
    static final int VXLAN_UDP_CHECKSUM = 18;
    static final int VXLAN_TTL_INHERIT = 28;
    static final int VXLAN_DONT_FRAGMENT = 29;
    static final int VXLAN_LOCAL_BYPASS = 31;
    static final int NDA_DST = 1;
    static final int NDA_LLADDR = 2;
    static final int NDA_PORT = 6;
    static final int NDA_VNI = 7;

    private static final int AF_BRIDGE = 7;
    private static final short NUD_PERMANENT_NOARP = 0xc0;
    private static final byte NTF_SELF = 2;
    private static final int INFO = 16;
    private static final int IFADDR = 8;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int NESTED = 0x8000;

    private final ByteBuffer buffer = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());

    /** Begins a request about the link with this index, 0 for one that is named by an attribute. */
    LinkMessage(int type, int flags, int index) {
        this(type, flags);
        info(index, 0, 0);
    }

    private LinkMessage(int type, int flags) {
        buffer.putInt(0)
                .putShort((short) type)
                .putShort((short) (F_REQUEST | flags))
                .putInt(0)
                .putInt(0);
    }

    /** Begins a request for a new entry of a tunnel device's forwarding table: {@code struct ndmsg}. */
    static LinkMessage newForwarding(int index) {
        LinkMessage message = new LinkMessage(RTM_NEWNEIGH, F_ACK | F_EXCLUSIVE_CREATE);
        message.buffer
                .putInt(AF_BRIDGE) // u8, then padding
                .putInt(index)
                .putShort(NUD_PERMANENT_NOARP)
                .put(NTF_SELF)
                .put((byte) 0);
        return message;
    }

    /** Begins a request for the number by which this namespace knows another one: {@code struct rtgenmsg}. */
    static LinkMessage namespaceNumber(int descriptor) {
        LinkMessage message = new LinkMessage(RTM_GETNSID, F_ACK);
        message.buffer.putInt(0); // u8 family, then padding
        return message.number(NETNSA_FD, descriptor);
    }

    /** Reads the answer to {@link #namespaceNumber}; -1 if the message is another one, or there is no number. */
    static int parseNamespaceNumber(ByteBuffer message) {
        int start = message.position();
        if (message.getShort(start + 4) != RTM_NEWNSID) {
            return -1;
        }
        for (int at = start + HEADER + 4;
                isAttribute(message, at, message.limit());
                at += aligned(length(message, at))) {
            if ((message.getShort(at + 2) & 0x3fff) == NETNSA_NSID) {
                return message.getInt(at + 4);
            }
        }
        return -1;
    }

    private void info(int index, int flags, int change) {
        buffer.putInt(0).putInt(index).putInt(flags).putInt(change);
    }

    /** Sets the link up or down. */
    LinkMessage up(boolean up) {
        buffer.putInt(HEADER + 8, up ? IFF_UP : 0);
        buffer.putInt(HEADER + 12, IFF_UP);
        return this;
    }

    LinkMessage text(int attribute, String value) {
        byte[] octets = value.getBytes(StandardCharsets.UTF_8);
        attribute(attribute, octets.length + 1).put(octets).put((byte) 0);
        return pad();
    }

    LinkMessage number(int attribute, int value) {
        attribute(attribute, 4).putInt(value);
        return this;
    }

    /** An attribute that is there or not. */
    LinkMessage flag(int attribute) {
        attribute(attribute, 0);
        return this;
    }

    LinkMessage octet(int attribute, int value) {
        attribute(attribute, 1).put((byte) value);
        return pad();
    }

    /** An address of 4 or 16 octets. */
    LinkMessage address(int attribute, IpAddress address) {
        if (address.isIpv4()) {
            return number(attribute, NetworkOrder.of(address.ipv4()));
        }
        attribute(attribute, 16);
        for (int shift = 56; shift >= 0; shift -= 8) {
            buffer.put((byte) (address.high() >>> shift));
        }
        for (int shift = 56; shift >= 0; shift -= 8) {
            buffer.put((byte) (address.low() >>> shift));
        }
        return this;
    }

    /** A UDP port. */
    LinkMessage port(int attribute, int port) {
        attribute(attribute, 2).putShort(NetworkOrder.of((short) port));
        return pad();
    }

    LinkMessage mac(long mac) {
        return mac(IFLA_ADDRESS, mac);
    }

    LinkMessage mac(int attribute, long mac) {
        attribute(attribute, 6);
        for (int shift = 40; shift >= 0; shift -= 8) {
            buffer.put((byte) (mac >>> shift));
        }
        return pad();
    }

    /** Begins an attribute that holds others, until {@link #end} with the value returned here. */
    int begin(int attribute) {
        int at = buffer.position();
        attribute(NESTED | attribute, 0);
        return at;
    }

    /** Begins the peer of a veth pair, which is described like a link of its own. */
    int beginPeer() {
        int at = buffer.position();
        attribute(VETH_INFO_PEER, 0);
        info(0, 0, 0);
        return at;
    }

    LinkMessage end(int at) {
        buffer.putShort(at, (short) (buffer.position() - at));
        return this;
    }

    private ByteBuffer attribute(int attribute, int length) {
        return buffer.putShort((short) (4 + length)).putShort((short) attribute);
    }

    private LinkMessage pad() {
        while (buffer.position() % 4 != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    /** Returns the whole message. */
    byte[] finish(int sequence) {
        buffer.putInt(0, buffer.position()).putInt(8, sequence);
        byte[] message = new byte[buffer.position()];
        buffer.get(0, message);
        return message;
    }

    /**
     * Reads a message about a link.
     *
     * @param message in native order, whose position is its header and whose limit is its end
     * @return null if it is not about one
     */
    static @Nullable Link parse(ByteBuffer message) {
        int start = message.position();
        int end = message.limit();
        int type = message.getShort(start + 4);
        if (type != RTM_NEWLINK && type != RTM_DELLINK || end - start < HEADER + INFO) {
            return null;
        }
        int index = message.getInt(start + HEADER + 4);
        int flags = message.getInt(start + HEADER + 8);
        String name = "";
        int mtu = 0;
        long mac = 0;
        String kind = "";
        String alias = "";
        int peer = 0;
        int peerNamespace = -1;
        for (int at = start + HEADER + INFO; isAttribute(message, at, end); at += aligned(length(message, at))) {
            int length = length(message, at) - 4;
            switch (message.getShort(at + 2) & 0x3fff) {
                case IFLA_IFNAME -> name = text(message, at + 4, length);
                case IFLA_MTU -> mtu = message.getInt(at + 4);
                case IFLA_LINK -> peer = message.getInt(at + 4);
                case IFLA_LINK_NETNSID -> peerNamespace = message.getInt(at + 4);
                case IFLA_IFALIAS -> alias = text(message, at + 4, length);
                case IFLA_ADDRESS -> mac = length == 6 ? mac(message, at + 4) : 0;
                case IFLA_LINKINFO -> kind = kind(message, at + 4, at + 4 + length);
                default -> {} // of no interest
            }
        }
        return new Link(index, name, flags, mtu, mac, kind, alias, peer, peerNamespace, type == RTM_DELLINK);
    }

    /**
     * Reads a message about an address of a link: {@code struct ifaddrmsg} is family, prefix length, flags, scope, each an octet, and the
     * link's index.
     *
     * @param index of the link
     * @return the address, 4 or 16 octets; null if the message is about another link, or no address
     */
    static byte @Nullable [] parseAddress(ByteBuffer message, int index) {
        int start = message.position();
        int end = message.limit();
        if (message.getShort(start + 4) != RTM_NEWADDR
                || end - start < HEADER + IFADDR
                || message.getInt(start + HEADER + 4) != index) {
            return null;
        }
        byte[] address = null;
        for (int at = start + HEADER + IFADDR; isAttribute(message, at, end); at += aligned(length(message, at))) {
            int type = message.getShort(at + 2) & 0x3fff;
            int length = length(message, at) - 4;
            // IFA_LOCAL is the own address of a point-to-point link, whose IFA_ADDRESS is the other end's.
            if ((type == IFA_LOCAL || type == IFA_ADDRESS && address == null) && (length == 4 || length == 16)) {
                address = new byte[length];
                message.get(at + 4, address);
            }
        }
        return address;
    }

    /** Returns the text of an extended acknowledgement, empty if there is none. */
    static String errorText(ByteBuffer message, int attributes) {
        for (int at = attributes; isAttribute(message, at, message.limit()); at += aligned(length(message, at))) {
            if ((message.getShort(at + 2) & 0x3fff) == 1) { // NLMSGERR_ATTR_MSG
                return text(message, at + 4, length(message, at) - 4);
            }
        }
        return "";
    }

    private static String kind(ByteBuffer message, int from, int end) {
        for (int at = from; isAttribute(message, at, end); at += aligned(length(message, at))) {
            if ((message.getShort(at + 2) & 0x3fff) == INFO_KIND) {
                return text(message, at + 4, length(message, at) - 4);
            }
        }
        return "";
    }

    private static boolean isAttribute(ByteBuffer message, int at, int end) {
        return at + 4 <= end && length(message, at) >= 4 && at + length(message, at) <= end;
    }

    private static int length(ByteBuffer message, int at) {
        return message.getShort(at) & 0xffff;
    }

    static int aligned(int length) {
        return (length + 3) & ~3;
    }

    private static long mac(ByteBuffer message, int at) {
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = mac << 8 | message.get(at + i) & 0xff;
        }
        return mac;
    }

    private static String text(ByteBuffer message, int at, int length) {
        int end = length;
        while (end > 0 && message.get(at + end - 1) == 0) {
            end--;
        }
        byte[] octets = new byte[end];
        message.get(at, octets);
        return new String(octets, StandardCharsets.UTF_8);
    }
}
