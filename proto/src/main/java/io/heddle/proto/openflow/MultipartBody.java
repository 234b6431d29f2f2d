package io.heddle.proto.openflow;

import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a multipart message asks or answers.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
public sealed interface MultipartBody {
    /** Questions. */
    sealed interface Request extends MultipartBody {}

    /** Answers. Those with entries may be spread over several messages. */
    sealed interface Reply extends MultipartBody {}

    record DescriptionRequest() implements Request {}

    /** Which flows are meant; see {@code FlowMod} for the fields. */
    record FlowSelection(int tableId, int outPort, int outGroup, long cookie, long cookieMask, Match match) {}

    record FlowRequest(FlowSelection selection) implements Request {}

    record AggregateRequest(FlowSelection selection) implements Request {}

    /** Asks for flows' counters without their descriptions (OpenFlow 1.5). */
    record FlowStatsRequest(FlowSelection selection) implements Request {}

    record TableRequest() implements Request {}

    record PortStatsRequest(int port) implements Request {}

    record QueueStatsRequest(int port, int queueId) implements Request {}

    record GroupStatsRequest(int groupId) implements Request {}

    /** {@code groupId}: which one; all of them before OpenFlow 1.5. */
    record GroupDescRequest(int groupId) implements Request {
        public GroupDescRequest() {
            this(GroupMod.ALL_GROUPS);
        }
    }

    record GroupFeaturesRequest() implements Request {}

    record MeterStatsRequest(int meterId) implements Request {}

    record MeterConfigRequest(int meterId) implements Request {}

    record MeterFeaturesRequest() implements Request {}

    /** Asks for the tables' features; with entries: asks to change them. */
    record TableFeaturesRequest(List<TableFeatures> tables) implements Request {
        public TableFeaturesRequest {
            tables = List.copyOf(tables);
        }
    }

    /** {@code port}: which one; all of them before OpenFlow 1.5. */
    record PortDescRequest(int port) implements Request {
        public PortDescRequest() {
            this(Ports.ANY);
        }
    }

    record TableDescRequest() implements Request {}

    record QueueDescRequest(int port, int queueId) implements Request {}

    /** Adds, changes and ends flow monitors; the answer is what those that are new begin with. */
    record FlowMonitorRequest(List<FlowMonitor> monitors) implements Request {
        public FlowMonitorRequest {
            monitors = List.copyOf(monitors);
        }
    }

    /** Asks for the connections to all controllers (OpenFlow 1.5). */
    record ControllerStatusRequest() implements Request {}

    record ExperimenterRequest(int experimenter, int experimenterType, Octets data) implements Request {}

    /** Who made the switch; each at most 255 octets, the serial number 31. */
    record Description(String manufacturer, String hardware, String software, String serialNumber, String datapath)
            implements Reply {}

    record FlowReply(List<FlowEntry> flows) implements Reply {
        public FlowReply {
            flows = List.copyOf(flows);
        }
    }

    /** Flows of which only table, priority, match, counters and duration are told (OpenFlow 1.5). */
    record FlowStatsReply(List<FlowEntry> flows) implements Reply {
        public FlowStatsReply {
            flows = List.copyOf(flows);
        }
    }

    /** A flow with its counters. */
    record FlowEntry(
            int tableId,
            Duration duration,
            int priority,
            int idleTimeoutSeconds,
            int hardTimeoutSeconds,
            Set<FlowMod.Flag> flags,
            int importance,
            long cookie,
            long packets,
            long octets,
            Match match,
            List<Instruction> instructions) {
        public FlowEntry {
            flags = Set.copyOf(flags);
            instructions = List.copyOf(instructions);
        }
    }

    record Aggregate(long packets, long octets, int flows) implements Reply {}

    record TableReply(List<TableEntry> tables) implements Reply {
        public TableReply {
            tables = List.copyOf(tables);
        }
    }

    /**
     * A table's counters.
     *
     * @param maxEntries most flows that it takes; told by OpenFlow 1.0 to 1.2 only
     */
    record TableEntry(int tableId, int active, long lookups, long matches, int maxEntries) {}

    record PortStatsReply(List<PortEntry> ports) implements Reply {
        public PortStatsReply {
            ports = List.copyOf(ports);
        }
    }

    /** A port's counters; -1 for what is not counted. */
    record PortEntry(
            int port,
            long rxPackets,
            long txPackets,
            long rxOctets,
            long txOctets,
            long rxDropped,
            long txDropped,
            long rxErrors,
            long txErrors,
            long rxFrameErrors,
            long rxOverruns,
            long rxCrcErrors,
            long collisions,
            Duration duration) {}

    record QueueStatsReply(List<QueueEntry> queues) implements Reply {
        public QueueStatsReply {
            queues = List.copyOf(queues);
        }
    }

    /** A queue's counters. */
    record QueueEntry(int port, int queueId, long txOctets, long txPackets, long txErrors, Duration duration) {}

    record GroupStatsReply(List<GroupEntry> groups) implements Reply {
        public GroupStatsReply {
            groups = List.copyOf(groups);
        }
    }

    /** A group's counters. */
    record GroupEntry(
            int groupId, int referenceCount, long packets, long octets, Duration duration, List<Count> buckets) {
        public GroupEntry {
            buckets = List.copyOf(buckets);
        }
    }

    /** Packets and octets that were counted. */
    record Count(long packets, long octets) {}

    record GroupDescReply(List<GroupDescription> groups) implements Reply {
        public GroupDescReply {
            groups = List.copyOf(groups);
        }
    }

