package io.heddle.datapath.port;

import io.heddle.datapath.os.NativeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The tunnel ports of a switch, and where they receive. Ports of one protocol and UDP port share an endpoint, if they belong to one poll
 * loop.
 *
 * <p>Thread safety: none; belongs to the control loop.
 */
public final class TunnelEndpoints {
    private final List<TunnelEndpoint> endpoints = new ArrayList<>();

    /** Begins without any. */
    public TunnelEndpoints() {}

    /**
     * Makes a port.
     *
     * @param number datapath port number
     * @throws IOException when the UDP port is taken, the local address is not this host's, a permission is missing, or another port
     *     has the same remote, key, local address and UDP port
     */
    public TunnelPort open(int number, PortSpec.Tunnel spec, PortContext context) throws IOException {
        TunnelEndpoint endpoint = endpointFor(spec, context);
        TunnelPort port = null;
        try {
            endpoint.listen(spec);
            port = TunnelPort.open(number, spec, context, this, endpoint);
            if (!endpoint.add(port)) {
                throw new IOException("%s: another %s port has the same remote, key%s: change one of them"
                        .formatted(
                                spec.name(),
                                spec.type(),
                                spec.protocol().isUdp() ? ", local address and UDP port" : " and local address"));
            }
            return port;
        } catch (IOException e) {
            if (port != null) {
                port.closeSockets();
            }
            releaseIfUnused(endpoint, endpoint.isUnused());
            throw e;
        }
    }

    private TunnelEndpoint endpointFor(PortSpec.Tunnel spec, PortContext context) throws NativeException {
        for (TunnelEndpoint endpoint : endpoints) {
            if (endpoint.isFor(spec, context.pool())) {
                return endpoint;
            }
        }
        TunnelEndpoint made = new TunnelEndpoint(spec.protocol(), spec.udpPort(), context.pool());
        endpoints.add(made);
        return made;
    }

    /** Lets a port go. */
    void close(TunnelPort port, TunnelEndpoint endpoint) {
        releaseIfUnused(endpoint, !endpoint.remove(port));
    }

    private void releaseIfUnused(TunnelEndpoint endpoint, boolean isUnused) {
        if (isUnused && endpoints.remove(endpoint)) {
            endpoint.close();
        }
    }
}
