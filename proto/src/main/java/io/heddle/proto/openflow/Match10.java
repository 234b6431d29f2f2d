package io.heddle.proto.openflow;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;

/**
 * The match of OpenFlow 1.0: twelve fields in fixed places, and a word that says which of them count.
 *
 * <pre>
 *   wildcards 32 | in_port 16 | dl_src 48 | dl_dst 48 | dl_vlan 16 | dl_vlan_pcp 8 | 0 (8) | dl_type 16 | nw_tos 8 | nw_proto 8
 *   | 0 (16) | nw_src 32 | nw_dst 32 | tp_src 16 | tp_dst 16
 * </pre>
 *
 * <p>Fields of protocols that are not matched are ignored, as the specification wants it. What a match says beyond these fields is left out
 * when it is written; clients that ask for Open vSwitch's extended match see all of it.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2013/04/openflow-spec-v1.0.0.pdf">OpenFlow 1.0.0 section 5.2.3</a>
 */
final class Match10 {
    /** Octets of it. */
    static final int OCTETS = 40;

    /** {@code OFPFW_ALL}. */
    static final int WILDCARD_ALL = 0x3fffff;

    private static final int IN_PORT = 1;
    private static final int DL_VLAN = 1 << 1;
    private static final int DL_SRC = 1 << 2;
    private static final int DL_DST = 1 << 3;
    private static final int DL_TYPE = 1 << 4;
    private static final int NW_PROTO = 1 << 5;
    private static final int TP_SRC = 1 << 6;
    private static final int TP_DST = 1 << 7;
    private static final int NW_SRC_SHIFT = 8;
    private static final int NW_DST_SHIFT = 14;
    private static final int NW_BITS = 0x3f;
    private static final int DL_VLAN_PCP = 1 << 20;
    private static final int NW_TOS = 1 << 21;

    private static final int NO_VLAN = 0xffff;
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;

    private Match10() {}

    /** Whether the match that comes next has no wildcards; it need not be there. */
    static boolean isExact(Reader in) {
        return in.remaining() >= 4 && ((in.peek16(0) << 16 | in.peek16(2)) & WILDCARD_ALL) == 0;
    }

    static Match decode(Reader in) throws FlowException {
        in.need(OCTETS);
        int wildcards = in.i32();
        Match.Builder match = Match.builder();
        set(match, wildcards, IN_PORT, MatchField.IN_PORT, Integer.toUnsignedLong(OxmCodec.widePort(in.u16())));
        set(match, wildcards, DL_SRC, MatchField.ETH_SRC, in.mac());
        set(match, wildcards, DL_DST, MatchField.ETH_DST, in.mac());
        vlan(match, wildcards, in.u16(), in.u8());
        in.skip(1);
        int type = in.u16();
        set(match, wildcards, DL_TYPE, MatchField.ETH_TYPE, type);
        boolean hasType = (wildcards & DL_TYPE) == 0;
        int tos = in.u8();
        int protocol = in.u8();
        in.skip(2);
        int source = in.i32();
        int destination = in.i32();
        int sourcePort = in.u16();
        int destinationPort = in.u16();
        if (hasType && type == IPV4) {
            set(match, wildcards, NW_TOS, MatchField.IP_DSCP, tos >>> 2);
            set(match, wildcards, NW_PROTO, MatchField.NW_PROTO, protocol);
            address(match, MatchField.NW_SRC, source, wildcards >>> NW_SRC_SHIFT);
            address(match, MatchField.NW_DST, destination, wildcards >>> NW_DST_SHIFT);
            if ((wildcards & NW_PROTO) == 0) {
                transport(match, wildcards, protocol, sourcePort, destinationPort);
            }
        } else if (hasType && type == ARP) {
            set(match, wildcards, NW_PROTO, MatchField.ARP_OP, protocol);
            address(match, MatchField.ARP_SPA, source, wildcards >>> NW_SRC_SHIFT);
            address(match, MatchField.ARP_TPA, destination, wildcards >>> NW_DST_SHIFT);
        }
        return match.build();
    }

    private static void set(Match.Builder match, int wildcards, int bit, MatchField field, long value) {
        if ((wildcards & bit) == 0) {
            match.exact(field, value);
        }
    }

    private static void vlan(Match.Builder match, int wildcards, int vid, int priority) {
        boolean hasVid = (wildcards & DL_VLAN) == 0;
        boolean hasPriority = (wildcards & DL_VLAN_PCP) == 0;
        if (hasVid && vid == NO_VLAN) {
            match.exact(MatchField.VLAN_TCI, 0);
            return;
        }
        int mask = (hasVid ? 0xfff : 0) | (hasPriority ? 0xe000 : 0);
        if (mask != 0) {
            int tci = KeyLayout.VLAN_PRESENT | vid & 0xfff | (priority & 7) << 13;
            match.masked(MatchField.VLAN_TCI, Bits.of(tci), Bits.of(mask | KeyLayout.VLAN_PRESENT));
        }
    }

    /** {@code ignored}: its low six bits say how many low bits of the address do not count; 32 and more: none counts. */
    private static void address(Match.Builder match, MatchField field, int address, int ignored) {
        int bits = Math.min(ignored & NW_BITS, 32);
        if (bits < 32) {
            long mask = 0xffffffffL << bits & 0xffffffffL;
            match.masked(field, Bits.of(Integer.toUnsignedLong(address)), Bits.of(mask));
        }
    }

