package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One OpenFlow message without its header: the same in all versions as far as they can say the same.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7</a>
 */
public sealed interface OpenFlowMessage {
    /** {@code OFP_NO_BUFFER}. */
    int NO_BUFFER = 0xffffffff;

    /**
     * Opens a connection.
     *
     * @param versions that the sender speaks, as numbers on the wire; empty when it did not list them
     */
    record Hello(Set<Integer> versions) implements OpenFlowMessage {
        public Hello {
            versions = Set.copyOf(versions);
        }
    }

    /**
     * A request was refused.
     *
     * @param errorType {@code OFPET_*} with the numbers of OpenFlow 1.3, whatever the version on the wire is
     * @param code within the type, likewise
     * @param data the first octets of the request, or for a failed hello a sentence
     */
    record ErrorReply(int errorType, int code, Octets data) implements OpenFlowMessage {
        public ErrorReply(ErrorCode error, Octets data) {
            this(error.type(), error.code(), data);
        }
    }

    record EchoRequest(Octets data) implements OpenFlowMessage {}

    record EchoReply(Octets data) implements OpenFlowMessage {}

    /** An extension that this codec does not know. */
    record Experimenter(int experimenter, int experimenterType, Octets data) implements OpenFlowMessage {}

    record FeaturesRequest() implements OpenFlowMessage {}

    /**
     * What a switch is.
     *
     * @param buffers packets that it can hold, 0 for none
     * @param capabilities {@code OFPC_*} bits
     * @param ports in OpenFlow 1.0 to 1.2; empty in later ones
     */
    record FeaturesReply(
            long datapathId, int buffers, int tables, int auxiliaryId, int capabilities, List<PortDescription> ports)
            implements OpenFlowMessage {
        public FeaturesReply {
            ports = List.copyOf(ports);
        }

        public FeaturesReply(long datapathId, int buffers, int tables, int auxiliaryId, int capabilities) {
            this(datapathId, buffers, tables, auxiliaryId, capabilities, List.of());
        }
    }

    record GetConfigRequest() implements OpenFlowMessage {}

    /** {@code missSendLength}: octets of a table-miss packet-in, 0xffff for all. */
    record GetConfigReply(int flags, int missSendLength) implements OpenFlowMessage {}

    /** See {@link GetConfigReply}. */
    record SetConfig(int flags, int missSendLength) implements OpenFlowMessage {}

    /**
     * A packet for the controller.
     *
     * @param totalLength of the whole frame in octets, 0 to 65535
     * @param reason {@code OFPR_*}
     * @param match pipeline fields, in_port among them
     */
    record PacketIn(int bufferId, int totalLength, int reason, int tableId, long cookie, Match match, Octets frame)
            implements OpenFlowMessage {}

    /**
     * A flow is gone.
     *
     * @param reason {@code OFPRR_*}
     */
    record FlowRemoved(
            long cookie,
            int priority,
            int reason,
            int tableId,
            Duration duration,
            int idleTimeoutSeconds,
            int hardTimeoutSeconds,
            long packets,
            long octets,
            Match match)
            implements OpenFlowMessage {}

    /** {@code reason}: 0 added, 1 deleted, 2 modified. */
    record PortStatus(int reason, PortDescription port) implements OpenFlowMessage {}

    /** A packet to process. {@code frame} counts iff {@code bufferId} is {@link #NO_BUFFER}. */
    record PacketOut(int bufferId, int inPort, List<Action> actions, Octets frame) implements OpenFlowMessage {
        public PacketOut {
            actions = List.copyOf(actions);
        }
    }

    record FlowModRequest(FlowMod mod, int bufferId) implements OpenFlowMessage {}

    record GroupModRequest(GroupMod mod) implements OpenFlowMessage {}

    record MeterModRequest(MeterMod mod) implements OpenFlowMessage {}

    /**
     * Changes a port.
     *
     * @param macAddress 48 bits, must be the port's
     * @param config new values of the bits in {@code mask}
     * @param advertise {@code OFPPF_*} bits, 0 for no change
     */
    record PortModRequest(int port, long macAddress, int config, int mask, int advertise) implements OpenFlowMessage {}

    /** Sets what a table does when it fills up (OpenFlow 1.4), or with what it does not match (1.1 and 1.2). */
    record TableModRequest(MultipartBody.TableDescription table) implements OpenFlowMessage {
        public TableModRequest(int tableId, int config) {
            this(new MultipartBody.TableDescription(tableId, config));
        }
    }

    /** {@code reason}: 3 for places that have become scarce, 4 when there are enough again. */
    record TableStatus(int reason, MultipartBody.TableDescription table) implements OpenFlowMessage {}

