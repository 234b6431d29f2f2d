package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;

/**
 * What a switch tells without being asked since OpenFlow 1.4, and in extensions of earlier versions.
 *
 * <pre>
 *   role 32 | reason 8 | 0 (24) | generation 64 | properties      role status
 *   header 64 | body ...                                          forwarded request: a whole message
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.4</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class StatusCodec {
    private StatusCodec() {}

    static OpenFlowMessage roleStatus(Reader in) throws FlowException {
        OpenFlowMessage.Role role = StandardBodies.role(in.i32());
        int reason = in.u8();
        in.skip(3);
        long generation = in.i64();
        Properties.read(in, "properties", (type, value) -> value.finish());
        return new OpenFlowMessage.RoleStatus(role, reason, generation);
    }

    static void roleStatus(ByteBuf out, OpenFlowMessage.RoleStatus status) {
        out.writeInt(status.role().ordinal()).writeByte(status.reason()).writeZero(3);
        out.writeLong(status.generationId());
    }

    static OpenFlowMessage requestForward(Reader in) throws FlowException {
        int length = in.remaining() < OpenFlowCodec.HEADER_OCTETS ? 0 : in.peek16(2);
        if (length < OpenFlowCodec.HEADER_OCTETS || length != in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "request",
                    "the request in it says that it has " + length + " octets, but there are " + in.remaining());
        }
        return new OpenFlowMessage.RequestForward(in.rest());
    }

    static void requestForward(ByteBuf out, OpenFlowMessage.RequestForward forward) {
        out.writeBytes(forward.request().array());
    }
}
