package io.heddle.proto.openflow;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.MultipartBody.FlowSelection;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Set;

/**
 * Statistics of OpenFlow 1.0, and of Open vSwitch's extensions for it. {@code OFPST_PORT_DESC}, a later type, is answered here too.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2013/04/openflow-spec-v1.0.0.pdf">OpenFlow 1.0.0 section 5.3.5</a>
 */
final class Multipart10 implements MultipartCodec.Layout {
    private static final int NXST_FLOW = 0;
    private static final int NXST_AGGREGATE = 1;
    private static final int NXST_GROUP = 7;
    private static final int NXST_GROUP_DESC = 8;
    private static final int NXST_GROUP_FEATURES = 9;

    private final FlowMods10 flows;

    /** The extension has groups as OpenFlow 1.5 has them. */
    private final StandardMultipart groups;

    Multipart10(ActionCodec actions) {
        this.flows = new FlowMods10(actions, Extensions.NONE);
        OpenFlowVersion later = OpenFlowVersion.OPENFLOW_15;
        this.groups = new StandardMultipart(later, actions, new ModCodec(later, actions), new PortCodec(later));
    }

    @Override
    public MultipartBody.Request request(int type, Reader in) throws FlowException {
        return switch (type) {
            case MultipartCodec.DESC -> MultipartCodec.empty(new MultipartBody.DescriptionRequest(), in);
            case MultipartCodec.FLOW -> new MultipartBody.FlowRequest(selection(in));
            case MultipartCodec.AGGREGATE -> new MultipartBody.AggregateRequest(selection(in));
            case MultipartCodec.TABLE -> MultipartCodec.empty(new MultipartBody.TableRequest(), in);
            case MultipartCodec.PORT_STATS -> {
                int port = OxmCodec.widePort(MultipartCodec.exactly(in, 8).u16());
                in.finish();
                yield new MultipartBody.PortStatsRequest(port);
            }
            case MultipartCodec.QUEUE -> {
                // Its OFPP_ALL stands for all ports.
                int port = MultipartCodec.exactly(in, 8).u16();
                in.skip(2);
                yield new MultipartBody.QueueStatsRequest(
                        port == 0xfffc ? Ports.ANY : OxmCodec.widePort(port), in.i32());
            }
            case MultipartCodec.PORT_DESC -> MultipartCodec.empty(new MultipartBody.PortDescRequest(), in);
            case MultipartCodec.EXPERIMENTER -> extendedRequest(in);
            default -> throw MultipartCodec.unknown(type);
        };
    }

    private static FlowSelection selection(Reader in) throws FlowException {
        MultipartCodec.exactly(in, Match10.OCTETS + 4);
        Match match = Match10.decode(in);
        int table = in.u8();
        in.skip(1);
        int outPort = OxmCodec.widePort(in.u16());
        return new FlowSelection(table, outPort, FlowMod.ANY_GROUP, 0, 0, match);
    }

    /** The later versions' type of an extended one about groups, -1 for others. */
    private static int groupType(int type) {
        return switch (type) {
            case NXST_GROUP -> MultipartCodec.GROUP;
            case NXST_GROUP_DESC -> MultipartCodec.GROUP_DESC;
            case NXST_GROUP_FEATURES -> MultipartCodec.GROUP_FEATURES;
            default -> -1;
        };
    }

