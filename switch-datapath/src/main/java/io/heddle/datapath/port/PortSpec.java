package io.heddle.datapath.port;

import io.heddle.datapath.os.IpAddress;
import io.heddle.flow.text.AddressText;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a port is to be. Everything is checked when a record is made; {@link IllegalArgumentException}s say what would be right.
 *
 * <p>Ethernet addresses are 48 bits in a {@code long} (02:00:00:00:00:07 is 0x020000000007), {@code 0} for "the system chooses".
 * An MTU is the longest layer 3 packet in octets, 0 for "as the device has it".
 */
public sealed interface PortSpec {
    /** Longest name of a network device in octets ({@code IFNAMSIZ} - 1). */
    int MAX_DEVICE_NAME = 15;

    /** How frames pass between a device and its port. */
    enum Io {
        /** The switch chooses: AF_PACKET. */
        AUTO,
        /** A packet socket: super-frames and partial checksums pass as they are. */
        AF_PACKET,
        /** AF_XDP sockets: fast for short frames, and for cards whose driver knows them. */
        AF_XDP
    }

    /** Returns the port's name, unique in its bridge; also its device's if it has one. */
    String name();

    /** Returns the type as the configuration calls it. */
    String type();

    /** A TAP device that the switch makes, for a VM or a process, or to be moved into a container. */
    record Tap(String name, long mac, int mtu) implements PortSpec {
        public Tap {
            checkDevice("name", name);
            checkMac(mac);
            checkMtu(mtu);
        }

        public Tap(String name) {
            this(name, 0, 0);
        }

        @Override
        public String type() {
            return "tap";
        }
    }

    /** The bridge's own TAP device, in the host's network stack (OFPP_LOCAL). */
    record Internal(String name, long mac, int mtu) implements PortSpec {
        public Internal {
            checkDevice("name", name);
            checkMac(mac);
            checkMtu(mtu);
        }

        public Internal(String name) {
            this(name, 0, 0);
        }

        @Override
        public String type() {
            return "internal";
        }
    }

    /**
     * A device that exists: an Ethernet card, a veth end.
     *
     * @param ringMebibytes size of the receive ring, 1 to 1024; 0 for 16. Each MiB has 15 slots, each for the largest super-frame
     */
    record SystemDevice(String name, int mtu, int ringMebibytes, Io io) implements PortSpec {
        /** Size of a ring that is not said. */
        public static final int DEFAULT_RING_MEBIBYTES = 16;

        public SystemDevice {
            checkDevice("name", name);
            checkMtu(mtu);
            if (ringMebibytes < 0 || ringMebibytes > 1024) {
                throw new IllegalArgumentException("ringMebibytes: " + ringMebibytes + " is not in [0, 1024]");
            }
        }

        public SystemDevice(String name, int mtu, int ringMebibytes) {
            this(name, mtu, ringMebibytes, Io.AUTO);
        }

        public SystemDevice(String name) {
            this(name, 0, 0);
        }

        @Override
        public String type() {
            return "system";
        }
    }

    /**
     * A veth pair that the switch makes; {@code name} stays here, {@code peer} goes to the network namespace.
     *
     * @param netns name under /run/netns, null for the switch's own
     * @param mac of the peer, which is the host's end
     */
    record Veth(String name, String peer, @Nullable String netns, long mac, int mtu, Io io) implements PortSpec {
        public Veth {
            checkDevice("name", name);
            checkDevice("peer", peer);
            checkMac(mac);
            checkMtu(mtu);
            if (netns != null && (netns.isEmpty() || netns.contains("/") || netns.equals(".") || netns.equals(".."))) {
                throw new IllegalArgumentException("netns: \"" + netns
                        + "\" is not a network namespace's name: give a file name under /run/netns");
            }
            if (netns == null && name.equals(peer)) {
                throw new IllegalArgumentException(
                        "peer: \"" + peer + "\" is the port's own name, and both ends are in one namespace");
            }
        }

        public Veth(String name, String peer, @Nullable String netns, long mac, int mtu) {
            this(name, peer, netns, mac, mtu, Io.AUTO);
        }

        public Veth(String name, String peer, @Nullable String netns) {
            this(name, peer, netns, 0, 0);
        }

        @Override
        public String type() {
            return "veth";
        }
    }

    /**
     * A layer 3 device: the switch adds and removes the Ethernet header.
     *
     * @param mac that the device's side is known by in the bridge; 0: made from the name
     */
    record Tun(String name, long mac, int mtu) implements PortSpec {
        public Tun {
            checkDevice("name", name);
            checkMac(mac);
            checkMtu(mtu);
        }