    record BarrierRequest() implements OpenFlowMessage {}

    record BarrierReply() implements OpenFlowMessage {}

    /** {@code generationId}: none in the extension that OpenFlow 1.0 and 1.1 have for roles. */
    record RoleRequest(Role role, OptionalLong generationId) implements OpenFlowMessage {
        public RoleRequest(Role role, long generationId) {
            this(role, OptionalLong.of(generationId));
        }
    }

    record RoleReply(Role role, long generationId) implements OpenFlowMessage {}

    record GetAsyncRequest() implements OpenFlowMessage {}

    record GetAsyncReply(AsyncConfiguration configuration) implements OpenFlowMessage {}

    record SetAsync(AsyncConfiguration configuration) implements OpenFlowMessage {}

    /** Changes some of what is wanted (OpenFlow 1.4 and later); the rest stays. */
    record ChangeAsync(Map<AsyncConfiguration.Kind, Integer> masks) implements OpenFlowMessage {
        public ChangeAsync {
            masks = Map.copyOf(masks);
        }
    }

    /** Open vSwitch's {@code NXT_SET_FLOW_FORMAT}: flows with an extended match or with that of OpenFlow 1.0. */
    record SetFlowFormat(boolean isNxm) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_FLOW_MOD_TABLE_ID}: whether flow-mods of OpenFlow 1.0 name a table. */
    record SetTableIdInCommand(boolean isWanted) implements OpenFlowMessage {}

    /**
     * Open vSwitch's {@code NXT_PACKET_IN2}: a packet for the controller with all that is known of it.
     *
     * @param bufferId {@link #NO_BUFFER} for none
     * @param totalLength of the whole frame in octets
     * @param reason {@code OFPR_*}
     * @param cookie all ones for none
     * @param match pipeline fields, in_port among them
     * @param userdata what the flow says to controllers
     * @param continuation how the packet goes on, to be sent back as it is in a {@link Resume}; empty when it does not wait for that
     */
    record ExtendedPacketIn(
            int bufferId,
            int totalLength,
            int reason,
            int tableId,
            long cookie,
            Match match,
            Octets frame,
            Octets userdata,
            Octets continuation)
            implements OpenFlowMessage {}

    /**
     * Open vSwitch's {@code NXT_RESUME}: a packet that waited goes on.
     *
     * @param match pipeline fields as they are to be from now on
     * @param continuation of the {@link ExtendedPacketIn}
     */
    record Resume(Match match, Octets frame, Octets continuation) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_SET_PACKET_IN_FORMAT}: 0 as the version has it, 1 with an extended match, 2 with properties. */
    record SetPacketInFormat(int format) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_SET_CONTROLLER_ID}: which packets of actions to controllers are wanted; 16 bits. */
    record SetControllerId(int controllerId) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_CT_FLUSH_ZONE}: forget the connections of a zone, 0 to 65535. */
    record CtFlushZone(int zone) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_CT_FLUSH}: forget some connections. */
    record CtFlush(ConnectionFilter filter) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_TLV_TABLE_MOD}: which Geneve option is which field. */
    record TlvTableMod(TunnelOptionsMod mod) implements OpenFlowMessage {}

    /** Open vSwitch's {@code NXT_TLV_TABLE_REQUEST}. */
    record TlvTableRequest() implements OpenFlowMessage {}

    /**
     * Open vSwitch's {@code NXT_TLV_TABLE_REPLY}.
     *
     * @param maxOctets of all options that can be mapped together
     * @param maxFields that can be mapped together
     */
    record TlvTableReply(int maxOctets, int maxFields, List<TunnelOptions.Option> options) implements OpenFlowMessage {
        public TlvTableReply {
            options = List.copyOf(options);
        }
    }

    record QueueGetConfigRequest(int port) implements OpenFlowMessage {}

    /** Queues of a port; their properties are not kept. */
    record QueueGetConfigReply(int port, List<Queue> queues) implements OpenFlowMessage {
        public QueueGetConfigReply {
            queues = List.copyOf(queues);
        }
    }

    /** {@code more}: further messages with the same transaction id follow. */
    record MultipartRequest(boolean more, MultipartBody.Request body) implements OpenFlowMessage {}

    /** {@code more}: further messages with the same transaction id follow. */
    record MultipartReply(boolean more, MultipartBody.Reply body) implements OpenFlowMessage {}

    /**
     * Begins, ends, commits or discards a bundle, or answers that.
     *
     * @param type {@code OFPBCT_*}: requests are even, the reply to each is one more
     * @param flags {@code OFPBF_*}: 1 atomic, 2 ordered, 4 at a time
     */
    record BundleControl(int bundleId, int type, int flags) implements OpenFlowMessage {
        public static final int OPEN_REQUEST = 0;
        public static final int CLOSE_REQUEST = 2;
        public static final int COMMIT_REQUEST = 4;
        public static final int DISCARD_REQUEST = 6;
    }

    /** Puts a message into a bundle; {@code flags} as in {@link BundleControl}, {@code message} whole with its header. */
    record BundleAdd(int bundleId, int flags, Octets message) implements OpenFlowMessage {}

    /** Ends a flow monitor, before OpenFlow 1.4. */
    record FlowMonitorCancel(int id) implements OpenFlowMessage {}

    /** See {@link FlowUpdate.Paused}; before OpenFlow 1.4. */
    record FlowMonitorPaused() implements OpenFlowMessage {}

    /** See {@link FlowUpdate.Resumed}; before OpenFlow 1.4. */
    record FlowMonitorResumed() implements OpenFlowMessage {}

    /**
     * The client's role is another without its asking.
     *
     * @param reason {@code OFPCRR_*}: 0 when another client has become master
     * @param generationId the last one, all ones when there has been none
     */
    record RoleStatus(Role role, int reason, long generationId) implements OpenFlowMessage {}

    /** A controller's connection or role has changed (OpenFlow 1.5). */
    record ControllerStatusChanged(ControllerStatus status) implements OpenFlowMessage {}

    /**
     * Another client has changed a group or a meter.
     *
     * @param request its message, whole with its header
     */
    record RequestForward(Octets request) implements OpenFlowMessage {}

    /**
     * A queue of a port. Rates are in tenths of a percent of the port's, 0 to 1000.
     *
     * @param minRate guaranteed; {@link #NO_RATE} if nothing is said
     * @param maxRate at most; {@link #NO_RATE} if nothing is said
     */
    record Queue(int queueId, int port, int minRate, int maxRate) {
        /** Nothing is said of a rate. */
        public static final int NO_RATE = 0xffff;

        /** A queue of which no rates are said. */
        public Queue(int queueId, int port) {
            this(queueId, port, NO_RATE, NO_RATE);
        }
    }

    /** {@code OFPCR_ROLE_*}, in wire order. */
    enum Role {
        NO_CHANGE,
        EQUAL,
        MASTER,
        SLAVE
    }

    /**
     * Which asynchronous messages a controller wants: bit n for reason n. {@code master} counts for the roles EQUAL and MASTER,
     * {@code slave} for SLAVE. Those after {@code flowRemoved} came with OpenFlow 1.4, the last two with 1.5.
     */
    record AsyncConfiguration(
            Masks packetIn,
            Masks portStatus,
            Masks flowRemoved,
            Masks roleStatus,
            Masks tableStatus,
            Masks requestForward,
            Masks flowStats,
            Masks controllerStatus) {
        /** Bits of reasons. */
        public record Masks(int master, int slave) {
            static final Masks NONE = new Masks(0, 0);
        }

        /** One of the masks, in the order of {@code OFPACPT_*}. */
        public enum Kind {
            PACKET_IN_SLAVE,
            PACKET_IN_MASTER,
            PORT_STATUS_SLAVE,
            PORT_STATUS_MASTER,
            FLOW_REMOVED_SLAVE,
            FLOW_REMOVED_MASTER,
            ROLE_STATUS_SLAVE,
            ROLE_STATUS_MASTER,
            TABLE_STATUS_SLAVE,
            TABLE_STATUS_MASTER,
            REQUEST_FORWARD_SLAVE,
            REQUEST_FORWARD_MASTER,
            FLOW_STATS_SLAVE,
            FLOW_STATS_MASTER,
            CONTROLLER_STATUS_SLAVE,
            CONTROLLER_STATUS_MASTER
        }

        /** The first three; the others are those that hold until a controller says otherwise. */
        public AsyncConfiguration(Masks packetIn, Masks portStatus, Masks flowRemoved) {
            this(
                    packetIn,
                    portStatus,
                    flowRemoved,
                    new Masks(0x7, 0x7),
                    new Masks(0x18, 0),
                    Masks.NONE,
                    Masks.NONE,
                    Masks.NONE);
        }

        /** What holds until a controller says otherwise (OpenFlow 1.3.5 section 6.3.4). */
        public static final AsyncConfiguration DEFAULT =
                new AsyncConfiguration(new Masks(0x7, 0), new Masks(0x7, 0x7), new Masks(0xf, 0));

        /** What holds in a version until a controller says otherwise: 1.4 added reasons. */
        public static AsyncConfiguration defaultOf(OpenFlowVersion version) {
            return version.isAtLeast(OpenFlowVersion.OPENFLOW_14)
                    ? new AsyncConfiguration(new Masks(0x3f, 0), new Masks(0x7, 0x7), new Masks(0x3f, 0))
                    : DEFAULT;
        }

        public int mask(Kind kind) {
            return switch (kind) {
                case PACKET_IN_SLAVE -> packetIn.slave;
                case PACKET_IN_MASTER -> packetIn.master;
                case PORT_STATUS_SLAVE -> portStatus.slave;
                case PORT_STATUS_MASTER -> portStatus.master;
                case FLOW_REMOVED_SLAVE -> flowRemoved.slave;
                case FLOW_REMOVED_MASTER -> flowRemoved.master;
                case ROLE_STATUS_SLAVE -> roleStatus.slave;
                case ROLE_STATUS_MASTER -> roleStatus.master;
                case TABLE_STATUS_SLAVE -> tableStatus.slave;
                case TABLE_STATUS_MASTER -> tableStatus.master;
                case REQUEST_FORWARD_SLAVE -> requestForward.slave;
                case REQUEST_FORWARD_MASTER -> requestForward.master;
                case FLOW_STATS_SLAVE -> flowStats.slave;
                case FLOW_STATS_MASTER -> flowStats.master;
                case CONTROLLER_STATUS_SLAVE -> controllerStatus.slave;
                case CONTROLLER_STATUS_MASTER -> controllerStatus.master;
            };
        }

        /** This with other masks in some places. */
        public AsyncConfiguration with(Map<Kind, Integer> masks) {
            return new AsyncConfiguration(
                    with(masks, Kind.PACKET_IN_MASTER, Kind.PACKET_IN_SLAVE),
                    with(masks, Kind.PORT_STATUS_MASTER, Kind.PORT_STATUS_SLAVE),
                    with(masks, Kind.FLOW_REMOVED_MASTER, Kind.FLOW_REMOVED_SLAVE),
                    with(masks, Kind.ROLE_STATUS_MASTER, Kind.ROLE_STATUS_SLAVE),
                    with(masks, Kind.TABLE_STATUS_MASTER, Kind.TABLE_STATUS_SLAVE),
                    with(masks, Kind.REQUEST_FORWARD_MASTER, Kind.REQUEST_FORWARD_SLAVE),
                    with(masks, Kind.FLOW_STATS_MASTER, Kind.FLOW_STATS_SLAVE),
                    with(masks, Kind.CONTROLLER_STATUS_MASTER, Kind.CONTROLLER_STATUS_SLAVE));
        }

        private Masks with(Map<Kind, Integer> masks, Kind master, Kind slave) {
            return new Masks(masks.getOrDefault(master, mask(master)), masks.getOrDefault(slave, mask(slave)));
        }

        /** This with the first three of another, which are all that OpenFlow 1.3 and its forerunners can say. */
        public AsyncConfiguration withFirst(AsyncConfiguration other) {
            return new AsyncConfiguration(
                    other.packetIn,
                    other.portStatus,
                    other.flowRemoved,
                    roleStatus,
                    tableStatus,
                    requestForward,
                    flowStats,
                    controllerStatus);
        }

        /** All of its masks. */
        public Map<Kind, Integer> masks() {
            Map<Kind, Integer> masks = new EnumMap<>(Kind.class);
            for (Kind kind : Kind.values()) {
                masks.put(kind, mask(kind));
            }
            return masks;
        }
    }

    /** A time span as the wire has it; {@code nanoseconds} below a second. */
    record Duration(int seconds, int nanoseconds) {
        public static final Duration ZERO = new Duration(0, 0);

        /** From a count of nanoseconds. */
        public static Duration ofNanos(long nanoseconds) {
            return new Duration((int) (nanoseconds / 1_000_000_000L), (int) (nanoseconds % 1_000_000_000L));
        }
    }

    /**
     * A port.
     *
     * @param name at most 15 octets
     * @param config {@code OFPPC_*} bits
     * @param state {@code OFPPS_*} bits: 1 link down, 2 blocked, 4 live
     * @param current features {@code OFPPF_*}; {@code advertised}, {@code supported} and {@code peer} likewise
     * @param currentSpeedKbps unsigned; {@code maxSpeedKbps} likewise
     */
    record PortDescription(
            int port,
            long macAddress,
            String name,
            int config,
            int state,
            int current,
            int advertised,
            int supported,
            int peer,
            int currentSpeedKbps,
            int maxSpeedKbps) {}
}
