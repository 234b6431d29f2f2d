package io.heddle.proto.transport;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Has a call whose request is no message of its type refused with {@code INVALID_ARGUMENT}. gRPC would take it for a failure of the
 * service, with a stack trace in its log.
 *
 * <p>Thread safety: stateless.
 */
final class MalformedRequests {
    /** What came instead of a request; {@code reason} for people. */
    private record Malformed(String reason) {}

    private MalformedRequests() {}

    /** The same service. */
    static ServerServiceDefinition refused(ServerServiceDefinition service) {
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        service.getServiceDescriptor().getName())
                .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
        List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
        for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
            methods.add(checked(method));
            descriptor.addMethod(methods.getLast().getMethodDescriptor());
        }
        ServerServiceDefinition.Builder checked = ServerServiceDefinition.builder(descriptor.build());
        for (ServerMethodDefinition<?, ?> method : methods) {
            checked.addMethod(method);
        }
        return checked.build();
    }

    private static <Q, R> ServerMethodDefinition<Q, R> checked(ServerMethodDefinition<Q, R> method) {
        MethodDescriptor<Q, R> original = method.getMethodDescriptor();
        MethodDescriptor<Q, R> descriptor = original.toBuilder(
                        new Checked<>(original.getRequestMarshaller()), original.getResponseMarshaller())
                .build();
        ServerCallHandler<Q, R> handler = method.getServerCallHandler();
        return ServerMethodDefinition.create(
                descriptor, (call, headers) -> new Requests<>(call, handler.startCall(call, headers)));
    }

    /** Reads a request, or what is wrong with it, which {@link Requests} tells apart before the service sees it. */
    private record Checked<Q>(Marshaller<Q> marshaller) implements Marshaller<Q> {
        @Override
        public InputStream stream(Q value) {
            return marshaller.stream(value);
        }

        @Override
        @SuppressWarnings("unchecked") // see above
        public Q parse(InputStream stream) {
            try {
                return marshaller.parse(stream);
            } catch (RuntimeException e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                return (Q) new Malformed(String.valueOf(cause.getMessage()));
            }
        }
    }

    /** Ends the call at a malformed request; the service hears that it was cancelled. */
    private static final class Requests<Q, R> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<Q, R> call;
        private boolean isRefused;

        Requests(ServerCall<Q, R> call, ServerCall.Listener<Q> service) {
            super(service);
            this.call = call;
        }

        @Override
        public void onMessage(Q message) {
            if ((Object) message instanceof Malformed(String reason) && !isRefused) {
                isRefused = true;
                call.close(
                        Status.INVALID_ARGUMENT.withDescription("the request of %s cannot be read: %s"
                                .formatted(call.getMethodDescriptor().getFullMethodName(), reason)),
                        new Metadata());
                super.onCancel();
            } else if (!isRefused) {
                super.onMessage(message);
            }
        }

        @Override
        public void onHalfClose() {
            if (!isRefused) {
                super.onHalfClose();
            }
        }

        @Override
        public void onReady() {
            if (!isRefused) {
                super.onReady();
            }
        }

        @Override
        public void onCancel() {
            if (!isRefused) {
                super.onCancel();
            }
        }

        @Override
        public void onComplete() {
            if (!isRefused) {
                super.onComplete();
            }
        }
    }
}
