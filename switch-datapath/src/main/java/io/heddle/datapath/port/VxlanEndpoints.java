package io.heddle.datapath.port;

import io.heddle.datapath.os.NativeException;
import java.util.ArrayList;
import java.util.List;

/**
 * The VXLAN ports of one poll loop, and the places of this host that they receive at. Ports of one UDP port share a place.
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
     * @throws NativeException when the UDP port is taken, the local address is not this host's, or a permission is missing
     * @throws IllegalArgumentException when another port has the same remote, key, local address and UDP port
     */
    public VxlanPort open(int number, PortSpec.Vxlan spec, PortContext context) throws NativeException {
        VxlanEndpoint endpoint = endpointFor(spec);
        VxlanPort port = null;
        try {
            port = VxlanPort.open(number, spec, context, this, endpoint);
            if (!endpoint.add(port)) {
                throw new IllegalArgumentException(spec.name()
                        + ": another vxlan port has the same remote, key, local address and UDP port: change one of them");
            }
            return port;
        } catch (NativeException | IllegalArgumentException e) {
            if (port != null) {
                port.closeSockets();
            }
            releaseIfUnused(endpoint, endpoint.isUnused());
            throw e;
        }
    }

    private VxlanEndpoint endpointFor(PortSpec.Vxlan spec) throws NativeException {
        for (VxlanEndpoint endpoint : endpoints) {
            if (endpoint.isAt(spec.local(), spec.udpPort())) {
                return endpoint;
            }
        }
        VxlanEndpoint made = new VxlanEndpoint(spec.name(), spec.local(), spec.udpPort());
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
