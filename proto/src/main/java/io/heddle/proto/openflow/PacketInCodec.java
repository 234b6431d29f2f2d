package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.netty.buffer.ByteBuf;

/**
 * Open vSwitch's {@code NXT_PACKET_IN2} and {@code NXT_RESUME}: packets for controllers and back, as properties.
 *
 * <pre>
 *   0 frame | 1 whole length 32 | 2 buffer 32 | 3 table 8 | 4 cookie 64 | 5 reason 8 | 6 fields | 7 userdata | 8 continuation
 * </pre>
 *
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-actions.7.html">ovs-actions(7), "The controller action"</a>
 */
final class PacketInCodec {
    private static final int PACKET = 0;
    private static final int FULL_LENGTH = 1;
    private static final int BUFFER_ID = 2;
    private static final int TABLE_ID = 3;
    private static final int COOKIE = 4;
    private static final int REASON = 5;
    private static final int METADATA = 6;
    private static final int USERDATA = 7;
    private static final int CONTINUATION = 8;

    private static final int HEADER = 4;
    private static final int MAX_LENGTH = 0xffff;

    private PacketInCodec() {}

    /** What the properties say so far. */
    private static final class Said {
        private Octets frame = Octets.EMPTY;
        private int length = -1;
        private int buffer = OpenFlowMessage.NO_BUFFER;
        private int table;
        private long cookie = -1;
        private int reason;
        private Match match = Match.ANY;
        private Octets userdata = Octets.EMPTY;
        private Octets continuation = Octets.EMPTY;
    }

    static OpenFlowMessage packetIn(Reader in) throws FlowException {
        Said said = read(in, "packet_in");
        int length = said.length < 0 ? said.frame.length() : said.length;
        return new OpenFlowMessage.ExtendedPacketIn(
                said.buffer,
                length,
                said.reason,
                said.table,
                said.cookie,
                said.match,
                said.frame,
                said.userdata,
                said.continuation);
    }

    static OpenFlowMessage resume(Reader in) throws FlowException {
        Said said = read(in, "resume");
        if (said.buffer != OpenFlowMessage.NO_BUFFER) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BUFFER_UNKNOWN,
                    "resume.buffer_id",
                    "this switch holds no packets: send the whole packet");
        }
        return new OpenFlowMessage.Resume(said.match, said.frame, said.continuation);
    }

    private static Said read(Reader in, String path) throws FlowException {
        Said said = new Said();
        Properties.read(in, path, (type, value) -> {
            switch (type) {
                case PACKET -> said.frame = value.rest();
                case FULL_LENGTH -> said.length = value.i32();
                case BUFFER_ID -> said.buffer = value.i32();
                case TABLE_ID -> said.table = value.u8();
                case COOKIE -> {
                    value.skip(4);
                    said.cookie = value.i64();
                }
                case REASON -> said.reason = value.u8();
                case METADATA -> said.match = OxmCodec.raw(value);
                case USERDATA -> said.userdata = value.rest();
                case CONTINUATION -> said.continuation = value.rest();
                default -> throw Properties.unknown(type, path);
            }
        });
        return said;
    }

    static void encode(ByteBuf out, OpenFlowMessage.ExtendedPacketIn packet, OpenFlowVersion version) {
        octets(out, PACKET, packet.frame());
        if (packet.totalLength() != packet.frame().length()) {
            Properties.begin(out, FULL_LENGTH, HEADER + 4).writeInt(packet.totalLength());
        }
        if (packet.bufferId() != OpenFlowMessage.NO_BUFFER) {
            Properties.begin(out, BUFFER_ID, HEADER + 4).writeInt(packet.bufferId());
        }
        Properties.begin(out, TABLE_ID, HEADER + 1).writeByte(packet.tableId()).writeZero(3);
        if (packet.cookie() != -1) {
            Properties.begin(out, COOKIE, HEADER + 12).writeZero(4).writeLong(packet.cookie());
        }
        Properties.begin(out, REASON, HEADER + 1).writeByte(packet.reason()).writeZero(3);
        fields(out, packet.match(), version);
        if (packet.userdata().length() > 0) {
            octets(out, USERDATA, packet.userdata());
        }
        if (packet.continuation().length() > 0) {
            octets(out, CONTINUATION, packet.continuation());
        }
    }

    static void encode(ByteBuf out, OpenFlowMessage.Resume resume, OpenFlowVersion version) {
        octets(out, PACKET, resume.frame());
        fields(out, resume.match(), version);
        if (resume.continuation().length() > 0) {
            octets(out, CONTINUATION, resume.continuation());
        }
    }

    private static void fields(ByteBuf out, Match match, OpenFlowVersion version) {
        int start = out.writerIndex();
        Properties.begin(out, METADATA, 0);
        OxmCodec.raw(out, match, !version.isAtLeast(OpenFlowVersion.OPENFLOW_12));
        close(out, start);
    }

    private static void octets(ByteBuf out, int type, Octets value) {
        int start = out.writerIndex();
        Properties.begin(out, type, 0).writeBytes(value.array());
        close(out, start);
    }

    /**
     * Writes the length of the property that begins at {@code start}, and its padding.
     *
     * @throws IllegalArgumentException if it is longer than a property can be
     */
    static void close(ByteBuf out, int start) {
        int length = out.writerIndex() - start;
        if (length > MAX_LENGTH) {
            throw new IllegalArgumentException("a property of " + length + " octets is longer than 65535");
        }
        out.setShort(start + 2, length);
        out.writeZero((8 - length % 8) % 8);
    }
}
