package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;

/**
 * Messages about bundles: the same in OpenFlow 1.4, in later versions and, behind an experimenter's header, in ONF's extension of 1.3.
 *
 * <pre>
 *   bundle 32 | type 16 | flags 16 | properties ...               control
 *   bundle 32 | 0 (16)  | flags 16 | message ... | properties     add message
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.3.9</a>
 */
final class BundleCodec {
    private BundleCodec() {}

    static OpenFlowMessage control(Reader in) throws FlowException {
        int bundle = in.i32();
        int type = in.u16();
        int flags = in.u16();
        skipProperties(in);
        return new OpenFlowMessage.BundleControl(bundle, type, flags);
    }

    static OpenFlowMessage add(Reader in) throws FlowException {
        int bundle = in.i32();
        in.skip(2);
        int flags = in.u16();
        int length = in.remaining() < OpenFlowCodec.HEADER_OCTETS ? 0 : in.peek16(2);
        if (length < OpenFlowCodec.HEADER_OCTETS || length > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BUNDLE_FAILED_MSG_BAD_LEN,
                    "message",
                    "the message in it says that it has " + length + " octets, which is not in "
                            + OpenFlowCodec.HEADER_OCTETS + "-" + in.remaining());
        }
        Octets message = in.octets(length);
        in.pad((8 - length % 8) % 8);
        skipProperties(in);
        return new OpenFlowMessage.BundleAdd(bundle, flags, message);
    }

    /** Nothing depends on the properties there are: when to commit, which the flags say too, and those of experimenters. */
    private static void skipProperties(Reader in) throws FlowException {
        Properties.read(in, "properties", (type, value) -> value.finish());
    }

    static void control(ByteBuf out, OpenFlowMessage.BundleControl control) {
        out.writeInt(control.bundleId()).writeShort(control.type()).writeShort(control.flags());
    }

    static void add(ByteBuf out, OpenFlowMessage.BundleAdd add) {
        out.writeInt(add.bundleId()).writeShort(0).writeShort(add.flags());
        out.writeBytes(add.message().array());
    }
}
