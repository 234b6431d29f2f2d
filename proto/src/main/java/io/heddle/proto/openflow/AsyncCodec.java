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
    private static final int LAST_KIND_BEFORE_15 = 11;

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

    private static int last(OpenFlowVersion version) {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_15)
                ? AsyncConfiguration.Kind.values().length - 1
                : LAST_KIND_BEFORE_15;
    }

    /** Bits of the reasons that there are. */
    private static int known(AsyncConfiguration.Kind kind) {
        return switch (kind) {
            case PACKET_IN_SLAVE, PACKET_IN_MASTER, FLOW_REMOVED_SLAVE, FLOW_REMOVED_MASTER -> 0x3f;
            case PORT_STATUS_SLAVE, PORT_STATUS_MASTER, ROLE_STATUS_SLAVE, ROLE_STATUS_MASTER -> 0x7;
            case TABLE_STATUS_SLAVE, TABLE_STATUS_MASTER -> 0x18;
            case REQUEST_FORWARD_SLAVE, REQUEST_FORWARD_MASTER, FLOW_STATS_SLAVE, FLOW_STATS_MASTER -> 0x3;
            case CONTROLLER_STATUS_SLAVE, CONTROLLER_STATUS_MASTER -> 0x7f;
        };
    }

    static Map<AsyncConfiguration.Kind, Integer> properties(Reader in, OpenFlowVersion version) throws FlowException {
        Map<AsyncConfiguration.Kind, Integer> masks = new EnumMap<>(AsyncConfiguration.Kind.class);
        Properties.read(in, "properties", (type, value) -> {
            if (type > last(version)) {
                throw new FlowException(
                        ErrorCode.TABLE_FEATURES_FAILED_BAD_TYPE,
                        "properties",
                        "no asynchronous message has the property type " + type);
            }
            AsyncConfiguration.Kind kind = AsyncConfiguration.Kind.values()[type];
            int mask = value.i32();
            if ((mask & ~known(kind)) != 0) {
                throw new FlowException(
                        ErrorCode.ASYNC_CONFIG_FAILED_INVALID,
                        "properties",
                        "mask 0x%x of property %d has bits beyond 0x%x".formatted(mask, type, known(kind)));
            }
            masks.put(kind, mask);
        });
        return masks;
    }

    static void properties(ByteBuf out, Map<AsyncConfiguration.Kind, Integer> masks, OpenFlowVersion version) {
        masks.forEach((kind, mask) -> {
            if (kind.ordinal() <= last(version)) {
                Properties.begin(out, kind.ordinal(), 8).writeInt(mask);
            }
        });
    }
}
