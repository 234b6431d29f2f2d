package io.heddle.datapath.bridge;

import io.heddle.flow.pipeline.PortVlans;
import java.util.Map;
import java.util.Objects;

/**
 * A port as it should be. Text that a type does not use is empty, numbers are 0.
 *
 * @param name unique in the switch for ports with an interface, else in the bridge
 * @param number OpenFlow number, 1 to 65279; 0: the switch chooses
 * @param peer patch: name of the port at the other end; veth: name of the interface at the other end
 * @param netns veth: network namespace that the other end is moved to; empty: the switch's own
 * @param mac such as {@code 02:00:00:00:00:07}; empty: the switch chooses
 * @param mtu octets of a layer 3 packet, 68 to 65535; 0: the interface's own
 * @param remote tunnels: the other end's address, or {@code flow}
 * @param local tunnels: own address, or {@code flow}; empty: what the routing table says
 * @param key tunnels: network identifier {@code 0} to {@code 16777215}, of GRE {@code 0} to {@code 4294967295}, or {@code flow}
 * @param udpPort tunnels over UDP: 0 for the protocol's own
 * @param tunnel tunnels: what the outer headers say
 * @param vlans that NORMAL gives it and takes from it
 * @param otherConfig what else there is to set: the keys of {@link OtherConfig#PORT}
 * @param io system, veth: how frames pass between the interface and the switch
 * @param qos queues of what leaves, policing of what comes in
 */
public record PortConfiguration(
        String name,
        int number,
        PortType type,
        String peer,
        String netns,
        String mac,
        int mtu,
        String remote,
        String local,
        String key,
        int udpPort,
        OuterHeaders tunnel,
        PortVlans vlans,
        Map<String, String> otherConfig,
        PortIo io,
        QosConfiguration qos) {
    /** {@code tunnel}, {@code vlans}, {@code otherConfig}, {@code io} and {@code qos} may be missing in what an earlier version has saved. */
    @SuppressWarnings("ConstantValue")
    public PortConfiguration {
        tunnel = Objects.requireNonNullElse(tunnel, OuterHeaders.DEFAULT);
        vlans = Objects.requireNonNullElse(vlans, PortVlans.ALL);
        otherConfig = Map.copyOf(Objects.requireNonNullElse(otherConfig, Map.of()));
        io = Objects.requireNonNullElse(io, PortIo.AUTO);
        qos = Objects.requireNonNullElse(qos, QosConfiguration.NONE);
    }

    /** A port whose outer headers, if it is a tunnel, are the usual ones. */
    public PortConfiguration(
            String name,
            int number,
            PortType type,
            String peer,
            String netns,
            String mac,
            int mtu,
            String remote,
            String local,
            String key,
            int udpPort,
            PortVlans vlans) {
        this(
                name,
                number,
                type,
                peer,
                netns,
                mac,
                mtu,
                remote,
                local,
                key,
                udpPort,
                OuterHeaders.DEFAULT,
                vlans,
                Map.of(),
                PortIo.AUTO,
                QosConfiguration.NONE);
    }

    /** Kind of port. */
    public enum PortType {
        /** A TAP interface that the switch makes. */
        TAP,
        /** An interface that exists. */
        SYSTEM,
        /** A veth pair that the switch makes. */
        VETH,
        /** A VXLAN tunnel (RFC 7348). */
        VXLAN,
        /** A Geneve tunnel (RFC 8926). */
        GENEVE,
        /** A GRE tunnel of Ethernet frames (RFC 2784, RFC 2890). */
        GRE,
        /** A cable to a port of another bridge of the switch. */
        PATCH,
        /** A TUN interface that the switch makes: layer 3. */
        TUN,
        /** The bridge's own interface. */
        INTERNAL,
        /** A port in memory, for tests and embedders. */
        MEMORY
    }

    /**
     * What the outer headers of a tunnel say. Text is empty where nothing is said.
     *
     * @param checksum there is a checksum
     * @param tos {@code inherit}, or DSCP in place
     * @param ttl {@code inherit}, or 1 to 255
     * @param dontFragment "don't fragment" is set
     * @param sequence gre: packets are numbered
     */
    public record OuterHeaders(boolean checksum, String tos, String ttl, boolean dontFragment, boolean sequence) {
        /** Nothing is said. */
        public static final OuterHeaders DEFAULT = new OuterHeaders(false, "", "", false, false);

        /** {@code tos} and {@code ttl} may be missing in what has been saved. */
        @SuppressWarnings("ConstantValue")
        public OuterHeaders {
            tos = Objects.requireNonNullElse(tos, "");
            ttl = Objects.requireNonNullElse(ttl, "");
        }
    }

    /** How frames pass between an interface and the switch. */
    public enum PortIo {
        /** The switch chooses. */
        AUTO,
        /** A packet socket. */
        AF_PACKET,
        /** AF_XDP sockets. */
        AF_XDP
    }

    /** A port of which only these are said. */
    public static PortConfiguration of(String name, int number, PortType type) {
        return new PortConfiguration(name, number, type, "", "", "", 0, "", "", "", 0, PortVlans.ALL);
    }

    /** Says whether the port is a tunnel to other hosts. */
    public boolean isTunnel() {
        return switch (type) {
            case VXLAN, GENEVE, GRE -> true;
            case TAP, SYSTEM, VETH, PATCH, TUN, INTERNAL, MEMORY -> false;
        };
    }

    /** Says whether both differ in no more than what can be changed while the port works: its VLANs, rates and other settings. */
    boolean isSameDevice(PortConfiguration other) {
        return withVlans(other.vlans)
                .withOtherConfig(other.otherConfig)
                .withQos(other.qos)
                .equals(other);
    }

    /** The same port with another number. */
    PortConfiguration withNumber(int other) {
        return new PortConfiguration(
                name,
                other,
                type,
                peer,
                netns,
                mac,
                mtu,
                remote,
                local,
                key,
                udpPort,
                tunnel,
                vlans,
                otherConfig,
                io,
                qos);
    }

    /** The same port with other VLANs. */
    PortConfiguration withVlans(PortVlans others) {
        return new PortConfiguration(
                name,
                number,
                type,
                peer,
                netns,
                mac,
                mtu,
                remote,
                local,
                key,
                udpPort,
                tunnel,
                others,
                otherConfig,
                io,
                qos);
    }

    /** The same port with other settings. */
    PortConfiguration withOtherConfig(Map<String, String> others) {
        return new PortConfiguration(
                name, number, type, peer, netns, mac, mtu, remote, local, key, udpPort, tunnel, vlans, others, io, qos);
    }

    /** The same port with other rates. */
    public PortConfiguration withQos(QosConfiguration other) {
        return new PortConfiguration(
                name,
                number,
                type,
                peer,
                netns,
                mac,
                mtu,
                remote,
                local,
                key,
                udpPort,
                tunnel,
                vlans,
                otherConfig,
                io,
                other);
    }
}
