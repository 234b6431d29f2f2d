package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.OpenFlowMessage.AsyncConfiguration;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Messages of one version as octets, in both directions.
 *
 * <pre>
 *   0         1         2         3         4                                       8
 *   +---------+---------+---------+---------+---------+---------+---------+---------+
 *   | version |  type   |      length       |                  xid                  | body ...
 *   +---------+---------+---------+---------+---------+---------+---------+---------+
 * </pre>
 *
 * <p>Decoding throws nothing but {@link FlowException}, whatever the octets are; what it allocates is in proportion to the frame, which
 * its 16-bit length keeps below 64 KiB. {@code decode(encode(x)) = x}.
 *
 * <p>Thread safety: immutable.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7</a>
 */
@SuppressWarnings("EnumOrdinal") // the order is that of the numbers on the wire
public final class OpenFlowCodec {
    /** Octets of the header. */
    public static final int HEADER_OCTETS = 8;

    /** Most octets of one message. */
    public static final int MAX_OCTETS = 0xffff;

    /** Versions that have a codec. */
    public static final Set<OpenFlowVersion> SUPPORTED = Set.of(OpenFlowVersion.OPENFLOW_13);

    private static final int HELLO_VERSION_BITMAP = 1;

    private final OpenFlowVersion version;
    private final ActionCodec actions;
    private final ModCodec mods;
    private final MultipartCodec multipart;

    private OpenFlowCodec(OpenFlowVersion version) {
        this.version = version;
        this.actions = new ActionCodec(version);
        this.mods = new ModCodec(actions);
        this.multipart = new MultipartCodec(actions, mods);
    }

    /**
     * The codec of a version.
     *
     * @throws IllegalArgumentException if it is not one of {@link #SUPPORTED}
     */
    public static OpenFlowCodec of(OpenFlowVersion version) {
        if (!SUPPORTED.contains(version)) {
            throw new IllegalArgumentException(version.protocolName() + " is not supported");
        }
        return new OpenFlowCodec(version);
    }

    public OpenFlowVersion version() {
        return version;
    }

