package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Bodies as OpenFlow 1.1 and later have them.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
final class StandardBodies implements Bodies {
    /** {@code OFPC_ARP_MATCH_IP} of OpenFlow 1.1. */
    private static final int CAPABILITY_ARP_MATCH_IP = 1 << 7;

    private final OpenFlowVersion version;
    private final ActionCodec actions;
    private final ModCodec mods;
    private final PortCodec ports;
    private final MultipartCodec multipart;
    private final MatchCodec matches;

    StandardBodies(
            OpenFlowVersion version, ActionCodec actions, ModCodec mods, PortCodec ports, MultipartCodec multipart) {
        this.version = version;
        this.ports = ports;
        this.actions = actions;
        this.mods = mods;
        this.multipart = multipart;
        this.matches = new MatchCodec(version);
    }

    @Override
    public OpenFlowMessage read(MessageType type, Reader in) throws FlowException {
        return switch (type) {
            case FEATURES_REQUEST -> empty(new OpenFlowMessage.FeaturesRequest(), in);
            case FEATURES_REPLY -> featuresReply(in);
            case GET_CONFIG_REQUEST -> empty(new OpenFlowMessage.GetConfigRequest(), in);
            case GET_CONFIG_REPLY ->
                new OpenFlowMessage.GetConfigReply(exactly(in, 4).u16(), in.u16());
            case SET_CONFIG -> new OpenFlowMessage.SetConfig(exactly(in, 4).u16(), in.u16());
            case PACKET_IN -> packetIn(in);
            case FLOW_REMOVED -> isLatest() ? Flows15.removed(in) : flowRemoved(in);
            case PORT_STATUS -> portStatus(in);
            case PACKET_OUT -> isLatest() ? packetOut15(in) : packetOut(in);
            case FLOW_MOD -> mods.flowMod(in);
            case GROUP_MOD -> new OpenFlowMessage.GroupModRequest(mods.groupMod(in));
            case PORT_MOD -> ports.portMod(in);
            case TABLE_MOD -> tableMod(in);
            case MULTIPART_REQUEST -> multipart.request(in);
            case MULTIPART_REPLY -> multipart.reply(in);
            case BARRIER_REQUEST -> empty(new OpenFlowMessage.BarrierRequest(), in);
            case BARRIER_REPLY -> empty(new OpenFlowMessage.BarrierReply(), in);
            case QUEUE_GET_CONFIG_REQUEST -> {
                int port = exactly(in, 8).i32();
                in.finish();
                yield new OpenFlowMessage.QueueGetConfigRequest(port);
            }
            case QUEUE_GET_CONFIG_REPLY -> queueConfig(in);
            case ROLE_REQUEST -> {
                Role role = role(exactly(in, 16).i32());
                in.skip(4);
                yield new OpenFlowMessage.RoleRequest(role, OptionalLong.of(in.i64()));
            }
            case ROLE_REPLY -> {
                Role role = role(exactly(in, 16).i32());
                in.skip(4);
                yield new OpenFlowMessage.RoleReply(role, in.i64());
            }
            case GET_ASYNC_REQUEST -> empty(new OpenFlowMessage.GetAsyncRequest(), in);
            case GET_ASYNC_REPLY ->
                new OpenFlowMessage.GetAsyncReply(
                        hasProperties()
                                ? AsyncConfiguration.DEFAULT.with(AsyncCodec.properties(in, version))
                                : AsyncCodec.fixed(exactly(in, 24)));
            case SET_ASYNC ->
                hasProperties()
                        ? new OpenFlowMessage.ChangeAsync(AsyncCodec.properties(in, version))
                        : new OpenFlowMessage.SetAsync(AsyncCodec.fixed(exactly(in, 24)));
            case METER_MOD -> new OpenFlowMessage.MeterModRequest(mods.meterMod(in));
            case ROLE_STATUS -> StatusCodec.roleStatus(in);
            case TABLE_STATUS -> {
                int reason = in.u8();
                in.skip(7);
                yield new OpenFlowMessage.TableStatus(reason, TableCodec.description(in));
            }
            case REQUEST_FORWARD -> StatusCodec.requestForward(in);
            case CONTROLLER_STATUS -> new OpenFlowMessage.ControllerStatusChanged(StatusCodec.controllerStatus(in));
            case BUNDLE_CONTROL -> BundleCodec.control(in);
            case BUNDLE_ADD_MESSAGE -> BundleCodec.add(in);
            case HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY, EXPERIMENTER ->
                throw new IllegalStateException(type + " is read elsewhere");
        };
    }

