package io.heddle.datapath.agent.grpc;

import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.proto.transport.GrpcListeners;
import io.heddle.proto.v1.SwitchGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC server of a switch: {@code heddle.v1.Switch}, health and reflection on any number of Unix and TCP sockets.
 *
 * <p>Bounds: a message that a client sends has at most {@link Limits#messageOctets}; a connection has at most {@link
 * Limits#callsPerConnection} calls at a time; what waits for a slow client is bounded per call. So memory does not grow with what clients
 * do or leave undone.
 *
 * <p>Threading: one event loop thread; calls on virtual threads; {@link #close} from any thread.
 */
public final class GrpcAgent implements AutoCloseable {
    /**
     * What a client may ask for.
     *
     * @param messageOctets largest message that is read; a larger one ends its call with RESOURCE_EXHAUSTED
     * @param callsPerConnection at a time
     * @param packetQueue packets that may wait for one channel and bridge
     * @param changeQueue other events that may wait for one channel or subscription and bridge
     */
    public record Limits(int messageOctets, int callsPerConnection, int packetQueue, int changeQueue) {
        /** 4 MiB, 256 calls, 1024 packets, 65536 changes. */
        public static final Limits DEFAULT = new Limits(4 << 20, 256, 1024, 65536);
    }

    private final EventLoopGroup eventLoops;
    private final GrpcListeners listeners;

    private GrpcAgent(EventLoopGroup eventLoops, GrpcListeners listeners) {
        this.eventLoops = eventLoops;
        this.listeners = listeners;
    }

    /**
     * Listens on every address.
     *
     * @param listen {@code unix:/PATH} or {@code ADDRESS:PORT}; port 0 for any free one
     * @throws IOException when one cannot be listened on, with a sentence that names it; nothing is left behind then
     * @throws IllegalArgumentException when an address is not one
     */
    public static GrpcAgent start(SwitchControl control, List<String> listen, Limits limits) throws IOException {
        EventLoopGroup eventLoops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("grpc-io", true), EpollIoHandler.newFactory());
        // A virtual thread for each message of a call: nothing to shut down, and late events of closed sockets are
        // heard.
        ThreadFactory threads = Thread.ofVirtual().name("grpc-call-", 0).factory();
        Executor calls = task -> threads.newThread(task).start();
        try {
            GrpcListeners listeners = GrpcListeners.start(
                    listen,
                    SwitchGrpc.SERVICE_NAME,
                    new SwitchService(control, limits, calls),
                    address -> List.of(new PeerInterceptor(address.toString())),
                    new GrpcListeners.Settings(eventLoops, calls, limits.messageOctets(), limits.callsPerConnection()));
            return new GrpcAgent(eventLoops, listeners);
        } catch (IOException | RuntimeException e) {
            stop(eventLoops);
            throw e;
        }
    }

    /** Where it listens, in the form of the configuration, with the port numbers that were chosen. */
    public List<String> addresses() {
        return listeners.addresses();
    }

    private static void stop(EventLoopGroup eventLoops) {
        var _ = eventLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    /** Ends every call, closes the sockets and removes their files. */
    @Override
    public void close() {
        listeners.close();
        stop(eventLoops);
    }
}
