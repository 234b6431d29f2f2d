package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Bodies as OpenFlow 1.0 has them: ports of 16 bits, a match in fixed places, actions instead of instructions.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2013/04/openflow-spec-v1.0.0.pdf">OpenFlow 1.0.0 section 5</a>
 */
final class Bodies10 implements Bodies {
    private static final int PORT_OCTETS = 48;

    /** All of its actions but VENDOR. */
    private static final int ACTIONS = 0xfff;

    private static final int CAPABILITY_GROUP_STATS = 1 << 3;
    private static final int CAPABILITY_ARP_MATCH_IP = 1 << 7;
    private static final int LINK_DOWN = 1;

    /** {@code OFPPS_STP_MASK}. */
    private static final int SPANNING_TREE = 3 << 8;

    private static final int LIVE = 4;

    /** {@code OFPPF_*} bits that are alike in all versions: 10 Mbit/s to 10 Gbit/s. */
    private static final int SPEEDS = 0x7f;

    private static final int LATER_BITS_BEFORE_COPPER = 4;

    private final ActionCodec actions;
    private final FlowMods10 flowMods;
    private final Bodies later;

    /** {@code later}: the bodies that have not changed since. */
    Bodies10(ActionCodec actions, Extensions extensions, Bodies later) {
        this.actions = actions;
        this.flowMods = new FlowMods10(actions, extensions);
        this.later = later;
    }

    @Override
    public OpenFlowMessage read(MessageType type, Reader in) throws FlowException {
        return switch (type) {
            case FEATURES_REPLY -> features(in);
            case PACKET_IN -> packetIn(in);
            case FLOW_REMOVED -> flowRemoved(StandardBodies.exactly(in, 80));
            case PORT_STATUS -> {
                int reason = StandardBodies.exactly(in, 8 + PORT_OCTETS).u8();
                in.skip(7);
                yield new OpenFlowMessage.PortStatus(reason, port(in));
            }
            case PACKET_OUT -> packetOut(in);
            case FLOW_MOD -> flowMods.plain(in);
            case PORT_MOD -> {
                int port = OxmCodec.widePort(StandardBodies.exactly(in, 24).u16());
                OpenFlowMessage mod =
                        new OpenFlowMessage.PortModRequest(port, in.mac(), in.i32(), in.i32(), laterFeatures(in.i32()));
                in.finish();
                yield mod;
            }
            case QUEUE_GET_CONFIG_REQUEST -> {
                int port = OxmCodec.widePort(StandardBodies.exactly(in, 4).u16());
                in.finish();
                yield new OpenFlowMessage.QueueGetConfigRequest(port);
            }
            case QUEUE_GET_CONFIG_REPLY -> queues(in);
            default -> later.read(type, in);
        };
    }

    private static OpenFlowMessage features(Reader in) throws FlowException {
        long datapathId = in.i64();
        int buffers = in.i32();
        int tables = in.u8();
        in.skip(3);
        int capabilities = in.i32() & ~CAPABILITY_ARP_MATCH_IP;
        in.skip(4);
        List<PortDescription> ports = new ArrayList<>();
        while (in.remaining() > 0) {
            ports.add(port(in));
        }
        return new OpenFlowMessage.FeaturesReply(datapathId, buffers, tables, 0, capabilities, ports);
    }

    static PortDescription port(Reader in) throws FlowException {
        int number = OxmCodec.widePort(in.u16());
        long mac = in.mac();
        String name = in.text(16);
        int config = in.i32();
        int state = in.i32() & LINK_DOWN;
        return new PortDescription(
                number,
                mac,
                name,
                config,
                state == 0 ? LIVE : LINK_DOWN,
                laterFeatures(in.i32()),
                laterFeatures(in.i32()),
                laterFeatures(in.i32()),
                laterFeatures(in.i32()),
                0,
                0);
    }

    /** {@code OFPPF_*}: the medium and how it is negotiated moved up when there came speeds. */
    private static int laterFeatures(int features) {
        return features & SPEEDS | (features & ~SPEEDS) << LATER_BITS_BEFORE_COPPER;
    }

    private static int features(int laterFeatures) {
        return laterFeatures & SPEEDS | laterFeatures >>> LATER_BITS_BEFORE_COPPER & ~SPEEDS;
    }

    private static OpenFlowMessage packetIn(Reader in) throws FlowException {
        int buffer = in.i32();
        int totalLength = in.u16();
        int port = OxmCodec.widePort(in.u16());
        int reason = in.u8();
        in.skip(1);
        Match match = Match.builder()
                .exact(MatchField.IN_PORT, Integer.toUnsignedLong(port))
                .build();
        return new OpenFlowMessage.PacketIn(buffer, totalLength, reason, 0, -1, match, in.rest());
    }

