package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.NatSpec.Direction;
import io.heddle.flow.action.NatSpec.Selection;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The actions {@code ct}, {@code nat} inside of it, and {@code ct_clear} of Open vSwitch's extensions.
 *
 * <pre>
 *   ct   flags 16 | zone field (OXM header) 32 | zone, or first bit and bits of the field 16 | table 8 | 0 (24) | alg 16 | actions
 *   nat  0 (16) | flags 16 | what follows 16 | IPv4 first, last | IPv6 first, last | port first, last
 * </pre>
 */
final class ConntrackCodec {
    static final int CT = 35;
    static final int CT_CLEAR = 43;
    private static final int NAT = 36;

    private static final int COMMIT = 1;
    private static final int FORCE = 2;

    private static final int NAT_SOURCE = 1;
    private static final int NAT_DESTINATION = 2;
    private static final int NAT_PERSISTENT = 4;
    private static final int NAT_HASH = 8;
    private static final int NAT_RANDOM = 16;

    private static final int HAS_IPV4_FIRST = 1;
    private static final int HAS_IPV4_LAST = 2;
    private static final int HAS_IPV6_FIRST = 4;
    private static final int HAS_IPV6_LAST = 8;
    private static final int HAS_PORT_FIRST = 16;
    private static final int HAS_PORT_LAST = 32;

    private static final int ACTION_HEADER = 10;

    private ConntrackCodec() {}

    /** Reads {@code ct} from its flags on. */
    static Action decode(ActionCodec codec, Reader in, String where) throws FlowException {
        int flags = in.u16();
        if ((flags & ~(COMMIT | FORCE)) != 0) {
            throw bad(where, "flags 0x%x of ct are not known".formatted(flags));
        }
        int header = in.i32();
        int zone = in.u16();
        int table = in.u8();
        in.skip(3);
        int port = in.u16();
        Alg alg = Alg.ofPort(port);
        if (port != 0 && alg == null) {
            throw bad(where, "alg " + port + " is not known: 21 (FTP), 69 (TFTP) or 0 is right");
        }
        Action.Subfield zoneField = null;
        if (header != 0) {
            zoneField = zoneField(header, zone, where);
            zone = 0;
        }
        NatSpec nat = null;
        List<Action> exec = new ArrayList<>();
        while (in.remaining() > 0) {
            NatSpec found = nat(in, where);
            if (found == null) {
                exec.add(nested(codec, in, where));
            } else if (nat == null) {
                nat = found;
            } else {
                throw bad(where, "ct has one nat at most");
            }
        }
        return new Action.Conntrack(
                (flags & COMMIT) != 0, (flags & FORCE) != 0, zone, zoneField, table, exec, alg, nat);
    }

    private static Action.Subfield zoneField(int header, int range, String where) throws FlowException {
        MatchField field = MatchField.byId(new OxmId(header >>> 16, header >>> 9 & 0x7f, 0))
                .orElseThrow(() -> new FlowException(
                        ErrorCode.BAD_ACTION_BAD_SET_TYPE,
                        where,
                        "field 0x%08x of the zone is not known".formatted(header)));
        int bit = range >>> 6;
        int bits = (range & 0x3f) + 1;
        NiciraActions.within(field, bit, bits, where);
        return new Action.Subfield(field, bit, bits);
    }

    private static Action nested(ActionCodec codec, Reader in, String where) throws FlowException {
        int length = nextLength(in, where);
        List<Action> one = codec.actions(in.sub(length, ErrorCode.BAD_ACTION_BAD_LEN, where), where + ".exec");
        Action action = one.getFirst();
        if (action instanceof Action.Conntrack) {
            throw bad(where, "ct inside of ct");
        }
        return action;
    }