    private MultipartBody.Request extendedRequest(Reader in) throws FlowException {
        int experimenter = in.i32();
        int type = in.remaining() < 4 ? 0 : in.i32();
        if (experimenter == OxmId.NICIRA && groupType(type) >= 0) {
            in.skip(4);
            return new MultipartBody.ExtendedRequest(groups.request(groupType(type), in));
        }
        if (experimenter != OxmId.NICIRA || type != NXST_FLOW && type != NXST_AGGREGATE) {
            return new MultipartBody.ExperimenterRequest(experimenter, type, in.rest());
        }
        in.skip(4);
        int outPort = OxmCodec.widePort(in.u16());
        int length = in.u16();
        int table = in.u8();
        in.skip(3);
        OxmCodec.Extended match = OxmCodec.extended(in, length);
        MultipartCodec.exactly(in, 0);
        FlowSelection selection =
                new FlowSelection(table, outPort, FlowMod.ANY_GROUP, match.cookie(), match.cookieMask(), match.match());
        return new MultipartBody.ExtendedRequest(
                type == NXST_FLOW
                        ? new MultipartBody.FlowRequest(selection)
                        : new MultipartBody.AggregateRequest(selection));
    }

    @Override
    public MultipartBody.Reply reply(int type, Reader in) throws FlowException {
        return switch (type) {
            case MultipartCodec.DESC -> StandardMultipart.description(in);
            case MultipartCodec.FLOW -> new MultipartBody.FlowReply(MultipartCodec.list(in, this::flow));
            case MultipartCodec.AGGREGATE -> StandardMultipart.aggregate(in);
            case MultipartCodec.TABLE -> new MultipartBody.TableReply(MultipartCodec.list(in, Multipart10::table));
            case MultipartCodec.PORT_STATS ->
                new MultipartBody.PortStatsReply(MultipartCodec.list(in, Multipart10::port));
            case MultipartCodec.QUEUE -> new MultipartBody.QueueStatsReply(MultipartCodec.list(in, Multipart10::queue));
            case MultipartCodec.PORT_DESC -> new MultipartBody.PortDescReply(MultipartCodec.list(in, Bodies10::port));
            case MultipartCodec.EXPERIMENTER -> extendedReply(in);
            default -> throw MultipartCodec.unknown(type);
        };
    }

    private MultipartBody.Reply extendedReply(Reader in) throws FlowException {
        int experimenter = in.i32();
        int type = in.i32();
        if (experimenter == OxmId.NICIRA && groupType(type) >= 0) {
            in.skip(4);
            return new MultipartBody.ExtendedReply(groups.reply(groupType(type), in));
        }
        if (experimenter != OxmId.NICIRA || type != NXST_FLOW && type != NXST_AGGREGATE) {
            return new MultipartBody.ExperimenterReply(experimenter, type, in.rest());
        }
        in.skip(4);
        return new MultipartBody.ExtendedReply(
                type == NXST_FLOW
                        ? new MultipartBody.FlowReply(MultipartCodec.list(in, this::extendedFlow))
                        : StandardMultipart.aggregate(in));
    }

