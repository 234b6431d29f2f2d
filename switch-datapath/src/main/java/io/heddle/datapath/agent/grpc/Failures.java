package io.heddle.datapath.agent.grpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.heddle.datapath.bridge.BridgeGoneException;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.SwitchStoppedException;
import io.heddle.datapath.bridge.UpdateFailure;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.mapping.StatusMapping;
import java.util.HexFormat;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors as clients see them. A defect becomes INTERNAL with an id; what it was stands in the log under this id and nowhere else.
 */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** What ends a call. */
    static StatusRuntimeException exception(Throwable failure) {
        return StatusProto.toStatusRuntimeException(status(failure));
    }

    /** What ends a call or stands for a part of it. */
    static Status status(Throwable failure) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> status(wrapped.getCause());
            case ExecutionException wrapped when wrapped.getCause() != null -> status(wrapped.getCause());
            case FlowException refused -> StatusMapping.toProto(refused.error());
            case ConfigurationException refused -> configuration(refused);
            case BridgeGoneException gone -> of(Code.NOT_FOUND, "bridge", String.valueOf(gone.getMessage()));
            case SwitchStoppedException stopped -> of(Code.UNAVAILABLE, "", String.valueOf(stopped.getMessage()));
            case StatusRuntimeException known ->
                StatusProto.fromStatusAndTrailers(known.getStatus(), known.getTrailers());
            case StatusException known -> StatusProto.fromStatusAndTrailers(known.getStatus(), known.getTrailers());
            default -> internal(failure);
        };
    }

    /** A status with the path of the bad field, if there is one. */
    static Status of(Code code, String path, String message) {
        Status.Builder status = Status.newBuilder().setCode(code.getNumber()).setMessage(message);
        if (!path.isEmpty()) {
            status.addDetails(Any.pack(BadRequest.newBuilder()
                    .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                            .setField(path)
                            .setDescription(message))
                    .build()));
        }
        return status.build();
    }

    /** Ends a call with this. */
    static StatusRuntimeException refusal(Code code, String path, String message) {
        return StatusProto.toStatusRuntimeException(of(code, path, message));
    }

    /** Why an update was refused; the kind decides the code where it knows more than OpenFlow's number. */
    static Status update(UpdateFailure failure) {
        FlowError error = failure.error().under("updates[" + failure.index() + "]");
        Status status = StatusMapping.toProto(error);
        return switch (failure.kind()) {
            case INVALID -> status;
            case NOT_FOUND -> coded(status, Code.NOT_FOUND);
            case ALREADY_EXISTS -> coded(status, Code.ALREADY_EXISTS);
            case EXHAUSTED -> coded(status, Code.RESOURCE_EXHAUSTED);
            case ABORTED -> of(Code.ABORTED, "", error.message());
        };
    }

    private static Status coded(Status status, Code code) {
        return status.toBuilder().setCode(code.getNumber()).build();
    }

    private static Status configuration(ConfigurationException refused) {
        Code code = switch (refused.kind()) {
            case INVALID -> Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Code.NOT_FOUND;
            case CONFLICT, FAILED -> Code.FAILED_PRECONDITION;
        };
        return of(code, refused.path(), String.valueOf(refused.getMessage()));
    }

    private static Status internal(Throwable failure) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        LOG.error("internal error {}", id, failure);
        return of(Code.INTERNAL, "", "internal error; the switch's log has it under the id " + id);
    }
}
