package io.heddle.datapath.port;

import io.heddle.datapath.os.NativeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The VXLAN ports of a switch, and the places of this host that they receive at. Ports with the same local address and UDP port share a
 * place, if they belong to one poll loop.
 *
 * <p>Thread safety: none; belongs to the control loop.
 */
public final class VxlanEndpoints {
    private final List<VxlanEndpoint> endpoints = new ArrayList<>();

    /** Begins without any. */
    public VxlanEndpoints() {}

    /**
     * Makes a port.
     *
     * @param number datapath port number
     * @throws IOException when the UDP port is taken, the local address is not this host's, a permission is missing, or another port
     *     has the same remote, key, local address and UDP port
     */
    public VxlanPort open(int number, PortSpec.Vxlan spec, PortContext context) throws IOException {
        VxlanEndpoint endpoint = endpointFor(spec, context);
        VxlanPort port = null;
        try {
            port = VxlanPort.open(number, spec, context, this, endpoint);
            if (!endpoint.add(port)) {
                throw new IOException(
                        spec.name()
                                + ": another vxlan port has the same remote, key, local address and UDP port: change one of them");
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

    private VxlanEndpoint endpointFor(PortSpec.Vxlan spec, PortContext context) throws NativeException {
        for (VxlanEndpoint endpoint : endpoints) {
            if (endpoint.isAt(spec.local(), spec.udpPort(), context.pool())) {
                return endpoint;
            }
        }
        VxlanEndpoint made = new VxlanEndpoint(spec, context.pool());
        endpoints.add(made);
        return made;
    }

    /** Lets a port go. */
    void close(VxlanPort port, VxlanEndpoint endpoint) {
        releaseIfUnused(endpoint, !endpoint.remove(port));
    }

    private void releaseIfUnused(VxlanEndpoint endpoint, boolean isUnused) {
        if (isUnused && endpoints.remove(endpoint)) {
            endpoint.close();
        }
    }
}
