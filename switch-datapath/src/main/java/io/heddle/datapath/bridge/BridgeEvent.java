package io.heddle.datapath.bridge;

import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.FrozenState;
import org.jspecify.annotations.Nullable;

/** Something that happened on a bridge. */
public sealed interface BridgeEvent {
    /** Kind, to say which ones are wanted. */
    enum Kind {
        PACKET_IN,
        FLOW_REMOVED,
        PORT_STATUS,
        TABLE_STATUS,
        /** {@link FlowChanged}, {@link GroupChanged} and {@link MeterChanged}. */
        TABLE_CHANGE
    }

    /** What happened to a thing. */
    enum Change {
        ADDED,
        MODIFIED,
        REMOVED
    }

    Kind kind();

    /**
     * A packet for controllers.
     *
     * @param frame cut to the action's length; not to be modified
     * @param totalLength of the whole frame in octets
     * @param reason {@code OFPR_*}: 0 no match, 1 action, 2 invalid TTL
     * @param controllerId of the action, 0 for all
     * @param inPort OpenFlow number
     * @param cookie of the flow, all ones for a miss without one
     * @param pipelineFields all non-zero pipeline fields, in_port included
     * @param userdata what the flow says to controllers: octets in hexadecimal
     * @param continuation what is left to do with the packet when it is sent back ({@link BridgeControl#resume}); null when this is a copy
     *     only
     * @param datapathPort number in the process of the port
     */
    @SuppressWarnings("ArrayRecordComponent") // identity is never asked for
    record PacketIn(
            byte[] frame,
            int totalLength,
            int reason,
            int controllerId,
            int inPort,
            int tableId,
            long cookie,
            Match pipelineFields,
            String userdata,
            @Nullable FrozenState continuation,
            int datapathPort)
            implements BridgeEvent {
        /** A copy of which nothing more is said. */
        public PacketIn(
                byte[] frame,
                int totalLength,
                int reason,
                int controllerId,
                int inPort,
                int tableId,
                long cookie,
                Match pipelineFields) {
            this(frame, totalLength, reason, controllerId, inPort, tableId, cookie, pipelineFields, "", null, 0);
        }

        @Override
        public Kind kind() {
            return Kind.PACKET_IN;
        }
    }

    /** A flow with {@code SEND_FLOW_REM} was removed. */
    record FlowRemoved(FlowState flow, RemovalReason reason) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.FLOW_REMOVED;
        }
    }

    /** A port came, went or changed. */
    record PortStatus(Change change, PortState port) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.PORT_STATUS;
        }
    }

    /**
     * A table with vacancy events has become scarce of places, or has enough of them again.
     *
     * @param isLow which of both
     */
    record TableStatus(BridgeReader.TableState table, boolean isLow) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.TABLE_STATUS;
        }
    }

    /** A flow came, went or changed in more than its counters; {@code reason} counts for a removal only. */
    record FlowChanged(Change change, FlowState flow, RemovalReason reason, long revision) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.TABLE_CHANGE;
        }
    }

    /** A group came, went or changed. */
    record GroupChanged(Change change, GroupState group, long revision) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.TABLE_CHANGE;
        }
    }

    /** A meter came, went or changed. */
    record MeterChanged(Change change, MeterState meter, long revision) implements BridgeEvent {
        @Override
        public Kind kind() {
            return Kind.TABLE_CHANGE;
        }
    }

    /** Why a flow is gone, with the numbers of {@code OFPRR_*} of OpenFlow 1.4. */
    enum RemovalReason {
        IDLE_TIMEOUT,
        HARD_TIMEOUT,
        DELETE,
        GROUP_DELETE,
        METER_DELETE,
        EVICTION
    }
}
