package io.heddle.datapath.port;

/** State of a port's link. */
public enum PortState {
    /** Packets can pass. */
    UP,
    /** The device is there but is down, or has no carrier. */
    DOWN,
    /** The device is gone; the port waits for it to come back. */
    GONE
}
