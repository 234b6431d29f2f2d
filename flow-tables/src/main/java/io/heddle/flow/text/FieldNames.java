package io.heddle.flow.text;

import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The names that actions use for fields, which are not those of matches: {@code eth_src}, {@code NXM_OF_ETH_SRC}. */
final class FieldNames {
    /** The extensions know ports of 16 bits, OpenFlow those of 32. */
    static final int NXM_IN_PORT_BITS = 16;

    static final String NXM_IN_PORT = "NXM_OF_IN_PORT";
    static final String OXM_IN_PORT = "OXM_OF_IN_PORT";

    /** {@code set_field}: fields whose name there differs from the one in a match. */
    private static final Map<MatchField, String> SET_FIELD = new EnumMap<>(Map.of(
            MatchField.ETH_DST, "eth_dst",
            MatchField.ETH_SRC, "eth_src",
            MatchField.ETH_TYPE, "eth_type",
            MatchField.NW_SRC, "ip_src",
            MatchField.NW_DST, "ip_dst",
            MatchField.NW_FRAG, "ip_frag"));

    private static final Map<MatchField, String> SUBFIELD = new EnumMap<>(MatchField.class);
    private static final Map<String, MatchField> BY_WIRE_NAME = new HashMap<>();

    static {
        for (MatchField field : MatchField.values()) {
            // An extension's name, where there is one, comes before OpenFlow's own.
            Optional<OxmId> preferred =
                    field.ids().stream().filter(id -> id.oxmClass() < 2).findFirst();
            OxmId first = preferred.orElse(field.ids().getFirst());
            SUBFIELD.put(field, wireName(field, first));
            field.ids().forEach(id -> BY_WIRE_NAME.put(wireName(field, id), field));
        }
        BY_WIRE_NAME.put("NXM_NX_TUN_ID", MatchField.TUN_ID);
        BY_WIRE_NAME.put("OXM_OF_TUNNEL_ID", MatchField.TUN_ID);
        BY_WIRE_NAME.put("OXM_OF_IPV4_SRC", MatchField.NW_SRC);
        BY_WIRE_NAME.put("OXM_OF_IPV4_DST", MatchField.NW_DST);
    }

    private FieldNames() {}

    static String ofSetField(MatchField field) {
        return SET_FIELD.getOrDefault(field, field.fieldName());
    }

    /** As in {@code move:NXM_OF_ETH_SRC[]->NXM_NX_REG0[]}. */
    static String ofSubfield(MatchField field) {
        return SUBFIELD.getOrDefault(field, field.fieldName());
    }

    /** A field by any name that {@code ovs-ofctl} accepts in an action. */
    static Optional<MatchField> byName(String name) {
        MatchField wire = BY_WIRE_NAME.get(name.toUpperCase(Locale.ROOT));
        return wire != null ? Optional.of(wire) : MatchField.byName(name);
    }

    private static String wireName(MatchField field, OxmId id) {
        String prefix = switch (id.oxmClass()) {
            case OxmId.NXM_0 -> "NXM_OF_";
            case OxmId.NXM_1 -> "NXM_NX_";
            default -> id.experimenter() == OxmId.NSH ? "NXOXM_" : "OXM_OF_";
        };
        return prefix + stem(field, id);
    }

    private static String stem(MatchField field, OxmId id) {
        boolean nicira = id.oxmClass() < 2;
        return switch (field) {
            case IN_PORT -> "IN_PORT";
            case NW_SRC -> nicira ? "IP_SRC" : "IPV4_SRC";
            case NW_DST -> nicira ? "IP_DST" : "IPV4_DST";
            case NW_PROTO -> "IP_PROTO";
            case NW_TOS -> "IP_TOS";
            case NW_ECN -> "IP_ECN";
            case NW_TTL -> "IP_TTL";
            case NW_FRAG -> "IP_FRAG";
            case TUN_ID -> nicira ? "TUN_ID" : "TUNNEL_ID";
            case TUN_SRC -> "TUN_IPV4_SRC";
            case TUN_DST -> "TUN_IPV4_DST";
            case IPV6_LABEL -> nicira ? "IPV6_LABEL" : "IPV6_FLABEL";
            case ICMP_TYPE -> nicira ? "ICMP_TYPE" : "ICMPV4_TYPE";
            case ICMP_CODE -> nicira ? "ICMP_CODE" : "ICMPV4_CODE";
            case ND_TARGET -> nicira ? "ND_TARGET" : "IPV6_ND_TARGET";
            case ND_SLL -> nicira ? "ND_SLL" : "IPV6_ND_SLL";
            case ND_TLL -> nicira ? "ND_TLL" : "IPV6_ND_TLL";
            case XREG0, XREG1, XREG2, XREG3, XREG4, XREG5, XREG6, XREG7 -> "PKT_REG" + id.field();
            default -> field.name();
        };
    }
}
