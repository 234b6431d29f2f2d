package io.heddle.flow.match;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every field that a flow entry can match on or an action can write: its name in {@code ovs-ofctl}, its width, where it
 * lies in a {@link FlowKey}, whether it may be masked and written, what must be matched before it may be, and its ids on
 * the wire.
 *
 * <p>This is the one place where a field is described; the OpenFlow codec, the text parser and printer, the gRPC mapping and
 * the pipeline all read it here.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.3.7</a>, and {@code ovs-fields(7)} for the extensions
 */
public enum MatchField {
    IN_PORT(
            "in_port",
            32,
            0,
            32,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.PORT,
            List.of(OxmId.basic(0), OxmId.nxm0(0)),
            "in_port_oxm"),
    IN_PHY_PORT(
            "in_phy_port",
            32,
            17,
            0,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.IN_PORT,
            Format.PORT,
            List.of(OxmId.basic(1))),
    PACKET_TYPE(
            "packet_type",
            32,
            0,
            0,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.PACKET_TYPE,
            List.of(OxmId.basic(44))),
    METADATA(
            "metadata",
            64,
            54,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.basic(2))),
    ETH_DST(
            "dl_dst",
            48,
            1,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ETHERNET,
            Format.ETHERNET,
            List.of(OxmId.basic(3), OxmId.nxm0(1)),
            "eth_dst"),
    ETH_SRC(
            "dl_src",
            48,
            2,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ETHERNET,
            Format.ETHERNET,
            List.of(OxmId.basic(4), OxmId.nxm0(2)),
            "eth_src"),
    ETH_TYPE(
            "dl_type",
            16,
            1,
            0,
            Masking.NONE,
            Access.SET_ONLY,
            Prerequisite.ETHERNET,
            Format.HEX,
            List.of(OxmId.basic(5), OxmId.nxm0(3)),
            "eth_type"),
    VLAN_TCI(
            "vlan_tci",
            16,
            3,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ETHERNET,
            Format.HEX,
            List.of(OxmId.nxm0(4))),
    VLAN_VID(
            "vlan_vid",
            13,
            3,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ETHERNET,
            Format.HEX,
            List.of(OxmId.basic(6))),
    VLAN_PCP(
            "vlan_pcp",
            3,
            3,
            45,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.VLAN,
            Format.DECIMAL,
            List.of(OxmId.basic(7))),
    IP_DSCP(
            "ip_dscp",
            6,
            7,
            50,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.IP,
            Format.DECIMAL,
            List.of(OxmId.basic(8))),
    NW_TOS(
            "nw_tos",
            8,
            7,
            48,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.IP,
            Format.DECIMAL,
            List.of(OxmId.nxm0(5))),
    NW_ECN(
            "nw_ecn",
            2,
            7,
            48,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.IP,
            Format.DECIMAL,
            List.of(OxmId.basic(9), OxmId.nxm1(28)),
            "ip_ecn"),
    NW_PROTO(
            "nw_proto",
            8,
            7,
            56,
            Masking.NONE,
            Access.SET_ONLY,
            Prerequisite.IP,
            Format.DECIMAL,
            List.of(OxmId.basic(10), OxmId.nxm0(6)),
            "ip_proto"),
    NW_TTL(
            "nw_ttl",
            8,
            7,
            40,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.IP,
            Format.DECIMAL,
            List.of(OxmId.nxm1(29))),
    NW_FRAG(
            "nw_frag",
            8,
            7,
            32,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.IP,
            Format.FRAG,
            List.of(OxmId.nxm1(26)),
            "ip_frag"),
    NW_SRC(
            "nw_src",
            32,
            6,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.IPV4,
            Format.IPV4,
            List.of(OxmId.basic(11), OxmId.nxm0(7)),
            "ip_src"),
    NW_DST(
            "nw_dst",
            32,
            6,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.IPV4,
            Format.IPV4,
            List.of(OxmId.basic(12), OxmId.nxm0(8)),
            "ip_dst"),
    TCP_SRC(
            "tcp_src",
            16,
            8,
            48,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.TCP,
            Format.DECIMAL,
            List.of(OxmId.basic(13), OxmId.nxm0(9)),
            "tp_src"),
    TCP_DST(
            "tcp_dst",
            16,
            8,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.TCP,
            Format.DECIMAL,
            List.of(OxmId.basic(14), OxmId.nxm0(10)),
            "tp_dst"),
    TCP_FLAGS(
            "tcp_flags",
            12,
            8,
            16,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.TCP,
            Format.TCP_FLAGS,
            List.of(OxmId.onf(42), OxmId.nxm1(34))),
    UDP_SRC(
            "udp_src",
            16,
            8,
            48,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.UDP,
            Format.DECIMAL,
            List.of(OxmId.basic(15), OxmId.nxm0(11))),
    UDP_DST(
            "udp_dst",
            16,
            8,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.UDP,
            Format.DECIMAL,
            List.of(OxmId.basic(16), OxmId.nxm0(12))),
    SCTP_SRC(
            "sctp_src",
            16,
            8,
            48,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.SCTP,
            Format.DECIMAL,
            List.of(OxmId.basic(17))),
    SCTP_DST(
            "sctp_dst",
            16,
            8,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.SCTP,
            Format.DECIMAL,
            List.of(OxmId.basic(18))),
    ICMP_TYPE(
            "icmp_type",
            8,
            8,
            48,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ICMPV4,
            Format.DECIMAL,
            List.of(OxmId.basic(19), OxmId.nxm0(13)),
            "icmpv4_type"),
    ICMP_CODE(
            "icmp_code",
            8,
            8,
            32,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ICMPV4,
            Format.DECIMAL,
            List.of(OxmId.basic(20), OxmId.nxm0(14)),
            "icmpv4_code"),
    ARP_OP(
            "arp_op",
            16,
            7,
            56,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ARP,
            Format.DECIMAL,
            List.of(OxmId.basic(21), OxmId.nxm0(15))),
    ARP_SPA(
            "arp_spa",
            32,
            6,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ARP,
            Format.IPV4,
            List.of(OxmId.basic(22), OxmId.nxm0(16))),
    ARP_TPA(
            "arp_tpa",
            32,
            6,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ARP,
            Format.IPV4,
            List.of(OxmId.basic(23), OxmId.nxm0(17))),
    ARP_SHA(
            "arp_sha",
            48,
            15,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ARP,
            Format.ETHERNET,
            List.of(OxmId.basic(24), OxmId.nxm1(17))),
    ARP_THA(
            "arp_tha",
            48,
            16,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ARP,
            Format.ETHERNET,
            List.of(OxmId.basic(25), OxmId.nxm1(18))),
    IPV6_SRC(
            "ipv6_src",
            128,
            9,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.IPV6,
            Format.IPV6,
            List.of(OxmId.basic(26), OxmId.nxm1(19))),
    IPV6_DST(
            "ipv6_dst",
            128,
            11,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.IPV6,
            Format.IPV6,
            List.of(OxmId.basic(27), OxmId.nxm1(20))),
    IPV6_LABEL(
            "ipv6_label",
            20,
            7,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.IPV6,
            Format.HEX,
            List.of(OxmId.basic(28), OxmId.nxm1(27)),
            "ipv6_flabel"),
    ICMPV6_TYPE(
            "icmpv6_type",
            8,
            8,
            48,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ICMPV6,
            Format.DECIMAL,
            List.of(OxmId.basic(29), OxmId.nxm1(21))),
    ICMPV6_CODE(
            "icmpv6_code",
            8,
            8,
            32,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ICMPV6,
            Format.DECIMAL,
            List.of(OxmId.basic(30), OxmId.nxm1(22))),
    ND_TARGET(
            "nd_target",
            128,
            13,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ND,
            Format.IPV6,
            List.of(OxmId.basic(31), OxmId.nxm1(23)),
            "ipv6_nd_target"),
    ND_SLL(
            "nd_sll",
            48,
            15,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ND_SOLICIT,
            Format.ETHERNET,
            List.of(OxmId.basic(32), OxmId.nxm1(24)),
            "ipv6_nd_sll"),
    ND_TLL(
            "nd_tll",
            48,
            16,
            16,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.ND_ADVERT,
            Format.ETHERNET,
            List.of(OxmId.basic(33), OxmId.nxm1(25)),
            "ipv6_nd_tll"),
    ND_RESERVED(
            "nd_reserved",
            32,
            17,
            32,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ND,
            Format.DECIMAL,
            List.of(OxmId.ericsson(1))),
    ND_OPTIONS_TYPE(
            "nd_options_type",
            8,
            15,
            0,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.ND,
            Format.DECIMAL,
            List.of(OxmId.ericsson(2))),
    MPLS_LABEL(
            "mpls_label",
            20,
            4,
            44,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.MPLS,
            Format.DECIMAL,
            List.of(OxmId.basic(34))),
    MPLS_TC(
            "mpls_tc",
            3,
            4,
            41,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.MPLS,
            Format.DECIMAL,
            List.of(OxmId.basic(35))),
    MPLS_BOS(
            "mpls_bos",
            1,
            4,
            40,
            Masking.NONE,
            Access.SET_ONLY,
            Prerequisite.MPLS,
            Format.DECIMAL,
            List.of(OxmId.basic(36))),
    MPLS_TTL(
            "mpls_ttl",
            8,
            4,
            32,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.MPLS,
            Format.DECIMAL,
            List.of(OxmId.nxm1(30))),
    PBB_ISID(
            "pbb_isid",
            24,
            5,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.PBB,
            Format.DECIMAL,
            List.of(OxmId.basic(37))),
    PBB_UCA(
            "pbb_uca",
            1,
            5,
            24,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.PBB,
            Format.DECIMAL,
            List.of(OxmId.basic(41))),
    IPV6_EXTHDR(
            "ipv6_exthdr",
            9,
            8,
            0,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.IPV6,
            Format.HEX,
            List.of(OxmId.basic(39))),
    NSH_FLAGS(
            "nsh_flags",
            8,
            18,
            56,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.DECIMAL,
            List.of(OxmId.nsh(1))),
    NSH_TTL(
            "nsh_ttl",
            8,
            18,
            48,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.DECIMAL,
            List.of(OxmId.nsh(10))),
    NSH_MDTYPE(
            "nsh_mdtype",
            8,
            18,
            40,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NSH,
            Format.DECIMAL,
            List.of(OxmId.nsh(2))),
    NSH_NP(
            "nsh_np",
            8,
            18,
            32,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NSH,
            Format.DECIMAL,
            List.of(OxmId.nsh(3))),
    NSH_SPI(
            "nsh_spi",
            24,
            18,
            8,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.HEX,
            List.of(OxmId.nsh(4)),
            "nsp"),
    NSH_SI(
            "nsh_si",
            8,
            18,
            0,
            Masking.NONE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.DECIMAL,
            List.of(OxmId.nsh(5)),
            "nsi"),
    NSH_C1(
            "nsh_c1",
            32,
            19,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.HEX,
            List.of(OxmId.nsh(6)),
            "nshc1"),
    NSH_C2(
            "nsh_c2",
            32,
            19,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.HEX,
            List.of(OxmId.nsh(7)),
            "nshc2"),
    NSH_C3(
            "nsh_c3",
            32,
            20,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.HEX,
            List.of(OxmId.nsh(8)),
            "nshc3"),
    NSH_C4(
            "nsh_c4",
            32,
            20,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NSH,
            Format.HEX,
            List.of(OxmId.nsh(9)),
            "nshc4"),
    TUN_ID(
            "tun_id",
            64,
            21,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.basic(38), OxmId.nxm1(16)),
            "tunnel_id"),
    TUN_SRC(
            "tun_src",
            32,
            22,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.IPV4,
            List.of(OxmId.nxm1(31))),
    TUN_DST(
            "tun_dst",
            32,
            22,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.IPV4,
            List.of(OxmId.nxm1(32))),
    TUN_IPV6_SRC(
            "tun_ipv6_src",
            128,
            24,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.IPV6,
            List.of(OxmId.nxm1(109))),
    TUN_IPV6_DST(
            "tun_ipv6_dst",
            128,
            26,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.IPV6,
            List.of(OxmId.nxm1(110))),
    TUN_FLAGS(
            "tun_flags",
            16,
            23,
            48,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.TUN_FLAGS,
            List.of(OxmId.nxm1(104))),
    TUN_GBP_ID(
            "tun_gbp_id",
            16,
            28,
            48,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.DECIMAL,
            List.of(OxmId.nxm1(38))),
    TUN_GBP_FLAGS(
            "tun_gbp_flags",
            8,
            28,
            40,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(39))),
    RECIRC_ID(
            "recirc_id",
            32,
            30,
            32,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(36))),
    PKT_MARK(
            "pkt_mark",
            32,
            30,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(33))),
    DP_HASH(
            "dp_hash",
            32,
            31,
            32,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nicira(0), OxmId.nxm1(35))),
    CT_STATE(
            "ct_state",
            16,
            32,
            48,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.CT_STATE,
            List.of(OxmId.nxm1(105))),
    CT_ZONE(
            "ct_zone",
            16,
            32,
            32,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(106))),
    CT_MARK(
            "ct_mark",
            32,
            32,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(107))),
    CT_LABEL(
            "ct_label",
            128,
            33,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(108))),
    CT_NW_PROTO(
            "ct_nw_proto",
            8,
            40,
            0,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.DECIMAL,
            List.of(OxmId.nxm1(119))),
    CT_NW_SRC(
            "ct_nw_src",
            32,
            35,
            32,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.IPV4,
            List.of(OxmId.nxm1(120))),
    CT_NW_DST(
            "ct_nw_dst",
            32,
            35,
            0,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.IPV4,
            List.of(OxmId.nxm1(121))),
    CT_IPV6_SRC(
            "ct_ipv6_src",
            128,
            36,
            0,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.IPV6,
            List.of(OxmId.nxm1(122))),
    CT_IPV6_DST(
            "ct_ipv6_dst",
            128,
            38,
            0,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.IPV6,
            List.of(OxmId.nxm1(123))),
    CT_TP_SRC(
            "ct_tp_src",
            16,
            40,
            48,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.DECIMAL,
            List.of(OxmId.nxm1(124))),
    CT_TP_DST(
            "ct_tp_dst",
            16,
            40,
            32,
            Masking.BITWISE,
            Access.READ_ONLY,
            Prerequisite.CT,
            Format.DECIMAL,
            List.of(OxmId.nxm1(125))),
    REG0("reg0", 32, 55, 32, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(0))),
    REG1("reg1", 32, 55, 0, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(1))),
    REG2("reg2", 32, 56, 32, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(2))),
    REG3("reg3", 32, 56, 0, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(3))),
    REG4("reg4", 32, 57, 32, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(4))),
    REG5("reg5", 32, 57, 0, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(5))),
    REG6("reg6", 32, 58, 32, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(6))),
    REG7("reg7", 32, 58, 0, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(7))),
    REG8("reg8", 32, 59, 32, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(8))),
    REG9("reg9", 32, 59, 0, Masking.BITWISE, Access.READ_WRITE, Prerequisite.NONE, Format.HEX, List.of(OxmId.nxm1(9))),
    REG10(
            "reg10",
            32,
            60,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(10))),
    REG11(
            "reg11",
            32,
            60,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(11))),
    REG12(
            "reg12",
            32,
            61,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(12))),
    REG13(
            "reg13",
            32,
            61,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(13))),
    REG14(
            "reg14",
            32,
            62,
            32,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(14))),
    REG15(
            "reg15",
            32,
            62,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(15))),
    XREG0(
            "xreg0",
            64,
            55,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(0))),
    XREG1(
            "xreg1",
            64,
            56,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(1))),
    XREG2(
            "xreg2",
            64,
            57,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(2))),
    XREG3(
            "xreg3",
            64,
            58,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(3))),
    XREG4(
            "xreg4",
            64,
            59,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(4))),
    XREG5(
            "xreg5",
            64,
            60,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(5))),
    XREG6(
            "xreg6",
            64,
            61,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(6))),
    XREG7(
            "xreg7",
            64,
            62,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.packetRegister(7))),
    XXREG0(
            "xxreg0",
            128,
            55,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(111))),
    XXREG1(
            "xxreg1",
            128,
            57,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(112))),
    XXREG2(
            "xxreg2",
            128,
            59,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(113))),
    XXREG3(
            "xxreg3",
            128,
            61,
            0,
            Masking.BITWISE,
            Access.READ_WRITE,
            Prerequisite.NONE,
            Format.HEX,
            List.of(OxmId.nxm1(114))),
    CONJ_ID(
            "conj_id",
            32,
            63,
            32,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.DECIMAL,
            List.of(OxmId.nxm1(37))),
    ACTSET_OUTPUT(
            "actset_output",
            32,
            63,
            0,
            Masking.NONE,
            Access.READ_ONLY,
            Prerequisite.NONE,
            Format.PORT,
            List.of(OxmId.onf(43))),
    TUN_METADATA0(0),
    TUN_METADATA1(1),
    TUN_METADATA2(2),
    TUN_METADATA3(3),
    TUN_METADATA4(4),
    TUN_METADATA5(5),
    TUN_METADATA6(6),
    TUN_METADATA7(7),
    TUN_METADATA8(8),
    TUN_METADATA9(9),
    TUN_METADATA10(10),
    TUN_METADATA11(11),
    TUN_METADATA12(12),
    TUN_METADATA13(13),
    TUN_METADATA14(14),
    TUN_METADATA15(15),
    TUN_METADATA16(16),
    TUN_METADATA17(17),
    TUN_METADATA18(18),
    TUN_METADATA19(19),
    TUN_METADATA20(20),
    TUN_METADATA21(21),
    TUN_METADATA22(22),
    TUN_METADATA23(23),
    TUN_METADATA24(24),
    TUN_METADATA25(25),
    TUN_METADATA26(26),
    TUN_METADATA27(27),
    TUN_METADATA28(28),
    TUN_METADATA29(29),
    TUN_METADATA30(30),
    TUN_METADATA31(31),
    TUN_METADATA32(32),
    TUN_METADATA33(33),
    TUN_METADATA34(34),
    TUN_METADATA35(35),
    TUN_METADATA36(36),
    TUN_METADATA37(37),
    TUN_METADATA38(38),
    TUN_METADATA39(39),
    TUN_METADATA40(40),
    TUN_METADATA41(41),
    TUN_METADATA42(42),
    TUN_METADATA43(43),
    TUN_METADATA44(44),
    TUN_METADATA45(45),
    TUN_METADATA46(46),
    TUN_METADATA47(47),
    TUN_METADATA48(48),
    TUN_METADATA49(49),
    TUN_METADATA50(50),
    TUN_METADATA51(51),
    TUN_METADATA52(52),
    TUN_METADATA53(53),
    TUN_METADATA54(54),
    TUN_METADATA55(55),
    TUN_METADATA56(56),
    TUN_METADATA57(57),
    TUN_METADATA58(58),
    TUN_METADATA59(59),
    TUN_METADATA60(60),
    TUN_METADATA61(61),
    TUN_METADATA62(62),
    TUN_METADATA63(63);

    /** Whether a match on the field may leave bits out. */
    public enum Masking {
        NONE,
        BITWISE
    }

    /** Whether actions may write the field. */
    public enum Access {
        READ_ONLY,
        /** By set_field only: the value says which headers follow, so nothing behind it is known until the packet is parsed again. */
        SET_ONLY,
        READ_WRITE
    }

    /** How people read and write the field's value. */
    public enum Format {
        DECIMAL,
        HEX,
        ETHERNET,
        IPV4,
        IPV6,
        PORT,
        FRAG,
        TCP_FLAGS,
        TUN_FLAGS,
        CT_STATE,
        PACKET_TYPE
    }

    private static final Map<String, MatchField> BY_NAME = new HashMap<>();
    private static final Map<OxmId, MatchField> BY_ID = new HashMap<>();

    static {
        for (MatchField field : values()) {
            BY_NAME.put(field.fieldName, field);
            field.aliases.forEach(alias -> BY_NAME.put(alias, field));
            field.ids.forEach(id -> BY_ID.put(id, field));
        }
    }

    private static final List<MatchField> ALL = List.of(values());
    private static final List<MatchField> WITHOUT_TUNNEL_OPTIONS =
            ALL.stream().filter(field -> field.optionIndex < 0).toList();
    private static final List<MatchField> TUNNEL_OPTIONS =
            ALL.stream().filter(field -> field.optionIndex >= 0).toList();

    private final String fieldName;
    private final int bits;
    private final int word;
    private final int shift;
    private final Masking masking;
    private final Access access;
    private final Prerequisite prerequisite;
    private final Format format;
    private final List<OxmId> ids;
    private final List<String> aliases;

    /** N of {@code tun_metadataN}, -1 for other fields. */
    private final int optionIndex;

    /** The field of a Geneve option: see {@link TunnelOptions}. */
    MatchField(int optionIndex) {
        this.fieldName = "tun_metadata" + optionIndex;
        this.bits = 64;
        this.word = KeyLayout.W_TUN_OPTIONS + TunnelOptions.slot(optionIndex);
        this.shift = 0;
        this.masking = Masking.BITWISE;
        this.access = Access.READ_WRITE;
        this.prerequisite = Prerequisite.NONE;
        this.format = Format.HEX;
        this.ids = List.of(OxmId.nxm1(40 + optionIndex));
        this.aliases = List.of();
        this.optionIndex = optionIndex;
    }

    MatchField(
            String fieldName,
            int bits,
            int word,
            int shift,
            Masking masking,
            Access access,
            Prerequisite prerequisite,
            Format format,
            List<OxmId> ids,
            String... aliases) {
        this.fieldName = fieldName;
        this.bits = bits;
        this.word = word;
        this.shift = shift;
        this.masking = masking;
        this.access = access;
        this.prerequisite = prerequisite;
        this.format = format;
        this.ids = ids;
        this.aliases = List.of(aliases);
        this.optionIndex = -1;
    }

    /** The fields that a mask may have bits of: all but those of Geneve options where there are none. */
    public static List<MatchField> in(long[] mask) {
        return mask[KeyLayout.W_TUN_OPTIONS] == 0 ? WITHOUT_TUNNEL_OPTIONS : ALL;
    }

    /** The field of a Geneve option: {@code tun_metadataN}. */
    public static MatchField tunnelOption(int index) {
        return TUNNEL_OPTIONS.get(index);
    }

    /** Says whether a match with this key and mask asks for the field: for a Geneve option, also whether it is there at all. */
    public boolean isAskedFor(long[] key, long[] mask) {
        return optionIndex < 0
                ? !read(mask).isZero()
                : (key[KeyLayout.W_TUN_OPTIONS] & mask[KeyLayout.W_TUN_OPTIONS] & presenceBit()) != 0;
    }

    /** N of {@code tun_metadataN}, -1 for other fields. */
    public int optionIndex() {
        return optionIndex;
    }

    /** Bit of {@link KeyLayout#W_TUN_OPTIONS} that says that the field is there; 0 for fields that are not of Geneve options. */
    public long presenceBit() {
        return optionIndex < 0 ? 0 : 1L << optionIndex;
    }

    /** The field of that name or alias ({@code nw_src}, {@code ip_src}), if there is one. */
    public static Optional<MatchField> byName(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The field with that id on the wire, if there is one. */
    public static Optional<MatchField> byId(OxmId id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /** The name that {@code ovs-ofctl} prints. */
    public String fieldName() {
        return fieldName;
    }

    /** Other names that are accepted. */
    public List<String> aliases() {
        return aliases;
    }

    /** Width in bits, 1 to 128. */
    public int bits() {
        return bits;
    }

    /** Octets of the field on the wire. */
    public int octets() {
        return (bits + 7) / 8;
    }

    /** Word of a key that holds the field; for a field of 128 bits the high half, the low half being in the next word. */
    public int word() {
        return word;
    }

    /** Bit number of the field's least significant bit in its word. */
    public int shift() {
        return shift;
    }

    /** The field's bits, in place in its word (for a field of 128 bits: of either word). */
    public long wordMask() {
        return bits >= 64 ? -1L : ((1L << bits) - 1) << shift;
    }

    /** All bits of the field set. */
    public Bits allOnes() {
        return Bits.ones(bits);
    }

    public Masking masking() {
        return masking;
    }

    public boolean isMaskable() {
        return masking == Masking.BITWISE;
    }

    /** Whether any action may write the field. */
    public boolean isWritable() {
        return access == Access.READ_WRITE;
    }

    /** Whether set_field may write the field. */
    public boolean isSettable() {
        return access != Access.READ_ONLY;
    }

    public Prerequisite prerequisite() {
        return prerequisite;
    }

    public Format format() {
        return format;
    }

    /** Ids on the wire, the preferred one for OpenFlow 1.2 and later first. */
    public List<OxmId> ids() {
        return ids;
    }

    /** Reads the field from the words of a key or of a mask; 0 for a Geneve option that is not there. */
    public Bits read(long[] words) {
        if (bits == 128) {
            return new Bits(words[word], words[word + 1]);
        }
        if (optionIndex >= 0 && (words[KeyLayout.W_TUN_OPTIONS] & presenceBit()) == 0) {
            return Bits.ZERO; // the word may be another option's
        }
        return Bits.of((words[word] & wordMask()) >>> shift);
    }

    /**
     * Writes the field into the words of a key or of a mask; bits of {@code value} beyond the width are ignored. That a Geneve option is
     * there is not written.
     */
    public void write(long[] words, Bits value) {
        if (bits == 128) {
            words[word] = value.high();
            words[word + 1] = value.low();
        } else {
            words[word] = (words[word] & ~wordMask()) | ((value.low() << shift) & wordMask());
        }
    }
}
