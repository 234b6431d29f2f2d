package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The actions of OpenFlow 1.0 and 1.1 that write one header field each, and {@code enqueue}.
 *
 * <p>OpenFlow 1.0 gives a packet without a tag one when it writes the VLAN id or priority: these are writes of the tag's bits together with
 * the bit that says that it is there. A transport port is TCP's, UDP's or SCTP's as the flow's match says; where there is no match (packet-out)
 * it is both TCP's and UDP's, and the packet has one of them at most.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2013/04/openflow-spec-v1.0.0.pdf">OpenFlow 1.0.0 section 5.2.4</a>
 */
final class LegacyActions {
    private static final Bits TAG_WITH_VID = Bits.of(KeyLayout.VLAN_PRESENT | 0xfff);
    private static final Bits TAG_WITH_PRIORITY = Bits.of(KeyLayout.VLAN_PRESENT | 0xe000);

    private LegacyActions() {}

    /** Says whether this class reads that kind. */
    static boolean has(ActionType type) {
        return switch (type) {
            case SET_VLAN_VID,
                    SET_VLAN_PCP,
                    SET_DL_SRC,
                    SET_DL_DST,
                    SET_NW_SRC,
                    SET_NW_DST,
                    SET_NW_TOS,
                    SET_NW_ECN,
                    SET_TP_SRC,
                    SET_TP_DST,
                    SET_MPLS_LABEL,
                    SET_MPLS_TC,
                    ENQUEUE -> true;
            default -> false;
        };
    }

    /** Reads what follows an action's type and length; {@code context} is the flow's match, null when there is none. */
    static List<Action> decode(
            OpenFlowVersion version, ActionType type, Reader in, @Nullable Match context, String where)
            throws FlowException {
        boolean isLong = type == ActionType.SET_DL_SRC || type == ActionType.SET_DL_DST || type == ActionType.ENQUEUE;
        ActionCodec.exactly(in, isLong ? 12 : 4, where);
        boolean addsTag = version == OpenFlowVersion.OPENFLOW_10;
        return switch (type) {
            case SET_VLAN_VID -> {
                int vid = atMost(in.u16(), 0xfff, "VLAN id", where);
                Bits value = Bits.of(KeyLayout.VLAN_PRESENT | vid);
                yield List.of(
                        addsTag
                                ? new Action.SetField(MatchField.VLAN_TCI, value, TAG_WITH_VID)
                                : new Action.SetField(MatchField.VLAN_VID, value));
            }
            case SET_VLAN_PCP -> {
                int priority = atMost(in.u8(), 7, "VLAN priority", where);
                Bits value = Bits.of(KeyLayout.VLAN_PRESENT | priority << 13);
                yield List.of(
                        addsTag
                                ? new Action.SetField(MatchField.VLAN_TCI, value, TAG_WITH_PRIORITY)
                                : new Action.SetField(MatchField.VLAN_PCP, priority));
            }
            case SET_DL_SRC -> List.of(new Action.SetField(MatchField.ETH_SRC, in.mac()));
            case SET_DL_DST -> List.of(new Action.SetField(MatchField.ETH_DST, in.mac()));
            case SET_NW_SRC -> List.of(new Action.SetField(MatchField.NW_SRC, Integer.toUnsignedLong(in.i32())));
            case SET_NW_DST -> List.of(new Action.SetField(MatchField.NW_DST, Integer.toUnsignedLong(in.i32())));
            case SET_NW_TOS -> {
                int tos = in.u8();
                if ((tos & 3) != 0) {
                    throw bad(where, "nw_tos 0x%02x has bits of ECN: a multiple of 4 is right".formatted(tos));
                }
                yield List.of(new Action.SetField(MatchField.IP_DSCP, tos >>> 2));
            }
            case SET_NW_ECN -> List.of(new Action.SetField(MatchField.NW_ECN, atMost(in.u8(), 3, "nw_ecn", where)));
            case SET_TP_SRC ->
                transport(context, in.u16(), MatchField.TCP_SRC, MatchField.UDP_SRC, MatchField.SCTP_SRC);
            case SET_TP_DST ->
                transport(context, in.u16(), MatchField.TCP_DST, MatchField.UDP_DST, MatchField.SCTP_DST);
            case SET_MPLS_LABEL ->
                List.of(new Action.SetField(MatchField.MPLS_LABEL, atMost(in.i32(), 0xfffff, "MPLS label", where)));
            case SET_MPLS_TC -> List.of(new Action.SetField(MatchField.MPLS_TC, atMost(in.u8(), 7, "MPLS tc", where)));
            case ENQUEUE -> {
                int port = OxmCodec.widePort(in.u16());
                in.skip(6);
                yield List.of(new Action.SetQueue(in.i32()), ActionCodec.output(port, 0, where), new Action.PopQueue());
            }
            default -> throw new IllegalStateException(type + " is read elsewhere");
        };
    }

    private static int atMost(int value, int most, String what, String where) throws FlowException {
        if (value < 0 || value > most) {
            throw bad(where, what + " " + Integer.toUnsignedString(value) + " is not in 0-" + most);
        }
        return value;
    }

