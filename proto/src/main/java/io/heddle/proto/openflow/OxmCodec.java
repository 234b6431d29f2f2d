package io.heddle.proto.openflow;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Matches and fields as type-length-value.
 *
 * <pre>
 *   +----------------+-------+-+--------+---------------------+---------+--------+
 *   | class       16 | field |m| length | experimenter id  32 |  value  | mask   |
 *   +----------------+-------+-+--------+---------------------+---------+--------+
 *                       7     1    8      class 0xffff only              m = 1 only
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.2.3</a>
 */
final class OxmCodec {
    private static final int OFPMT_OXM = 1;
    static final OxmId NXM_IN_PORT = new OxmId(OxmId.NXM_0, 0, 0);
    private static final int MAX_OPTION = 124;
    private static final int TCP_FLAGS = 42;
    private static final int ACTSET_OUTPUT = 43;
    private static final OxmId NXM_TOS = new OxmId(OxmId.NXM_0, 5, 0);

    /** Shares its number with mpls_ttl, from which its length tells it. */
    private static final OxmId NXM_COOKIE = new OxmId(OxmId.NXM_1, 30, 0);

    private OxmCodec() {}

    /**
     * The header of a field.
     *
     * @param field null when the id is not known
     * @param length octets of value and mask
     */
    record Header(OxmId id, @Nullable MatchField field, boolean masked, int length) {}

    static Header header(Reader in, ErrorCode shortError, String path) throws FlowException {
        if (in.remaining() < 4) {
            throw new FlowException(shortError, path, "a field's header has 4 octets, " + in.remaining() + " are left");
        }
        int oxmClass = in.u16();
        int fieldAndMask = in.u8();
        int length = in.u8();
        int experimenter = 0;
        if (oxmClass == OxmId.EXPERIMENTER) {
            if (length < 4 || in.remaining() < 4) {
                throw new FlowException(
                        shortError, path, "an experimenter field of " + length + " octets has no room for its id");
            }
            experimenter = in.i32();
            length -= 4;
        }
        OxmId id = new OxmId(oxmClass, fieldAndMask >>> 1, experimenter);
        // What was ONF's extension before has a number of its own since OpenFlow 1.5.
        boolean isAdopted =
                oxmClass == OxmId.OPENFLOW_BASIC && (id.field() == TCP_FLAGS || id.field() == ACTSET_OUTPUT);
        Optional<MatchField> field =
                MatchField.byId(isAdopted ? new OxmId(OxmId.EXPERIMENTER, id.field(), OxmId.ONF) : id);
        return new Header(id, field.orElse(null), (fieldAndMask & 1) != 0, length);
    }

    /** Octets of a field's value on the wire, which for some is more than their bits need. */
    static int octets(MatchField field, OxmId id) {
        if (id.equals(NXM_IN_PORT)) {
            return 2;
        }
        return switch (field) {
            case MPLS_LABEL, IPV6_LABEL, CT_STATE, NSH_SPI -> 4;
            default -> field.octets();
        };
    }

    /** Octets of a field's value under this header: those of Geneve options are as long as the header says. */
    static int octets(MatchField field, Header header) {
        int octets = header.masked() ? header.length() / 2 : header.length();
        boolean isOption = field.optionIndex() >= 0 && octets <= MAX_OPTION;
        // A mask of no octets: the option is there, whatever its value.
        return isOption && (octets > 0 || header.masked()) ? octets : octets(field, header.id());
    }

    /** Reads a number; one of more than 128 bits comes out as all ones, which no shorter field has room for. */
    static Bits value(Reader in, int octets) throws FlowException {
        long high = 0;
        long low = 0;
        long lost = 0;
        for (int i = 0; i < octets; i++) {
            lost |= high >>> 56;
            high = high << 8 | low >>> 56;
            low = low << 8 | in.u8();
        }
        return lost == 0 ? new Bits(high, low) : Bits.ones(128);
    }

