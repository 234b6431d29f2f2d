package io.heddle.flow.text;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;

/** Prints one match, its fields in the order and the spelling of {@code ovs-ofctl dump-flows}. */
final class MatchFormatter {
    private static final List<MatchField> BEFORE_PROTOCOL = List.of(
            MatchField.PKT_MARK,
            MatchField.RECIRC_ID,
            MatchField.DP_HASH,
            MatchField.CONJ_ID,
            MatchField.ACTSET_OUTPUT,
            MatchField.CT_STATE,
            MatchField.CT_ZONE,
            MatchField.CT_MARK,
            MatchField.CT_LABEL,
            MatchField.CT_NW_SRC,
            MatchField.CT_IPV6_SRC,
            MatchField.CT_NW_DST,
            MatchField.CT_IPV6_DST,
            MatchField.CT_NW_PROTO,
            MatchField.CT_TP_SRC,
            MatchField.CT_TP_DST);

    private static final List<MatchField> REGISTERS = List.of(
            MatchField.REG0,
            MatchField.REG1,
            MatchField.REG2,
            MatchField.REG3,
            MatchField.REG4,
            MatchField.REG5,
            MatchField.REG6,
            MatchField.REG7,
            MatchField.REG8,
            MatchField.REG9,
            MatchField.REG10,
            MatchField.REG11,
            MatchField.REG12,
            MatchField.REG13,
            MatchField.REG14,
            MatchField.REG15);

    static final List<MatchField> NSH = List.of(
            MatchField.NSH_FLAGS,
            MatchField.NSH_TTL,
            MatchField.NSH_MDTYPE,
            MatchField.NSH_NP,
            MatchField.NSH_SPI,
            MatchField.NSH_SI,
            MatchField.NSH_C1,
            MatchField.NSH_C2,
            MatchField.NSH_C3,
            MatchField.NSH_C4);

    private static final List<MatchField> BEFORE_VLAN = List.of(
            MatchField.TUN_ID,
            MatchField.TUN_SRC,
            MatchField.TUN_DST,
            MatchField.TUN_IPV6_SRC,
            MatchField.TUN_IPV6_DST,
            MatchField.TUN_GBP_ID,
            MatchField.TUN_GBP_FLAGS,
            MatchField.TUN_FLAGS);

    private static final List<MatchField> AFTER_OPTIONS =
            List.of(MatchField.METADATA, MatchField.IN_PORT, MatchField.IN_PHY_PORT);

    private final FieldText values;
    private final FlowKey key;
    private final FlowMask mask;
    private final boolean megaflow;
    private final StringBuilder text = new StringBuilder();
    private final int etherType;
    private final int protocol;

    private MatchFormatter(FieldText values, FlowKey key, FlowMask mask, boolean megaflow) {
        this.values = values;
        this.key = key;
        this.mask = mask;
        this.megaflow = megaflow;
        this.etherType = exactly(MatchField.ETH_TYPE);
        this.protocol = exactly(MatchField.NW_PROTO);
    }

    /** The fields separated by commas, empty for a match of everything. */
    static String format(FieldText values, Match match) {
        return new MatchFormatter(values, match.key(), match.mask(), false).run();
    }

    /** As {@code ofproto/trace} prints a megaflow. */
    static String megaflow(FieldText values, FlowKey key, FlowMask mask) {
        return new MatchFormatter(values, key, mask, true).run();
    }

