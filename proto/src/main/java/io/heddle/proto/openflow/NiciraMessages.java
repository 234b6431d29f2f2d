package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.OxmId;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.netty.buffer.ByteBuf;
import java.util.OptionalLong;

/**
 * Messages of Open vSwitch's extensions ({@code NXT_*}): what OpenFlow 1.0 lacks and the later versions took over. Messages that are not
 * known stay {@link OpenFlowMessage.Experimenter}s.
 *
 * <pre>
 *   0x00002320 | subtype 32 | body ...
 * </pre>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class NiciraMessages {
    private static final int ROLE_REQUEST = 10;
    private static final int ROLE_REPLY = 11;
    private static final int SET_FLOW_FORMAT = 12;
    private static final int FLOW_MOD = 13;
    private static final int FLOW_REMOVED = 14;
    private static final int FLOW_MOD_TABLE_ID = 15;
    private static final int SET_PACKET_IN_FORMAT = 16;
    private static final int PACKET_IN = 17;
    private static final int SET_ASYNC_CONFIG = 19;
    private static final int SET_CONTROLLER_ID = 20;
    private static final int FLOW_MONITOR_CANCEL = 21;
    private static final int FLOW_MONITOR_PAUSED = 22;
    private static final int FLOW_MONITOR_RESUMED = 23;
    private static final int SET_ASYNC_CONFIG2 = 27;
    private static final int REQUEST_FORWARD = 132;

    private static final int TLV_TABLE_MOD = 24;
    private static final int TLV_TABLE_REQUEST = 25;
    private static final int TLV_TABLE_REPLY = 26;

    private static final int CT_FLUSH_ZONE = 29;
    private static final int CT_FLUSH = 32;
    private static final int GROUP_MOD = 31;

    private static final int RESUME = 28;
    private static final int PACKET_IN2 = 30;

    private static final int FORMAT_NXM = 2;
    private static final int NXPIF_NXT_PACKET_IN = 1;

    private final OpenFlowVersion version;
    private final Extensions extensions;
    private final FlowMods10 flowMods;
    private final OnfMessages onf;
    private final Groups15 groups;

    NiciraMessages(OpenFlowVersion version, ActionCodec actions, Extensions extensions) {
        this.version = version;
        this.extensions = extensions;
        this.flowMods = new FlowMods10(actions, extensions);
        this.onf = new OnfMessages(version);
        this.groups = new Groups15(actions);
    }

    private boolean isFirst() {
        return version == OpenFlowVersion.OPENFLOW_10;
    }

    /** Says whether the version, or what the client has asked for, makes the message one of these. */
    boolean says(OpenFlowMessage message) {
        return switch (message) {
            case OpenFlowMessage.SetFlowFormat _,
                    OpenFlowMessage.SetTableIdInCommand _,
                    OpenFlowMessage.SetPacketInFormat _,
                    OpenFlowMessage.ExtendedPacketIn _,
                    OpenFlowMessage.Resume _,
                    OpenFlowMessage.SetControllerId _,
                    OpenFlowMessage.CtFlushZone _,
                    OpenFlowMessage.CtFlush _,
                    OpenFlowMessage.TlvTableMod _,
                    OpenFlowMessage.TlvTableRequest _,
                    OpenFlowMessage.TlvTableReply _ -> true;
            case OpenFlowMessage.RoleRequest _, OpenFlowMessage.RoleReply _ ->
                !version.isAtLeast(OpenFlowVersion.OPENFLOW_12);
            case OpenFlowMessage.SetAsync _ -> !version.isAtLeast(OpenFlowVersion.OPENFLOW_13);
            case OpenFlowMessage.FlowModRequest _, OpenFlowMessage.FlowRemoved _ -> isFirst() && extensions.isNxm();
            case OpenFlowMessage.GroupModRequest _ -> isFirst();
            case OpenFlowMessage.FlowMonitorCancel _,
                    OpenFlowMessage.FlowMonitorPaused _,
                    OpenFlowMessage.FlowMonitorResumed _,
                    OpenFlowMessage.ChangeAsync _,
                    OpenFlowMessage.RequestForward _ -> !version.isAtLeast(OpenFlowVersion.OPENFLOW_14);
            case OpenFlowMessage.PacketIn _ -> extensions.packetInFormat() == NXPIF_NXT_PACKET_IN;
            default -> onf.says(message);
        };
    }

    /** Reads an experimenter's message from its experimenter id on. */
    OpenFlowMessage decode(Reader in) throws FlowException {
        int experimenter = in.i32();
        if (experimenter == OxmId.ONF) {
            return onf.decode(in);
        }
        if (experimenter != OxmId.NICIRA) {
            return new OpenFlowMessage.Experimenter(experimenter, in.remaining() < 4 ? 0 : in.i32(), in.rest());
        }
        int subtype = in.i32();
        return switch (subtype) {
            case ROLE_REQUEST -> new OpenFlowMessage.RoleRequest(role(in), OptionalLong.empty());
            case ROLE_REPLY -> new OpenFlowMessage.RoleReply(role(in), 0);
            case SET_FLOW_FORMAT ->
                new OpenFlowMessage.SetFlowFormat(
                        choice(StandardBodies.exactly(in, 4).i32(), FORMAT_NXM));
            case FLOW_MOD_TABLE_ID -> {
                int wanted = StandardBodies.exactly(in, 8).u8();
                in.finish();
                yield new OpenFlowMessage.SetTableIdInCommand(choice(wanted, 1));
            }
            case SET_PACKET_IN_FORMAT ->
                new OpenFlowMessage.SetPacketInFormat(
                        StandardBodies.exactly(in, 4).i32());
            case SET_ASYNC_CONFIG -> new OpenFlowMessage.SetAsync(AsyncCodec.fixed(StandardBodies.exactly(in, 24)));
            case SET_ASYNC_CONFIG2 -> new OpenFlowMessage.ChangeAsync(AsyncCodec.properties(in, version));
            case REQUEST_FORWARD -> StatusCodec.requestForward(in);
            case SET_CONTROLLER_ID -> {
                StandardBodies.exactly(in, 8).skip(6);
                yield new OpenFlowMessage.SetControllerId(in.u16());
            }
            case FLOW_MONITOR_CANCEL ->
                new OpenFlowMessage.FlowMonitorCancel(
                        StandardBodies.exactly(in, 4).i32());
            case FLOW_MONITOR_PAUSED -> StandardBodies.empty(new OpenFlowMessage.FlowMonitorPaused(), in);
            case FLOW_MONITOR_RESUMED -> StandardBodies.empty(new OpenFlowMessage.FlowMonitorResumed(), in);
            case GROUP_MOD -> new OpenFlowMessage.GroupModRequest(groups.mod(in));
            case CT_FLUSH_ZONE -> ConntrackFlushCodec.zone(in);
            case CT_FLUSH -> ConntrackFlushCodec.flush(in);
            case TLV_TABLE_MOD -> TlvTableCodec.mod(in);
            case TLV_TABLE_REQUEST -> StandardBodies.empty(new OpenFlowMessage.TlvTableRequest(), in);
            case TLV_TABLE_REPLY -> TlvTableCodec.reply(in);
            case FLOW_MOD -> isFirst() ? flowMods.extended(in) : unknown(subtype, in);
            case FLOW_REMOVED -> isFirst() ? flowRemoved(in) : unknown(subtype, in);
            case PACKET_IN -> packetIn(in);
            case PACKET_IN2 -> PacketInCodec.packetIn(in);
            case RESUME -> PacketInCodec.resume(in);
            default -> unknown(subtype, in);
        };
    }

    private static OpenFlowMessage unknown(int subtype, Reader in) throws FlowException {
        return new OpenFlowMessage.Experimenter(OxmId.NICIRA, subtype, in.rest());
    }

    private static boolean choice(int value, int on) throws FlowException {
        if (value != 0 && value != on) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_EPERM, "format", "format " + value + " is neither 0 nor " + on);
        }
        return value == on;
    }

    private static Role role(Reader in) throws FlowException {
        int number = StandardBodies.exactly(in, 4).i32();
        return switch (number) {
            case 0 -> Role.EQUAL;
            case 1 -> Role.MASTER;
            case 2 -> Role.SLAVE;
            default ->
                throw new FlowException(
                        ErrorCode.ROLE_REQUEST_FAILED_BAD_ROLE, "role", "role " + number + " is not in 0-2");
        };
    }

    private static int number(Role role) {
        return switch (role) {
            case NO_CHANGE, EQUAL -> 0;
            case MASTER -> 1;
            case SLAVE -> 2;
        };
    }

    private static OpenFlowMessage flowRemoved(Reader in) throws FlowException {
        long cookie = in.i64();
        int priority = in.u16();
        int reason = in.u8();
        int table = Math.max(0, in.u8() - 1);
        Duration duration = new Duration(in.i32(), in.i32());
        int idle = in.u16();
        int length = in.u16();
        long packets = in.i64();
        long octets = in.i64();
        Match match = OxmCodec.extended(in, length).match();
        return new OpenFlowMessage.FlowRemoved(
                cookie, priority, reason, table, duration, idle, 0, packets, octets, match);
    }

    private static OpenFlowMessage packetIn(Reader in) throws FlowException {
        int buffer = in.i32();
        int totalLength = in.u16();
        int reason = in.u8();
        int table = in.u8();
        long cookie = in.i64();
        int length = in.u16();
        in.skip(6);
        Match match = OxmCodec.extended(in, length).match();
        in.skip(2);
        return new OpenFlowMessage.PacketIn(buffer, totalLength, reason, table, cookie, match, in.rest());
    }

    /** Writes a message that {@link #says} is one of these, from the experimenter id on. */
    void encode(ByteBuf out, OpenFlowMessage message) {
        if (onf.says(message)) {
            onf.encode(out, message);
            return;
        }
        switch (message) {
            case OpenFlowMessage.FlowMonitorCancel cancel ->
                begin(out, FLOW_MONITOR_CANCEL).writeInt(cancel.id());
            case OpenFlowMessage.ChangeAsync async ->
                AsyncCodec.properties(begin(out, SET_ASYNC_CONFIG2), async.masks(), version);
            case OpenFlowMessage.RequestForward forward ->
                StatusCodec.requestForward(begin(out, REQUEST_FORWARD), forward);
            case OpenFlowMessage.FlowMonitorPaused _ -> begin(out, FLOW_MONITOR_PAUSED);
            case OpenFlowMessage.FlowMonitorResumed _ -> begin(out, FLOW_MONITOR_RESUMED);
            case OpenFlowMessage.SetFlowFormat format ->
                begin(out, SET_FLOW_FORMAT).writeInt(format.isNxm() ? FORMAT_NXM : 0);
            case OpenFlowMessage.SetTableIdInCommand wanted ->
                begin(out, FLOW_MOD_TABLE_ID)
                        .writeByte(wanted.isWanted() ? 1 : 0)
                        .writeZero(7);
            case OpenFlowMessage.SetPacketInFormat format ->
                begin(out, SET_PACKET_IN_FORMAT).writeInt(format.format());
            case OpenFlowMessage.SetControllerId id ->
                begin(out, SET_CONTROLLER_ID).writeZero(6).writeShort(id.controllerId());
            case OpenFlowMessage.GroupModRequest request -> groups.mod(begin(out, GROUP_MOD), request.mod());
            case OpenFlowMessage.CtFlushZone flush -> ConntrackFlushCodec.zone(begin(out, CT_FLUSH_ZONE), flush);
            case OpenFlowMessage.CtFlush flush -> ConntrackFlushCodec.flush(begin(out, CT_FLUSH), flush);
            case OpenFlowMessage.TlvTableMod mod -> TlvTableCodec.mod(begin(out, TLV_TABLE_MOD), mod);
            case OpenFlowMessage.TlvTableRequest _ -> begin(out, TLV_TABLE_REQUEST);
            case OpenFlowMessage.TlvTableReply reply -> TlvTableCodec.reply(begin(out, TLV_TABLE_REPLY), reply);
            case OpenFlowMessage.RoleRequest role -> begin(out, ROLE_REQUEST).writeInt(number(role.role()));
            case OpenFlowMessage.RoleReply role -> begin(out, ROLE_REPLY).writeInt(number(role.role()));
            case OpenFlowMessage.SetAsync async ->
                AsyncCodec.fixed(begin(out, SET_ASYNC_CONFIG), async.configuration());
            case OpenFlowMessage.FlowModRequest request -> flowMods.extended(begin(out, FLOW_MOD), request);
            case OpenFlowMessage.FlowRemoved removed -> flowRemoved(begin(out, FLOW_REMOVED), removed);
            case OpenFlowMessage.PacketIn packet -> packetIn(begin(out, PACKET_IN), packet);
            case OpenFlowMessage.ExtendedPacketIn packet ->
                PacketInCodec.encode(begin(out, PACKET_IN2), packet, version);
            case OpenFlowMessage.Resume resume -> PacketInCodec.encode(begin(out, RESUME), resume, version);
            default -> throw new IllegalStateException(message + " is written elsewhere");
        }
    }

    private static ByteBuf begin(ByteBuf out, int subtype) {
        return out.writeInt(OxmId.NICIRA).writeInt(subtype);
    }

    private static void flowRemoved(ByteBuf out, OpenFlowMessage.FlowRemoved removed) {
        out.writeLong(removed.cookie()).writeShort(removed.priority());
        out.writeByte(removed.reason()).writeByte(removed.tableId() + 1);
        out.writeInt(removed.duration().seconds()).writeInt(removed.duration().nanoseconds());
        out.writeShort(removed.idleTimeoutSeconds());
        int lengthAt = out.writerIndex();
        out.writeShort(0).writeLong(removed.packets()).writeLong(removed.octets());
        out.setShort(lengthAt, OxmCodec.extended(out, removed.match(), 0, 0));
    }

    private static void packetIn(ByteBuf out, OpenFlowMessage.PacketIn packet) {
        out.writeInt(packet.bufferId()).writeShort(packet.totalLength());
        out.writeByte(packet.reason()).writeByte(packet.tableId()).writeLong(packet.cookie());
        int lengthAt = out.writerIndex();
        out.writeZero(8);
        out.setShort(lengthAt, OxmCodec.extended(out, packet.match(), 0, 0));
        out.writeZero(2).writeBytes(packet.frame().array());
    }
}
