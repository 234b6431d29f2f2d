package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;

/**
 * Multipart requests and replies (in OpenFlow 1.0: statistics), of which a reply may be spread over several messages.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.5</a>
 */
final class MultipartCodec {
    static final int DESC = 0;
    static final int FLOW = 1;
    static final int AGGREGATE = 2;
    static final int TABLE = 3;
    static final int PORT_STATS = 4;
    static final int QUEUE = 5;
    static final int GROUP = 6;
    static final int GROUP_DESC = 7;
    static final int GROUP_FEATURES = 8;
    static final int METER = 9;
    static final int METER_CONFIG = 10;
    static final int METER_FEATURES = 11;
    static final int TABLE_FEATURES = 12;
    static final int PORT_DESC = 13;
    static final int TABLE_DESC = 14;
    static final int QUEUE_DESC = 15;
    static final int FLOW_MONITOR = 16;
    static final int FLOW_STATS = 17;
    static final int CONTROLLER_STATUS = 18;
    static final int EXPERIMENTER = 0xffff;

    private static final int MORE = 1;

    /** What follows the header, in the layout of some versions. */
    interface Layout {
        MultipartBody.Request request(int type, Reader in) throws FlowException;

        MultipartBody.Reply reply(int type, Reader in) throws FlowException;

        void request(ByteBuf out, MultipartBody.Request request);

        /** Writes what stands before the entries in each message of a reply. */
        default void prefix(ByteBuf out, MultipartBody.Reply body) {}

        /** What to write, one step for each entry. */
        List<Runnable> entries(ByteBuf out, MultipartBody.Reply body);
    }

    private final OpenFlowVersion version;
    private final boolean isFirst;
    private final Layout layout;
    private final MonitorCodec monitors;

    MultipartCodec(OpenFlowVersion version, Layout layout, MonitorCodec monitors) {
        this.version = version;
        this.monitors = monitors;
        this.isFirst = version == OpenFlowVersion.OPENFLOW_10;
        this.layout = layout;
    }

    /** The first version with that type. Open vSwitch describes ports in all of them. */
    private static OpenFlowVersion since(int type) {
        return switch (type) {
            case GROUP, GROUP_DESC -> OpenFlowVersion.OPENFLOW_11;
            case GROUP_FEATURES -> OpenFlowVersion.OPENFLOW_12;
            case METER, METER_CONFIG, METER_FEATURES, TABLE_FEATURES -> OpenFlowVersion.OPENFLOW_13;
            case TABLE_DESC, QUEUE_DESC, FLOW_MONITOR -> OpenFlowVersion.OPENFLOW_14;
            case FLOW_STATS, CONTROLLER_STATUS -> OpenFlowVersion.OPENFLOW_15;
            default -> OpenFlowVersion.OPENFLOW_10;
        };
    }

    private void require(int type) throws FlowException {
        if (!version.isAtLeast(since(type))) {
            throw unknown(type);
        }
    }

    OpenFlowMessage.MultipartRequest request(Reader in) throws FlowException {
        int type = in.u16();
        require(type);
        int flags = in.u16();
        in.skip(isFirst ? 0 : 4);
        boolean isMonitor = type == FLOW_MONITOR || type == EXPERIMENTER && monitors.skipHeader(in);
        return new OpenFlowMessage.MultipartRequest(
                (flags & MORE) != 0,
                isMonitor ? new MultipartBody.FlowMonitorRequest(monitors.requests(in)) : layout.request(type, in));
    }

    OpenFlowMessage.MultipartReply reply(Reader in) throws FlowException {
        int type = in.u16();
        require(type);
        int flags = in.u16();
        in.skip(isFirst ? 0 : 4);
        boolean isMonitor = type == FLOW_MONITOR || type == EXPERIMENTER && monitors.skipHeader(in);
        return new OpenFlowMessage.MultipartReply(
                (flags & MORE) != 0,
                isMonitor ? new MultipartBody.FlowUpdates(list(in, monitors::update)) : layout.reply(type, in));
    }

    static FlowException unknown(int type) {
        return new FlowException(
                ErrorCode.BAD_REQUEST_BAD_MULTIPART, "multipart", "multipart type " + type + " is not known");
    }