    private String run() {
        BEFORE_PROTOCOL.forEach(this::add);
        if (megaflow) {
            item("eth");
        }
        boolean isNamed = protocolKeyword();
        REGISTERS.forEach(this::add);
        BEFORE_VLAN.forEach(this::add);
        options();
        AFTER_OPTIONS.forEach(this::add);
        vlan("", (int) (key.word(KeyLayout.W_VLAN) >>> 32), (int) (mask.word(KeyLayout.W_VLAN) >>> 32));
        vlan("1", (int) key.word(KeyLayout.W_VLAN), (int) mask.word(KeyLayout.W_VLAN));
        add(MatchField.ETH_SRC);
        add(MatchField.ETH_DST);
        if (!isNamed && has(MatchField.ETH_TYPE)) {
            item("dl_type=0x%04x".formatted(key.getLong(MatchField.ETH_TYPE)));
        }
        networkAddresses();
        networkFields();
        mpls();
        add(MatchField.PBB_ISID);
        add(MatchField.PBB_UCA);
        add(MatchField.IPV6_EXTHDR);
        fragment();
        transport();
        return text.toString();
    }

    /** Geneve options: a value, that one is there, or (in a megaflow) that it is not. */
    private void options() {
        long asked = mask.word(KeyLayout.W_TUN_OPTIONS);
        for (long rest = asked; rest != 0; rest &= rest - 1) {
            MatchField field = MatchField.tunnelOption(Long.numberOfTrailingZeros(rest));
            if ((key.word(KeyLayout.W_TUN_OPTIONS) & field.presenceBit()) == 0) {
                item(field.fieldName() + "=NP");
            } else if (mask.get(field).isZero()) {
                item(field.fieldName());
            } else {
                add(field);
            }
        }
    }

    private boolean isArp() {
        return etherType == 0x0806 || etherType == 0x8035;
    }

    private boolean protocolKeyword() {
        String family = switch (etherType) {
            case 0x0800 -> "ip";
            case 0x86dd -> "ipv6";
            case 0x0806 -> "arp";
            case 0x8035 -> "rarp";
            case 0x8847 -> "mpls";
            case 0x8848 -> "mplsm";
            default -> "";
        };
        if (family.isEmpty()) {
            return false;
        }
        String ip = ipKeyword();
        item(ip.isEmpty() ? family : ip);
        return true;
    }

    /** The keyword that says the IP protocol too, empty if there is none. */
    private String ipKeyword() {
        if (etherType == 0x0800) {
            return switch (protocol) {
                case 1 -> "icmp";
                case 2 -> "igmp";
                case 6 -> "tcp";
                case 17 -> "udp";
                case 132 -> "sctp";
                default -> "";
            };
        }
        if (etherType == 0x86dd) {
            return switch (protocol) {
                case 58 -> "icmp6";
                case 6 -> "tcp6";
                case 17 -> "udp6";
                case 132 -> "sctp6";
                default -> "";
            };
        }
        return "";
    }

    private void vlan(String suffix, int word, int wordMask) {
        int tciMask = wordMask & 0xffff;
        if (tciMask == 0) {
            return;
        }
        int tci = word & 0xffff;
        int vidMask = tciMask & 0xfff;
        int pcpMask = tciMask & 0xe000;
        boolean isTag = (tciMask & tci & KeyLayout.VLAN_PRESENT) != 0;
        boolean isWhole = (vidMask == 0 || vidMask == 0xfff) && (pcpMask == 0 || pcpMask == 0xe000);
        if (isTag && isWhole && (vidMask | pcpMask) != 0) {
            if (vidMask != 0) {
                item("dl_vlan" + suffix + "=" + (tci & 0xfff));
            }
            if (pcpMask != 0) {
                item("dl_vlan_pcp" + suffix + "=" + (tci >>> 13));
            }
        } else if (tciMask == 0xffff) {
            item("vlan_tci%s=0x%04x".formatted(suffix, tci));
        } else {
            item("vlan_tci%s=0x%04x/0x%04x".formatted(suffix, tci, tciMask));
        }
    }

    private void networkAddresses() {
        NSH.forEach(this::add);
        if (etherType == 0x86dd) {
            add(MatchField.IPV6_SRC);
            add(MatchField.IPV6_DST);
            if (has(MatchField.IPV6_LABEL)) {
                long labelMask = mask.get(MatchField.IPV6_LABEL).low();
                String label = "ipv6_label=0x%05x".formatted(key.getLong(MatchField.IPV6_LABEL));
                item(labelMask == 0xfffff ? label : label + "/0x%05x".formatted(labelMask));
            }
        } else if (isArp()) {
            add(MatchField.ARP_SPA);
            add(MatchField.ARP_TPA);
        } else {
            add(MatchField.NW_SRC);
            add(MatchField.NW_DST);
        }
    }

