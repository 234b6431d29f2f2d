package io.heddle.flow.match;

/**
 * Where each header field lies in the flat array of 64-bit words that {@link FlowKey} and {@link FlowMask} share.
 *
 * <p>Values stand in numeric order (the first octet on the wire is the most significant), so that a mask or a prefix of a
 * field is a mask or a prefix of a word whatever the machine's byte order is.
 *
 * <pre>
 *   word  63            48 47            32 31            16 15             0
 *     0  | in_port                         | packet_type (ns 16, type 16)    |
 *     1  | eth_dst                                          | eth_type       |
 *     2  | eth_src                                          | 0              |
 *     3  | vlan0 tpid      | vlan0 tci      | vlan1 tpid     | vlan1 tci      |   tci bit 12 = tag present
 *     4  | mpls lse 0                      | mpls lse 1                      |   lse = label 20, tc 3, bos 1, ttl 8
 *     5  | mpls lse 2                      | 0 (7) pbb_uca 1 | pbb_isid 24   |
 *     6  | nw_src or arp_spa               | nw_dst or arp_tpa               |
 *     7  | nw_proto | nw_tos | nw_ttl | nw_frag | ipv6_label (20 bits)        |   nw_proto = opcode for ARP
 *     8  | tp_src          | tp_dst         | tcp_flags      | ipv6_exthdr    |   icmp: type in tp_src, code in tp_dst
 *   9-10 | ipv6_src                                                          |
 *  11-12 | ipv6_dst                                                          |
 *  13-14 | nd_target                                                         |
 *    15  | arp_sha or nd_sll                                | nd_options_type|
 *    16  | arp_tha or nd_tll                                | 0              |
 *    17  | nd_reserved                     | in_phy_port                     |
 *    18  | nsh flags | ttl | mdtype | np    | nsh spi (24)         | nsh si    |
 *    19  | nsh c1                          | nsh c2                          |
 *    20  | nsh c3                          | nsh c4                          |
 *    21  | tun_id                                                            |
 *    22  | tun_src                         | tun_dst                         |
 *    23  | tun_flags       | tun_tos|tun_ttl | tun_tp_src   | tun_tp_dst      |
 *  24-25 | tun_ipv6_src                                                      |
 *  26-27 | tun_ipv6_dst                                                      |
 *    28  | gbp_id 16 | gbp_flags | gtpu_flags | gtpu_msgtype | erspan ver, dir, hwid |
 *    29  | erspan_idx                      | 0                               |
 *    30  | recirc_id                       | pkt_mark                        |
 *    31  | dp_hash                         | skb_priority                    |
 *    32  | ct_state        | ct_zone        | ct_mark                         |
 *  33-34 | ct_label                                                          |
 *    35  | ct_nw_src                       | ct_nw_dst                       |
 *  36-37 | ct_ipv6_src                                                       |
 *  38-39 | ct_ipv6_dst                                                       |
 *    40  | ct_tp_src       | ct_tp_dst      | 0            | ct_nw_proto (8)  |
 *    41  | tun_metadata fields that the packet has: bit N for tun_metadataN  |
 *  42-53 | values of tun_metadata fields, N in word 42 + N % 12              |
 *   ---- the words above are what a packet brings; the words below exist only inside the pipeline ----
 *    54  | metadata                                                          |
 *  55-62 | reg0 | reg1 ... reg14 | reg15   (xreg k = word 55+k)              |
 *    63  | conj_id                         | actset_output                   |
 * </pre>
 *
 * <p>At most 64 words, so that the set of words in use fits a {@code long}.
 */
public final class KeyLayout {
    /** Words of a key. */
    public static final int WORDS = 64;

    /** Words that a packet brings with it: the part of a key that caches look at. */
    public static final int PACKET_WORDS = 54;

    public static final int W_PORT = 0;
    public static final int W_ETH_DST = 1;
    public static final int W_ETH_SRC = 2;
    public static final int W_VLAN = 3;
    public static final int W_MPLS = 4;
    public static final int W_MPLS2_PBB = 5;
    public static final int W_IPV4 = 6;
    public static final int W_NW = 7;
    public static final int W_TP = 8;
    public static final int W_IPV6_SRC = 9;
    public static final int W_IPV6_DST = 11;
    public static final int W_ND_TARGET = 13;
    public static final int W_ARP_SHA = 15;
    public static final int W_ARP_THA = 16;
    public static final int W_ND = 17;
    public static final int W_NSH = 18;
    public static final int W_TUN_ID = 21;
    public static final int W_TUN_IPV4 = 22;
    public static final int W_TUN_MISC = 23;
    public static final int W_TUN_IPV6_SRC = 24;
    public static final int W_TUN_IPV6_DST = 26;
    public static final int W_TUN_EXT = 28;
    public static final int W_RECIRC_MARK = 30;
    public static final int W_HASH_PRIORITY = 31;
    public static final int W_CT = 32;
    public static final int W_CT_LABEL = 33;
    public static final int W_CT_IPV4 = 35;
    public static final int W_CT_IPV6_SRC = 36;
    public static final int W_CT_IPV6_DST = 38;
    public static final int W_CT_TP = 40;

    /** Map of the tun_metadata fields; the values follow. See {@link TunnelOptions}. */
    public static final int W_TUN_OPTIONS = 41;

    /** Words of tun_metadata fields: the map and the values. */
    public static final int TUN_OPTION_WORDS = 13;

    public static final int W_METADATA = 54;
    public static final int W_REG0 = 55;
    public static final int W_CONJ_ACTSET = 63;

    /** Bit of a TCI that says "there is a tag" (OFPVID_PRESENT; OpenFlow 1.3.5 section 7.2.3.7). */
    public static final int VLAN_PRESENT = 0x1000;

    /** nw_frag: the packet is a fragment. */
    public static final int FRAG_ANY = 1;

    /** nw_frag: the fragment is not the first one. */
    public static final int FRAG_LATER = 2;

    private KeyLayout() {}
}
