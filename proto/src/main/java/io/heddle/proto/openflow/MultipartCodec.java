package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.proto.openflow.MultipartBody.Count;
import io.heddle.proto.openflow.MultipartBody.FlowSelection;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * Multipart requests and replies.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class MultipartCodec {
    private static final int DESC = 0;
    private static final int FLOW = 1;
    private static final int AGGREGATE = 2;
    private static final int TABLE = 3;
    private static final int PORT_STATS = 4;
    private static final int QUEUE = 5;
    private static final int GROUP = 6;
    private static final int GROUP_DESC = 7;
    private static final int GROUP_FEATURES = 8;
    private static final int METER = 9;
    private static final int METER_CONFIG = 10;
    private static final int METER_FEATURES = 11;
    private static final int TABLE_FEATURES = 12;
    private static final int PORT_DESC = 13;
    private static final int EXPERIMENTER = 0xffff;

    private static final int MORE = 1;

    private final ActionCodec actions;
    private final ModCodec mods;

    MultipartCodec(ActionCodec actions, ModCodec mods) {
        this.actions = actions;
        this.mods = mods;
    }

    private static FlowException unknown(int type) {
        return new FlowException(
                ErrorCode.BAD_REQUEST_BAD_MULTIPART, "multipart", "multipart type " + type + " is not known");
    }

    OpenFlowMessage.MultipartRequest request(Reader in) throws FlowException {
        int type = in.u16();
        int flags = in.u16();
        in.skip(4);
        MultipartBody.Request body = switch (type) {
            case DESC -> empty(new MultipartBody.DescriptionRequest(), in);
            case FLOW -> new MultipartBody.FlowRequest(selection(in));
            case AGGREGATE -> new MultipartBody.AggregateRequest(selection(in));
            case TABLE -> empty(new MultipartBody.TableRequest(), in);
            case PORT_STATS -> new MultipartBody.PortStatsRequest(number(in));
            case QUEUE -> new MultipartBody.QueueStatsRequest(exactly(in, 8).i32(), in.i32());
            case GROUP -> new MultipartBody.GroupStatsRequest(number(in));
            case GROUP_DESC -> empty(new MultipartBody.GroupDescRequest(), in);
            case GROUP_FEATURES -> empty(new MultipartBody.GroupFeaturesRequest(), in);
            case METER -> new MultipartBody.MeterStatsRequest(number(in));
            case METER_CONFIG -> new MultipartBody.MeterConfigRequest(number(in));
            case METER_FEATURES -> empty(new MultipartBody.MeterFeaturesRequest(), in);
            case TABLE_FEATURES -> new MultipartBody.TableFeaturesRequest(TableFeaturesCodec.decode(in));
            case PORT_DESC -> empty(new MultipartBody.PortDescRequest(), in);
            case EXPERIMENTER -> new MultipartBody.ExperimenterRequest(in.i32(), in.i32(), in.rest());
            default -> throw unknown(type);
        };
        return new OpenFlowMessage.MultipartRequest((flags & MORE) != 0, body);
    }

    private static MultipartBody.Request empty(MultipartBody.Request body, Reader in) throws FlowException {
        exactly(in, 0);
        return body;
    }

    private static Reader exactly(Reader in, int octets) throws FlowException {
        if (in.remaining() != octets) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "multipart",
                    "the body has " + in.remaining() + " octets, but " + octets + " is right");
        }
        return in;
    }

    private static int number(Reader in) throws FlowException {
        int number = exactly(in, 8).i32();
        in.finish();
        return number;
    }

    private static FlowSelection selection(Reader in) throws FlowException {
        in.need(32);
        int table = in.u8();
        in.skip(3);
        int outPort = in.i32();
        int outGroup = in.i32();
        in.skip(4);
        long cookie = in.i64();
        long cookieMask = in.i64();
        Match match = OxmCodec.match(in);
        exactly(in, 0);
        return new FlowSelection(table, outPort, outGroup, cookie, cookieMask, match);
    }

    OpenFlowMessage.MultipartReply reply(Reader in) throws FlowException {
        int type = in.u16();
        int flags = in.u16();
        in.skip(4);
        MultipartBody.Reply body = switch (type) {
            case DESC -> {
                exactly(in, 1056);
                yield new MultipartBody.Description(
                        in.text(256), in.text(256), in.text(256), in.text(32), in.text(256));
            }
            case FLOW -> new MultipartBody.FlowReply(list(in, this::flow));
            case AGGREGATE -> {
                exactly(in, 24);
                MultipartBody.Aggregate sums = new MultipartBody.Aggregate(in.i64(), in.i64(), in.i32());
                in.finish();
                yield sums;
            }
            case TABLE -> new MultipartBody.TableReply(list(in, MultipartCodec::table));
            case PORT_STATS -> new MultipartBody.PortStatsReply(list(in, MultipartCodec::portStats));
            case QUEUE -> new MultipartBody.QueueStatsReply(list(in, MultipartCodec::queue));
            case GROUP -> new MultipartBody.GroupStatsReply(list(in, MultipartCodec::group));
            case GROUP_DESC -> new MultipartBody.GroupDescReply(list(in, this::groupDescription));
            case GROUP_FEATURES -> {
                exactly(in, 40);
                yield new MultipartBody.GroupFeatures(
                        in.i32(),
                        in.i32(),
                        List.of(in.i32(), in.i32(), in.i32(), in.i32()),
                        List.of(in.i32(), in.i32(), in.i32(), in.i32()));
            }
            case METER -> new MultipartBody.MeterStatsReply(list(in, MultipartCodec::meter));
            case METER_CONFIG -> new MultipartBody.MeterConfigReply(list(in, MultipartCodec::meterConfig));
            case METER_FEATURES -> {
                exactly(in, 16);
                MultipartBody.MeterFeatures features =
                        new MultipartBody.MeterFeatures(in.i32(), in.i32(), in.i32(), in.u8(), in.u8());
                in.finish();
                yield features;
            }
            case TABLE_FEATURES -> new MultipartBody.TableFeaturesReply(TableFeaturesCodec.decode(in));
            case PORT_DESC -> new MultipartBody.PortDescReply(list(in, MultipartCodec::port));
            case EXPERIMENTER -> new MultipartBody.ExperimenterReply(in.i32(), in.i32(), in.rest());
            default -> throw unknown(type);
        };
        return new OpenFlowMessage.MultipartReply((flags & MORE) != 0, body);
    }

    private interface EntryReader<T> {
        T read(Reader in) throws FlowException;
    }

    private static <T> List<T> list(Reader in, EntryReader<T> entry) throws FlowException {
        List<T> list = new ArrayList<>();
        while (in.remaining() > 0) {
            list.add(entry.read(in));
        }
        return list;
    }

    /** An entry that begins with its length. */
    private static Reader entry(Reader in, int least) throws FlowException {
        int length = in.u16();
        if (length < least || length - 2 > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "multipart",
                    "an entry's length " + length + " is not in " + least + "-" + (in.remaining() + 2));
        }
        return in.sub(length - 2, ErrorCode.BAD_REQUEST_BAD_LEN, "multipart");
    }

    private MultipartBody.FlowEntry flow(Reader in) throws FlowException {
        Reader entry = entry(in, 56);
        int table = entry.u8();
        entry.skip(1);
        Duration duration = duration(entry);
        int priority = entry.u16();
        int idle = entry.u16();
        int hard = entry.u16();
        int flags = entry.u16();
        entry.skip(4);
        long cookie = entry.i64();
        long packets = entry.i64();
        long octets = entry.i64();
        Match match = OxmCodec.match(entry);
        return new MultipartBody.FlowEntry(
                table,
                duration,
                priority,
                idle,
                hard,
                ModCodec.flags(flags),
                cookie,
                packets,
                octets,
                match,
                actions.instructions(entry));
    }

    private static Duration duration(Reader in) throws FlowException {
        return new Duration(in.i32(), in.i32());
    }

    private static MultipartBody.TableEntry table(Reader in) throws FlowException {
        int table = in.u8();
        in.skip(3);
        return new MultipartBody.TableEntry(table, in.i32(), in.i64(), in.i64());
    }

    private static MultipartBody.PortEntry portStats(Reader in) throws FlowException {
        int port = in.i32();
        in.skip(4);
        return new MultipartBody.PortEntry(
                port,
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                duration(in));
    }

    private static MultipartBody.QueueEntry queue(Reader in) throws FlowException {
        return new MultipartBody.QueueEntry(in.i32(), in.i32(), in.i64(), in.i64(), in.i64(), duration(in));
    }

    private static MultipartBody.GroupEntry group(Reader in) throws FlowException {
        Reader entry = entry(in, 40);
        entry.skip(2);
        int group = entry.i32();
        int references = entry.i32();
        entry.skip(4);
        return new MultipartBody.GroupEntry(
                group, references, entry.i64(), entry.i64(), duration(entry), list(entry, MultipartCodec::count));
    }

    private static Count count(Reader in) throws FlowException {
        return new Count(in.i64(), in.i64());
    }

    private MultipartBody.GroupDescription groupDescription(Reader in) throws FlowException {
        Reader entry = entry(in, 8);
        int type = entry.u8();
        entry.skip(1);
        int group = entry.i32();
        return new MultipartBody.GroupDescription(group, ModCodec.groupType(type), mods.buckets(entry));
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
                meter, entry.i32(), entry.i64(), entry.i64(), duration(entry), list(entry, MultipartCodec::count));
    }

    private static MultipartBody.MeterConfig meterConfig(Reader in) throws FlowException {
        Reader entry = entry(in, 8);
        int flags = entry.u16();
        int meter = entry.i32();
        return new MultipartBody.MeterConfig(meter, ModCodec.meterFlags(flags), ModCodec.bands(entry));
    }

    static PortDescription port(Reader in) throws FlowException {
        int port = in.i32();
        in.skip(4);
        long mac = in.mac();
        in.skip(2);
        return new PortDescription(
                port, mac, in.text(16), in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32());
    }

    void request(ByteBuf out, OpenFlowMessage.MultipartRequest request) {
        int start = header(out, request.more());
        out.setShort(start, typeOf(request.body()));
        switch (request.body()) {
            case MultipartBody.FlowRequest flow -> selection(out, flow.selection());
            case MultipartBody.AggregateRequest aggregate -> selection(out, aggregate.selection());
            case MultipartBody.PortStatsRequest port ->
                out.writeInt(port.port()).writeZero(4);
            case MultipartBody.QueueStatsRequest queue ->
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
            case MultipartBody.DescriptionRequest _,
                    MultipartBody.TableRequest _,
                    MultipartBody.GroupDescRequest _,
                    MultipartBody.GroupFeaturesRequest _,
                    MultipartBody.MeterFeaturesRequest _,
                    MultipartBody.PortDescRequest _ -> {
                // No body.
            }
        }
    }

    private static int typeOf(MultipartBody body) {
        return switch (body) {
            case MultipartBody.DescriptionRequest _, MultipartBody.Description _ -> DESC;
            case MultipartBody.FlowRequest _, MultipartBody.FlowReply _ -> FLOW;
            case MultipartBody.AggregateRequest _, MultipartBody.Aggregate _ -> AGGREGATE;
            case MultipartBody.TableRequest _, MultipartBody.TableReply _ -> TABLE;
            case MultipartBody.PortStatsRequest _, MultipartBody.PortStatsReply _ -> PORT_STATS;
            case MultipartBody.QueueStatsRequest _, MultipartBody.QueueStatsReply _ -> QUEUE;
            case MultipartBody.GroupStatsRequest _, MultipartBody.GroupStatsReply _ -> GROUP;
            case MultipartBody.GroupDescRequest _, MultipartBody.GroupDescReply _ -> GROUP_DESC;
            case MultipartBody.GroupFeaturesRequest _, MultipartBody.GroupFeatures _ -> GROUP_FEATURES;
            case MultipartBody.MeterStatsRequest _, MultipartBody.MeterStatsReply _ -> METER;
            case MultipartBody.MeterConfigRequest _, MultipartBody.MeterConfigReply _ -> METER_CONFIG;
            case MultipartBody.MeterFeaturesRequest _, MultipartBody.MeterFeatures _ -> METER_FEATURES;
            case MultipartBody.TableFeaturesRequest _, MultipartBody.TableFeaturesReply _ -> TABLE_FEATURES;
            case MultipartBody.PortDescRequest _, MultipartBody.PortDescReply _ -> PORT_DESC;
            case MultipartBody.ExperimenterRequest _, MultipartBody.ExperimenterReply _ -> EXPERIMENTER;
        };
    }

    private static int header(ByteBuf out, boolean more) {
        int start = out.writerIndex();
        out.writeShort(0).writeShort(more ? MORE : 0).writeZero(4);
        return start;
    }

    private static void selection(ByteBuf out, FlowSelection selection) {
        out.writeByte(selection.tableId()).writeZero(3);
        out.writeInt(selection.outPort()).writeInt(selection.outGroup()).writeZero(4);
        out.writeLong(selection.cookie()).writeLong(selection.cookieMask());
        OxmCodec.match(out, selection.match());
    }

    void reply(ByteBuf out, OpenFlowMessage.MultipartReply reply) {
        int start = header(out, reply.more());
        out.setShort(start, typeOf(reply.body()));
        for (Runnable entry : entries(out, reply.body())) {
            entry.run();
        }
    }

    /** Writes a reply in as many messages as it needs. */
    void segmented(ByteBuf out, MultipartBody.Reply body, IntSupplier begin, IntConsumer finish) {
        int start = begin.getAsInt();
        int header = header(out, false);
        out.setShort(header, typeOf(body));
        for (Runnable entry : entries(out, body)) {
            int before = out.writerIndex();
            entry.run();
            if (out.writerIndex() - start > OpenFlowCodec.MAX_OCTETS && before > header + 8) {
                out.writerIndex(before);
                out.setShort(header + 2, MORE);
                finish.accept(start);
                start = begin.getAsInt();
                header = header(out, false);
                out.setShort(header, typeOf(body));
                entry.run();
            }
        }
        finish.accept(start);
    }

    /** What to write, one step for each entry. */
    private List<Runnable> entries(ByteBuf out, MultipartBody.Reply body) {
        return switch (body) {
            case MultipartBody.Description description -> List.of(() -> description(out, description));
            case MultipartBody.FlowReply flows -> steps(flows.flows(), flow -> flow(out, flow));
            case MultipartBody.Aggregate sums ->
                List.of(() -> out.writeLong(sums.packets())
                        .writeLong(sums.octets())
                        .writeInt(sums.flows())
                        .writeZero(4));
            case MultipartBody.TableReply tables ->
                steps(
                        tables.tables(),
                        table -> out.writeByte(table.tableId())
                                .writeZero(3)
                                .writeInt(table.active())
                                .writeLong(table.lookups())
                                .writeLong(table.matches()));
            case MultipartBody.PortStatsReply ports -> steps(ports.ports(), port -> portStats(out, port));
            case MultipartBody.QueueStatsReply queues ->
                steps(queues.queues(), queue -> {
                    out.writeInt(queue.port()).writeInt(queue.queueId());
                    out.writeLong(queue.txOctets()).writeLong(queue.txPackets()).writeLong(queue.txErrors());
                    duration(out, queue.duration());
                });
            case MultipartBody.GroupStatsReply groups -> steps(groups.groups(), group -> group(out, group));
            case MultipartBody.GroupDescReply groups ->
                steps(groups.groups(), group -> {
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
            case MultipartBody.MeterStatsReply meters -> steps(meters.meters(), meter -> meter(out, meter));
            case MultipartBody.MeterConfigReply meters ->
                steps(meters.meters(), meter -> {
                    int start = out.writerIndex();
                    out.writeShort(0)
                            .writeShort(ModCodec.flagBits(meter.flags()))
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
                        .writeZero(2));
            case MultipartBody.TableFeaturesReply tables ->
                steps(tables.tables(), table -> TableFeaturesCodec.encode(out, table));
            case MultipartBody.PortDescReply ports -> steps(ports.ports(), port -> port(out, port));
            case MultipartBody.ExperimenterReply other ->
                List.of(() -> out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array()));
        };
    }

    private interface EntryWriter<T> {
        void write(T entry);
    }

    private static <T> List<Runnable> steps(List<T> entries, EntryWriter<T> writer) {
        List<Runnable> steps = new ArrayList<>(entries.size());
        for (T entry : entries) {
            steps.add(() -> writer.write(entry));
        }
        return steps;
    }

    /** Text in a field of {@code length} octets, cut to fit with a zero at its end. */
    static void text(ByteBuf out, String text, int length) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        int count = Math.min(octets.length, length - 1);
        out.writeBytes(octets, 0, count).writeZero(length - count);
    }

    private static void description(ByteBuf out, MultipartBody.Description description) {
        text(out, description.manufacturer(), 256);
        text(out, description.hardware(), 256);
        text(out, description.software(), 256);
        text(out, description.serialNumber(), 32);
        text(out, description.datapath(), 256);
    }

    private static void duration(ByteBuf out, Duration duration) {
        out.writeInt(duration.seconds()).writeInt(duration.nanoseconds());
    }

    private void flow(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(flow.tableId()).writeZero(1);
        duration(out, flow.duration());
        out.writeShort(flow.priority()).writeShort(flow.idleTimeoutSeconds()).writeShort(flow.hardTimeoutSeconds());
        out.writeShort(OpenFlowCodec.flagBits(flow.flags())).writeZero(4);
        out.writeLong(flow.cookie()).writeLong(flow.packets()).writeLong(flow.octets());
        OxmCodec.match(out, flow.match());
        actions.instructions(out, flow.instructions());
        out.setShort(start, out.writerIndex() - start);
    }

    private static void portStats(ByteBuf out, MultipartBody.PortEntry port) {
        out.writeInt(port.port()).writeZero(4);
        out.writeLong(port.rxPackets()).writeLong(port.txPackets());
        out.writeLong(port.rxOctets()).writeLong(port.txOctets());
        out.writeLong(port.rxDropped()).writeLong(port.txDropped());
        out.writeLong(port.rxErrors()).writeLong(port.txErrors());
        out.writeLong(port.rxFrameErrors()).writeLong(port.rxOverruns());
        out.writeLong(port.rxCrcErrors()).writeLong(port.collisions());
        duration(out, port.duration());
    }

    private static void group(ByteBuf out, MultipartBody.GroupEntry group) {
        out.writeShort(40 + 16 * group.buckets().size()).writeZero(2);
        out.writeInt(group.groupId()).writeInt(group.referenceCount()).writeZero(4);
        out.writeLong(group.packets()).writeLong(group.octets());
        duration(out, group.duration());
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

    static void port(ByteBuf out, PortDescription port) {
        out.writeInt(port.port()).writeZero(4);
        out.writeShort((int) (port.macAddress() >>> 32))
                .writeInt((int) port.macAddress())
                .writeZero(2);
        text(out, port.name(), 16);
        out.writeInt(port.config())
                .writeInt(port.state())
                .writeInt(port.current())
                .writeInt(port.advertised());
        out.writeInt(port.supported()).writeInt(port.peer());
        out.writeInt(port.currentSpeedKbps()).writeInt(port.maxSpeedKbps());
    }
}
