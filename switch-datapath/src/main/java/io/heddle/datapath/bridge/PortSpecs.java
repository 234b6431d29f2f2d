package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.os.IpAddress;
import io.heddle.datapath.port.PortSpec;
import io.heddle.datapath.port.TunnelEnd;
import io.heddle.datapath.port.TunnelKey;
import io.heddle.datapath.port.TunnelOuter;
import io.heddle.datapath.port.TunnelProtocol;
import io.heddle.flow.match.Bits;
import io.heddle.flow.text.AddressText;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads a port's configuration: text becomes numbers, and keys that a type does not have are refused. Stateless. */
final class PortSpecs {
    private static final String FLOW = "flow";
    private static final String INHERIT = "inherit";

    private PortSpecs() {}

    /** @param path of the port, for errors */
    static PortSpec of(PortConfiguration port, String path) throws ConfigurationException {
        refuseForeignKeys(port, path);
        port.qos().check(port, path);
        try {
            return switch (port.type()) {
                case TAP -> new PortSpec.Tap(port.name(), mac(port, path), port.mtu());
                case SYSTEM -> new PortSpec.SystemDevice(port.name(), port.mtu(), 0, io(port));
                case VETH ->
                    new PortSpec.Veth(
                            port.name(),
                            port.peer(),
                            port.netns().isEmpty() ? null : port.netns(),
                            mac(port, path),
                            port.mtu(),
                            io(port));
                case VXLAN -> tunnel(port, TunnelProtocol.VXLAN, path);
                case GENEVE -> tunnel(port, TunnelProtocol.GENEVE, path);
                case GRE -> tunnel(port, TunnelProtocol.GRE, path);
                case PATCH -> new PortSpec.Patch(port.name(), port.peer());
                case TUN -> new PortSpec.Tun(port.name(), mac(port, path), port.mtu());
                case INTERNAL -> new PortSpec.Internal(port.name(), mac(port, path), port.mtu());
                case MEMORY -> new PortSpec.Memory(port.name(), mac(port, path), port.mtu());
            };
        } catch (IllegalArgumentException e) {
            // The message of a PortSpec begins with the key.
            String message = String.valueOf(e.getMessage());
            int colon = message.indexOf(": ");
            throw colon < 0
                    ? new ConfigurationException(Kind.INVALID, path, message)
                    : new ConfigurationException(
                            Kind.INVALID, path + "." + message.substring(0, colon), message.substring(colon + 2));
        }
    }

    private static PortSpec.Io io(PortConfiguration port) {
        return switch (port.io()) {
            case AUTO -> PortSpec.Io.AUTO;
            case AF_PACKET -> PortSpec.Io.AF_PACKET;
            case AF_XDP -> PortSpec.Io.AF_XDP;
        };
    }

    private static PortSpec tunnel(PortConfiguration port, TunnelProtocol protocol, String path)
            throws ConfigurationException {
        if (port.remote().isEmpty()) {
            throw invalid(path + ".remote", "is missing: give the other end's IPv4 or IPv6 address, or \"flow\"");
        }
        PortConfiguration.OuterHeaders outer = port.tunnel();
        return new PortSpec.Tunnel(
                port.name(),
                protocol,
                end(port.remote(), path + ".remote"),
                port.local().isEmpty() ? TunnelEnd.ROUTED : end(port.local(), path + ".local"),
                key(port.key(), protocol, path + ".key"),
                port.udpPort() == 0 ? protocol.defaultUdpPort() : port.udpPort(),
                new TunnelOuter(
                        outer.checksum(),
                        octet(outer.tos(), path + ".tos", "a DSCP in place: a multiple of 4 in [0, 252]"),
                        outer.tos().equals(INHERIT),
                        ttl(outer.ttl(), path + ".ttl"),
                        outer.ttl().equals(INHERIT),
                        outer.dontFragment(),
                        outer.sequence()),
                port.mtu());
    }

    private static TunnelEnd end(String text, String path) throws ConfigurationException {
        if (text.equals(FLOW)) {
            return TunnelEnd.FLOW;
        }
        OptionalInt ipv4 = AddressText.parseIpv4(text);
        Bits ipv6 = ipv4.isPresent() ? null : AddressText.parseIpv6(text);
        IpAddress address = ipv4.isPresent()
                ? IpAddress.ipv4(ipv4.getAsInt())
                : ipv6 == null ? IpAddress.NONE : new IpAddress(ipv6.high(), ipv6.low());
        // A mapped address would be taken for the IPv4 address.
        if (address.isNone() || ipv6 != null && address.isIpv4() || ipv4.isPresent() && ipv4.getAsInt() == 0) {
            throw invalid(
                    path, "\"" + text + "\" is not a host's address: give one like 10.0.0.2 or fd00::2, or \"flow\"");
        }
        return TunnelEnd.at(address);
    }

