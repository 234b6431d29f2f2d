package io.heddle.datapath.bridge;

import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortContext;
import io.heddle.datapath.port.PortSpec;
import java.io.IOException;

/** Makes ports. Called on the control loop. */
@FunctionalInterface
public interface PortOpener {
    /**
     * Opens a port.
     *
     * @param spec of any kind but {@link PortSpec.Patch}, which has no device
     * @param number datapath port number
     * @param context of the poll loop that will own it
     * @throws IOException with a message for people: what could not be made, why, and what would be right
     */
    Port open(PortSpec spec, int number, PortContext context) throws IOException;
}
