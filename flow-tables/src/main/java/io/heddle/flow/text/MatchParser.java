package io.heddle.flow.text;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.Prerequisite;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Collects the fields of one match. Protocol keywords and types count wherever they stand, so fields are resolved at the end:
 * {@code nw_src=10.0.0.1,ip} is right.
 */
final class MatchParser {
    static final Token.Place UNKNOWN = new Token.Place(ErrorCode.BAD_MATCH_BAD_FIELD, "match");
    private static final Token.Place VALUE = new Token.Place(ErrorCode.BAD_MATCH_BAD_VALUE, "match");
    private static final Token.Place PREREQUISITE = new Token.Place(ErrorCode.BAD_MATCH_BAD_PREREQ, "match");
    private static final Token.Place DUPLICATE = new Token.Place(ErrorCode.BAD_MATCH_DUP_FIELD, "match");

    private static final int NO_PROTOCOL = -1;

    /** What a keyword stands for: an Ethernet type and an IP protocol. */
    private record Protocol(int etherType, int ipProtocol) {}

    private static final Map<String, Protocol> KEYWORDS = Map.ofEntries(
            Map.entry("ip", new Protocol(0x0800, NO_PROTOCOL)),
            Map.entry("ipv4", new Protocol(0x0800, NO_PROTOCOL)),
            Map.entry("ip4", new Protocol(0x0800, NO_PROTOCOL)),
            Map.entry("icmp", new Protocol(0x0800, 1)),
            Map.entry("igmp", new Protocol(0x0800, 2)),
            Map.entry("tcp", new Protocol(0x0800, 6)),
            Map.entry("udp", new Protocol(0x0800, 17)),
            Map.entry("sctp", new Protocol(0x0800, 132)),
            Map.entry("ipv6", new Protocol(0x86dd, NO_PROTOCOL)),
            Map.entry("ip6", new Protocol(0x86dd, NO_PROTOCOL)),
            Map.entry("icmp6", new Protocol(0x86dd, 58)),
            Map.entry("icmpv6", new Protocol(0x86dd, 58)),
            Map.entry("tcp6", new Protocol(0x86dd, 6)),
            Map.entry("udp6", new Protocol(0x86dd, 17)),
            Map.entry("sctp6", new Protocol(0x86dd, 132)),
            Map.entry("arp", new Protocol(0x0806, NO_PROTOCOL)),
            Map.entry("rarp", new Protocol(0x8035, NO_PROTOCOL)),
            Map.entry("mpls", new Protocol(0x8847, NO_PROTOCOL)),
            Map.entry("mplsm", new Protocol(0x8848, NO_PROTOCOL)),
            Map.entry("pbb", new Protocol(0x88e7, NO_PROTOCOL)));

    private final FieldText values;
    private final Match.Builder match = Match.builder();
    private final List<Token> later = new ArrayList<>();

    MatchParser(FieldText values) {
        this.values = values;
    }

    /** Takes a token if it belongs to a match; false if no field or keyword has that name. */
    boolean accept(Token token) throws FlowException {
        if (token.value() == null) {
            if (token.name().equals("eth")) {
                return true;
            }
            Protocol protocol = KEYWORDS.get(token.name());
            if (protocol != null) {
                set(MatchField.ETH_TYPE, Bits.of(protocol.etherType), MatchField.ETH_TYPE.allOnes(), token);
                if (protocol.ipProtocol != NO_PROTOCOL) {
                    set(MatchField.NW_PROTO, Bits.of(protocol.ipProtocol), MatchField.NW_PROTO.allOnes(), token);
                }
                return true;
            }
        }
        Optional<MatchField> field = MatchField.byName(token.name());
        if (field.isPresent()) {
            if (field.get() == MatchField.ETH_TYPE) {
                field(token, MatchField.ETH_TYPE);
            } else {
                later.add(token);
            }
            return true;
        }
        return vlan(token) || mplsWord(token);
    }

    /** What has been collected. */
    Match build() throws FlowException {
        later.sort(Comparator.comparingInt(MatchParser::rank));
        for (Token token : later) {
            field(token, resolve(token));
        }
        return match.build();
    }

    /** Fields that others depend on come first. */
    private static int rank(Token token) {
        return switch (token.name()) {
            case "nw_proto", "ip_proto", "in_port", "vlan_vid", "vlan_tci" -> 0;
            case "icmp_type", "icmpv6_type", "icmpv4_type", "tp_src" -> 1;
            default -> 2;
        };
    }