    private void networkFields() {
        if (has(MatchField.NW_PROTO) && ipKeyword().isEmpty()) {
            add(MatchField.NW_PROTO, isArp() ? "arp_op" : "nw_proto");
        }
        if (isArp()) {
            add(MatchField.ARP_SHA);
            add(MatchField.ARP_THA);
        }
        long dscpMask = mask.get(MatchField.IP_DSCP).low();
        if (dscpMask != 0) {
            long tos = key.getLong(MatchField.IP_DSCP) << 2;
            item("nw_tos=" + (dscpMask == 0x3f ? tos : "0x%x/0x%x".formatted(tos, dscpMask << 2)));
        }
        add(MatchField.NW_ECN);
        add(MatchField.NW_TTL);
    }

    private void mpls() {
        add(MatchField.MPLS_LABEL);
        add(MatchField.MPLS_TC);
        add(MatchField.MPLS_TTL);
        add(MatchField.MPLS_BOS);
        labelWord("mpls_lse1", (int) key.word(KeyLayout.W_MPLS), (int) mask.word(KeyLayout.W_MPLS));
        labelWord("mpls_lse2", (int) (key.word(KeyLayout.W_MPLS2_PBB) >>> 32), (int)
                (mask.word(KeyLayout.W_MPLS2_PBB) >>> 32));
    }

    private void labelWord(String name, int word, int wordMask) {
        if (wordMask != 0) {
            String value = "%s=0x%08x".formatted(name, word);
            item(wordMask == -1 ? value : value + "/0x%08x".formatted(wordMask));
        }
    }

    private void fragment() {
        int fragMask = (int) mask.get(MatchField.NW_FRAG).low() & 3;
        if (fragMask != 0) {
            item("nw_frag=" + FieldText.fragment((int) key.getLong(MatchField.NW_FRAG), fragMask));
        }
    }

    private void transport() {
        if ((etherType == 0x0800 && protocol == 1) || (etherType == 0x86dd && protocol == 58)) {
            add(MatchField.ICMP_TYPE, "icmp_type");
            add(MatchField.ICMP_CODE, "icmp_code");
            if (protocol == 58) {
                add(MatchField.ND_TARGET);
                add(MatchField.ND_SLL);
                add(MatchField.ND_TLL);
                add(MatchField.ND_RESERVED);
                add(MatchField.ND_OPTIONS_TYPE);
            }
            return;
        }
        add(MatchField.TCP_SRC, "tp_src");
        add(MatchField.TCP_DST, "tp_dst");
        add(MatchField.TCP_FLAGS);
    }

    private boolean has(MatchField field) {
        return !mask.get(field).isZero();
    }

    private int exactly(MatchField field) {
        return mask.get(field).equals(field.allOnes()) ? (int) key.getLong(field) : -1;
    }

    private static String nshFlags(long flags, long flagsMask) {
        return flagsMask == 0xff ? "nsh_flags=" + flags : "nsh_flags=0x%02x/0x%02x".formatted(flags, flagsMask);
    }

    private void add(MatchField field) {
        add(field, field.fieldName());
    }

    private void add(MatchField field, String name) {
        Bits bits = mask.get(field);
        if (!bits.isZero()) {
            item(
                    switch (field) {
                        case CT_ZONE -> "ct_zone=" + key.getLong(field);
                        case NSH_FLAGS -> nshFlags(key.getLong(field) & bits.low(), bits.low());
                        default -> values.format(field, name, key.get(field).and(bits), bits);
                    });
        }
    }

    private void item(String item) {
        text.append(text.isEmpty() ? "" : ",").append(item);
    }
}
