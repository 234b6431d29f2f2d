package io.heddle.datapath.port;

import io.heddle.flow.packet.GeneveView;
import io.heddle.flow.packet.IpProtocols;
import io.heddle.flow.packet.VxlanView;

/** How a tunnel wraps Ethernet frames. */
public enum TunnelProtocol {
    /** RFC 7348: UDP, and 24 bits of network identifier. */
    VXLAN("vxlan", IpProtocols.UDP, VxlanView.UDP_PORT, 24),
    /** RFC 8926: UDP, 24 bits of network identifier, and options. */
    GENEVE("geneve", IpProtocols.UDP, GeneveView.UDP_PORT, 24),
    /** RFC 2784 and RFC 2890: directly in IP, with a key of 32 bits or none. */
    GRE("gre", IpProtocols.GRE, 0, 32);

    private final String typeName;
    private final int ipProtocol;
    private final int defaultUdpPort;
    private final int keyBits;

    TunnelProtocol(String typeName, int ipProtocol, int defaultUdpPort, int keyBits) {
        this.typeName = typeName;
        this.ipProtocol = ipProtocol;
        this.defaultUdpPort = defaultUdpPort;
        this.keyBits = keyBits;
    }

    /** The port type of the configuration. */
    public String typeName() {
        return typeName;
    }

    /** 17 for UDP, 47 for GRE. */
    public int ipProtocol() {
        return ipProtocol;
    }

    public boolean isUdp() {
        return ipProtocol == IpProtocols.UDP;
    }

    /** UDP port that IANA assigned, 0 without UDP. */
    public int defaultUdpPort() {
        return defaultUdpPort;
    }

    /** The longest key. */
    public long maxKey() {
        return (1L << keyBits) - 1;
    }
}
