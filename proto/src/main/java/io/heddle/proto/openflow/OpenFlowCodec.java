package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
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
    public static final Set<OpenFlowVersion> SUPPORTED = Collections.unmodifiableSet(EnumSet.of(
            OpenFlowVersion.OPENFLOW_10,
            OpenFlowVersion.OPENFLOW_11,
            OpenFlowVersion.OPENFLOW_12,
            OpenFlowVersion.OPENFLOW_13,
            OpenFlowVersion.OPENFLOW_14,
            OpenFlowVersion.OPENFLOW_15));

    private static final int HELLO_VERSION_BITMAP = 1;

    private final OpenFlowVersion version;
    private final Extensions extensions;
    private final Bodies bodies;
    private final MultipartCodec multipart;
    private final NiciraMessages nicira;

    private OpenFlowCodec(OpenFlowVersion version, Extensions extensions) {
        this.version = version;
        this.extensions = extensions;
        ActionCodec actions = new ActionCodec(version);
        ModCodec mods = new ModCodec(version, actions);
        PortCodec ports = new PortCodec(version);
        boolean isFirst = version == OpenFlowVersion.OPENFLOW_10;
        this.multipart = new MultipartCodec(
                version,
                isFirst ? new Multipart10(actions) : new StandardMultipart(version, actions, mods, ports),
                new MonitorCodec(version, actions));
        Bodies standard = new StandardBodies(version, actions, mods, ports, multipart);
        this.bodies = isFirst ? new Bodies10(actions, extensions, standard) : standard;
        this.nicira = new NiciraMessages(version, actions, extensions);
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
        return new OpenFlowCodec(version, Extensions.NONE);
    }

    /** What the client has asked for. */
    public Extensions extensions() {
        return extensions;
    }

    /** The same version with other extensions. */
    public OpenFlowCodec with(Extensions wanted) {
        return new OpenFlowCodec(version, wanted);
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
            case ERROR -> ErrorNumbers.decode(version, in);
            case ECHO_REQUEST -> new OpenFlowMessage.EchoRequest(in.rest());
            case ECHO_REPLY -> new OpenFlowMessage.EchoReply(in.rest());
            case EXPERIMENTER -> nicira.decode(in);
            default -> bodies.read(type, in);
        };
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

    /**
     * Writes one message.
     *
     * @throws IllegalArgumentException if the version has no such message, or it would be longer than {@link #MAX_OCTETS}; nothing is
     *     written then
     */
    public void encode(ByteBuf out, int xid, OpenFlowMessage message) {
        int start = out.writerIndex();
        begin(out, xid, nicira.says(message) ? MessageType.EXPERIMENTER : typeOf(message));
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
        ReplyParts parts = parts(xid, reply, false);
        while (parts.hasNext()) {
            out.writeBytes(parts.next());
        }
    }

    /**
     * A reply as messages that are written one at a time.
     *
     * @param more further replies to the same request follow: its last message says so too
     */
    public ReplyParts parts(int xid, MultipartBody.Reply reply, boolean more) {
        return new ReplyParts(
                multipart,
                reply,
                more,
                out -> {
                    int start = begin(out, xid, MessageType.MULTIPART_REPLY);
                    return start + HEADER_OCTETS;
                },
                out -> finish(out, 0));
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

    private MessageType typeOf(OpenFlowMessage message) {
        return switch (message) {
            case OpenFlowMessage.Hello _ -> MessageType.HELLO;
            case OpenFlowMessage.ErrorReply _ -> MessageType.ERROR;
            case OpenFlowMessage.EchoRequest _ -> MessageType.ECHO_REQUEST;
            case OpenFlowMessage.EchoReply _ -> MessageType.ECHO_REPLY;
            case OpenFlowMessage.Experimenter _ -> MessageType.EXPERIMENTER;
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
                    OpenFlowMessage.TlvTableReply _ -> MessageType.EXPERIMENTER;
            case OpenFlowMessage.FlowMonitorCancel _,
                    OpenFlowMessage.FlowMonitorPaused _,
                    OpenFlowMessage.FlowMonitorResumed _ ->
                throw new IllegalArgumentException(version.protocolName() + " says that in multipart messages");
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
            case OpenFlowMessage.SetAsync _, OpenFlowMessage.ChangeAsync _ -> MessageType.SET_ASYNC;
            case OpenFlowMessage.QueueGetConfigRequest _ -> MessageType.QUEUE_GET_CONFIG_REQUEST;
            case OpenFlowMessage.QueueGetConfigReply _ -> MessageType.QUEUE_GET_CONFIG_REPLY;
            case OpenFlowMessage.MultipartRequest _ -> MessageType.MULTIPART_REQUEST;
            case OpenFlowMessage.MultipartReply _ -> MessageType.MULTIPART_REPLY;
            case OpenFlowMessage.RoleStatus _ -> MessageType.ROLE_STATUS;
            case OpenFlowMessage.ControllerStatusChanged _ -> MessageType.CONTROLLER_STATUS;
            case OpenFlowMessage.TableStatus _ -> MessageType.TABLE_STATUS;
            case OpenFlowMessage.RequestForward _ -> MessageType.REQUEST_FORWARD;
            case OpenFlowMessage.BundleControl _ -> MessageType.BUNDLE_CONTROL;
            case OpenFlowMessage.BundleAdd _ -> MessageType.BUNDLE_ADD_MESSAGE;
        };
    }

    private void write(ByteBuf out, OpenFlowMessage message) {
        switch (message) {
            case OpenFlowMessage.Hello hello -> writeHello(out, hello);
            case OpenFlowMessage.ErrorReply error -> ErrorNumbers.encode(version, out, error);
            case OpenFlowMessage.EchoRequest echo -> out.writeBytes(echo.data().array());
            case OpenFlowMessage.EchoReply echo -> out.writeBytes(echo.data().array());
            case OpenFlowMessage.Experimenter other ->
                out.writeInt(other.experimenter())
                        .writeInt(other.experimenterType())
                        .writeBytes(other.data().array());
            default -> {
                if (nicira.says(message)) {
                    nicira.encode(out, message);
                } else {
                    bodies.write(out, message);
                }
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

    /** Octets of a field's value under its first id, which for some is more than their bits need. */
    public static int fieldOctets(MatchField field) {
        return OxmCodec.octets(field, field.ids().getFirst());
    }
}
