package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.netty.buffer.ByteBuf;

/**
 * The match of OpenFlow 1.1 ({@code OFPMT_STANDARD}): fields in fixed places, a word that says which of them count, and masks, of which a
 * bit that is set does not count.
 *
 * <pre>
 *   0 (16) | 88 (16) | in_port 32 | wildcards 32 | dl_src 48 | dl_src_mask 48 | dl_dst 48 | dl_dst_mask 48
 *   | dl_vlan 16 | dl_vlan_pcp 8 | 0 (8) | dl_type 16 | nw_tos 8 | nw_proto 8
 *   | nw_src 32 | nw_src_mask 32 | nw_dst 32 | nw_dst_mask 32 | tp_src 16 | tp_dst 16
 *   | mpls_label 32 | mpls_tc 8 | 0 (24) | metadata 64 | metadata_mask 64
 * </pre>
 *
 * <p>Fields of protocols that are not matched are ignored, as the specification wants it. What a match says beyond these fields is left out
 * when it is written.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-spec-v1.1.0.pdf">OpenFlow 1.1.0 appendix A.2.3</a>
 */
final class Match11 {
    /** {@code OFPMT_STANDARD}. */
    static final int TYPE = 0;

    /** Octets of it, its type and length too. */
    static final int OCTETS = 88;

    /** {@code OFPFW_ALL}. */
    static final int WILDCARD_ALL = 0x3ff;

    private static final int IN_PORT = 1;
    private static final int DL_VLAN = 1 << 1;
    private static final int DL_VLAN_PCP = 1 << 2;
    private static final int DL_TYPE = 1 << 3;
    private static final int NW_TOS = 1 << 4;
    private static final int NW_PROTO = 1 << 5;
    private static final int TP_SRC = 1 << 6;
    private static final int TP_DST = 1 << 7;
    private static final int MPLS_LABEL = 1 << 8;
    private static final int MPLS_TC = 1 << 9;

    /** {@code OFPVID_ANY}: any tag. */
    private static final int ANY_VLAN = 0xfffe;

    /** {@code OFPVID_NONE}: no tag. */
    private static final int NO_VLAN = 0xffff;

    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int RARP = 0x8035;
    private static final int MPLS = 0x8847;
    private static final int MPLS_MULTICAST = 0x8848;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;
    private static final long ALL_48 = 0xffff_ffff_ffffL;
    private static final long ALL_32 = 0xffff_ffffL;

    private Match11() {}

    /** Reads what follows type and length. */
    static Match decode(Reader in) throws FlowException {
        in.need(OCTETS - 4);
        Match.Builder match = Match.builder();
        int port = in.i32();
        int wildcards = in.i32();
        set(match, wildcards, IN_PORT, MatchField.IN_PORT, Integer.toUnsignedLong(port));
        masked(match, MatchField.ETH_SRC, in.mac(), ~in.mac() & ALL_48);
        masked(match, MatchField.ETH_DST, in.mac(), ~in.mac() & ALL_48);
        vlan(match, wildcards, in.u16(), in.u8());
        in.skip(1);
        int type = in.u16();
        set(match, wildcards, DL_TYPE, MatchField.ETH_TYPE, type);
        network(match, wildcards, (wildcards & DL_TYPE) == 0 ? type : 0, in);
        long metadata = in.i64();
        masked(match, MatchField.METADATA, metadata, ~in.i64());
        return match.build();
    }

    private static void set(Match.Builder match, int wildcards, int bit, MatchField field, long value) {
        if ((wildcards & bit) == 0) {
            match.exact(field, value);
        }
    }

    private static void masked(Match.Builder match, MatchField field, long value, long mask) {
        if (mask != 0) {
            match.masked(field, Bits.of(value & mask), Bits.of(mask));
        }
    }

    private static void vlan(Match.Builder match, int wildcards, int vid, int priority) throws FlowException {
        if ((wildcards & DL_VLAN) != 0) {
            // Without a VLAN the priority does not count either.
            return;
        }
        if (vid == NO_VLAN) {
            match.exact(MatchField.VLAN_TCI, 0);
            return;
        }
        if (vid > 0xfff && vid != ANY_VLAN) {
            throw bad("dl_vlan", "VLAN id " + vid + " is not in 0-4095, 0xfffe or 0xffff");
        }
        boolean hasPriority = (wildcards & DL_VLAN_PCP) == 0;
        if (hasPriority && priority > 7) {
            throw bad("dl_vlan_pcp", "VLAN priority " + priority + " is not in 0-7");
        }
        int tci = KeyLayout.VLAN_PRESENT | (vid == ANY_VLAN ? 0 : vid) | (hasPriority ? priority << 13 : 0);
        int mask = KeyLayout.VLAN_PRESENT | (vid == ANY_VLAN ? 0 : 0xfff) | (hasPriority ? 0xe000 : 0);
        match.masked(MatchField.VLAN_TCI, Bits.of(tci), Bits.of(mask));
    }

