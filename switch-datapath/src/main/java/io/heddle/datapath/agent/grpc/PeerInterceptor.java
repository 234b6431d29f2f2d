package io.heddle.datapath.agent.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Tells a call who the client is, for lists of controllers. */
final class PeerInterceptor implements ServerInterceptor {
    private static final Context.Key<String> PEER = Context.key("peer");

    private final String listener;

    PeerInterceptor(String listener) {
        this.listener = listener;
    }

    /** The address of the client of the current call; that of the listener for clients without one (Unix sockets). */
    static String peer() {
        String peer = PEER.get();
        return peer == null ? "unknown" : peer;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        String peer = remote instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : listener;
        return Contexts.interceptCall(Context.current().withValue(PEER, peer), call, headers, next);
    }
}