    private static OpenFlowMessage flowRemoved(Reader in) throws FlowException {
        Match match = Match10.decode(in);
        long cookie = in.i64();
        int priority = in.u16();
        int reason = in.u8();
        in.skip(1);
        Duration duration = new Duration(in.i32(), in.i32());
        int idle = in.u16();
        in.skip(2);
        return new OpenFlowMessage.FlowRemoved(
                cookie, priority, reason, 0, duration, idle, 0, in.i64(), in.i64(), match);
    }

    private OpenFlowMessage packetOut(Reader in) throws FlowException {
        int buffer = in.i32();
        int inPort = OxmCodec.widePort(in.u16());
        int length = in.u16();
        Reader list = in.sub(length, ErrorCode.BAD_REQUEST_BAD_LEN, "actions");
        OpenFlowMessage.PacketOut packet = new OpenFlowMessage.PacketOut(
                buffer, StandardBodies.origin(inPort), actions.actions(list, "actions"), in.rest());
        return packet;
    }

    private static OpenFlowMessage queues(Reader in) throws FlowException {
        int port = OxmCodec.widePort(in.u16());
        in.skip(6);
        return new OpenFlowMessage.QueueGetConfigReply(
                port, QueueCodec.readConfig(in, OpenFlowVersion.OPENFLOW_10, port));
    }

    @Override
    public void write(ByteBuf out, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.FeaturesReply features -> {
                out.writeLong(features.datapathId()).writeInt(features.buffers());
                out.writeByte(features.tables()).writeZero(3);
                out.writeInt(features.capabilities() & ~CAPABILITY_GROUP_STATS | CAPABILITY_ARP_MATCH_IP);
                out.writeInt(ACTIONS);
                features.ports().forEach(port -> port(out, port));
            }
            case OpenFlowMessage.PacketIn packet -> {
                out.writeInt(packet.bufferId()).writeShort(packet.totalLength());
                out.writeShort(OxmCodec.narrowPort(
                        (int) packet.match().valueOf(MatchField.IN_PORT).low()));
                out.writeByte(packet.reason()).writeZero(1);
                out.writeBytes(packet.frame().array());
            }
            case OpenFlowMessage.FlowRemoved removed -> {
                Match10.encode(out, removed.match());
                out.writeLong(removed.cookie()).writeShort(removed.priority());
                out.writeByte(removed.reason()).writeZero(1);
                out.writeInt(removed.duration().seconds())
                        .writeInt(removed.duration().nanoseconds());
                out.writeShort(removed.idleTimeoutSeconds()).writeZero(2);
                out.writeLong(removed.packets()).writeLong(removed.octets());
            }
            case OpenFlowMessage.PortStatus status ->
                port(out.writeByte(status.reason()).writeZero(7), status.port());
            case OpenFlowMessage.PacketOut packet -> {
                out.writeInt(packet.bufferId()).writeShort(OxmCodec.narrowPort(packet.inPort()));
                int lengthAt = out.writerIndex();
                out.writeShort(0);
                actions.actions(out, packet.actions());
                out.setShort(lengthAt, out.writerIndex() - lengthAt - 2);
                out.writeBytes(packet.frame().array());
            }
            case OpenFlowMessage.FlowModRequest request -> flowMods.plain(out, request);
            case OpenFlowMessage.PortModRequest mod -> {
                out.writeShort(OxmCodec.narrowPort(mod.port()));
                out.writeShort((int) (mod.macAddress() >>> 32)).writeInt((int) mod.macAddress());
                out.writeInt(mod.config()).writeInt(mod.mask());
                out.writeInt(features(mod.advertise())).writeZero(4);
            }
            case OpenFlowMessage.QueueGetConfigRequest request ->
                out.writeShort(OxmCodec.narrowPort(request.port())).writeZero(2);
            case OpenFlowMessage.QueueGetConfigReply reply -> {
                out.writeShort(OxmCodec.narrowPort(reply.port())).writeZero(6);
                for (OpenFlowMessage.Queue queue : reply.queues()) {
                    QueueCodec.writeConfig(out, OpenFlowVersion.OPENFLOW_10, queue);
                }
            }
            default -> later.write(out, message);
        }
    }

    static void port(ByteBuf out, PortDescription port) {
        out.writeShort(OxmCodec.narrowPort(port.port()));
        out.writeShort((int) (port.macAddress() >>> 32)).writeInt((int) port.macAddress());
        StandardMultipart.text(out, port.name(), 16);
        out.writeInt(port.config()).writeInt(port.state() & (LINK_DOWN | SPANNING_TREE));
        out.writeInt(features(port.current())).writeInt(features(port.advertised()));
        out.writeInt(features(port.supported())).writeInt(features(port.peer()));
    }
}