    /** Reads from nw_tos to mpls_tc; {@code type}: the Ethernet type that is matched, 0 for none. */
    private static void network(Match.Builder match, int wildcards, int type, Reader in) throws FlowException {
        int tos = in.u8();
        int protocol = in.u8();
        long source = Integer.toUnsignedLong(in.i32());
        long sourceMask = ~in.i32() & ALL_32;
        long destination = Integer.toUnsignedLong(in.i32());
        long destinationMask = ~in.i32() & ALL_32;
        int sourcePort = in.u16();
        int destinationPort = in.u16();
        int label = in.i32();
        int trafficClass = in.u8();
        in.skip(3);
        switch (type) {
            case IPV4 -> {
                if ((wildcards & NW_TOS) == 0 && (tos & 3) != 0) {
                    throw bad("nw_tos", "nw_tos 0x%02x has bits of ECN: a multiple of 4 is right".formatted(tos));
                }
                set(match, wildcards, NW_TOS, MatchField.IP_DSCP, tos >>> 2);
                set(match, wildcards, NW_PROTO, MatchField.NW_PROTO, protocol);
                masked(match, MatchField.NW_SRC, source, sourceMask);
                masked(match, MatchField.NW_DST, destination, destinationMask);
                if ((wildcards & NW_PROTO) == 0) {
                    transport(match, wildcards, protocol, sourcePort, destinationPort);
                }
            }
            case ARP, RARP -> {
                set(match, wildcards, NW_PROTO, MatchField.ARP_OP, protocol);
                masked(match, MatchField.ARP_SPA, source, sourceMask);
                masked(match, MatchField.ARP_TPA, destination, destinationMask);
            }
            case MPLS, MPLS_MULTICAST -> {
                set(match, wildcards, MPLS_LABEL, MatchField.MPLS_LABEL, within(wildcards, MPLS_LABEL, label, 0xfffff));
                set(match, wildcards, MPLS_TC, MatchField.MPLS_TC, within(wildcards, MPLS_TC, trafficClass, 7));
            }
            default -> {
                // The fields mean nothing.
            }
        }
    }

    private static int within(int wildcards, int bit, int value, int most) throws FlowException {
        if ((wildcards & bit) == 0 && Integer.compareUnsigned(value, most) > 0) {
            throw bad("mpls", Integer.toUnsignedString(value) + " is not in 0-" + most);
        }
        return value;
    }

    private static FlowException bad(String field, String what) {
        return new FlowException(ErrorCode.BAD_MATCH_BAD_VALUE, "match." + field, what);
    }

