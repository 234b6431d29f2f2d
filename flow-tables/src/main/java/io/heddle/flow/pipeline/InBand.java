package io.heddle.flow.pipeline;

import java.util.List;

/**
 * What a bridge has to know to reach its controllers through its own ports.
 *
 * @param localAddress Ethernet address of its local port
 * @param controllers that it connects to
 */
public record InBand(long localAddress, List<Controller> controllers) {
    public InBand {
        controllers = List.copyOf(controllers);
    }

    /**
     * A controller.
     *
     * @param address IPv4
     * @param port of TCP
     */
    public record Controller(int address, int port) {}
}
