package io.heddle.proto.mapping;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.Prerequisite;
import io.heddle.proto.v1.FieldMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link Match} to and from {@code heddle.v1.Match}.
 *
 * <p>Several fields may name the same bits of a key ({@code vlan_tci} and {@code vlan_vid}, {@code xreg0} and {@code reg0}, {@code
 * nw_src} and {@code arp_spa}). What is written is unique: the narrowest field whose prerequisite the match meets.
 */
final class MatchMapping {
    private static final long VLAN_PCP_BITS = 0xe000L << MatchField.VLAN_TCI.shift();

    private MatchMapping() {}

    /** The fields of a match, in the order of {@link MatchField}. Bits that no field names are left out. */
    static io.heddle.proto.v1.Match toProto(Match match) {
        io.heddle.proto.v1.Match.Builder proto = io.heddle.proto.v1.Match.newBuilder();
        FlowKey key = match.key();
        FlowMask mask = match.mask();
        long[] rest = new FlowMask(mask).words();
        if (isOddVlan(key, mask)) {
            take(MatchField.VLAN_TCI, key, rest, proto);
        }
        List<MatchField> candidates = MatchField.in(mask.words());
        for (MatchField field : candidates) {
            boolean whole = field.read(rest).equals(FieldMapping.wholeMask(field));
            if ((whole || field.isMaskable()) && field.prerequisite().isMetBy(key.words(), mask.words())) {
                take(field, key, rest, proto);
            }
        }
        // A megaflow may look at fields without their prerequisites, and at some bits of a field only.
        for (MatchField field : candidates) {
            take(field, key, rest, proto);
        }
        return proto.build();
    }

    private static void take(MatchField field, FlowKey key, long[] rest, io.heddle.proto.v1.Match.Builder proto) {
        Bits mask = field.read(rest);
        // ip_dscp and nw_ecn say what nw_tos would.
        boolean isAsked = field.optionIndex() < 0 ? !mask.isZero() : field.isAskedFor(key.words(), rest);
        if (isAsked && field != MatchField.NW_TOS) {
            proto.addFields(FieldMapping.toProto(field, key.get(field).and(mask), mask));
            field.write(rest, Bits.ZERO);
            rest[KeyLayout.W_TUN_OPTIONS] &= ~field.presenceBit();
        }
    }

    /** A part of the priority, or a priority without a tag: only {@code vlan_tci} can say so. */
    private static boolean isOddVlan(FlowKey key, FlowMask mask) {
        long priority = mask.word(KeyLayout.W_VLAN) & VLAN_PCP_BITS;
        return priority != 0 && (priority != VLAN_PCP_BITS || !Prerequisite.VLAN.isMetBy(key.words(), mask.words()));
    }

    /** Reads fields in their structured form, except those that have a text form, which the caller has resolved. */
    static Match toModel(List<FieldMatch> fields, TextForms texts) throws FlowException {
        Match.Builder match = Match.builder();
        FlowMask seen = new FlowMask();
        List<MatchField> order = new ArrayList<>(fields.size());
        for (int i = 0; i < fields.size(); i++) {
            try {
                FieldMatch proto = fields.get(i);
                FieldMapping.Value value = proto.hasText()
                        ? texts.field(proto, FieldMapping.Place.MATCH)
                        : dscpForTos(FieldMapping.toModel(proto, FieldMapping.Place.MATCH));
                if (!seen.get(value.field()).and(value.mask()).isZero()) {
                    throw new FlowException(
                            ErrorCode.BAD_MATCH_DUP_FIELD,
                            "field",
                            "%s is matched on twice".formatted(value.field().fieldName()));
                }
                Bits before = seen.get(value.field());
                seen.add(value.field(), value.mask());
                match.masked(
                        value.field(),
                        value.value().or(match.valueOf(value.field())),
                        value.mask().or(before));
                order.add(value.field());
            } catch (FlowException e) {
                throw new FlowException(e.error().under("fields[" + i + "]"));
            }
        }
        for (int i = 0; i < order.size(); i++) {
            MatchField field = order.get(i);
            if (!match.meetsPrerequisiteOf(field)) {
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_PREREQ,
                        "fields[" + i + "].field",
                        "%s can be matched only together with %s".formatted(field.fieldName(), advice(field)));
            }
        }
        return match.build();
    }

    /** OpenFlow 1.0's octet is the DSCP; the two bits of the ECN below it do not count. */
    private static FieldMapping.Value dscpForTos(FieldMapping.Value value) throws FlowException {
        if (value.field() != MatchField.NW_TOS) {
            return value;
        }
        if ((value.value().low() & 3) != 0) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_VALUE,
                    "value",
                    "the low two bits of nw_tos must be zero: match them with nw_ecn");
        }
        return new FieldMapping.Value(
                MatchField.IP_DSCP, Bits.of(value.value().low() >>> 2), MatchField.IP_DSCP.allOnes());
    }

    private static String advice(MatchField field) {
        return switch (field.prerequisite()) {
            case NONE, ETHERNET -> "nothing else";
            case IN_PORT -> "in_port";
            case VLAN -> "vlan_vid with bit 0x1000 set";
            case ARP -> "dl_type 0x0806 or 0x8035";
            case IPV4 -> "dl_type 0x0800";
            case IPV6 -> "dl_type 0x86dd";
            case IP, CT -> "dl_type 0x0800 or 0x86dd";
            case MPLS -> "dl_type 0x8847 or 0x8848";
            case PBB -> "dl_type 0x88e7";
            case NSH -> "dl_type 0x894f";
            case TCP -> "dl_type 0x0800 or 0x86dd and nw_proto 6";
            case UDP -> "dl_type 0x0800 or 0x86dd and nw_proto 17";
            case SCTP -> "dl_type 0x0800 or 0x86dd and nw_proto 132";
            case ICMPV4 -> "dl_type 0x0800 and nw_proto 1";
            case ICMPV6 -> "dl_type 0x86dd and nw_proto 58";
            case ND -> "dl_type 0x86dd, nw_proto 58 and icmpv6_type 135 or 136";
            case ND_SOLICIT -> "dl_type 0x86dd, nw_proto 58 and icmpv6_type 135";
            case ND_ADVERT -> "dl_type 0x86dd, nw_proto 58 and icmpv6_type 136";
        };
    }
}
