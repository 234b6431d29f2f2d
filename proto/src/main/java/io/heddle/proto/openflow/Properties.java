package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;

/**
 * Lists of properties, which OpenFlow 1.4 and later put where there were fixed fields.
 *
 * <pre>
 *   type 16 | length 16 | value ... | 0 to a multiple of 8 octets, not counted in the length
 * </pre>
 *
 * <p>Errors have the names of 1.3, where only table features had properties; in later versions they are {@code OFPET_BAD_PROPERTY}.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.1.2</a>
 */
final class Properties {
    /** Reads one property's value. */
    interface Visitor {
        void visit(int type, Reader value) throws FlowException;
    }

    private Properties() {}

    /** Reads properties to the end of {@code in}. */
    static void read(Reader in, String path, Visitor visitor) throws FlowException {
        while (in.remaining() > 0) {
            if (in.remaining() < 4) {
                throw new FlowException(
                        ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, path, "a property has 4 octets at least");
            }
            int type = in.u16();
            int length = in.u16();
            if (length < 4 || length - 4 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN,
                        path,
                        "a property's length " + length + " is not in 4-" + (in.remaining() + 4));
            }
            Reader value = in.sub(length - 4, ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, path);
            visitor.visit(type, value);
            value.finish();
            in.pad((8 - length % 8) % 8);
        }
    }

    static FlowException unknown(int type, String path) {
        return new FlowException(
                ErrorCode.TABLE_FEATURES_FAILED_BAD_TYPE, path, "property type " + type + " is not known");
    }

    /** Begins a property of {@code length} octets, its header included. */
    static ByteBuf begin(ByteBuf out, int type, int length) {
        return out.writeShort(type).writeShort(length);
    }
}