    /** Length of the action that comes next. */
    private static int nextLength(Reader in, String where) throws FlowException {
        int length = in.remaining() < 8 ? 0 : in.peek16(2);
        if (length < 8 || length % 8 != 0 || length > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_LEN, where, "an action in ct has a wrong length: " + length);
        }
        return length;
    }

    /** Reads the next action if it is {@code nat}, else reads nothing. */
    private static @Nullable NatSpec nat(Reader in, String where) throws FlowException {
        int length = nextLength(in, where);
        boolean isNat = length >= 16
                && in.peek16(0) == 0xffff
                && (in.peek16(4) << 16 | in.peek16(6)) == OxmId.NICIRA
                && in.peek16(8) == NAT;
        if (!isNat) {
            return null;
        }
        Reader body = in.sub(length, ErrorCode.BAD_ACTION_BAD_LEN, where);
        body.skip(ACTION_HEADER + 2);
        int flags = body.u16();
        int present = body.u16();
        NatSpec nat = nat(body, flags, present, where + ".nat");
        body.finish();
        return nat;
    }

    private static NatSpec nat(Reader in, int flags, int present, String where) throws FlowException {
        boolean isSource = (flags & NAT_SOURCE) != 0;
        boolean isDestination = (flags & NAT_DESTINATION) != 0;
        boolean isHash = (flags & NAT_HASH) != 0;
        boolean isRandom = (flags & NAT_RANDOM) != 0;
        boolean isIpv6 = (present & HAS_IPV6_FIRST) != 0;
        if (flags >= 32 || isSource && isDestination || isHash && isRandom) {
            throw bad(where, "flags 0x%x do not go together".formatted(flags));
        }
        Bits first = Bits.ZERO;
        Bits last = Bits.ZERO;
        if ((present & HAS_IPV4_FIRST) != 0) {
            first = Bits.of(Integer.toUnsignedLong(in.i32()));
            last = (present & HAS_IPV4_LAST) != 0 ? Bits.of(Integer.toUnsignedLong(in.i32())) : first;
        } else if (isIpv6) {
            first = new Bits(in.i64(), in.i64());
            last = (present & HAS_IPV6_LAST) != 0 ? new Bits(in.i64(), in.i64()) : first;
        }
        int min = (present & HAS_PORT_FIRST) != 0 ? in.u16() : 0;
        int max = (present & HAS_PORT_LAST) != 0 ? in.u16() : min;
        Direction direction = isSource ? Direction.SOURCE : isDestination ? Direction.DESTINATION : Direction.NONE;
        Selection selection = isHash ? Selection.HASH : isRandom ? Selection.RANDOM : Selection.DEFAULT;
        try {
            return new NatSpec(direction, isIpv6, first, last, min, max, selection, (flags & NAT_PERSISTENT) != 0);
        } catch (IllegalArgumentException e) {
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, String.valueOf(e.getMessage()));
        }
    }

    private static FlowException bad(String where, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, what);
    }

    static void encodeClear(ByteBuf out) {
        int start = NiciraActions.begin(out, CT_CLEAR);
        out.writeZero(6);
        ActionCodec.close(out, start);
    }

    static void encode(ActionCodec codec, ByteBuf out, Action.Conntrack action) {
        int start = NiciraActions.begin(out, CT);
        out.writeShort((action.isCommit() ? COMMIT : 0) | (action.isForced() ? FORCE : 0));
        Action.Subfield zone = action.zoneField();
        if (zone == null) {
            out.writeInt(0).writeShort(action.zone());
        } else {
            NiciraActions.field(out, zone.field(), zone.bit() + zone.bits() - 1);
            out.writeShort(zone.bit() << 6 | (zone.bits() - 1));
        }
        out.writeByte(action.tableId()).writeZero(3);
        Alg alg = action.alg();
        out.writeShort(alg == null ? 0 : alg.port());
        NatSpec nat = action.nat();
        if (nat != null) {
            encode(out, nat);
        }
        codec.actions(out, action.exec());
        ActionCodec.close(out, start);
    }

    private static void encode(ByteBuf out, NatSpec nat) {
        int start = NiciraActions.begin(out, NAT);
        int direction = switch (nat.direction()) {
            case NONE -> 0;
            case SOURCE -> NAT_SOURCE;
            case DESTINATION -> NAT_DESTINATION;
        };
        int selection = switch (nat.selection()) {
            case DEFAULT -> 0;
            case HASH -> NAT_HASH;
            case RANDOM -> NAT_RANDOM;
        };
        boolean hasLast = !nat.maxAddress().equals(nat.minAddress());
        int addresses = !nat.hasAddress()
                ? 0
                : nat.isIpv6()
                        ? HAS_IPV6_FIRST | (hasLast ? HAS_IPV6_LAST : 0)
                        : HAS_IPV4_FIRST | (hasLast ? HAS_IPV4_LAST : 0);
        int ports = !nat.hasPorts() ? 0 : HAS_PORT_FIRST | (nat.maxPort() != nat.minPort() ? HAS_PORT_LAST : 0);
        out.writeZero(2)
                .writeShort(direction | selection | (nat.isPersistent() ? NAT_PERSISTENT : 0))
                .writeShort(addresses | ports);
        for (Bits address : hasLast ? List.of(nat.minAddress(), nat.maxAddress()) : List.of(nat.minAddress())) {
            if ((addresses & HAS_IPV6_FIRST) != 0) {
                out.writeLong(address.high()).writeLong(address.low());
            } else if (addresses != 0) {
                out.writeInt((int) address.low());
            }
        }
        if (ports != 0) {
            out.writeShort(nat.minPort());
        }
        if ((ports & HAS_PORT_LAST) != 0) {
            out.writeShort(nat.maxPort());
        }
        ActionCodec.close(out, start);
    }
}