    /**
     * Reads one whole message.
     *
     * @param in from the header to the end that the header says, no more and no less; the reader index is moved
     * @throws FlowException with the error that the sender is to be told
     */
    public Frame decode(ByteBuf in) throws FlowException {
        if (in.readableBytes() < HEADER_OCTETS) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN, "", "a message has 8 octets at least, not " + in.readableBytes());
        }
        Reader reader = Reader.of(in);
        int wireVersion = reader.u8();
        int number = reader.u8();
        int length = reader.u16();
        int xid = reader.i32();
        if (length != reader.remaining() + HEADER_OCTETS) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "",
                    "the header says " + length + " octets, but there are " + (reader.remaining() + HEADER_OCTETS));
        }
        boolean isHello = number == MessageType.HELLO.number(version);
        if (wireVersion != version.wire() && !isHello) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_VERSION,
                    "",
                    "version " + wireVersion + " was not agreed on, but " + version.wire() + " ("
                            + version.protocolName() + ")");
        }
        MessageType type = MessageType.of(version, number)
                .orElseThrow(() -> new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_TYPE, "", "message type " + number + " is not known"));
        return new Frame(wireVersion, xid, body(type, reader));
    }

    private OpenFlowMessage body(MessageType type, Reader in) throws FlowException {
        return switch (type) {
            case HELLO -> hello(in);
            case ERROR -> new OpenFlowMessage.ErrorReply(in.u16(), in.u16(), in.rest());
            case ECHO_REQUEST -> new OpenFlowMessage.EchoRequest(in.rest());
            case ECHO_REPLY -> new OpenFlowMessage.EchoReply(in.rest());
            case EXPERIMENTER -> new OpenFlowMessage.Experimenter(in.i32(), in.i32(), in.rest());
            case FEATURES_REQUEST -> empty(new OpenFlowMessage.FeaturesRequest(), in);
            case FEATURES_REPLY -> featuresReply(in);
            case GET_CONFIG_REQUEST -> empty(new OpenFlowMessage.GetConfigRequest(), in);
            case GET_CONFIG_REPLY ->
                new OpenFlowMessage.GetConfigReply(exactly(in, 4).u16(), in.u16());
            case SET_CONFIG -> new OpenFlowMessage.SetConfig(exactly(in, 4).u16(), in.u16());
            case PACKET_IN -> packetIn(in);
            case FLOW_REMOVED -> flowRemoved(in);
            case PORT_STATUS -> portStatus(exactly(in, 72));
            case PACKET_OUT -> packetOut(in);
            case FLOW_MOD -> mods.flowMod(in);
            case GROUP_MOD -> new OpenFlowMessage.GroupModRequest(mods.groupMod(in));
            case PORT_MOD -> portMod(exactly(in, 32));
            case TABLE_MOD -> tableMod(exactly(in, 8));
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
                Role role = role(exactly(in, 16));
                yield new OpenFlowMessage.RoleRequest(role, in.i64());
            }
            case ROLE_REPLY -> {
                Role role = role(exactly(in, 16));
                yield new OpenFlowMessage.RoleReply(role, in.i64());
            }
            case GET_ASYNC_REQUEST -> empty(new OpenFlowMessage.GetAsyncRequest(), in);
            case GET_ASYNC_REPLY -> new OpenFlowMessage.GetAsyncReply(async(exactly(in, 24)));
            case SET_ASYNC -> new OpenFlowMessage.SetAsync(async(exactly(in, 24)));
            case METER_MOD -> new OpenFlowMessage.MeterModRequest(mods.meterMod(in));
        };
    }

    private static Reader exactly(Reader in, int octets) throws FlowException {
        if (in.remaining() != octets) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "",
                    "the message has " + (in.remaining() + HEADER_OCTETS) + " octets, but " + (octets + HEADER_OCTETS)
                            + " is right");
        }
        return in;
    }

    private static OpenFlowMessage empty(OpenFlowMessage message, Reader in) throws FlowException {
        exactly(in, 0);
        return message;
    }

    private static OpenFlowMessage hello(Reader in) throws FlowException {
        Set<Integer> versions = new HashSet<>();
        while (in.remaining() >= 4) {
            int type = in.u16();
            int length = in.u16();
            if (length < 4 || length - 4 > in.remaining()) {
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN, "hello", "an element of length " + length + " does not fit");
            }
            Reader element = in.sub(length - 4, ErrorCode.BAD_REQUEST_BAD_LEN, "hello");
            if (type == HELLO_VERSION_BITMAP) {
                for (int base = 0; base < 256 && element.remaining() >= 4; base += 32) {
                    int bits = element.i32();
                    for (int bit = 0; bit < 32; bit++) {
                        if ((bits >>> bit & 1) != 0) {
                            versions.add(base + bit);
                        }
                    }
                }
            }
            element.finish();
            in.pad((8 - length % 8) % 8);
        }
        in.finish();
        return new OpenFlowMessage.Hello(versions);
    }

    private static OpenFlowMessage featuresReply(Reader in) throws FlowException {
        exactly(in, 24);
        long datapathId = in.i64();
        int buffers = in.i32();
        int tables = in.u8();
        int auxiliary = in.u8();
        in.skip(2);
        int capabilities = in.i32();
        in.skip(4);
        return new OpenFlowMessage.FeaturesReply(datapathId, buffers, tables, auxiliary, capabilities);
    }

    private static OpenFlowMessage packetIn(Reader in) throws FlowException {
        int buffer = in.i32();
        int totalLength = in.u16();
        int reason = in.u8();
        int table = in.u8();
        long cookie = in.i64();
        Match match = OxmCodec.match(in);
        in.skip(2);
        return new OpenFlowMessage.PacketIn(buffer, totalLength, reason, table, cookie, match, in.rest());
    }

    private static OpenFlowMessage flowRemoved(Reader in) throws FlowException {
        long cookie = in.i64();
        int priority = in.u16();
        int reason = in.u8();
        int table = in.u8();
        Duration duration = new Duration(in.i32(), in.i32());
        int idle = in.u16();
        int hard = in.u16();
        long packets = in.i64();
        long octets = in.i64();
        Match match = OxmCodec.match(in);
        exactly(in, 0);
        return new OpenFlowMessage.FlowRemoved(
                cookie, priority, reason, table, duration, idle, hard, packets, octets, match);
    }

    private static OpenFlowMessage portStatus(Reader in) throws FlowException {
        int reason = in.u8();
        in.skip(7);
        return new OpenFlowMessage.PortStatus(reason, MultipartCodec.port(in));
    }

    private OpenFlowMessage packetOut(Reader in) throws FlowException {
        int buffer = in.i32();
        int inPort = in.i32();
        int length = in.u16();
        in.skip(6);
        Reader list = in.sub(length, ErrorCode.BAD_REQUEST_BAD_LEN, "actions");
        List<Action> parsed = actions.actions(list, "actions");
        if (!Ports.isPhysicalOrLocal(inPort) && inPort != Ports.CONTROLLER && inPort != Ports.ANY) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_PORT,
                    "in_port",
                    "port " + Integer.toUnsignedString(inPort)
                            + " is not one that packets come from: use OFPP_CONTROLLER");
        }
        return new OpenFlowMessage.PacketOut(buffer, inPort, parsed, in.rest());
    }

    private static OpenFlowMessage portMod(Reader in) throws FlowException {
        int port = in.i32();
        in.skip(4);
        long mac = in.mac();
        in.skip(2);
        int config = in.i32();
        int mask = in.i32();
        int advertise = in.i32();
        in.skip(4);
        return new OpenFlowMessage.PortModRequest(port, mac, config, mask, advertise);
    }

    private static OpenFlowMessage tableMod(Reader in) throws FlowException {
        int table = in.u8();
        in.skip(3);
        return new OpenFlowMessage.TableModRequest(table, in.i32());
    }

    private static OpenFlowMessage queueConfig(Reader in) throws FlowException {
        int port = in.i32();
        in.skip(4);
        List<OpenFlowMessage.Queue> queues = new ArrayList<>();
        while (in.remaining() > 0) {
            int queueId = in.i32();
            int queuePort = in.i32();
            int length = in.u16();
            if (length < 16) {
                throw new FlowException(
                        ErrorCode.BAD_REQUEST_BAD_LEN,
                        "queues",
                        "a queue of " + length + " octets is too short: 16 or more");
            }
            in.skip(length - 10);
            queues.add(new OpenFlowMessage.Queue(queueId, queuePort));
        }
        return new OpenFlowMessage.QueueGetConfigReply(port, queues);
    }

    private static Role role(Reader in) throws FlowException {
        int number = in.i32();
        in.skip(4);
        if (number < 0 || number >= Role.values().length) {
            throw new FlowException(
                    ErrorCode.ROLE_REQUEST_FAILED_BAD_ROLE, "role", "role " + number + " is not in 0-3");
        }
        return Role.values()[number];
    }

    private static AsyncConfiguration async(Reader in) throws FlowException {
        return new AsyncConfiguration(masks(in), masks(in), masks(in));
    }

    private static AsyncConfiguration.Masks masks(Reader in) throws FlowException {
        return new AsyncConfiguration.Masks(in.i32(), in.i32());
    }

    /**
     * Writes one message.
     *
     * @throws IllegalArgumentException if the version has no such message, or it would be longer than {@link #MAX_OCTETS}; nothing is
     *     written then
     */
    public void encode(ByteBuf out, int xid, OpenFlowMessage message) {
        int start = out.writerIndex();
        begin(out, xid, typeOf(message));
        try {
            write(out, message);
            finish(out, start);
        } catch (IllegalArgumentException e) {
            out.writerIndex(start);
            throw e;
        }
    }

    /**
     * Writes a reply as one message, or as several when its entries do not fit into one.
     *
     * @throws IllegalArgumentException if a single entry does not fit into a message
     */
    public void encodeReply(ByteBuf out, int xid, MultipartBody.Reply reply) {
        multipart.segmented(
                out, reply, () -> begin(out, xid, MessageType.MULTIPART_REPLY), start -> finish(out, start));
    }

    private int begin(ByteBuf out, int xid, MessageType type) {
        int number = type.number(version);
        if (number < 0) {
            throw new IllegalArgumentException(version.protocolName() + " has no message " + type);
        }
        int start = out.writerIndex();
        out.writeByte(version.wire()).writeByte(number).writeShort(0).writeInt(xid);
        return start;
    }

    private static void finish(ByteBuf out, int start) {
        int length = out.writerIndex() - start;
        if (length > MAX_OCTETS) {
            throw new IllegalArgumentException("a message of " + length + " octets is longer than " + MAX_OCTETS);
        }
        out.setShort(start + 2, length);
    }

    private static MessageType typeOf(OpenFlowMessage message) {
        return switch (message) {
            case OpenFlowMessage.Hello _ -> MessageType.HELLO;
            case OpenFlowMessage.ErrorReply _ -> MessageType.ERROR;
            case OpenFlowMessage.EchoRequest _ -> MessageType.ECHO_REQUEST;
            case OpenFlowMessage.EchoReply _ -> MessageType.ECHO_REPLY;
            case OpenFlowMessage.Experimenter _ -> MessageType.EXPERIMENTER;
            case OpenFlowMessage.FeaturesRequest _ -> MessageType.FEATURES_REQUEST;
            case OpenFlowMessage.FeaturesReply _ -> MessageType.FEATURES_REPLY;
            case OpenFlowMessage.GetConfigRequest _ -> MessageType.GET_CONFIG_REQUEST;
            case OpenFlowMessage.GetConfigReply _ -> MessageType.GET_CONFIG_REPLY;
            case OpenFlowMessage.SetConfig _ -> MessageType.SET_CONFIG;
            case OpenFlowMessage.PacketIn _ -> MessageType.PACKET_IN;
            case OpenFlowMessage.FlowRemoved _ -> MessageType.FLOW_REMOVED;
            case OpenFlowMessage.PortStatus _ -> MessageType.PORT_STATUS;
            case OpenFlowMessage.PacketOut _ -> MessageType.PACKET_OUT;
            case OpenFlowMessage.FlowModRequest _ -> MessageType.FLOW_MOD;
            case OpenFlowMessage.GroupModRequest _ -> MessageType.GROUP_MOD;
            case OpenFlowMessage.MeterModRequest _ -> MessageType.METER_MOD;
            case OpenFlowMessage.PortModRequest _ -> MessageType.PORT_MOD;
            case OpenFlowMessage.TableModRequest _ -> MessageType.TABLE_MOD;
            case OpenFlowMessage.BarrierRequest _ -> MessageType.BARRIER_REQUEST;
            case OpenFlowMessage.BarrierReply _ -> MessageType.BARRIER_REPLY;
            case OpenFlowMessage.RoleRequest _ -> MessageType.ROLE_REQUEST;
            case OpenFlowMessage.RoleReply _ -> MessageType.ROLE_REPLY;
            case OpenFlowMessage.GetAsyncRequest _ -> MessageType.GET_ASYNC_REQUEST;
            case OpenFlowMessage.GetAsyncReply _ -> MessageType.GET_ASYNC_REPLY;
            case OpenFlowMessage.SetAsync _ -> MessageType.SET_ASYNC;
            case OpenFlowMessage.QueueGetConfigRequest _ -> MessageType.QUEUE_GET_CONFIG_REQUEST;
            case OpenFlowMessage.QueueGetConfigReply _ -> MessageType.QUEUE_GET_CONFIG_REPLY;
            case OpenFlowMessage.MultipartRequest _ -> MessageType.MULTIPART_REQUEST;
            case OpenFlowMessage.MultipartReply _ -> MessageType.MULTIPART_REPLY;
        };
    }

    private void write(ByteBuf out, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.Hello hello -> writeHello(out, hello);
            case OpenFlowMessage.ErrorReply error ->
                out.writeShort(error.errorType())
                        .writeShort(error.code())
                        .writeBytes(error.data().array());
            case OpenFlowMessage.EchoRequest echo -> out.writeBytes(echo.data().array());
            case OpenFlowMessage.EchoReply echo -> out.writeBytes(echo.data().array());
            case OpenFlowMessage.Experimenter other ->
                out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array());
            case OpenFlowMessage.FeaturesReply features ->
                out.writeLong(features.datapathId())
                        .writeInt(features.buffers())
                        .writeByte(features.tables())
                        .writeByte(features.auxiliaryId())
                        .writeZero(2)
                        .writeInt(features.capabilities())
                        .writeZero(4);
            case OpenFlowMessage.GetConfigReply config ->
                out.writeShort(config.flags()).writeShort(config.missSendLength());
            case OpenFlowMessage.SetConfig config ->
                out.writeShort(config.flags()).writeShort(config.missSendLength());
            case OpenFlowMessage.PacketIn packet -> writePacketIn(out, packet);
            case OpenFlowMessage.FlowRemoved removed -> writeFlowRemoved(out, removed);
            case OpenFlowMessage.PortStatus status ->
                MultipartCodec.port(out.writeByte(status.reason()).writeZero(7), status.port());
            case OpenFlowMessage.PacketOut packet -> writePacketOut(out, packet);
            case OpenFlowMessage.FlowModRequest request -> mods.flowMod(out, request);
            case OpenFlowMessage.GroupModRequest request -> mods.groupMod(out, request.mod());
            case OpenFlowMessage.MeterModRequest request -> ModCodec.meterMod(out, request.mod());
            case OpenFlowMessage.PortModRequest mod ->
                out.writeInt(mod.port())
                        .writeZero(4)
                        .writeShort((int) (mod.macAddress() >>> 32))
                        .writeInt((int) mod.macAddress())
                        .writeZero(2)
                        .writeInt(mod.config())
                        .writeInt(mod.mask())
                        .writeInt(mod.advertise())
                        .writeZero(4);
            case OpenFlowMessage.TableModRequest mod ->
                out.writeByte(mod.tableId()).writeZero(3).writeInt(mod.config());
            case OpenFlowMessage.RoleRequest role ->
                out.writeInt(role.role().ordinal()).writeZero(4).writeLong(role.generationId());
            case OpenFlowMessage.RoleReply role ->
                out.writeInt(role.role().ordinal()).writeZero(4).writeLong(role.generationId());
            case OpenFlowMessage.GetAsyncReply async -> writeAsync(out, async.configuration());
            case OpenFlowMessage.SetAsync async -> writeAsync(out, async.configuration());
            case OpenFlowMessage.QueueGetConfigRequest request ->
                out.writeInt(request.port()).writeZero(4);
            case OpenFlowMessage.QueueGetConfigReply reply -> writeQueueConfig(out, reply);
            case OpenFlowMessage.MultipartRequest request -> multipart.request(out, request);
            case OpenFlowMessage.MultipartReply reply -> multipart.reply(out, reply);
            case OpenFlowMessage.FeaturesRequest _,
                    OpenFlowMessage.GetConfigRequest _,
                    OpenFlowMessage.BarrierRequest _,
                    OpenFlowMessage.BarrierReply _,
                    OpenFlowMessage.GetAsyncRequest _ -> {
                // A header alone.
            }
        }
    }

    private static void writeHello(ByteBuf out, OpenFlowMessage.Hello hello) {
        if (hello.versions().isEmpty()) {
            return;
        }
        int highest =
                hello.versions().stream().mapToInt(Integer::intValue).max().orElse(0);
        int words = highest / 32 + 1;
        int length = 4 + 4 * words;
        out.writeShort(HELLO_VERSION_BITMAP).writeShort(length);
        for (int word = 0; word < words; word++) {
            int bits = 0;
            for (int wire : hello.versions()) {
                bits |= wire / 32 == word ? 1 << wire % 32 : 0;
            }
            out.writeInt(bits);
        }
        out.writeZero((8 - length % 8) % 8);
    }

    private static void writePacketIn(ByteBuf out, OpenFlowMessage.PacketIn packet) {
        out.writeInt(packet.bufferId()).writeShort(packet.totalLength());
        out.writeByte(packet.reason()).writeByte(packet.tableId()).writeLong(packet.cookie());
        OxmCodec.match(out, packet.match());
        out.writeZero(2).writeBytes(packet.frame().array());
    }

    private static void writeFlowRemoved(ByteBuf out, OpenFlowMessage.FlowRemoved removed) {
        out.writeLong(removed.cookie()).writeShort(removed.priority());
        out.writeByte(removed.reason()).writeByte(removed.tableId());
        out.writeInt(removed.duration().seconds()).writeInt(removed.duration().nanoseconds());
        out.writeShort(removed.idleTimeoutSeconds()).writeShort(removed.hardTimeoutSeconds());
        out.writeLong(removed.packets()).writeLong(removed.octets());
        OxmCodec.match(out, removed.match());
    }

    private void writePacketOut(ByteBuf out, OpenFlowMessage.PacketOut packet) {
        out.writeInt(packet.bufferId()).writeInt(packet.inPort());
        int lengthAt = out.writerIndex();
        out.writeShort(0).writeZero(6);
        int start = out.writerIndex();
        actions.actions(out, packet.actions());
        out.setShort(lengthAt, out.writerIndex() - start);
        out.writeBytes(packet.frame().array());
    }

    private static void writeAsync(ByteBuf out, AsyncConfiguration configuration) {
        for (AsyncConfiguration.Masks masks :
                List.of(configuration.packetIn(), configuration.portStatus(), configuration.flowRemoved())) {
            out.writeInt(masks.master()).writeInt(masks.slave());
        }
    }

    private static void writeQueueConfig(ByteBuf out, OpenFlowMessage.QueueGetConfigReply reply) {
        out.writeInt(reply.port()).writeZero(4);
        for (OpenFlowMessage.Queue queue : reply.queues()) {
            out.writeInt(queue.queueId()).writeInt(queue.port()).writeShort(16).writeZero(6);
        }
    }

    /** Octets of a field's value under its first id, which for some is more than their bits need. */
    public static int fieldOctets(MatchField field) {
        return OxmCodec.octets(field, field.ids().getFirst());
    }

    /** Bits of {@code OFPFF_*} for flags. */
    static int flagBits(Set<FlowMod.Flag> flags) {
        int bits = 0;
        for (FlowMod.Flag flag : flags) {
            bits |= 1 << flag.ordinal();
        }
        return bits;
    }
}
