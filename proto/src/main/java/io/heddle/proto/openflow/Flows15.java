package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Set;

/**
 * Flows and their counters as OpenFlow 1.5 tells them: counters are fields with a type and a length, like those of a match.
 *
 * <pre>
 *   0 (16) | length 16 | class 0x8002 | field 7, 0 (1) | length 8 | value ... | 0 to a multiple of 8 octets
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.5.1.pdf">OpenFlow 1.5.1 section 7.2.4</a>
 */
final class Flows15 {
    private static final int BASIC = 0x8002;
    private static final int DURATION = 0;
    private static final int FLOW_COUNT = 3;
    private static final int PACKET_COUNT = 4;
    private static final int BYTE_COUNT = 5;

    private final ActionCodec actions;

    Flows15(ActionCodec actions) {
        this.actions = actions;
    }

    /** Counters; 0 for those that are not told. */
    private record Statistics(Duration duration, int flows, long packets, long octets) {}

    private static Statistics statistics(Reader in) throws FlowException {
        in.need(4);
        in.skip(2);
        int length = in.u16();
        if (length < 4 || length - 4 > in.remaining()) {
            throw bad("length " + length + " of the counters is not in 4-" + (in.remaining() + 4));
        }
        Reader fields = in.sub(length - 4, ErrorCode.BAD_REQUEST_BAD_LEN, "stats");
        Duration duration = Duration.ZERO;
        int flows = 0;
        long packets = 0;
        long octets = 0;
        while (fields.remaining() > 0) {
            int oxsClass = fields.u16();
            int field = fields.u8() >>> 1;
            int size = fields.u8();
            Reader value = fields.sub(size, ErrorCode.BAD_REQUEST_BAD_LEN, "stats");
            if (oxsClass == BASIC) {
                switch (field) {
                    case DURATION -> duration = StandardMultipart.duration(value);
                    case FLOW_COUNT -> flows = value.i32();
                    case PACKET_COUNT -> packets = value.i64();
                    case BYTE_COUNT -> octets = value.i64();
                    default -> {
                        // Not kept.
                    }
                }
            }
            value.finish();
        }
        in.pad((8 - length % 8) % 8);
        return new Statistics(duration, flows, packets, octets);
    }

    private static FlowException bad(String what) {
        return new FlowException(ErrorCode.BAD_REQUEST_BAD_LEN, "stats", what);
    }

    private static ByteBuf field(ByteBuf out, int field, int length) {
        return out.writeShort(BASIC).writeByte(field << 1).writeByte(length);
    }

    private static void counters(ByteBuf out, Duration duration, long packets, long octets) {
        int start = out.writerIndex();
        out.writeInt(0);
        StandardMultipart.duration(field(out, DURATION, 8), duration);
        field(out, PACKET_COUNT, 8).writeLong(packets);
        field(out, BYTE_COUNT, 8).writeLong(octets);
        close(out, start);
    }

    private static void close(ByteBuf out, int start) {
        int length = out.writerIndex() - start;
        out.setShort(start + 2, length);
        out.writeZero((8 - length % 8) % 8);
    }

    static MultipartBody.Reply aggregate(Reader in) throws FlowException {
        Statistics sums = statistics(in);
        return new MultipartBody.Aggregate(sums.packets, sums.octets, sums.flows);
    }

    static void aggregate(ByteBuf out, MultipartBody.Aggregate sums) {
        int start = out.writerIndex();
        out.writeInt(0);
        field(out, FLOW_COUNT, 4).writeInt(sums.flows());
        field(out, PACKET_COUNT, 8).writeLong(sums.packets());
        field(out, BYTE_COUNT, 8).writeLong(sums.octets());
        close(out, start);
    }

    /** An entry of {@code OFPMP_FLOW_DESC}. */
    MultipartBody.FlowEntry description(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 32);
        entry.skip(2);
        int table = entry.u8();
        entry.skip(1);
        int priority = entry.u16();
        int idle = entry.u16();
        int hard = entry.u16();
        int flags = entry.u16();
        int importance = entry.u16();
        long cookie = entry.i64();
        Match match = OxmCodec.match(entry);
        Statistics counters = statistics(entry);
        return new MultipartBody.FlowEntry(
                table,
                counters.duration,
                priority,
                idle,
                hard,
                ModCodec.flags(flags),
                importance,
                cookie,
                counters.packets,
                counters.octets,
                match,
                actions.instructions(entry));
    }

    void description(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeZero(4).writeByte(flow.tableId()).writeZero(1);
        out.writeShort(flow.priority()).writeShort(flow.idleTimeoutSeconds()).writeShort(flow.hardTimeoutSeconds());
        out.writeShort(ModCodec.flagBits(flow.flags())).writeShort(flow.importance());
        out.writeLong(flow.cookie());
        OxmCodec.match(out, flow.match());
        counters(out, flow.duration(), flow.packets(), flow.octets());
        actions.instructions(out, flow.instructions());
        out.setShort(start, out.writerIndex() - start);
    }

    /** An entry of {@code OFPMP_FLOW_STATS}: which flow, and its counters. */
    static MultipartBody.FlowEntry statisticsEntry(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 16);
        entry.skip(2);
        int table = entry.u8();
        entry.skip(1);
        int priority = entry.u16();
        Match match = OxmCodec.match(entry);
        Statistics counters = statistics(entry);
        entry.finish();
        return new MultipartBody.FlowEntry(
                table,
                counters.duration,
                priority,
                0,
                0,
                Set.of(),
                0,
                0,
                counters.packets,
                counters.octets,
                match,
                List.of());
    }

    static void statisticsEntry(ByteBuf out, MultipartBody.FlowEntry flow) {
        int start = out.writerIndex();
        out.writeZero(4).writeByte(flow.tableId()).writeZero(1).writeShort(flow.priority());
        OxmCodec.match(out, flow.match());
        counters(out, flow.duration(), flow.packets(), flow.octets());
        out.setShort(start, out.writerIndex() - start);
    }

    static OpenFlowMessage removed(Reader in) throws FlowException {
        int table = in.u8();
        int reason = in.u8();
        int priority = in.u16();
        int idle = in.u16();
        int hard = in.u16();
        long cookie = in.i64();
        Match match = OxmCodec.match(in);
        Statistics counters = statistics(in);
        return new OpenFlowMessage.FlowRemoved(
                cookie,
                priority,
                reason,
                table,
                counters.duration,
                idle,
                hard,
                counters.packets,
                counters.octets,
                match);
    }

    static void removed(ByteBuf out, OpenFlowMessage.FlowRemoved removed) {
        out.writeByte(removed.tableId()).writeByte(removed.reason()).writeShort(removed.priority());
        out.writeShort(removed.idleTimeoutSeconds())
                .writeShort(removed.hardTimeoutSeconds())
                .writeLong(removed.cookie());
        OxmCodec.match(out, removed.match());
        counters(out, removed.duration(), removed.packets(), removed.octets());
    }
}