    static Reader exactly(Reader in, int octets) throws FlowException {
        if (in.remaining() != octets) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "",
                    "the message has " + (in.remaining() + OpenFlowCodec.HEADER_OCTETS) + " octets, but "
                            + (octets + OpenFlowCodec.HEADER_OCTETS) + " is right");
        }
        return in;
    }

    static OpenFlowMessage empty(OpenFlowMessage message, Reader in) throws FlowException {
        exactly(in, 0);
        return message;
    }

    /** Ports are in the reply until OpenFlow 1.2. */
    private boolean hasPortsInFeatures() {
        return !version.isAtLeast(OpenFlowVersion.OPENFLOW_13);
    }

    private OpenFlowMessage featuresReply(Reader in) throws FlowException {
        if (!hasPortsInFeatures()) {
            exactly(in, 24);
        }
        long datapathId = in.i64();
        int buffers = in.i32();
        int tables = in.u8();
        int auxiliary = in.u8();
        in.skip(2);
        int capabilities = isSecond() ? in.i32() & ~CAPABILITY_ARP_MATCH_IP : in.i32();
        in.skip(4);
        List<OpenFlowMessage.PortDescription> list = new ArrayList<>();
        while (in.remaining() > 0) {
            list.add(ports.port(in));
        }
        return new OpenFlowMessage.FeaturesReply(datapathId, buffers, tables, auxiliary, capabilities, list);
    }

    private OpenFlowMessage packetIn(Reader in) throws FlowException {
        int buffer = in.i32();
        if (isSecond()) {
            return packetIn11(buffer, in);
        }
        int totalLength = in.u16();
        int reason = in.u8();
        int table = in.u8();
        long cookie = version.isAtLeast(OpenFlowVersion.OPENFLOW_13) ? in.i64() : -1;
        Match match = OxmCodec.match(in);
        in.skip(2);
        return new OpenFlowMessage.PacketIn(buffer, totalLength, reason, table, cookie, match, in.rest());
    }

    /** Without a match: two port numbers instead. */
    private static OpenFlowMessage packetIn11(int buffer, Reader in) throws FlowException {
        long port = Integer.toUnsignedLong(in.i32());
        in.skip(4);
        int totalLength = in.u16();
        int reason = in.u8();
        int table = in.u8();
        Match match = Match.builder().exact(MatchField.IN_PORT, port).build();
        return new OpenFlowMessage.PacketIn(buffer, totalLength, reason, table, -1, match, in.rest());
    }

    private OpenFlowMessage flowRemoved(Reader in) throws FlowException {
        long cookie = in.i64();
        int priority = in.u16();
        int reason = in.u8();
        int table = in.u8();
        Duration duration = new Duration(in.i32(), in.i32());
        int idle = in.u16();
        int hard = in.u16();
        long packets = in.i64();
        long octets = in.i64();
        Match match = matches.read(in);
        exactly(in, 0);
        return new OpenFlowMessage.FlowRemoved(
                cookie, priority, reason, table, duration, idle, hard, packets, octets, match);
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

    private OpenFlowMessage portStatus(Reader in) throws FlowException {
        int reason = in.u8();
        in.skip(7);
        OpenFlowMessage status = new OpenFlowMessage.PortStatus(reason, ports.port(in));
        exactly(in, 0);
        return status;
    }

    private OpenFlowMessage packetOut(Reader in) throws FlowException {
        int buffer = in.i32();
        int inPort = in.i32();
        int length = in.u16();
        in.skip(6);
        Reader list = in.sub(length, ErrorCode.BAD_REQUEST_BAD_LEN, "actions");
        List<Action> parsed = actions.actions(list, "actions");
        return new OpenFlowMessage.PacketOut(buffer, origin(inPort), parsed, in.rest());
    }

    /** What a packet brings with it besides its port becomes writes of these fields. */
    private OpenFlowMessage packetOut15(Reader in) throws FlowException {
        int buffer = in.i32();
        int length = in.u16();
        in.skip(2);
        Match match = OxmCodec.match(in);
        int inPort = match.has(MatchField.IN_PORT)
                ? (int) match.valueOf(MatchField.IN_PORT).low()
                : Ports.ANY;
        List<Action> list = new ArrayList<>();
        for (MatchField field : List.of(MatchField.METADATA, MatchField.TUN_ID)) {
            if (match.has(field)) {
                list.add(new Action.SetField(field, match.valueOf(field), match.maskOf(field)));
            }
        }
        list.addAll(actions.actions(in.sub(length, ErrorCode.BAD_REQUEST_BAD_LEN, "actions"), "actions"));
        return new OpenFlowMessage.PacketOut(buffer, origin(inPort), list, in.rest());
    }

    /** A port that a packet may be said to come from. */
    static int origin(int inPort) throws FlowException {
        if (!Ports.isPhysicalOrLocal(inPort) && inPort != Ports.CONTROLLER && inPort != Ports.ANY) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_PORT,
                    "in_port",
                    "port " + Integer.toUnsignedString(inPort)
                            + " is not one that packets come from: use OFPP_CONTROLLER");
        }
        return inPort;
    }

    private OpenFlowMessage tableMod(Reader in) throws FlowException {
        return new OpenFlowMessage.TableModRequest(TableCodec.mod(hasProperties() ? in : exactly(in, 8)));
    }

    /** Queues name their port since OpenFlow 1.2. */
    private OpenFlowMessage queueConfig(Reader in) throws FlowException {
        int port = in.i32();
        in.skip(4);
        return new OpenFlowMessage.QueueGetConfigReply(port, QueueCodec.readConfig(in, version, port));
    }

    static Role role(int number) throws FlowException {
        if (number < 0 || number >= Role.values().length) {
            throw new FlowException(
                    ErrorCode.ROLE_REQUEST_FAILED_BAD_ROLE, "role", "role " + number + " is not in 0-3");
        }
        return Role.values()[number];
    }

    @Override
    public void write(ByteBuf out, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.FeaturesReply features -> {
                out.writeLong(features.datapathId())
                        .writeInt(features.buffers())
                        .writeByte(features.tables());
                out.writeByte(features.auxiliaryId()).writeZero(2);
                out.writeInt(isSecond() ? features.capabilities() | CAPABILITY_ARP_MATCH_IP : features.capabilities());
                out.writeZero(4);
                if (hasPortsInFeatures()) {
                    features.ports().forEach(port -> ports.port(out, port));
                }
            }
            case OpenFlowMessage.GetConfigReply config ->
                out.writeShort(config.flags()).writeShort(config.missSendLength());
            case OpenFlowMessage.SetConfig config ->
                out.writeShort(config.flags()).writeShort(config.missSendLength());
            case OpenFlowMessage.PacketIn packet -> writePacketIn(out, packet);
            case OpenFlowMessage.FlowRemoved removed -> {
                if (isLatest()) {
                    Flows15.removed(out, removed);
                } else {
                    writeFlowRemoved(out, removed);
                }
            }
            case OpenFlowMessage.PortStatus status ->
                ports.port(out.writeByte(status.reason()).writeZero(7), status.port());
            case OpenFlowMessage.PacketOut packet -> writePacketOut(out, packet);
            case OpenFlowMessage.FlowModRequest request -> mods.flowMod(out, request);
            case OpenFlowMessage.GroupModRequest request -> mods.groupMod(out, request.mod());
            case OpenFlowMessage.MeterModRequest request -> ModCodec.meterMod(out, request.mod());
            case OpenFlowMessage.PortModRequest mod -> ports.portMod(out, mod);
            case OpenFlowMessage.TableModRequest mod ->
                TableCodec.mod(
                        out,
                        hasProperties()
                                ? mod.table()
                                : new MultipartBody.TableDescription(
                                        mod.table().tableId(), mod.table().config()));
            case OpenFlowMessage.TableStatus status ->
                TableCodec.description(out.writeByte(status.reason()).writeZero(7), status.table());
            case OpenFlowMessage.RoleRequest role ->
                out.writeInt(role.role().ordinal())
                        .writeZero(4)
                        .writeLong(role.generationId().orElse(0));
            case OpenFlowMessage.RoleReply role ->
                out.writeInt(role.role().ordinal()).writeZero(4).writeLong(role.generationId());
            case OpenFlowMessage.GetAsyncReply async -> writeAsync(out, async.configuration());
            case OpenFlowMessage.SetAsync async -> writeAsync(out, async.configuration());
            case OpenFlowMessage.ChangeAsync async -> {
                AsyncCodec.properties(out, async.masks(), version);
            }
            case OpenFlowMessage.QueueGetConfigRequest request ->
                out.writeInt(request.port()).writeZero(4);
            case OpenFlowMessage.QueueGetConfigReply reply -> writeQueueConfig(out, reply);
            case OpenFlowMessage.MultipartRequest request -> multipart.request(out, request);
            case OpenFlowMessage.MultipartReply reply -> multipart.reply(out, reply);
            case OpenFlowMessage.RoleStatus status -> StatusCodec.roleStatus(out, status);
            case OpenFlowMessage.RequestForward forward -> StatusCodec.requestForward(out, forward);
            case OpenFlowMessage.ControllerStatusChanged changed -> StatusCodec.controllerStatus(out, changed.status());
            case OpenFlowMessage.BundleControl control -> BundleCodec.control(out, control);
            case OpenFlowMessage.BundleAdd add -> BundleCodec.add(out, add);
            case OpenFlowMessage.FeaturesRequest _,
                    OpenFlowMessage.GetConfigRequest _,
                    OpenFlowMessage.BarrierRequest _,
                    OpenFlowMessage.BarrierReply _,
                    OpenFlowMessage.GetAsyncRequest _ -> {
                // A header alone.
            }
            case OpenFlowMessage.Hello _,
                    OpenFlowMessage.ErrorReply _,
                    OpenFlowMessage.EchoRequest _,
                    OpenFlowMessage.EchoReply _,
                    OpenFlowMessage.Experimenter _,
                    OpenFlowMessage.SetFlowFormat _,
                    OpenFlowMessage.SetTableIdInCommand _,
                    OpenFlowMessage.SetPacketInFormat _,
                    OpenFlowMessage.ExtendedPacketIn _,
                    OpenFlowMessage.Resume _,
                    OpenFlowMessage.SetControllerId _,
                    OpenFlowMessage.CtFlushZone _,
                    OpenFlowMessage.CtFlush _,
                    OpenFlowMessage.TlvTableMod _,
                    OpenFlowMessage.TlvTableRequest _,
                    OpenFlowMessage.TlvTableReply _,
                    OpenFlowMessage.FlowMonitorCancel _,
                    OpenFlowMessage.FlowMonitorPaused _,
                    OpenFlowMessage.FlowMonitorResumed _ ->
                throw new IllegalStateException(message + " is written elsewhere");
        }
    }

    private void writePacketIn(ByteBuf out, OpenFlowMessage.PacketIn packet) {
        out.writeInt(packet.bufferId());
        if (isSecond()) {
            int port = (int) packet.match().valueOf(MatchField.IN_PORT).low();
            out.writeInt(port).writeInt(port).writeShort(packet.totalLength());
            out.writeByte(packet.reason()).writeByte(packet.tableId());
            out.writeBytes(packet.frame().array());
            return;
        }
        out.writeShort(packet.totalLength()).writeByte(packet.reason()).writeByte(packet.tableId());
        if (version.isAtLeast(OpenFlowVersion.OPENFLOW_13)) {
            out.writeLong(packet.cookie());
        }
        OxmCodec.match(out, packet.match());
        out.writeZero(2).writeBytes(packet.frame().array());
    }

    private void writeFlowRemoved(ByteBuf out, OpenFlowMessage.FlowRemoved removed) {
        out.writeLong(removed.cookie()).writeShort(removed.priority());
        out.writeByte(removed.reason()).writeByte(removed.tableId());
        out.writeInt(removed.duration().seconds()).writeInt(removed.duration().nanoseconds());
        out.writeShort(removed.idleTimeoutSeconds()).writeShort(removed.hardTimeoutSeconds());
        out.writeLong(removed.packets()).writeLong(removed.octets());
        matches.write(out, removed.match());
    }

    private void writePacketOut(ByteBuf out, OpenFlowMessage.PacketOut packet) {
        out.writeInt(packet.bufferId());
        if (!isLatest()) {
            out.writeInt(packet.inPort());
        }
        int lengthAt = out.writerIndex();
        if (isLatest()) {
            long inPort = Integer.toUnsignedLong(packet.inPort());
            OxmCodec.match(
                    out.writeZero(4),
                    Match.builder().exact(MatchField.IN_PORT, inPort).build());
        } else {
            out.writeZero(8);
        }
        int start = out.writerIndex();
        actions.actions(out, packet.actions());
        out.setShort(lengthAt, out.writerIndex() - start);
        out.writeBytes(packet.frame().array());
    }

    private void writeAsync(ByteBuf out, AsyncConfiguration configuration) {
        if (hasProperties()) {
            AsyncCodec.properties(out, configuration.masks(), version);
        } else {
            AsyncCodec.fixed(out, configuration);
        }
    }

    private void writeQueueConfig(ByteBuf out, OpenFlowMessage.QueueGetConfigReply reply) {
        out.writeInt(reply.port()).writeZero(4);
        for (OpenFlowMessage.Queue queue : reply.queues()) {
            QueueCodec.writeConfig(out, version, queue);
        }
    }
}