    static FlowException unknown(Token token) {
        return UNKNOWN.under(token.name())
                .at(
                        token.position(),
                        token.name(),
                        "no match field and no keyword has this name; fields are written as in ovs-fields(7), for example"
                                + " in_port=1,tcp,nw_dst=10.0.0.0/24,tp_dst=80");
    }

    private void field(Token token, MatchField field) throws FlowException {
        Token.Place place = VALUE.under(token.name());
        if (field.optionIndex() >= 0 && token.value() == null) {
            match.masked(field, Bits.ZERO, Bits.ZERO); // it is there, whatever its value
            return;
        }
        String text = token.required(place, token.name() + "=" + example(field));
        FieldText.Masked parsed = values.parse(field, text, token.valuePosition(), place);
        if (field == MatchField.NW_TOS) {
            // The octet as OpenFlow 1.0 wrote it: ECN bits do not count.
            set(MatchField.IP_DSCP, Bits.of(parsed.value().low() >>> 2), MatchField.IP_DSCP.allOnes(), token);
            return;
        }
        Prerequisite needed = field.prerequisite();
        if (needed != Prerequisite.VLAN && !match.meetsPrerequisiteOf(field)) {
            throw PREREQUISITE
                    .under(token.name())
                    .at(
                            token.position(),
                            token.name(),
                            token.name() + " can be matched only together with " + advice(needed));
        }
        if (field == MatchField.VLAN_PCP) {
            vlanPriority(token, parsed.value().low());
            return;
        }
        if (field == MatchField.ARP_OP && parsed.value().low() > 0xff) {
            throw place.at(token.valuePosition(), text, "an ARP opcode of 0 to 255 can be matched");
        }
        set(field, parsed.value(), parsed.mask(), token);
    }

    private void set(MatchField field, Bits value, Bits mask, Token token) throws FlowException {
        if (match.has(field) && !match.valueOf(field).equals(inPlace(field, value))) {
            throw DUPLICATE
                    .under(field.fieldName())
                    .at(
                            token.position(),
                            token.name(),
                            "this contradicts what stands before it: " + field.fieldName()
                                    + " can have one value only");
        }
        match.masked(field, value, mask);
    }

    private static Bits inPlace(MatchField field, Bits value) {
        FlowKey key = new FlowKey();
        key.set(field, value);
        return key.get(field);
    }

    private boolean vlan(Token token) throws FlowException {
        Token.Place place = VALUE.under(token.name());
        if (token.name().equals("dl_vlan_pcp")) {
            later.add(new Token("vlan_pcp", token.value(), token.position(), token.valuePosition(), token.end()));
            return true;
        }
        if (!token.name().equals("dl_vlan")) {
            return false;
        }
        String text = token.required(place, "dl_vlan=100");
        int vid = (int) FieldText.number(text, 16, "dl_vlan", token.valuePosition(), place)
                .low();
        if (vid == 0xffff) {
            match.masked(MatchField.VLAN_TCI, Bits.ZERO, Bits.of(0xffff));
        } else if (vid > 0xfff) {
            throw place.at(token.valuePosition(), text, "a VLAN is 0 to 4095, or 0xffff for untagged packets");
        } else {
            match.exact(MatchField.VLAN_VID, KeyLayout.VLAN_PRESENT | vid);
        }
        return true;
    }

    private void vlanPriority(Token token, long priority) throws FlowException {
        Bits present = Bits.of(KeyLayout.VLAN_PRESENT);
        if (match.has(MatchField.VLAN_VID)
                && !match.build().maskOf(MatchField.VLAN_VID).and(present).isZero()
                && match.valueOf(MatchField.VLAN_VID).and(present).isZero()) {
            throw PREREQUISITE
                    .under(token.name())
                    .at(
                            token.position(),
                            token.name(),
                            "a packet without a VLAN tag has no priority: leave it out, or match a tag");
        }
        Match soFar = match.build();
        match.masked(
                MatchField.VLAN_TCI,
                soFar.valueOf(MatchField.VLAN_TCI).or(Bits.of(priority << 13)).or(present),
                soFar.maskOf(MatchField.VLAN_TCI).or(Bits.of(0xf000)));
    }

