package io.heddle.proto.openflow;

import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionFilter.End;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Open vSwitch's messages that have connections forgotten.
 *
 * <pre>
 *   NXT_CT_FLUSH_ZONE   0 (48) | zone 16
 *   NXT_CT_FLUSH        protocol 8 | family 8 | 0 (48) | properties: original tuple, reply tuple, zone ...
 *   property            type 16 | length 16 | value | padding to 8 octets, which the length does not count
 *   tuple               0 (32) | properties: addresses, ports, ICMP's identifier, type and code
 * </pre>
 *
 * <p>IPv4 addresses are IPv6-mapped. What is 0 is not looked at.
 */
final class ConntrackFlushCodec {
    private static final int ORIGINAL = 0;
    private static final int REPLY = 1;
    private static final int ZONE = 2;

    private static final int SOURCE = 0;
    private static final int DESTINATION = 1;
    private static final int SOURCE_PORT = 2;
    private static final int DESTINATION_PORT = 3;
    private static final int ICMP_ID = 4;
    private static final int ICMP_TYPE = 5;
    private static final int ICMP_CODE = 6;

    private static final int HEADER = 4;

    private ConntrackFlushCodec() {}

    static OpenFlowMessage zone(Reader in) throws FlowException {
        StandardBodies.exactly(in, 8).skip(6);
        return new OpenFlowMessage.CtFlushZone(in.u16());
    }

    static OpenFlowMessage flush(Reader in) throws FlowException {
        int protocol = in.u8();
        in.skip(7);
        Found found = new Found();
        Properties.read(in, "ct_flush", (type, value) -> {
            switch (type) {
                case ORIGINAL -> found.original = end(value, "ct_flush.original");
                case REPLY -> found.reply = end(value, "ct_flush.reply");
                case ZONE -> found.zone = value.u16();
                default -> throw Properties.unknown(type, "ct_flush");
            }
        });
        return new OpenFlowMessage.CtFlush(new ConnectionFilter(found.zone, protocol, found.original, found.reply));
    }

    /** What was read so far. */
    private static final class Found {
        @Nullable
        Integer zone;

        End original = End.ANY;
        End reply = End.ANY;
    }

    private static End end(Reader in, String where) throws FlowException {
        in.skip(4);
        Bits[] addresses = {Bits.ZERO, Bits.ZERO};
        int[] numbers = new int[ICMP_CODE + 1];
        Properties.read(in, where, (type, value) -> {
            switch (type) {
                case SOURCE, DESTINATION -> addresses[type] = new Bits(value.i64(), value.i64());
                case SOURCE_PORT, DESTINATION_PORT, ICMP_ID -> numbers[type] = value.u16();
                case ICMP_TYPE, ICMP_CODE -> numbers[type] = value.u8();
                default -> throw Properties.unknown(type, where);
            }
        });
        return new End(
                addresses[SOURCE],
                addresses[DESTINATION],
                numbers[SOURCE_PORT],
                numbers[DESTINATION_PORT],
                numbers[ICMP_ID],
                numbers[ICMP_TYPE],
                numbers[ICMP_CODE]);
    }

    static void zone(ByteBuf out, OpenFlowMessage.CtFlushZone message) {
        out.writeZero(6).writeShort(message.zone());
    }

    static void flush(ByteBuf out, OpenFlowMessage.CtFlush message) {
        ConnectionFilter filter = message.filter();
        out.writeByte(filter.protocol()).writeZero(7);
        end(out, ORIGINAL, filter.original(), filter.isIcmp());
        end(out, REPLY, filter.reply(), filter.isIcmp());
        Integer zone = filter.zone();
        if (zone != null) {
            number16(out, ZONE, zone);
        }
    }

    private static void end(ByteBuf out, int type, End end, boolean isIcmp) {
        if (end.equals(End.ANY)) {
            return;
        }
        int start = out.writerIndex();
        Properties.begin(out, type, 0).writeZero(4);
        address(out, SOURCE, end.source());
        address(out, DESTINATION, end.destination());
        if (isIcmp) {
            number16(out, ICMP_ID, end.icmpId());
            number8(out, ICMP_TYPE, end.icmpType());
            number8(out, ICMP_CODE, end.icmpCode());
        } else {
            if (end.sourcePort() != 0) {
                number16(out, SOURCE_PORT, end.sourcePort());
            }
            if (end.destinationPort() != 0) {
                number16(out, DESTINATION_PORT, end.destinationPort());
            }
        }
        out.setShort(start + 2, out.writerIndex() - start);
    }

    private static void address(ByteBuf out, int type, Bits address) {
        if (!address.isZero()) {
            Properties.begin(out, type, HEADER + 16);
            out.writeLong(address.high()).writeLong(address.low()).writeZero(4);
        }
    }

    private static void number16(ByteBuf out, int type, int value) {
        Properties.begin(out, type, HEADER + 2).writeShort(value).writeZero(2);
    }

    private static void number8(ByteBuf out, int type, int value) {
        Properties.begin(out, type, HEADER + 1).writeByte(value).writeZero(3);
    }
}
