package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.Selection;
import io.heddle.flow.match.Match;
import io.heddle.proto.openflow.MultipartBody.Count;
import io.heddle.proto.openflow.MultipartBody.FlowSelection;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * Multipart requests and replies as OpenFlow 1.1 and later have them.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class StandardMultipart implements MultipartCodec.Layout {
    /** As below in OpenFlow 1.1. */
    private static final int TABLE_CAPABILITIES_11 = 7 + 32 + 6 * 4;

    /** Octets from a table's number to its largest number of entries in OpenFlow 1.2. */
    private static final int TABLE_CAPABILITIES_12 = 7 + 32 + 2 * 8 + 2 * 4 + 4 * 8 + 2 * 4;

    /** Bits of the fields of OpenFlow 1.2, {@code OFPXMT_OFB_IN_PORT} to {@code MPLS_TC}. */
    private static final long FIELDS_12 = (1L << 36) - 1;

    /** Bits of the instructions of OpenFlow 1.1 and 1.2: all five. */
    private static final int INSTRUCTIONS_12 = 0x3e;

    private final OpenFlowVersion version;
    private final ActionCodec actions;
    private final ModCodec mods;
    private final PortCodec ports;
    private final MatchCodec matches;
    private final Flows15 flows15;
    private final Groups15 groups15;

    StandardMultipart(OpenFlowVersion version, ActionCodec actions, ModCodec mods, PortCodec ports) {
        this.version = version;
        this.actions = actions;
        this.mods = mods;
        this.ports = ports;
        this.matches = new MatchCodec(version);
        this.flows15 = new Flows15(actions);
        this.groups15 = new Groups15(actions);
    }

    private boolean isLatest() {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_15);
    }

    private boolean isSecond() {
        return version == OpenFlowVersion.OPENFLOW_11;
    }

    private boolean hasProperties() {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_14);
    }

    private boolean hasDurations() {
        return version.isAtLeast(OpenFlowVersion.OPENFLOW_13);
    }

    @Override
    public MultipartBody.Request request(int type, Reader in) throws FlowException {
        return switch (type) {
            case MultipartCodec.DESC -> MultipartCodec.empty(new MultipartBody.DescriptionRequest(), in);
            case MultipartCodec.FLOW -> new MultipartBody.FlowRequest(selection(in));
            case MultipartCodec.AGGREGATE -> new MultipartBody.AggregateRequest(selection(in));
            case MultipartCodec.TABLE -> MultipartCodec.empty(new MultipartBody.TableRequest(), in);
            case MultipartCodec.PORT_STATS -> new MultipartBody.PortStatsRequest(number(in));
            case MultipartCodec.QUEUE ->
                new MultipartBody.QueueStatsRequest(
                        MultipartCodec.exactly(in, 8).i32(), in.i32());
            case MultipartCodec.GROUP -> new MultipartBody.GroupStatsRequest(number(in));
            case MultipartCodec.GROUP_DESC ->
                isLatest()
                        ? new MultipartBody.GroupDescRequest(number(in))
                        : MultipartCodec.empty(new MultipartBody.GroupDescRequest(), in);
            case MultipartCodec.GROUP_FEATURES -> MultipartCodec.empty(new MultipartBody.GroupFeaturesRequest(), in);
            case MultipartCodec.METER -> new MultipartBody.MeterStatsRequest(number(in));
            case MultipartCodec.METER_CONFIG -> new MultipartBody.MeterConfigRequest(number(in));
            case MultipartCodec.METER_FEATURES -> MultipartCodec.empty(new MultipartBody.MeterFeaturesRequest(), in);
            case MultipartCodec.TABLE_FEATURES -> new MultipartBody.TableFeaturesRequest(TableFeaturesCodec.decode(in));
            case MultipartCodec.PORT_DESC ->
                isLatest()
                        ? new MultipartBody.PortDescRequest(number(in))
                        : MultipartCodec.empty(new MultipartBody.PortDescRequest(), in);
            case MultipartCodec.FLOW_STATS -> new MultipartBody.FlowStatsRequest(selection(in));
            case MultipartCodec.TABLE_DESC -> MultipartCodec.empty(new MultipartBody.TableDescRequest(), in);
            case MultipartCodec.QUEUE_DESC ->
                new MultipartBody.QueueDescRequest(MultipartCodec.exactly(in, 8).i32(), in.i32());
            case MultipartCodec.CONTROLLER_STATUS ->
                MultipartCodec.empty(new MultipartBody.ControllerStatusRequest(), in);
            case MultipartCodec.EXPERIMENTER -> new MultipartBody.ExperimenterRequest(in.i32(), in.i32(), in.rest());
            default -> throw MultipartCodec.unknown(type);
        };
    }

    private static int number(Reader in) throws FlowException {
        int number = MultipartCodec.exactly(in, 8).i32();
        in.finish();
        return number;
    }

    private FlowSelection selection(Reader in) throws FlowException {
        in.need(32);
        int table = in.u8();
        in.skip(3);
        int outPort = in.i32();
        int outGroup = in.i32();
        in.skip(4);
        long cookie = in.i64();
        long cookieMask = in.i64();
        Match match = matches.read(in);
        MultipartCodec.exactly(in, 0);
        return new FlowSelection(table, outPort, outGroup, cookie, cookieMask, match);
    }

    @Override
    public MultipartBody.Reply reply(int type, Reader in) throws FlowException {
        return switch (type) {
            case MultipartCodec.DESC -> description(in);
            case MultipartCodec.FLOW ->
                new MultipartBody.FlowReply(MultipartCodec.list(in, isLatest() ? flows15::description : this::flow));
            case MultipartCodec.FLOW_STATS ->
                new MultipartBody.FlowStatsReply(MultipartCodec.list(in, Flows15::statisticsEntry));
            case MultipartCodec.AGGREGATE -> isLatest() ? Flows15.aggregate(in) : aggregate(in);
            case MultipartCodec.TABLE -> new MultipartBody.TableReply(MultipartCodec.list(in, this::table));
            case MultipartCodec.PORT_STATS ->
                new MultipartBody.PortStatsReply(MultipartCodec.list(in, ports::statistics));
            case MultipartCodec.QUEUE -> new MultipartBody.QueueStatsReply(MultipartCodec.list(in, this::queue));
            case MultipartCodec.GROUP -> new MultipartBody.GroupStatsReply(MultipartCodec.list(in, this::group));
            case MultipartCodec.GROUP_DESC ->
                new MultipartBody.GroupDescReply(
                        MultipartCodec.list(in, isLatest() ? groups15::description : this::groupDescription));
            case MultipartCodec.GROUP_FEATURES -> {
                MultipartCodec.exactly(in, 40);
                yield new MultipartBody.GroupFeatures(
                        in.i32(),
                        in.i32(),
                        List.of(in.i32(), in.i32(), in.i32(), in.i32()),
                        List.of(in.i32(), in.i32(), in.i32(), in.i32()));
            }
            case MultipartCodec.METER ->
                new MultipartBody.MeterStatsReply(MultipartCodec.list(in, StandardMultipart::meter));
            case MultipartCodec.METER_CONFIG ->
                new MultipartBody.MeterConfigReply(MultipartCodec.list(in, StandardMultipart::meterConfig));
            case MultipartCodec.METER_FEATURES -> {
                MultipartCodec.exactly(in, isLatest() ? 24 : 16);
                MultipartBody.MeterFeatures features =
                        new MultipartBody.MeterFeatures(in.i32(), in.i32(), in.i32(), in.u8(), in.u8());
                in.finish();
                yield features;
            }
            case MultipartCodec.TABLE_FEATURES -> new MultipartBody.TableFeaturesReply(TableFeaturesCodec.decode(in));
            case MultipartCodec.PORT_DESC -> new MultipartBody.PortDescReply(MultipartCodec.list(in, ports::port));
            case MultipartCodec.TABLE_DESC ->
                new MultipartBody.TableDescReply(MultipartCodec.list(in, TableCodec::description));
            case MultipartCodec.QUEUE_DESC ->
                new MultipartBody.QueueDescReply(MultipartCodec.list(in, QueueCodec::readDescription));
            case MultipartCodec.CONTROLLER_STATUS ->
                new MultipartBody.ControllerStatusReply(MultipartCodec.list(in, StatusCodec::controllerStatus));
            case MultipartCodec.EXPERIMENTER -> new MultipartBody.ExperimenterReply(in.i32(), in.i32(), in.rest());
            default -> throw MultipartCodec.unknown(type);
        };
    }

    static MultipartBody.Reply description(Reader in) throws FlowException {
        MultipartCodec.exactly(in, 1056);
        return new MultipartBody.Description(in.text(256), in.text(256), in.text(256), in.text(32), in.text(256));
    }

    static MultipartBody.Reply aggregate(Reader in) throws FlowException {
        MultipartCodec.exactly(in, 24);
        MultipartBody.Aggregate sums = new MultipartBody.Aggregate(in.i64(), in.i64(), in.i32());
        in.finish();
        return sums;
    }

    static void aggregate(ByteBuf out, MultipartBody.Aggregate sums) {
        out.writeLong(sums.packets())
                .writeLong(sums.octets())
                .writeInt(sums.flows())
                .writeZero(4);
    }

    private MultipartBody.FlowEntry flow(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 56);
        int table = entry.u8();
        entry.skip(1);
        Duration duration = duration(entry);
        int priority = entry.u16();
        int idle = entry.u16();
        int hard = entry.u16();
        int flags = entry.u16();
        int importance = entry.u16();
        entry.skip(2);
        long cookie = entry.i64();
        long packets = entry.i64();
        long octets = entry.i64();
        Match match = matches.read(entry);
        return new MultipartBody.FlowEntry(
                table,
                duration,
                priority,
                idle,
                hard,
                hasDurations() ? ModCodec.flags(flags) : Set.of(),
                hasProperties() ? importance : 0,
                cookie,
                packets,
                octets,
                match,
                actions.of(match).instructions(entry));
    }

    static Duration duration(Reader in) throws FlowException {
        return new Duration(in.i32(), in.i32());
    }

    private MultipartBody.TableEntry table(Reader in) throws FlowException {
        int table = in.u8();
        if (!hasDurations()) {
            in.skip(isSecond() ? TABLE_CAPABILITIES_11 : TABLE_CAPABILITIES_12);
            int maxEntries = in.i32();
            return new MultipartBody.TableEntry(table, in.i32(), in.i64(), in.i64(), maxEntries);
        }
        in.skip(3);
        return new MultipartBody.TableEntry(table, in.i32(), in.i64(), in.i64(), 0);
    }

    private MultipartBody.QueueEntry queue(Reader in) throws FlowException {
        Reader entry = in;
        if (hasProperties()) {
            entry = MultipartCodec.entry(in, 48);
            entry.skip(6);
        }
        MultipartBody.QueueEntry queue = new MultipartBody.QueueEntry(
                entry.i32(),
                entry.i32(),
                entry.i64(),
                entry.i64(),
                entry.i64(),
                hasDurations() ? duration(entry) : Duration.ZERO);
        if (hasProperties()) {
            entry.finish();
        }
        return queue;
    }

    private MultipartBody.GroupEntry group(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, hasDurations() ? 40 : 32);
        entry.skip(2);
        int group = entry.i32();
        int references = entry.i32();
        entry.skip(4);
        return new MultipartBody.GroupEntry(
                group,
                references,
                entry.i64(),
                entry.i64(),
                hasDurations() ? duration(entry) : Duration.ZERO,
                MultipartCodec.list(entry, StandardMultipart::count));
    }

    private static Count count(Reader in) throws FlowException {
        return new Count(in.i64(), in.i64());
    }

    private MultipartBody.GroupDescription groupDescription(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 8);
        int type = entry.u8();
        entry.skip(1);
        int group = entry.i32();
        return new MultipartBody.GroupDescription(
                group, ModCodec.groupType(type), Selection.DEFAULT, mods.buckets(entry));
    }

    private static MultipartBody.MeterEntry meter(Reader in) throws FlowException {
        int meter = in.i32();
        int length = in.u16();
        if (length < 40 || length - 6 > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "multipart",
                    "a meter's length " + length + " is not right: 40 or more");
        }
        Reader entry = in.sub(length - 6, ErrorCode.BAD_REQUEST_BAD_LEN, "multipart");
        entry.skip(6);
        return new MultipartBody.MeterEntry(
                meter,
                entry.i32(),
                entry.i64(),
                entry.i64(),
                duration(entry),
                MultipartCodec.list(entry, StandardMultipart::count));
    }

    private static MultipartBody.MeterConfig meterConfig(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 8);
        int flags = entry.u16();
        int meter = entry.i32();
        return new MultipartBody.MeterConfig(meter, ModCodec.meterFlags(flags), ModCodec.bands(entry));
    }

    @Override
    public void request(ByteBuf out, MultipartBody.Request request) {
        switch (request) {
            case MultipartBody.FlowRequest flow -> selection(out, flow.selection());
            case MultipartBody.AggregateRequest aggregate -> selection(out, aggregate.selection());
            case MultipartBody.FlowStatsRequest flow -> selection(out, flow.selection());
            case MultipartBody.GroupDescRequest group -> {
                if (isLatest()) {
                    out.writeInt(group.groupId()).writeZero(4);
                }
            }
            case MultipartBody.PortDescRequest port -> {
                if (isLatest()) {
                    out.writeInt(port.port()).writeZero(4);
                }
            }
            case MultipartBody.PortStatsRequest port ->
                out.writeInt(port.port()).writeZero(4);
            case MultipartBody.QueueStatsRequest queue ->
                out.writeInt(queue.port()).writeInt(queue.queueId());
            case MultipartBody.QueueDescRequest queue ->
                out.writeInt(queue.port()).writeInt(queue.queueId());
            case MultipartBody.GroupStatsRequest group ->
                out.writeInt(group.groupId()).writeZero(4);
            case MultipartBody.MeterStatsRequest meter ->
                out.writeInt(meter.meterId()).writeZero(4);
            case MultipartBody.MeterConfigRequest meter ->
                out.writeInt(meter.meterId()).writeZero(4);
            case MultipartBody.TableFeaturesRequest tables ->
                tables.tables().forEach(table -> TableFeaturesCodec.encode(out, table));
            case MultipartBody.ExperimenterRequest other ->
                out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array());
            case MultipartBody.ExtendedRequest _, MultipartBody.FlowMonitorRequest _ -> throw notHere();
            case MultipartBody.DescriptionRequest _,
                    MultipartBody.TableRequest _,
                    MultipartBody.GroupFeaturesRequest _,
                    MultipartBody.MeterFeaturesRequest _,
                    MultipartBody.ControllerStatusRequest _,
                    MultipartBody.TableDescRequest _ -> {
                // No body.
            }
        }
    }

    private void selection(ByteBuf out, FlowSelection selection) {
        out.writeByte(selection.tableId()).writeZero(3);
        out.writeInt(selection.outPort()).writeInt(selection.outGroup()).writeZero(4);
        out.writeLong(selection.cookie()).writeLong(selection.cookieMask());
        matches.write(out, selection.match());
    }

    @Override
    public List<Runnable> entries(ByteBuf out, MultipartBody.Reply body) {
        return switch (body) {
            case MultipartBody.Description description -> List.of(() -> description(out, description));
            case MultipartBody.FlowReply flows ->
                MultipartCodec.steps(flows.flows(), flow -> {
                    if (isLatest()) {
                        flows15.description(out, flow);
                    } else {
                        flow(out, flow);
                    }
                });
            case MultipartBody.FlowStatsReply flows ->
                MultipartCodec.steps(flows.flows(), flow -> Flows15.statisticsEntry(out, flow));
            case MultipartBody.Aggregate sums ->
                List.of(() -> {
                    if (isLatest()) {
                        Flows15.aggregate(out, sums);
                    } else {
                        aggregate(out, sums);
                    }
                });
            case MultipartBody.TableReply tables -> MultipartCodec.steps(tables.tables(), table -> table(out, table));
            case MultipartBody.PortStatsReply ports ->
                MultipartCodec.steps(ports.ports(), port -> this.ports.statistics(out, port));
            case MultipartBody.QueueStatsReply queues ->
                MultipartCodec.steps(queues.queues(), queue -> {
                    if (hasProperties()) {
                        out.writeShort(48).writeZero(6);
                    }
                    out.writeInt(queue.port()).writeInt(queue.queueId());
                    out.writeLong(queue.txOctets()).writeLong(queue.txPackets()).writeLong(queue.txErrors());
                    if (hasDurations()) {
                        duration(out, queue.duration());
                    }
                });
            case MultipartBody.GroupStatsReply groups ->
                MultipartCodec.steps(groups.groups(), group -> group(out, group));
            case MultipartBody.GroupDescReply groups ->
                MultipartCodec.steps(groups.groups(), group -> {
                    if (isLatest()) {
                        groups15.description(out, group);
                        return;
                    }
                    int start = out.writerIndex();
                    out.writeShort(0)
                            .writeByte(group.type().ordinal())
                            .writeZero(1)
                            .writeInt(group.groupId());
                    mods.buckets(out, group.buckets());
                    out.setShort(start, out.writerIndex() - start);
                });
            case MultipartBody.GroupFeatures features ->
                List.of(() -> {
                    out.writeInt(features.types()).writeInt(features.capabilities());
                    features.maxGroups().forEach(out::writeInt);
                    features.actions().forEach(out::writeInt);
                });
            case MultipartBody.MeterStatsReply meters ->
                MultipartCodec.steps(meters.meters(), meter -> meter(out, meter));
            case MultipartBody.MeterConfigReply meters ->
                MultipartCodec.steps(meters.meters(), meter -> {
                    int start = out.writerIndex();
                    out.writeShort(0)
                            .writeShort(ModCodec.meterFlagBits(meter.flags()))
                            .writeInt(meter.meterId());
                    ModCodec.bands(out, meter.bands());
                    out.setShort(start, out.writerIndex() - start);
                });
            case MultipartBody.MeterFeatures features ->
                List.of(() -> out.writeInt(features.maxMeters())
                        .writeInt(features.bandTypes())
                        .writeInt(features.capabilities())
                        .writeByte(features.maxBands())
                        .writeByte(features.maxColor())
                        .writeZero(isLatest() ? 10 : 2));
            case MultipartBody.TableFeaturesReply tables ->
                MultipartCodec.steps(tables.tables(), table -> TableFeaturesCodec.encode(out, table));
            case MultipartBody.PortDescReply ports ->
                MultipartCodec.steps(ports.ports(), port -> this.ports.port(out, port));
            case MultipartBody.ExperimenterReply other ->
                List.of(() -> out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array()));
            case MultipartBody.TableDescReply tables ->
                MultipartCodec.steps(tables.tables(), table -> TableCodec.description(out, table));
            case MultipartBody.ControllerStatusReply controllers ->
                MultipartCodec.steps(controllers.controllers(), status -> StatusCodec.controllerStatus(out, status));
            case MultipartBody.QueueDescReply queues ->
                MultipartCodec.steps(queues.queues(), queue -> QueueCodec.writeDescription(out, queue));
            case MultipartBody.ExtendedReply _, MultipartBody.FlowUpdates _ -> throw notHere();
        };
    }

    private static IllegalArgumentException notHere() {
        return new IllegalArgumentException("only OpenFlow 1.0 has these extended statistics");
    }

    /** Text in a field of {@code length} octets, cut to fit with a zero at its end. */
    static void text(ByteBuf out, String text, int length) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        int count = Math.min(octets.length, length - 1);
        out.writeBytes(octets, 0, count).writeZero(length - count);
    }

    static void description(ByteBuf out, MultipartBody.Description description) {
        text(out, description.manufacturer(), 256);
        text(out, description.hardware(), 256);
        text(out, description.software(), 256);
        text(out, description.serialNumber(), 32);
        text(out, description.datapath(), 256);
    }

    static void duration(ByteBuf out, Duration duration) {
        out.writeInt(duration.seconds()).writeInt(duration.nanoseconds());
    }

    private void table(ByteBuf out, MultipartBody.TableEntry table) {
        if (hasDurations()) {
            out.writeByte(table.tableId()).writeZero(3);
            out.writeInt(table.active()).writeLong(table.lookups()).writeLong(table.matches());
            return;
        }
        int actionBits = 0;
        for (ActionType type : ActionType.values()) {
            int number = type.number(version);
            actionBits |= number >= 0 && number < 32 ? 1 << number : 0;
        }
        out.writeByte(table.tableId()).writeZero(7);
        text(out, "table" + table.tableId(), 32);
        if (isSecond()) {
            out.writeInt(Match11.WILDCARD_ALL).writeInt(Match11.WILDCARD_ALL).writeInt(INSTRUCTIONS_12);
            out.writeInt(actionBits).writeInt(actionBits).writeInt(0);
            out.writeInt(table.maxEntries()).writeInt(table.active());
            out.writeLong(table.lookups()).writeLong(table.matches());
            return;
        }
        out.writeLong(FIELDS_12).writeLong(FIELDS_12).writeInt(actionBits).writeInt(actionBits);
        out.writeLong(FIELDS_12).writeLong(FIELDS_12).writeLong(-1L).writeLong(-1L);
        out.writeInt(INSTRUCTIONS_12).writeInt(0).writeInt(table.maxEntries()).writeInt(table.active());
        out.writeLong(table.lookups()).writeLong(table.matches());
    }

    private void flow(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(flow.tableId()).writeZero(1);
        duration(out, flow.duration());
        out.writeShort(flow.priority()).writeShort(flow.idleTimeoutSeconds()).writeShort(flow.hardTimeoutSeconds());
        out.writeShort(hasDurations() ? ModCodec.flagBits(flow.flags()) : 0);
        out.writeShort(hasProperties() ? flow.importance() : 0).writeZero(2);
        out.writeLong(flow.cookie()).writeLong(flow.packets()).writeLong(flow.octets());
        matches.write(out, flow.match());
        actions.instructions(out, flow.instructions());
        out.setShort(start, out.writerIndex() - start);
    }

    private void group(ByteBuf out, MultipartBody.GroupEntry group) {
        out.writeShort((hasDurations() ? 40 : 32) + 16 * group.buckets().size()).writeZero(2);
        out.writeInt(group.groupId()).writeInt(group.referenceCount()).writeZero(4);
        out.writeLong(group.packets()).writeLong(group.octets());
        if (hasDurations()) {
            duration(out, group.duration());
        }
        counts(out, group.buckets());
    }

    private static void counts(ByteBuf out, List<Count> counts) {
        for (Count count : counts) {
            out.writeLong(count.packets()).writeLong(count.octets());
        }
    }

    private static void meter(ByteBuf out, MultipartBody.MeterEntry meter) {
        out.writeInt(meter.meterId()).writeShort(40 + 16 * meter.bands().size()).writeZero(6);
        out.writeInt(meter.flowCount()).writeLong(meter.packets()).writeLong(meter.octets());
        duration(out, meter.duration());
        counts(out, meter.bands());
    }
}