    private static TunnelKey key(String text, TunnelProtocol protocol, String path) throws ConfigurationException {
        if (text.equals(FLOW)) {
            return TunnelKey.FLOW;
        }
        if (text.isEmpty()) {
            return TunnelKey.NONE;
        }
        if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) > protocol.maxKey()) {
            throw invalid(
                    path,
                    "\"" + text + "\" is not a key of " + protocol.typeName() + ": 0 to " + protocol.maxKey()
                            + ", or \"flow\"");
        }
        return TunnelKey.of((int) Long.parseLong(text));
    }

    private static int ttl(String text, String path) throws ConfigurationException {
        String right = "a TTL in [1, 255]";
        if (text.equals("0")) {
            throw invalid(path, "\"0\" is not " + right + ", nor \"inherit\"");
        }
        return octet(text, path, right);
    }

    /** Returns 0 for what is not said, or inherited. */
    private static int octet(String text, String path, String right) throws ConfigurationException {
        if (text.isEmpty() || text.equals(INHERIT)) {
            return 0;
        }
        if (!text.matches("[0-9]{1,3}")) {
            throw invalid(path, "\"" + text + "\" is not " + right + ", nor \"inherit\"");
        }
        return Integer.parseInt(text);
    }

    private static long mac(PortConfiguration port, String path) throws ConfigurationException {
        if (port.mac().isEmpty()) {
            return 0;
        }
        OptionalLong address = AddressText.parseEthernet(port.mac());
        if (address.isEmpty()) {
            throw invalid(
                    path + ".mac",
                    "\"" + port.mac() + "\" is not an Ethernet address: give one like 02:00:00:00:00:07");
        }
        return address.getAsLong();
    }

    private static void refuseForeignKeys(PortConfiguration port, String path) throws ConfigurationException {
        boolean hasPeer = switch (port.type()) {
            case VETH, PATCH -> true;
            case TAP, SYSTEM, VXLAN, GENEVE, GRE, TUN, INTERNAL, MEMORY -> false;
        };
        boolean hasMac = switch (port.type()) {
            case TAP, VETH, TUN, INTERNAL, MEMORY -> true;
            case SYSTEM, VXLAN, GENEVE, GRE, PATCH -> false;
        };
        boolean hasIo = switch (port.type()) {
            case SYSTEM, VETH -> true;
            case TAP, VXLAN, GENEVE, GRE, PATCH, TUN, INTERNAL, MEMORY -> false;
        };
        boolean isVeth = port.type() == PortConfiguration.PortType.VETH;
        boolean isTunnel = port.isTunnel();
        boolean isGre = port.type() == PortConfiguration.PortType.GRE;
        boolean isPatch = port.type() == PortConfiguration.PortType.PATCH;
        refuse(port, path, "peer", hasPeer, port.peer().isEmpty());
        refuse(port, path, "netns", isVeth, port.netns().isEmpty());
        refuse(port, path, "mac", hasMac, port.mac().isEmpty());
        refuse(port, path, "mtu", !isPatch, port.mtu() == 0);
        refuse(port, path, "io", hasIo, port.io() == PortConfiguration.PortIo.AUTO);
        refuse(port, path, "remote", isTunnel, port.remote().isEmpty());
        refuse(port, path, "local", isTunnel, port.local().isEmpty());
        refuse(port, path, "key", isTunnel, port.key().isEmpty());
        refuse(port, path, "port", isTunnel && !isGre, port.udpPort() == 0);
        refuse(port, path, "csum", isTunnel, !port.tunnel().checksum());
        refuse(port, path, "tos", isTunnel, port.tunnel().tos().isEmpty());
        refuse(port, path, "ttl", isTunnel, port.tunnel().ttl().isEmpty());
        refuse(port, path, "df", isTunnel, !port.tunnel().dontFragment());
        refuse(port, path, "seq", isGre, !port.tunnel().sequence());
    }

    private static void refuse(PortConfiguration port, String path, String key, boolean isKnown, boolean isLeftOut)
            throws ConfigurationException {
        if (!isKnown && !isLeftOut) {
            throw invalid(
                    path + "." + key,
                    "a port of type " + port.type().name().toLowerCase(Locale.ROOT) + " has no " + key
                            + ": leave it out");
        }
    }

    private static ConfigurationException invalid(String path, String message) {
        return new ConfigurationException(Kind.INVALID, path, message);
    }
}