    static void value(ByteBuf out, Bits value, int octets) {
        switch (octets) {
            case 2 -> {
                out.writeShort((int) value.low());
                return;
            }
            case 4 -> {
                out.writeInt((int) value.low());
                return;
            }
            case 8 -> {
                out.writeLong(value.low());
                return;
            }
            default -> {
                // Octet by octet.
            }
        }
        for (int i = octets - 1; i >= 0; i--) {
            out.writeByte((int) (i >= 8 ? value.high() >>> (8 * (i - 8)) : value.low() >>> (8 * i)));
        }
    }

    static boolean fits(MatchField field, Bits value) {
        return value.and(field.allOnes()).equals(value)
                && switch (field) {
                    case ARP_OP -> value.low() <= 0xff;
                    case NW_TOS -> (value.low() & 3) == 0; // the other two bits are nw_ecn
                    default -> true;
                };
    }

    /** A port number of 16 bits as OpenFlow 1.0 and the extensions write it. */
    static int widePort(int port) {
        return port >= 0xff00 ? port | 0xffff0000 : port;
    }

    /** A port number as 16 bits can say it; one that they cannot is {@code OFPP_NONE}. */
    static int narrowPort(int port) {
        boolean fits = Integer.compareUnsigned(port, 0xff00) < 0 || Integer.compareUnsigned(port, 0xffffff00) > 0;
        return fits ? port & 0xffff : 0xffff;
    }

    /**
     * A match of Open vSwitch's extensions, which may ask for a cookie too.
     *
     * @param cookieMask 0 when it does not
     */
    record Extended(Match match, long cookie, long cookieMask) {}