    private static FlowException bad(String where, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, where, what);
    }

    private static List<Action> transport(
            @Nullable Match context, int port, MatchField tcp, MatchField udp, MatchField sctp) {
        if (context == null) {
            return List.of(new Action.SetField(tcp, port), new Action.SetField(udp, port));
        }
        int protocol = (int) context.valueOf(MatchField.NW_PROTO).low();
        return List.of(new Action.SetField(protocol == 17 ? udp : protocol == 132 ? sctp : tcp, port));
    }

    /**
     * Writes an action as these versions do.
     *
     * @return false when it has the same form as in later versions
     */
    static boolean encode(OpenFlowVersion version, ByteBuf out, Action action) {
        boolean isFirst = version == OpenFlowVersion.OPENFLOW_10;
        return switch (action) {
            case Action.SetField set -> {
                if (!setField(version, out, set)) {
                    NiciraActions.load(out, set);
                }
                yield true;
            }
            case Action.PushVlan _, Action.GroupAction _, Action.CopyTtlIn _, Action.CopyTtlOut _ -> isFirst;
            case Action.PushPbb _, Action.PopPbb _ -> true;
            case Action.SetQueue _,
                    Action.PushMpls _,
                    Action.PopMpls _,
                    Action.SetMplsTtl _,
                    Action.DecMplsTtl _,
                    Action.DecNwTtl _,
                    Action.SetNwTtl _ -> isFirst && NiciraActions.encodeInstead(out, action);
            default -> false;
        };
    }

    private static boolean setField(OpenFlowVersion version, ByteBuf out, Action.SetField set) {
        long value = set.value().low();
        if (set.field() == MatchField.VLAN_TCI
                && version == OpenFlowVersion.OPENFLOW_10
                && (value & KeyLayout.VLAN_PRESENT) != 0) {
            if (set.mask().equals(TAG_WITH_VID)) {
                half(version, out, ActionType.SET_VLAN_VID, (int) value & 0xfff);
                return true;
            } else if (set.mask().equals(TAG_WITH_PRIORITY)) {
                octet(version, out, ActionType.SET_VLAN_PCP, (int) value >>> 13);
                return true;
            }
        }
        return !set.isMasked() && wholeField(version, out, set.field(), value);
    }

    private static boolean wholeField(OpenFlowVersion version, ByteBuf out, MatchField field, long value) {
        boolean isFirst = version == OpenFlowVersion.OPENFLOW_10;
        switch (field) {
            case VLAN_VID -> half(version, out, ActionType.SET_VLAN_VID, (int) value & 0xfff);
            case VLAN_PCP -> octet(version, out, ActionType.SET_VLAN_PCP, (int) value);
            case ETH_SRC -> address(version, out, ActionType.SET_DL_SRC, value);
            case ETH_DST -> address(version, out, ActionType.SET_DL_DST, value);
            case NW_SRC -> begin(version, out, ActionType.SET_NW_SRC).writeInt((int) value);
            case NW_DST -> begin(version, out, ActionType.SET_NW_DST).writeInt((int) value);
            case IP_DSCP -> octet(version, out, ActionType.SET_NW_TOS, (int) value << 2);
            case TCP_SRC, UDP_SRC, SCTP_SRC -> half(version, out, ActionType.SET_TP_SRC, (int) value);
            case TCP_DST, UDP_DST, SCTP_DST -> half(version, out, ActionType.SET_TP_DST, (int) value);
            case NW_ECN -> {
                if (isFirst) {
                    return false;
                }
                octet(version, out, ActionType.SET_NW_ECN, (int) value);
            }
            case MPLS_LABEL -> {
                if (isFirst) {
                    return false;
                }
                begin(version, out, ActionType.SET_MPLS_LABEL).writeInt((int) value);
            }
            case MPLS_TC -> {
                if (isFirst) {
                    return false;
                }
                octet(version, out, ActionType.SET_MPLS_TC, (int) value);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static ByteBuf begin(OpenFlowVersion version, ByteBuf out, ActionType type) {
        return ActionCodec.begin(version, out, type, 8);
    }

    private static void half(OpenFlowVersion version, ByteBuf out, ActionType type, int value) {
        begin(version, out, type).writeShort(value).writeZero(2);
    }

    private static void octet(OpenFlowVersion version, ByteBuf out, ActionType type, int value) {
        begin(version, out, type).writeByte(value).writeZero(3);
    }

    private static void address(OpenFlowVersion version, ByteBuf out, ActionType type, long mac) {
        ActionCodec.begin(version, out, type, 16)
                .writeShort((int) (mac >>> 32))
                .writeInt((int) mac)
                .writeZero(6);
    }

    /** Says whether the same write of TCP's and of UDP's port begins there: what one action says where no match names the protocol. */
    static boolean isTransportPair(List<Action> actions, int at) {
        return at + 1 < actions.size()
                && actions.get(at) instanceof Action.SetField first
                && actions.get(at + 1) instanceof Action.SetField second
                && !first.isMasked()
                && !second.isMasked()
                && first.value().equals(second.value())
                && (first.field() == MatchField.TCP_SRC && second.field() == MatchField.UDP_SRC
                        || first.field() == MatchField.TCP_DST && second.field() == MatchField.UDP_DST);
    }

    /** Says whether a queue, an output and the queue from before begin there: what {@code enqueue} says at once. */
    static boolean isEnqueue(List<Action> actions, int at) {
        return at + 2 < actions.size()
                && actions.get(at) instanceof Action.SetQueue
                && actions.get(at + 1) instanceof Action.Output
                && actions.get(at + 2) instanceof Action.PopQueue;
    }

    static void enqueue(ByteBuf out, List<Action> actions, int at) {
        if (actions.get(at) instanceof Action.SetQueue(int queue)
                && actions.get(at + 1) instanceof Action.Output(int port, int _)) {
            ActionCodec.begin(OpenFlowVersion.OPENFLOW_10, out, ActionType.ENQUEUE, 16)
                    .writeShort(OxmCodec.narrowPort(port))
                    .writeZero(6)
                    .writeInt(queue);
        }
    }
}
