package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration;
import io.netty.buffer.ByteBuf;
import java.util.EnumMap;
import java.util.Map;

/**
 * Which asynchronous messages are wanted: six masks in OpenFlow 1.3, a property for each in later versions, where those that are not there
 * do not change.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.3.10</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class AsyncCodec {
    /** {@code OFPACPT_*} of messages that are never sent: role status, table status, forwarded requests, controller status. */
    private static final int LAST_OF_OTHERS = 13;

    private AsyncCodec() {}

    static AsyncConfiguration fixed(Reader in) throws FlowException {
        return new AsyncConfiguration(masks(in), masks(in), masks(in));
    }

    private static AsyncConfiguration.Masks masks(Reader in) throws FlowException {
        return new AsyncConfiguration.Masks(in.i32(), in.i32());
    }

    static void fixed(ByteBuf out, AsyncConfiguration configuration) {
        for (AsyncConfiguration.Kind kind : new AsyncConfiguration.Kind[] {
            AsyncConfiguration.Kind.PACKET_IN_MASTER,
            AsyncConfiguration.Kind.PACKET_IN_SLAVE,
            AsyncConfiguration.Kind.PORT_STATUS_MASTER,
            AsyncConfiguration.Kind.PORT_STATUS_SLAVE,
            AsyncConfiguration.Kind.FLOW_REMOVED_MASTER,
            AsyncConfiguration.Kind.FLOW_REMOVED_SLAVE
        }) {
            out.writeInt(configuration.mask(kind));
        }
    }

    static Map<AsyncConfiguration.Kind, Integer> properties(Reader in) throws FlowException {
        Map<AsyncConfiguration.Kind, Integer> masks = new EnumMap<>(AsyncConfiguration.Kind.class);
        AsyncConfiguration.Kind[] kinds = AsyncConfiguration.Kind.values();
        Properties.read(in, "properties", (type, value) -> {
            if (type > LAST_OF_OTHERS) {
                throw new FlowException(
                        ErrorCode.TABLE_FEATURES_FAILED_BAD_TYPE,
                        "properties",
                        "no asynchronous message has the property type " + type);
            }
            int mask = value.i32();
            if (type < kinds.length) {
                masks.put(kinds[type], mask);
            }
        });
        return masks;
    }

    static void properties(ByteBuf out, Map<AsyncConfiguration.Kind, Integer> masks) {
        masks.forEach((kind, mask) -> Properties.begin(out, kind.ordinal(), 8).writeInt(mask));
    }
}
