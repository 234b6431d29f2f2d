package io.heddle.datapath.port;

import java.io.IOException;

/** Where the device of a port comes from. Thread safety: none; belongs to the control loop. */
interface DeviceOrigin {
    /** Makes the device again after it is gone, if that is the port's to do. */
    void remake() throws IOException;

    /** Removes what was made, or gives the device back what it had; {@code interfaceIndex} is the device's. */
    void undo(int interfaceIndex) throws IOException;
}
