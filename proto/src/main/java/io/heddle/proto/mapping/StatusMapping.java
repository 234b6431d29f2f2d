package io.heddle.proto.mapping;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowError;

/** A {@link FlowError} as {@code google.rpc.Status}, as the top of {@code switch.proto} describes it, and back to a line of text. */
public final class StatusMapping {
    /** {@code ErrorInfo.domain} of every error that has a name in OpenFlow. */
    public static final String DOMAIN = "openflow.heddle.v1";

    private StatusMapping() {}

    /** The error with its path and its OpenFlow name as details. */
    public static Status toProto(FlowError error) {
        Status.Builder status = Status.newBuilder().setCode(code(error.code()).getNumber());
        status.setMessage(error.message());
        if (!error.path().isEmpty()) {
            status.addDetails(Any.pack(BadRequest.newBuilder()
                    .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                            .setField(error.path())
                            .setDescription(error.message()))
                    .build()));
        }
        return status.addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain(DOMAIN)
                        .setReason(error.code().openFlowName())
                        .putMetadata("type", Integer.toString(error.code().type()))
                        .putMetadata("code", Integer.toString(error.code().code()))
                        .build()))
                .build();
    }

    /** The code of gRPC that comes nearest to OpenFlow's error. */
    public static Code code(ErrorCode error) {
        return switch (error) {
            case FLOW_MOD_FAILED_TABLE_FULL,
                    GROUP_MOD_FAILED_OUT_OF_GROUPS,
                    GROUP_MOD_FAILED_OUT_OF_BUCKETS,
                    METER_MOD_FAILED_OUT_OF_METERS,
                    METER_MOD_FAILED_OUT_OF_BANDS,
                    BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW -> Code.RESOURCE_EXHAUSTED;
            case GROUP_MOD_FAILED_GROUP_EXISTS, METER_MOD_FAILED_METER_EXISTS, FLOW_MOD_FAILED_OVERLAP ->
                Code.ALREADY_EXISTS;
            case GROUP_MOD_FAILED_UNKNOWN_GROUP,
                    METER_MOD_FAILED_UNKNOWN_METER,
                    PORT_MOD_FAILED_BAD_PORT,
                    QUEUE_OP_FAILED_BAD_PORT,
                    QUEUE_OP_FAILED_BAD_QUEUE -> Code.NOT_FOUND;
            case HELLO_FAILED_EPERM,
                    BAD_REQUEST_EPERM,
                    BAD_REQUEST_IS_SLAVE,
                    BAD_ACTION_EPERM,
                    BAD_INSTRUCTION_EPERM,
                    BAD_MATCH_EPERM,
                    FLOW_MOD_FAILED_EPERM,
                    GROUP_MOD_FAILED_EPERM,
                    PORT_MOD_FAILED_EPERM,
                    TABLE_MOD_FAILED_EPERM,
                    QUEUE_OP_FAILED_EPERM,
                    SWITCH_CONFIG_FAILED_EPERM,
                    TABLE_FEATURES_FAILED_EPERM -> Code.PERMISSION_DENIED;
            case GROUP_MOD_FAILED_CHAINED_GROUP, GROUP_MOD_FAILED_LOOP, ROLE_REQUEST_FAILED_STALE ->
                Code.FAILED_PRECONDITION;
            default -> Code.INVALID_ARGUMENT;
        };
    }

    /** One line for people: the message, the path it is about and OpenFlow's name of it, as far as the status has them. */
    public static String describe(Status status) {
        String path = "";
        String name = "";
        for (Any detail : status.getDetailsList()) {
            try {
                if (detail.is(BadRequest.class)) {
                    BadRequest bad = detail.unpack(BadRequest.class);
                    path = bad.getFieldViolationsCount() == 0
                            ? ""
                            : bad.getFieldViolations(0).getField();
                } else if (detail.is(ErrorInfo.class)) {
                    name = detail.unpack(ErrorInfo.class).getReason();
                }
            } catch (InvalidProtocolBufferException _) {
                // A detail that cannot be read adds nothing to the message.
            }
        }
        StringBuilder line = new StringBuilder();
        if (!path.isEmpty()) {
            line.append(path).append(": ");
        }
        line.append(status.getMessage());
        if (!name.isEmpty()) {
            line.append(" (").append(name).append(')');
        }
        return line.toString();
    }

    /** At most 60 characters of what a client sent, without control characters. */
    static String printable(String text) {
        String clean = text.replaceAll("\\p{C}", "?");
        return clean.length() <= 60 ? clean : clean.substring(0, 57) + "...";
    }
}