    /** Reads an extended match of {@code length} octets and its padding. */
    static Extended extended(Reader in, int length) throws FlowException {
        if (length > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_LEN, "match", "length " + length + " is more than " + in.remaining());
        }
        Reader fields = in.sub(length, ErrorCode.BAD_MATCH_BAD_LEN, "match");
        long cookie = 0;
        long cookieMask = 0;
        Match.Builder match = Match.builder();
        Set<MatchField> seen = EnumSet.noneOf(MatchField.class);
        while (fields.remaining() > 0) {
            Header header = header(fields, ErrorCode.BAD_MATCH_BAD_LEN, "match");
            if (header.id.equals(NXM_COOKIE) && header.length >= 8) {
                cookie = fields.i64();
                cookieMask = header.masked ? fields.i64() : -1L;
            } else if (header.field == null) {
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_FIELD, "match", describe(header.id) + " is not a known field");
            } else {
                field(fields, header, header.field, match, seen);
            }
        }
        int padding = (8 - length % 8) % 8;
        if (padding > in.remaining()) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_LEN, "match", "it is not padded to a multiple of 8 octets");
        }
        in.skip(padding);
        return new Extended(match.build(), cookie, cookieMask);
    }

    /** Writes an extended match and its padding; returns its length without that. */
    static int extended(ByteBuf out, Match match, long cookie, long cookieMask) {
        int start = out.writerIndex();
        fields(out, match, true);
        if (cookieMask != 0) {
            header(out, NXM_COOKIE, cookieMask != -1L, cookieMask != -1L ? 16 : 8);
            out.writeLong(cookie & cookieMask);
            if (cookieMask != -1L) {
                out.writeLong(cookieMask);
            }
        }
        int length = out.writerIndex() - start;
        out.writeZero((8 - length % 8) % 8);
        return length;
    }

    /** Reads a whole {@code ofp_match} with its padding. */
    static Match match(Reader in) throws FlowException {
        if (in.remaining() < 4) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_LEN, "match", "a match has 4 octets at least");
        }
        int type = in.u16();
        int length = in.u16();
        if (type != OFPMT_OXM) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_TYPE, "match", "match type " + type + " is not 1 (OXM)");
        }
        if (length < 4 || length - 4 > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_LEN, "match", "length " + length + " is not in 4-" + (in.remaining() + 4));
        }
        Match match = fields(in.sub(length - 4, ErrorCode.BAD_MATCH_BAD_LEN, "match"));
        int padding = (8 - length % 8) % 8;
        if (padding > in.remaining()) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_LEN, "match", "it is not padded to a multiple of 8 octets");
        }
        in.skip(padding);
        return match;
    }

    /** Reads fields without the header of a match, to the end of {@code in}. */
    static Match raw(Reader in) throws FlowException {
        return fields(in);
    }

    /** Writes fields without the header of a match, under the ids of the extensions or those of OpenFlow. */
    static void raw(ByteBuf out, Match match, boolean isExtended) {
        fields(out, match, isExtended);
    }

    /** Reads fields to the end of {@code in}. */
    private static Match fields(Reader in) throws FlowException {
        if (in.remaining() == 0) {
            return Match.ANY;
        }
        Match.Builder match = Match.builder();
        Set<MatchField> seen = EnumSet.noneOf(MatchField.class);
        while (in.remaining() > 0) {
            Header header = header(in, ErrorCode.BAD_MATCH_BAD_LEN, "match");
            MatchField field = header.field;
            if (field == null) {
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_FIELD, "match", describe(header.id) + " is not a known field");
            }
            field(in, header, field, match, seen);
        }
        return match.build();
    }

    private static void field(Reader in, Header header, MatchField field, Match.Builder match, Set<MatchField> seen)
            throws FlowException {
        String path = "match." + field.fieldName();
        int octets = octets(field, header);
        int expected = header.masked ? 2 * octets : octets;
        if (header.length != expected || expected > in.remaining()) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_LEN,
                    path,
                    "its length is " + header.length + ", but " + expected + " is right");
        }
        Bits value = value(in, octets);
        boolean isWhole = octets * 8 == field.bits() || field.optionIndex() >= 0;
        Bits all = isWhole ? field.allOnes() : Bits.ones(octets * 8);
        Bits mask = header.masked ? value(in, octets) : all;
        if (!value.and(mask.not()).isZero()) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_WILDCARDS, path, "its value has bits that its mask does not have");
        }
        if (!fits(field, value)) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_VALUE, path, "its value does not fit into " + field.bits() + " bits");
        }
        mask = mask.and(field.allOnes());
        if (header.id.equals(NXM_IN_PORT)) {
            value = Bits.of(Integer.toUnsignedLong(widePort((int) value.low())));
            mask = field.allOnes();
        }
        if (!field.isMaskable() && !mask.equals(field.allOnes()) && !mask.isZero()) {
            throw new FlowException(ErrorCode.BAD_MATCH_BAD_MASK, path, "it cannot be masked");
        }
        if (!seen.add(field)) {
            throw new FlowException(ErrorCode.BAD_MATCH_DUP_FIELD, path, "it is there twice");
        }
        if (!match.meetsPrerequisiteOf(field)) {
            throw new FlowException(
                    ErrorCode.BAD_MATCH_BAD_PREREQ,
                    path,
                    "what it needs (" + field.prerequisite() + ") is not matched before it");
        }
        if (!mask.isZero() || field.optionIndex() >= 0) {
            set(match, field, value, mask);
        }
    }

    private static void set(Match.Builder match, MatchField field, Bits value, Bits mask) {
        switch (field) {
            case NW_FRAG -> match.masked(field, value, mask.and(Bits.of(3)));
            case NW_TOS -> match.masked(MatchField.IP_DSCP, Bits.of(value.low() >>> 2), MatchField.IP_DSCP.allOnes());
            default -> match.masked(field, value, mask);
        }
    }

    static String describe(OxmId id) {
        return "class 0x%04x field %d".formatted(id.oxmClass(), id.field())
                + (id.oxmClass() == OxmId.EXPERIMENTER ? " of experimenter 0x%08x".formatted(id.experimenter()) : "");
    }

    /** Writes a whole {@code ofp_match} with its padding. Bits that no field of the wire names (inner tags) are left out. */
    static void match(ByteBuf out, Match match) {
        int start = out.writerIndex();
        out.writeShort(OFPMT_OXM);
        out.writeShort(0);
        fields(out, match, false);
        int length = out.writerIndex() - start;
        out.setShort(start + 2, length);
        out.writeZero((8 - length % 8) % 8);
    }

    private static void fields(ByteBuf out, Match match, boolean isExtended) {
        if (match.equals(Match.ANY)) {
            return;
        }
        long[] left = match.mask().words();
        for (MatchField field : MatchField.in(left)) {
            boolean isOption = field.optionIndex() >= 0;
            boolean isThere = isOption
                    ? (match.value(KeyLayout.W_TUN_OPTIONS) & field.presenceBit()) != 0
                    : ((match.map() >>> field.word()) & (field.bits() == 128 ? 3 : 1)) != 0;
            if (!isThere) {
                continue;
            }
            Bits bits = field.read(left);
            if (bits.isZero() && !isOption
                    || isAlias(field)
                    || !field.prerequisite().isMetBy(match)) {
                continue;
            }
            switch (field) {
                case VLAN_TCI -> {
                    if (!isExtended
                            && isVidAndPriority((int) match.valueOf(field).low(), (int) bits.low())) {
                        continue;
                    }
                }
                default -> {
                    // As it is.
                }
            }
            if (isExtended) {
                writeExtended(out, field, match.valueOf(field), bits);
            } else {
                write(out, field, field.ids().getFirst(), match.valueOf(field), bits);
            }
            field.write(left, Bits.ZERO);
        }
    }

    private static void writeExtended(ByteBuf out, MatchField field, Bits value, Bits mask) {
        switch (field) {
            case IN_PORT -> {
                header(out, NXM_IN_PORT, false, 2);
                out.writeShort(narrowPort((int) value.low()));
            }
            case IP_DSCP -> {
                header(out, NXM_TOS, false, 1);
                out.writeByte((int) value.low() << 2);
            }
            default -> write(out, field, extensionId(field), value, mask);
        }
    }

    /** Fields whose bits others name in OpenFlow 1.2 and later. */
    private static boolean isAlias(MatchField field) {
        return switch (field) {
            case NW_TOS, XREG0, XREG1, XREG2, XREG3, XREG4, XREG5, XREG6, XREG7, XXREG0, XXREG1, XXREG2, XXREG3 -> true;
            default -> false;
        };
    }

    /** Says whether vlan_vid and vlan_pcp together can say what is asked of the tag. */
    private static boolean isVidAndPriority(int tci, int mask) {
        int priorityMask = mask & 0xe000;
        boolean isTag = (tci & mask & KeyLayout.VLAN_PRESENT) != 0;
        boolean isUntagged = mask == 0xffff && tci == 0;
        return priorityMask == 0 || (priorityMask == 0xe000 && isTag) || isUntagged;
    }

    static void write(ByteBuf out, MatchField field, OxmId id, Bits value, Bits mask) {
        int octets = octets(field, id);
        Bits whole =
                field == MatchField.NW_FRAG ? Bits.of(3) : field == MatchField.ARP_OP ? Bits.of(0xff) : field.allOnes();
        boolean masked = !mask.equals(whole);
        if (mask.isZero()) {
            header(out, id, true, 0);
            return;
        }
        header(out, id, masked, masked ? 2 * octets : octets);
        value(out, value.and(mask), octets);
        if (masked) {
            value(out, mask, octets);
        }
    }

    /** Writes a header; {@code length} is that of value and mask. */
    static void header(ByteBuf out, OxmId id, boolean masked, int length) {
        boolean isExperimenter = id.oxmClass() == OxmId.EXPERIMENTER;
        out.writeShort(id.oxmClass());
        out.writeByte(id.field() << 1 | (masked ? 1 : 0));
        out.writeByte(isExperimenter ? length + 4 : length);
        if (isExperimenter) {
            out.writeInt(id.experimenter());
        }
    }

    /** The id under which the extensions' actions name a field. */
    static OxmId extensionId(MatchField field) {
        if (field == MatchField.IN_PORT) {
            return field.ids().getFirst();
        }
        for (OxmId id : field.ids()) {
            if (id.oxmClass() == OxmId.NXM_0 || id.oxmClass() == OxmId.NXM_1) {
                return id;
            }
        }
        return field.ids().getFirst();
    }

    /** Says whether a port can be output to: a real one, or a reserved one that stands for some. */
    static boolean isOutputPort(int port) {
        return switch (port) {
            case Ports.IN_PORT, Ports.TABLE, Ports.NORMAL, Ports.FLOOD, Ports.ALL, Ports.CONTROLLER, Ports.LOCAL ->
                true;
            default -> Ports.isPhysicalOrLocal(port);
        };
    }
}