    void request(ByteBuf out, OpenFlowMessage.MultipartRequest request) {
        header(out, request.body(), request.more());
        if (request.body() instanceof MultipartBody.FlowMonitorRequest(List<FlowMonitor> wanted)) {
            monitors.header(out);
            wanted.forEach(monitor -> monitors.request(out, monitor));
        } else {
            layout.request(out, request.body());
        }
    }

    void reply(ByteBuf out, OpenFlowMessage.MultipartReply reply) {
        header(out, reply.body(), reply.more());
        prefix(out, reply.body());
        for (Runnable entry : entries(out, reply.body())) {
            entry.run();
        }
    }

    private void prefix(ByteBuf out, MultipartBody.Reply body) {
        if (body instanceof MultipartBody.FlowUpdates) {
            monitors.header(out);
        } else {
            layout.prefix(out, body);
        }
    }

    /** The entries of a reply, as steps that write one after the other to {@code out}. */
    List<Runnable> entries(ByteBuf out, MultipartBody.Reply body) {
        return body instanceof MultipartBody.FlowUpdates(List<FlowUpdate> updates)
                ? steps(updates, update -> monitors.update(out, update))
                : layout.entries(out, body);
    }

    private void header(ByteBuf out, MultipartBody body, boolean more) {
        if (!version.isAtLeast(since(typeOf(body)))) {
            throw new IllegalArgumentException(version.protocolName() + " has no multipart message "
                    + body.getClass().getSimpleName());
        }
        out.writeShort(typeOf(body)).writeShort(more ? MORE : 0).writeZero(isFirst ? 0 : 4);
    }

    /** Writes what stands before the entries; returns where they begin. */
    int begin(ByteBuf out, MultipartBody.Reply body, boolean more) {
        header(out, body, more);
        prefix(out, body);
        return out.writerIndex();
    }

    /** Says in a message that was written that more follow. */
    static void markMore(ByteBuf out, int header) {
        out.setShort(header + 2, MORE);
    }

    private int typeOf(MultipartBody body) {
        return switch (body) {
            case MultipartBody.FlowMonitorRequest _, MultipartBody.FlowUpdates _ ->
                version.isAtLeast(OpenFlowVersion.OPENFLOW_14) ? FLOW_MONITOR : EXPERIMENTER;
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
            case MultipartBody.TableDescRequest _, MultipartBody.TableDescReply _ -> TABLE_DESC;
            case MultipartBody.FlowStatsRequest _, MultipartBody.FlowStatsReply _ -> FLOW_STATS;
            case MultipartBody.ControllerStatusRequest _, MultipartBody.ControllerStatusReply _ -> CONTROLLER_STATUS;
            case MultipartBody.QueueDescRequest _, MultipartBody.QueueDescReply _ -> QUEUE_DESC;
            case MultipartBody.ExperimenterRequest _,
                    MultipartBody.ExperimenterReply _,
                    MultipartBody.ExtendedRequest _,
                    MultipartBody.ExtendedReply _ -> EXPERIMENTER;
        };
    }

    static MultipartBody.Request empty(MultipartBody.Request body, Reader in) throws FlowException {
        exactly(in, 0);
        return body;
    }

    static Reader exactly(Reader in, int octets) throws FlowException {
        if (in.remaining() != octets) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "multipart",
                    "the body has " + in.remaining() + " octets, but " + octets + " is right");
        }
        return in;
    }

    /** Reads one entry of a list. */
    interface EntryReader<T> {
        T read(Reader in) throws FlowException;
    }

    static <T> List<T> list(Reader in, EntryReader<T> entry) throws FlowException {
        List<T> list = new ArrayList<>();
        while (in.remaining() > 0) {
            list.add(entry.read(in));
        }
        return list;
    }

    /** An entry that begins with its length. */
    static Reader entry(Reader in, int least) throws FlowException {
        int length = in.u16();
        if (length < least || length - 2 > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "multipart",
                    "an entry's length " + length + " is not in " + least + "-" + (in.remaining() + 2));
        }
        return in.sub(length - 2, ErrorCode.BAD_REQUEST_BAD_LEN, "multipart");
    }

    /** Writes one entry of a list. */
    interface EntryWriter<T> {
        void write(T entry);
    }

    /** One step for each entry, made when it is asked for. */
    static <T> List<Runnable> steps(List<T> entries, EntryWriter<T> writer) {
        return new AbstractList<>() {
            @Override
            public Runnable get(int index) {
                return () -> writer.write(entries.get(index));
            }

            @Override
            public int size() {
                return entries.size();
            }
        };
    }
}
