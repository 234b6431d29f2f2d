package io.heddle.datapath.port;

/** Is told when a port's link, MTU or address changed. */
@FunctionalInterface
public interface PortListener {
    /**
     * Called on the control loop, from within {@link PortFactory#doWork}. A poll loop that waits for the port should be woken: its
     * {@link Port#pollFd} may be another one.
     */
    void onChange(Port port);
}