        @Override
        public String type() {
            return "tun";
        }
    }

    /**
     * A tunnel: Ethernet frames in IPv4 or IPv6 packets.
     *
     * @param remote the other end: an address, or the flow's {@code tun_dst} or {@code tun_ipv6_dst}
     * @param local own address, what routing says, or the flow's {@code tun_src} or {@code tun_ipv6_src}
     * @param udpPort destination port, 1 to 65535; 0 for GRE
     */
    record Tunnel(
            String name,
            TunnelProtocol protocol,
            TunnelEnd remote,
            TunnelEnd local,
            TunnelKey key,
            int udpPort,
            TunnelOuter outer,
            int mtu)
            implements PortSpec {
        public Tunnel {
            checkName("name", name);
            checkMtu(mtu);
            if (!remote.isFromFlow() && remote.address().isNone()) {
                throw new IllegalArgumentException("remote: give an IPv4 or IPv6 address, or \"flow\"");
            }
            if (!local.address().isNone()
                    && !remote.isFromFlow()
                    && local.address().isIpv4() != remote.address().isIpv4()) {
                throw new IllegalArgumentException("local: " + local.address() + " and the remote address "
                        + remote.address() + " are not of one family: give two IPv4 addresses, or two IPv6 addresses");
            }
            if (Integer.toUnsignedLong(key.value()) > protocol.maxKey()) {
                throw new IllegalArgumentException(
                        "key: " + Integer.toUnsignedString(key.value()) + " is not in [0, " + protocol.maxKey() + "]");
            }
            if (protocol.isUdp() ? udpPort < 1 || udpPort > 65535 : udpPort != 0) {
                throw new IllegalArgumentException(
                        protocol.isUdp()
                                ? "port: " + udpPort + " is not in [1, 65535]"
                                : "port: " + protocol.typeName() + " has no UDP port: leave it out");
            }
            if (outer.sequence() && protocol != TunnelProtocol.GRE) {
                throw new IllegalArgumentException(
                        "seq: " + protocol.typeName() + " has no sequence numbers: leave it out");
            }
        }

        @Override
        public String type() {
            return protocol.typeName();
        }

        /** Says whether all outer addresses may be of that family. */
        boolean mayUse(boolean isIpv6) {
            IpAddress known = remote.address().isNone() ? local.address() : remote.address();
            return known.isNone() || known.isIpv6() == isIpv6;
        }
    }

    /** One end of a cable between two bridges of this process; it has no device, the pipeline goes on in the peer's bridge. */
    record Patch(String name, String peer) implements PortSpec {
        public Patch {
            checkName("name", name);
            checkName("peer", peer);
            if (name.equals(peer)) {
                throw new IllegalArgumentException("peer: patch port \"" + name + "\" cannot be its own peer");
            }
        }

        @Override
        public String type() {
            return "patch";
        }
    }

    /** One end of a cable in memory, for tests and embedders; see {@code MemoryPort}. */
    record Memory(String name, long mac, int mtu) implements PortSpec {
        public Memory {
            checkName("name", name);
            checkMac(mac);
            checkMtu(mtu);
        }

        public Memory(String name) {
            this(name, 0, 0);
        }

        @Override
        public String type() {
            return "memory";
        }
    }

    private static void checkName(String key, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(key + ": is empty: give a name");
        }
    }

    private static void checkDevice(String key, String name) {
        checkName(key, name);
        boolean allowed = !name.equals(".") && !name.equals("..");
        for (int i = 0; i < name.length() && allowed; i++) {
            char c = name.charAt(i);
            allowed = c > ' ' && c != '/' && c != ':' && c != '%' && c != 0x7f;
        }
        if (!allowed || name.getBytes(StandardCharsets.UTF_8).length > MAX_DEVICE_NAME) {
            throw new IllegalArgumentException(key + ": \"" + name
                    + "\" cannot be a network device's name: at most 15 octets, no space, '/', ':' or '%'");
        }
    }

    private static void checkMac(long mac) {
        if (mac >>> 48 != 0 || (mac & 0x0100_0000_0000L) != 0) {
            throw new IllegalArgumentException("mac: " + AddressText.ethernet(mac)
                    + " is not the address of one station: 48 bits, first octet even, like 02:00:00:00:00:07");
        }
    }

    private static void checkMtu(int mtu) {
        if (mtu != 0 && (mtu < 68 || mtu > 65535)) {
            throw new IllegalArgumentException("mtu: " + mtu + " is not in [68, 65535]");
        }
    }
}