    /** Inner labels, which only keys and megaflows have: {@code mpls_lse1=0x00064140}. */
    private boolean mplsWord(Token token) throws FlowException {
        int word = token.name().equals("mpls_lse1") ? KeyLayout.W_MPLS : KeyLayout.W_MPLS2_PBB;
        int shift = word == KeyLayout.W_MPLS ? 0 : 32;
        if (!token.name().equals("mpls_lse1") && !token.name().equals("mpls_lse2")) {
            return false;
        }
        Token.Place place = VALUE.under(token.name());
        String text = token.required(place, "mpls_lse1=0x00064140");
        int slash = text.indexOf('/');
        long value = FieldText.number(
                        slash < 0 ? text : text.substring(0, slash), 32, token.name(), token.valuePosition(), place)
                .low();
        long mask = slash < 0
                ? 0xffffffffL
                : FieldText.number(
                                text.substring(slash + 1), 32, token.name(), token.valuePosition() + slash + 1, place)
                        .low();
        match.maskedWord(word, (value & mask) << shift, mask << shift);
        return true;
    }

    private MatchField resolve(Token token) {
        MatchField field = MatchField.byName(token.name()).orElseThrow();
        int etherType = exactly(MatchField.ETH_TYPE);
        int protocol = exactly(MatchField.NW_PROTO);
        boolean arp = etherType == 0x0806 || etherType == 0x8035;
        return switch (token.name()) {
            case "nw_src", "ip_src" -> arp ? MatchField.ARP_SPA : field;
            case "nw_dst", "ip_dst" -> arp ? MatchField.ARP_TPA : field;
            case "nw_proto", "ip_proto" -> arp ? MatchField.ARP_OP : field;
            case "tp_src" -> transport(etherType, protocol, field, true);
            case "tp_dst" -> transport(etherType, protocol, field, false);
            case "icmp_type" -> protocol == 58 ? MatchField.ICMPV6_TYPE : field;
            case "icmp_code" -> protocol == 58 ? MatchField.ICMPV6_CODE : field;
            default -> field;
        };
    }

    private static MatchField transport(int etherType, int protocol, MatchField otherwise, boolean source) {
        return switch (protocol) {
            case 17 -> source ? MatchField.UDP_SRC : MatchField.UDP_DST;
            case 132 -> source ? MatchField.SCTP_SRC : MatchField.SCTP_DST;
            case 1 -> etherType == 0x0800 ? source ? MatchField.ICMP_TYPE : MatchField.ICMP_CODE : otherwise;
            case 58 -> etherType == 0x86dd ? source ? MatchField.ICMPV6_TYPE : MatchField.ICMPV6_CODE : otherwise;
            default -> otherwise;
        };
    }

    private int exactly(MatchField field) {
        return match.has(field) ? (int) match.valueOf(field).low() : -1;
    }

    private static String example(MatchField field) {
        return switch (field.format()) {
            case ETHERNET -> "02:00:00:00:00:01";
            case IPV4 -> "10.0.0.1";
            case IPV6 -> "2001:db8::1";
            case FRAG -> "no";
            case TCP_FLAGS -> "+syn-ack";
            case CT_STATE -> "+trk+new";
            case TUN_FLAGS -> "+oam";
            case PACKET_TYPE -> "(1,0x800)";
            case PORT, DECIMAL -> "1";
            case HEX -> "0x1";
        };
    }

    private static String advice(Prerequisite needed) {
        return switch (needed) {
            case NONE, ETHERNET -> "nothing else";
            case IN_PORT -> "in_port";
            case VLAN -> "dl_vlan or vlan_tci";
            case ARP -> "arp or rarp";
            case IPV4 -> "ip (or tcp, udp, icmp ...)";
            case IPV6 -> "ipv6 (or tcp6, udp6, icmp6 ...)";
            case IP, CT -> "ip or ipv6 (or tcp, udp6 ...)";
            case MPLS -> "mpls or mplsm";
            case PBB -> "dl_type=0x88e7";
            case NSH -> "dl_type=0x894f";
            case TCP -> "tcp or tcp6";
            case UDP -> "udp or udp6";
            case SCTP -> "sctp or sctp6";
            case ICMPV4 -> "icmp";
            case ICMPV6 -> "icmp6";
            case ND -> "icmp6 and icmp_type=135 or 136";
            case ND_SOLICIT -> "icmp6 and icmp_type=135";
            case ND_ADVERT -> "icmp6 and icmp_type=136";
        };
    }
}