    private MultipartBody.FlowEntry flow(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 88);
        int table = entry.u8();
        entry.skip(1);
        Match match = Match10.decode(entry);
        Duration duration = new Duration(entry.i32(), entry.i32());
        int priority = entry.u16();
        int idle = entry.u16();
        int hard = entry.u16();
        entry.skip(6);
        return new MultipartBody.FlowEntry(
                table,
                duration,
                priority,
                idle,
                hard,
                Set.of(),
                0,
                entry.i64(),
                entry.i64(),
                entry.i64(),
                match,
                flows.instructions(match, entry));
    }

    private MultipartBody.FlowEntry extendedFlow(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 48);
        int table = entry.u8();
        entry.skip(1);
        Duration duration = new Duration(entry.i32(), entry.i32());
        int priority = entry.u16();
        int idle = entry.u16();
        int hard = entry.u16();
        int length = entry.u16();
        entry.skip(4);
        long cookie = entry.i64();
        long packets = entry.i64();
        long octets = entry.i64();
        Match match = OxmCodec.extended(entry, length).match();
        return new MultipartBody.FlowEntry(
                table,
                duration,
                priority,
                idle,
                hard,
                Set.of(),
                0,
                cookie,
                packets,
                octets,
                match,
                flows.instructions(match, entry));
    }

    private static MultipartBody.TableEntry table(Reader in) throws FlowException {
        int table = in.u8();
        in.skip(3 + 32 + 4);
        int maxEntries = in.i32();
        return new MultipartBody.TableEntry(table, in.i32(), in.i64(), in.i64(), maxEntries);
    }

    private static MultipartBody.PortEntry port(Reader in) throws FlowException {
        int port = OxmCodec.widePort(in.u16());
        in.skip(6);
        return PortCodec.counters(in, port, false);
    }

    private static MultipartBody.QueueEntry queue(Reader in) throws FlowException {
        int port = OxmCodec.widePort(in.u16());
        in.skip(2);
        return new MultipartBody.QueueEntry(port, in.i32(), in.i64(), in.i64(), in.i64(), Duration.ZERO);
    }

    @Override
    public void request(ByteBuf out, MultipartBody.Request request) {
        switch (request) {
            case MultipartBody.DescriptionRequest _, MultipartBody.TableRequest _, MultipartBody.PortDescRequest _ -> {
                // No body.
            }
            case MultipartBody.FlowRequest flow -> selection(out, flow.selection());
            case MultipartBody.AggregateRequest aggregate -> selection(out, aggregate.selection());
            case MultipartBody.PortStatsRequest port ->
                out.writeShort(OxmCodec.narrowPort(port.port())).writeZero(6);
            case MultipartBody.QueueStatsRequest queue ->
                out.writeShort(queue.port() == Ports.ANY ? 0xfffc : OxmCodec.narrowPort(queue.port()))
                        .writeZero(2)
                        .writeInt(queue.queueId());
            case MultipartBody.ExtendedRequest(MultipartBody.FlowRequest flow) ->
                extendedSelection(out, NXST_FLOW, flow.selection());
            case MultipartBody.ExtendedRequest(MultipartBody.AggregateRequest aggregate) ->
                extendedSelection(out, NXST_AGGREGATE, aggregate.selection());
            case MultipartBody.ExtendedRequest(MultipartBody.GroupStatsRequest group) ->
                groups.request(extended(out, NXST_GROUP), group);
            case MultipartBody.ExtendedRequest(MultipartBody.GroupDescRequest group) ->
                groups.request(extended(out, NXST_GROUP_DESC), group);
            case MultipartBody.ExtendedRequest(MultipartBody.GroupFeaturesRequest _) ->
                extended(out, NXST_GROUP_FEATURES);
            case MultipartBody.ExperimenterRequest other ->
                out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array());
            default -> throw notHere(request);
        }
    }

    private static IllegalArgumentException notHere(MultipartBody body) {
        return new IllegalArgumentException(
                "OpenFlow10 has no statistics " + body.getClass().getSimpleName());
    }

    private static void selection(ByteBuf out, FlowSelection selection) {
        Match10.encode(out, selection.match());
        out.writeByte(selection.tableId()).writeZero(1).writeShort(OxmCodec.narrowPort(selection.outPort()));
    }

    private static ByteBuf extended(ByteBuf out, int type) {
        return out.writeInt(OxmId.NICIRA).writeInt(type).writeZero(4);
    }

    private static void extendedSelection(ByteBuf out, int type, FlowSelection selection) {
        extended(out, type);
        out.writeShort(OxmCodec.narrowPort(selection.outPort()));
        int lengthAt = out.writerIndex();
        out.writeShort(0).writeByte(selection.tableId()).writeZero(3);
        out.setShort(lengthAt, OxmCodec.extended(out, selection.match(), selection.cookie(), selection.cookieMask()));
    }

    @Override
    public void prefix(ByteBuf out, MultipartBody.Reply body) {
        if (body instanceof MultipartBody.ExtendedReply(MultipartBody.Reply inner)) {
            int type = switch (inner) {
                case MultipartBody.FlowReply _ -> NXST_FLOW;
                case MultipartBody.GroupStatsReply _ -> NXST_GROUP;
                case MultipartBody.GroupDescReply _ -> NXST_GROUP_DESC;
                case MultipartBody.GroupFeatures _ -> NXST_GROUP_FEATURES;
                default -> NXST_AGGREGATE;
            };
            extended(out, type);
        }
    }

    @Override
    public List<Runnable> entries(ByteBuf out, MultipartBody.Reply body) {
        return switch (body) {
            case MultipartBody.Description description ->
                List.of(() -> StandardMultipart.description(out, description));
            case MultipartBody.FlowReply reply -> MultipartCodec.steps(reply.flows(), flow -> flow(out, flow));
            case MultipartBody.Aggregate sums -> List.of(() -> StandardMultipart.aggregate(out, sums));
            case MultipartBody.TableReply tables -> MultipartCodec.steps(tables.tables(), table -> table(out, table));
            case MultipartBody.PortStatsReply ports ->
                MultipartCodec.steps(ports.ports(), port -> {
                    out.writeShort(OxmCodec.narrowPort(port.port())).writeZero(6);
                    PortCodec.counters(out, port);
                });
            case MultipartBody.QueueStatsReply queues ->
                MultipartCodec.steps(queues.queues(), queue -> {
                    out.writeShort(OxmCodec.narrowPort(queue.port()))
                            .writeZero(2)
                            .writeInt(queue.queueId());
                    out.writeLong(queue.txOctets()).writeLong(queue.txPackets()).writeLong(queue.txErrors());
                });
            case MultipartBody.PortDescReply ports ->
                MultipartCodec.steps(ports.ports(), port -> Bodies10.port(out, port));
            case MultipartBody.ExtendedReply(MultipartBody.FlowReply reply) ->
                MultipartCodec.steps(reply.flows(), flow -> extendedFlow(out, flow));
            case MultipartBody.ExtendedReply(MultipartBody.Aggregate sums) ->
                List.of(() -> StandardMultipart.aggregate(out, sums));
            case MultipartBody.ExtendedReply(MultipartBody.Reply aboutGroups) -> groups.entries(out, aboutGroups);
            case MultipartBody.ExperimenterReply other ->
                List.of(() -> out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array()));
            default -> throw notHere(body);
        };
    }

    private void flow(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(flow.tableId()).writeZero(1);
        Match10.encode(out, flow.match());
        out.writeInt(flow.duration().seconds()).writeInt(flow.duration().nanoseconds());
        out.writeShort(flow.priority()).writeShort(flow.idleTimeoutSeconds()).writeShort(flow.hardTimeoutSeconds());
        out.writeZero(6).writeLong(flow.cookie()).writeLong(flow.packets()).writeLong(flow.octets());
        flows.instructions(out, flow.instructions());
        out.setShort(start, out.writerIndex() - start);
    }

    private void extendedFlow(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(flow.tableId()).writeZero(1);
        out.writeInt(flow.duration().seconds()).writeInt(flow.duration().nanoseconds());
        out.writeShort(flow.priority()).writeShort(flow.idleTimeoutSeconds()).writeShort(flow.hardTimeoutSeconds());
        int lengthAt = out.writerIndex();
        // How long ago it was hit and changed is 0: not known.
        out.writeShort(0)
                .writeZero(4)
                .writeLong(flow.cookie())
                .writeLong(flow.packets())
                .writeLong(flow.octets());
        out.setShort(lengthAt, OxmCodec.extended(out, flow.match(), 0, 0));
        flows.instructions(out, flow.instructions());
        out.setShort(start, out.writerIndex() - start);
    }

    private static void table(ByteBuf out, MultipartBody.TableEntry table) {
        out.writeByte(table.tableId()).writeZero(3);
        StandardMultipart.text(out, "table" + table.tableId(), 32);
        out.writeInt(Match10.WILDCARD_ALL).writeInt(table.maxEntries()).writeInt(table.active());
        out.writeLong(table.lookups()).writeLong(table.matches());
    }
}