    private static void transport(Match.Builder match, int wildcards, int protocol, int source, int destination)
            throws FlowException {
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
                set(match, wildcards, TP_SRC, MatchField.ICMP_TYPE, octet(wildcards, TP_SRC, source));
                set(match, wildcards, TP_DST, MatchField.ICMP_CODE, octet(wildcards, TP_DST, destination));
            }
            default -> {
                // Its ports mean nothing.
            }
        }
    }

    private static int octet(int wildcards, int bit, int value) throws FlowException {
        if ((wildcards & bit) == 0 && value > 0xff) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_FIELD, "match.icmp", "ICMP's type and code are in 0-255, not " + value);
        }
        return value;
    }

    /** Writes the whole match, with type and length. */
    static void encode(ByteBuf out, Match match) {
        int type = (int) match.valueOf(MatchField.ETH_TYPE).low();
        boolean isIp = type == IPV4;
        boolean isArp = type == ARP || type == RARP;
        boolean hasNetwork = isIp || isArp;
        boolean isMpls = type == MPLS || type == MPLS_MULTICAST;
        boolean isIcmp = isIp && match.valueOf(MatchField.NW_PROTO).low() == ICMP;
        boolean hasTransport = isIp && match.has(MatchField.NW_PROTO);
        MatchField protocol = isArp ? MatchField.ARP_OP : MatchField.NW_PROTO;
        MatchField sourcePort = isIcmp ? MatchField.ICMP_TYPE : MatchField.TCP_SRC;
        MatchField destinationPort = isIcmp ? MatchField.ICMP_CODE : MatchField.TCP_DST;
        int wildcards = missing(match.has(MatchField.IN_PORT), IN_PORT)
                | tagWildcards(match)
                | missing(match.has(MatchField.ETH_TYPE), DL_TYPE)
                | missing(isIp && match.has(MatchField.IP_DSCP), NW_TOS)
                | missing(hasNetwork && match.has(protocol), NW_PROTO)
                | missing(hasTransport && isWhole(match, sourcePort), TP_SRC)
                | missing(hasTransport && isWhole(match, destinationPort), TP_DST)
                | missing(isMpls && isWhole(match, MatchField.MPLS_LABEL), MPLS_LABEL)
                | missing(isMpls && isWhole(match, MatchField.MPLS_TC), MPLS_TC);
        out.writeShort(TYPE).writeShort(OCTETS);
        out.writeInt(value(match, MatchField.IN_PORT, wildcards, IN_PORT)).writeInt(wildcards);
        address(out, match, MatchField.ETH_SRC);
        address(out, match, MatchField.ETH_DST);
        tag(out, match, wildcards);
        out.writeShort(type);
        out.writeByte(value(match, MatchField.IP_DSCP, wildcards, NW_TOS) << 2);
        out.writeByte(value(match, protocol, wildcards, NW_PROTO));
        network(out, match, hasNetwork, isArp ? MatchField.ARP_SPA : MatchField.NW_SRC);
        network(out, match, hasNetwork, isArp ? MatchField.ARP_TPA : MatchField.NW_DST);
        out.writeShort(value(match, sourcePort, wildcards, TP_SRC));
        out.writeShort(value(match, destinationPort, wildcards, TP_DST));
        out.writeInt(value(match, MatchField.MPLS_LABEL, wildcards, MPLS_LABEL));
        out.writeByte(value(match, MatchField.MPLS_TC, wildcards, MPLS_TC)).writeZero(3);
        long metadataMask = match.maskOf(MatchField.METADATA).low();
        out.writeLong(match.valueOf(MatchField.METADATA).low() & metadataMask).writeLong(~metadataMask);
    }

    private static int missing(boolean isThere, int bit) {
        return isThere ? 0 : bit;
    }

    private static boolean isWhole(Match match, MatchField field) {
        return match.maskOf(field).equals(field.allOnes());
    }

    private static int value(Match match, MatchField field, int wildcards, int bit) {
        return (wildcards & bit) == 0 ? (int) match.valueOf(field).low() : 0;
    }

    private static int tci(Match match) {
        return (int) match.valueOf(MatchField.VLAN_TCI).low();
    }

    private static int tciMask(Match match) {
        return (int) match.maskOf(MatchField.VLAN_TCI).low();
    }

    /** Says whether the match asks for a tag, or for none. Bits of a tag that need not be there cannot be said. */
    private static boolean saysTag(Match match) {
        return (tciMask(match) & KeyLayout.VLAN_PRESENT) != 0;
    }

    private static int tagWildcards(Match match) {
        boolean hasTag = saysTag(match) && (tci(match) & KeyLayout.VLAN_PRESENT) != 0;
        return missing(saysTag(match), DL_VLAN) | missing(hasTag && (tciMask(match) & 0xe000) == 0xe000, DL_VLAN_PCP);
    }

    private static void tag(ByteBuf out, Match match, int wildcards) {
        int tci = tci(match);
        boolean hasVid = (tciMask(match) & 0xfff) == 0xfff;
        int vid = (tci & KeyLayout.VLAN_PRESENT) == 0 ? NO_VLAN : hasVid ? tci & 0xfff : ANY_VLAN;
        out.writeShort((wildcards & DL_VLAN) == 0 ? vid : 0);
        out.writeByte((wildcards & DL_VLAN_PCP) == 0 ? tci >>> 13 : 0).writeZero(1);
    }

    private static void address(ByteBuf out, Match match, MatchField field) {
        long mask = match.maskOf(field).low();
        mac(out, match.valueOf(field).low() & mask);
        mac(out, ~mask);
    }

    private static void mac(ByteBuf out, long mac) {
        out.writeShort((int) (mac >>> 32)).writeInt((int) mac);
    }

    private static void network(ByteBuf out, Match match, boolean isThere, MatchField field) {
        int mask = isThere ? (int) match.maskOf(field).low() : 0;
        out.writeInt((int) match.valueOf(field).low() & mask).writeInt(~mask);
    }
}
