package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * What a switch tells without being asked since OpenFlow 1.4, and in extensions of earlier versions.
 *
 * <pre>
 *   role 32 | reason 8 | 0 (24) | generation 64 | properties      role status
 *   length 16 | id 16 | role 32 | reason 8 | channel 8 | 0 (48) | properties      controller status
 *   header 64 | body ...                                          forwarded request: a whole message
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.4</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class StatusCodec {
    /** {@code OFPCSPT_URI}. */
    private static final int URI = 0;

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

    static ControllerStatus controllerStatus(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 16);
        entry.skip(2);
        OpenFlowMessage.Role role = StandardBodies.role(entry.i32());
        int reason = entry.u8();
        boolean isUp = entry.u8() == 0;
        entry.skip(6);
        String[] uri = {""};
        Properties.read(entry, "properties", (type, value) -> {
            if (type == URI) {
                uri[0] = value.text(value.remaining());
            }
        });
        return new ControllerStatus(role, reason, isUp, uri[0]);
    }

    static void controllerStatus(ByteBuf out, ControllerStatus status) {
        int start = out.writerIndex();
        out.writeInt(0).writeInt(status.role().ordinal()).writeByte(status.reason());
        out.writeByte(status.isUp() ? 0 : 1).writeZero(6);
        byte[] uri = status.uri().getBytes(StandardCharsets.UTF_8);
        Properties.begin(out, URI, 4 + uri.length).writeBytes(uri).writeZero((8 - (4 + uri.length) % 8) % 8);
        out.setShort(start, out.writerIndex() - start);
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
