package io.heddle.controller.api;

import io.heddle.proto.transport.GrpcListeners;
import io.heddle.proto.v1.ControllerGrpc;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * Serves {@code heddle.v1.Controller} on any number of Unix sockets and TCP ports.
 *
 * <p>Threading: {@link #close} from any thread. Each message of a call has a virtual thread.
 */
public final class ApiServer implements AutoCloseable {
    /** Requests are filters: a few hundred octets. */
    private static final int MAX_REQUEST_OCTETS = 64 << 10;

    private static final int MAX_CALLS_PER_CONNECTION = 64;

    private final GrpcListeners listeners;

    private ApiServer(GrpcListeners listeners) {
        this.listeners = listeners;
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code unix:/PATH} or {@code ADDRESS:PORT}; port 0 for any free one
     * @param group for the network; the caller stops it
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static ApiServer start(List<String> listen, ControllerService service, EventLoopGroup group)
            throws IOException {
        ThreadFactory threads = Thread.ofVirtual().name("northbound-", 0).factory();
        return new ApiServer(GrpcListeners.start(
                listen,
                ControllerGrpc.SERVICE_NAME,
                service,
                address -> List.of(),
                new GrpcListeners.Settings(
                        group, task -> threads.newThread(task).start(), MAX_REQUEST_OCTETS, MAX_CALLS_PER_CONNECTION)));
    }

    /** Port numbers of the TCP addresses, in order: what a 0 in the configuration became. */
    public List<Integer> ports() {
        return listeners.ports();
    }

    /** Where it listens, in the form of the configuration, with the port numbers that were chosen. */
    public List<String> addresses() {
        return listeners.addresses();
    }

    /** Ends every call, closes the sockets and removes their files. */
    @Override
    public void close() {
        listeners.close();
    }
}