    /** A group as it was made. */
    record GroupDescription(
            int groupId, GroupMod.GroupType type, Selection selection, List<GroupMod.BucketSpec> buckets) {
        public GroupDescription {
            buckets = List.copyOf(buckets);
        }
    }

    /**
     * What groups can do.
     *
     * @param types bit n for {@code OFPGT_*} n
     * @param capabilities {@code OFPGFC_*} bits
     * @param maxGroups of each type, four of them
     * @param actions bit n for {@code OFPAT_*} n, for each type, four of them
     */
    record GroupFeatures(int types, int capabilities, List<Integer> maxGroups, List<Integer> actions) implements Reply {
        public GroupFeatures {
            maxGroups = List.copyOf(maxGroups);
            actions = List.copyOf(actions);
            if (maxGroups.size() != 4 || actions.size() != 4) {
                throw new IllegalArgumentException("there are four types of groups");
            }
        }
    }

    record MeterStatsReply(List<MeterEntry> meters) implements Reply {
        public MeterStatsReply {
            meters = List.copyOf(meters);
        }
    }

    /** A meter's counters. */
    record MeterEntry(int meterId, int flowCount, long packets, long octets, Duration duration, List<Count> bands) {
        public MeterEntry {
            bands = List.copyOf(bands);
        }
    }

    record MeterConfigReply(List<MeterConfig> meters) implements Reply {
        public MeterConfigReply {
            meters = List.copyOf(meters);
        }
    }

    /** A meter as it was made. */
    record MeterConfig(int meterId, Set<MeterMod.Flag> flags, List<MeterMod.Band> bands) {
        public MeterConfig {
            flags = Set.copyOf(flags);
            bands = List.copyOf(bands);
        }
    }

    /**
     * What meters can do.
     *
     * @param bandTypes bit n for {@code OFPMBT_*} n
     * @param capabilities {@code OFPMF_*} bits
     */
    record MeterFeatures(int maxMeters, int bandTypes, int capabilities, int maxBands, int maxColor) implements Reply {}

    record TableFeaturesReply(List<TableFeatures> tables) implements Reply {
        public TableFeaturesReply {
            tables = List.copyOf(tables);
        }
    }

    /**
     * What a table can do.
     *
     * @param name at most 31 octets
     */
    record TableFeatures(
            int tableId,
            String name,
            long metadataMatch,
            long metadataWrite,
            int config,
            int maxEntries,
            List<TableProperty> properties) {
        public TableFeatures {
            properties = List.copyOf(properties);
        }
    }

    /**
     * One list of what a table can do.
     *
     * @param propertyType {@code OFPTFPT_*}
     * @param numbers instruction types, table numbers or action types, as the property is about these; empty otherwise
     * @param fields that can be matched or written, as the property is about these; empty otherwise
     */
    record TableProperty(int propertyType, List<Integer> numbers, List<FieldId> fields) {
        public TableProperty {
            numbers = List.copyOf(numbers);
            fields = List.copyOf(fields);
        }
    }

    /** A field as a property names it; {@code length} of its payload in octets, without the experimenter's id. */
    record FieldId(OxmId id, boolean masked, int length) {}

    /** What tables are told to do when they are full (OpenFlow 1.4). */
    record TableDescReply(List<TableDescription> tables) implements Reply {
        public TableDescReply {
            tables = List.copyOf(tables);
        }
    }

    /**
     * What a table does when it fills up.
     *
     * @param config {@code OFPTC_*} bits: 4 eviction, 8 vacancy events
     * @param evictionFlags {@code OFPTMPEF_*} bits, what is looked at: 1 other, 2 importance, 4 lifetime; 0 when they are not told
     * @param vacancy null when it is not told
     */
    record TableDescription(
            int tableId,
            int config,
            int evictionFlags,
            @Nullable Vacancy vacancy) {
        /** {@code OFPTC_EVICTION}. */
        public static final int EVICTION = 4;

        /** {@code OFPTC_VACANCY_EVENTS}. */
        public static final int VACANCY_EVENTS = 8;

        public TableDescription(int tableId, int config) {
            this(tableId, config, 0, null);
        }
    }

    /** When vacancy events come, and how many places are free now; in percent. */
    record Vacancy(int down, int up, int current) {}

    /** Queues of ports (OpenFlow 1.4). */
    record QueueDescReply(List<OpenFlowMessage.Queue> queues) implements Reply {
        public QueueDescReply {
            queues = List.copyOf(queues);
        }
    }

    record PortDescReply(List<PortDescription> ports) implements Reply {
        public PortDescReply {
            ports = List.copyOf(ports);
        }
    }

    /** A question for flows in Open vSwitch's extended form ({@code NXST_FLOW}, {@code NXST_AGGREGATE}); OpenFlow 1.0 only. */
    record ExtendedRequest(Request body) implements Request {}

    /** The answer to an {@link ExtendedRequest}. */
    record ExtendedReply(Reply body) implements Reply {}

    /** What flow monitors tell; without being asked, too, with transaction id 0. */
    record FlowUpdates(List<FlowUpdate> updates) implements Reply {
        public FlowUpdates {
            updates = List.copyOf(updates);
        }
    }

    record ControllerStatusReply(List<ControllerStatus> controllers) implements Reply {
        public ControllerStatusReply {
            controllers = List.copyOf(controllers);
        }
    }

    record ExperimenterReply(int experimenter, int experimenterType, Octets data) implements Reply {}
}
