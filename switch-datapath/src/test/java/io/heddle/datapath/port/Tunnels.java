package io.heddle.datapath.port;

import io.heddle.datapath.os.IpAddress;

/** Tunnel ports as tests want them. */
final class Tunnels {
    private Tunnels() {}

    /** A VXLAN port over IPv4; addresses and key are 0 where the flow says them, or nothing. */
    static PortSpec.Tunnel vxlan(
            String name,
            int remote,
            boolean remoteFromFlow,
            int local,
            boolean localFromFlow,
            int key,
            boolean keyFromFlow,
            int udpPort,
            int mtu) {
        return new PortSpec.Tunnel(
                name,
                TunnelProtocol.VXLAN,
                end(remote, remoteFromFlow),
                end(local, localFromFlow),
                keyFromFlow ? TunnelKey.FLOW : TunnelKey.of(key),
                udpPort,
                TunnelOuter.DEFAULT,
                mtu);
    }

    private static TunnelEnd end(int address, boolean isFromFlow) {
        return new TunnelEnd(isFromFlow, address == 0 ? IpAddress.NONE : IpAddress.ipv4(address));
    }
}
