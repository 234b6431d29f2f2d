package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.text.AddressText;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads a port's configuration: text becomes numbers, and keys that a type does not have are refused. Stateless. */
final class PortSpecs {
    private static final String FLOW = "flow";

    private PortSpecs() {}

    /** @param path of the port, for errors */
    static PortSpec of(PortConfiguration port, String path) throws ConfigurationException {
        refuseForeignKeys(port, path);
        try {
            return switch (port.type()) {
                case TAP -> new PortSpec.Tap(port.name(), mac(port, path), port.mtu());
                case SYSTEM -> new PortSpec.SystemDevice(port.name(), port.mtu(), 0);
                case VETH ->
                    new PortSpec.Veth(
                            port.name(),
                            port.peer(),
                            port.netns().isEmpty() ? null : port.netns(),
                            mac(port, path),
                            port.mtu());
                case VXLAN -> vxlan(port, path);
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

    private static PortSpec vxlan(PortConfiguration port, String path) throws ConfigurationException {
        boolean remoteFromFlow = port.remote().equals(FLOW);
        boolean localFromFlow = port.local().equals(FLOW);
        boolean keyFromFlow = port.key().equals(FLOW);
        if (port.remote().isEmpty()) {
            throw invalid(path + ".remote", "is missing: give the other end's IPv4 address, or \"flow\"");
        }
        return new PortSpec.Vxlan(
                port.name(),
                remoteFromFlow ? 0 : ipv4(port.remote(), path + ".remote"),
                remoteFromFlow,
                localFromFlow || port.local().isEmpty() ? 0 : ipv4(port.local(), path + ".local"),
                localFromFlow,
                keyFromFlow || port.key().isEmpty() ? 0 : key(port.key(), path + ".key"),
                keyFromFlow,
                port.udpPort() == 0 ? PortSpec.Vxlan.DEFAULT_UDP_PORT : port.udpPort(),
                port.mtu());
    }

    private static int key(String text, String path) throws ConfigurationException {
        if (!text.matches("[0-9]{1,8}")) {
            throw invalid(path, "\"" + text + "\" is not a VXLAN network identifier: 0 to 16777215, or \"flow\"");
        }
        return Integer.parseInt(text);
    }

    private static int ipv4(String text, String path) throws ConfigurationException {
        OptionalInt address = AddressText.parseIpv4(text);
        if (address.isEmpty()) {
            throw invalid(path, "\"" + text + "\" is not an IPv4 address: give one like 10.0.0.2, or \"flow\"");
        }
        return address.getAsInt();
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
            case TAP, SYSTEM, VXLAN, TUN, INTERNAL, MEMORY -> false;
        };
        boolean hasMac = switch (port.type()) {
            case TAP, VETH, TUN, INTERNAL, MEMORY -> true;
            case SYSTEM, VXLAN, PATCH -> false;
        };
        boolean isVeth = port.type() == PortConfiguration.PortType.VETH;
        boolean isVxlan = port.type() == PortConfiguration.PortType.VXLAN;
        boolean isPatch = port.type() == PortConfiguration.PortType.PATCH;
        refuse(port, path, "peer", hasPeer, port.peer().isEmpty());
        refuse(port, path, "netns", isVeth, port.netns().isEmpty());
        refuse(port, path, "mac", hasMac, port.mac().isEmpty());
        refuse(port, path, "mtu", !isPatch, port.mtu() == 0);
        refuse(port, path, "remote", isVxlan, port.remote().isEmpty());
        refuse(port, path, "local", isVxlan, port.local().isEmpty());
        refuse(port, path, "key", isVxlan, port.key().isEmpty());
        refuse(port, path, "port", isVxlan, port.udpPort() == 0);
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