    private static void transport(Match.Builder match, int wildcards, int protocol, int source, int destination) {
        switch (protocol) {
            case TCP -> {
                set(match, wildcards, TP_SRC, MatchField.TCP_SRC, source);
                set(match, wildcards, TP_DST, MatchField.TCP_DST, destination);
            }
            case UDP -> {
                set(match, wildcards, TP_SRC, MatchField.UDP_SRC, source);
                set(match, wildcards, TP_DST, MatchField.UDP_DST, destination);
            }
            case SCTP -> {
                set(match, wildcards, TP_SRC, MatchField.SCTP_SRC, source);
                set(match, wildcards, TP_DST, MatchField.SCTP_DST, destination);
            }
            case ICMP -> {
                set(match, wildcards, TP_SRC, MatchField.ICMP_TYPE, source & 0xff);
                set(match, wildcards, TP_DST, MatchField.ICMP_CODE, destination & 0xff);
            }
            default -> {
                // Its ports mean nothing.
            }
        }
    }

    static void encode(ByteBuf out, Match match) {
        int wildcards = 0;
        int type = (int) match.valueOf(MatchField.ETH_TYPE).low();
        boolean isIp = type == IPV4;
        boolean isArp = type == ARP;
        MatchField protocol = isArp ? MatchField.ARP_OP : MatchField.NW_PROTO;
        boolean isIcmp = isIp && match.valueOf(MatchField.NW_PROTO).low() == ICMP;
        MatchField source = isArp ? MatchField.ARP_SPA : MatchField.NW_SRC;
        MatchField destination = isArp ? MatchField.ARP_TPA : MatchField.NW_DST;
        boolean hasNetwork = isIp || isArp;
        int tci = (int) match.valueOf(MatchField.VLAN_TCI).low();
        int tciMask = (int) match.maskOf(MatchField.VLAN_TCI).low();
        boolean isUntagged = (tciMask & KeyLayout.VLAN_PRESENT) != 0 && (tci & KeyLayout.VLAN_PRESENT) == 0;
        boolean hasTag = (tciMask & tci & KeyLayout.VLAN_PRESENT) != 0;
        boolean hasVid = isUntagged || hasTag && (tciMask & 0xfff) == 0xfff;
        boolean hasPriority = hasTag && (tciMask & 0xe000) == 0xe000;
        boolean hasTransport = isIp && match.has(MatchField.NW_PROTO);
        MatchField sourcePort = isIcmp ? MatchField.ICMP_TYPE : MatchField.TCP_SRC;
        MatchField destinationPort = isIcmp ? MatchField.ICMP_CODE : MatchField.TCP_DST;
        wildcards |= match.has(MatchField.IN_PORT) ? 0 : IN_PORT;
        wildcards |= isWhole(match, MatchField.ETH_SRC) ? 0 : DL_SRC;
        wildcards |= isWhole(match, MatchField.ETH_DST) ? 0 : DL_DST;
        wildcards |= hasVid ? 0 : DL_VLAN;
        wildcards |= hasPriority ? 0 : DL_VLAN_PCP;
        wildcards |= match.has(MatchField.ETH_TYPE) ? 0 : DL_TYPE;
        wildcards |= isIp && match.has(MatchField.IP_DSCP) ? 0 : NW_TOS;
        wildcards |= hasNetwork && match.has(protocol) ? 0 : NW_PROTO;
        wildcards |= hasTransport && isWhole(match, sourcePort) ? 0 : TP_SRC;
        wildcards |= hasTransport && isWhole(match, destinationPort) ? 0 : TP_DST;
        wildcards |= (hasNetwork ? ignoredBits(match, source) : 32) << NW_SRC_SHIFT;
        wildcards |= (hasNetwork ? ignoredBits(match, destination) : 32) << NW_DST_SHIFT;
        out.writeInt(wildcards);
        out.writeShort(
                OxmCodec.narrowPort((int) match.valueOf(MatchField.IN_PORT).low()));
        mac(out, (wildcards & DL_SRC) == 0 ? match.valueOf(MatchField.ETH_SRC).low() : 0);
        mac(out, (wildcards & DL_DST) == 0 ? match.valueOf(MatchField.ETH_DST).low() : 0);
        out.writeShort(isUntagged ? NO_VLAN : hasVid ? tci & 0xfff : 0);
        out.writeByte(hasPriority ? tci >>> 13 : 0).writeZero(1);
        out.writeShort(type);
        out.writeByte(
                (wildcards & NW_TOS) == 0
                        ? (int) match.valueOf(MatchField.IP_DSCP).low() << 2
                        : 0);
        out.writeByte(hasNetwork ? (int) match.valueOf(protocol).low() : 0).writeZero(2);
        out.writeInt(hasNetwork ? address(match, source) : 0);
        out.writeInt(hasNetwork ? address(match, destination) : 0);
        out.writeShort(
                (wildcards & TP_SRC) == 0 ? (int) match.valueOf(sourcePort).low() : 0);
        out.writeShort(
                (wildcards & TP_DST) == 0 ? (int) match.valueOf(destinationPort).low() : 0);
    }

    private static boolean isWhole(Match match, MatchField field) {
        return match.maskOf(field).equals(field.allOnes());
    }

    /** Low bits that do not count; a mask that is no prefix cannot be said, and all of it is left out. */
    private static int ignoredBits(Match match, MatchField field) {
        int mask = (int) match.maskOf(field).low();
        int ignored = Integer.numberOfTrailingZeros(mask);
        return ignored < 32 && mask == -1 << ignored ? ignored : 32;
    }

    private static int address(Match match, MatchField field) {
        return ignoredBits(match, field) == 32 ? 0 : (int) match.valueOf(field).low();
    }

    private static void mac(ByteBuf out, long mac) {
        out.writeShort((int) (mac >>> 32)).writeInt((int) mac);
    }
}
