package io.heddle.proto.mapping;

import com.google.protobuf.ByteString;
import io.heddle.flow.action.Action;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.proto.v1.Action.Conntrack;
import io.heddle.proto.v1.Action.Nat;
import java.nio.ByteBuffer;
import java.util.List;

/** The {@code ct} action to and from {@code heddle.v1.Action.Conntrack}. */
final class ConntrackMapping {
    private ConntrackMapping() {}

    static Conntrack toProto(Action.Conntrack action) {
        Conntrack.Builder proto = Conntrack.newBuilder()
                .setCommit(action.isCommit())
                .setForce(action.isForced())
                .setZone(action.zone());
        Action.Subfield zone = action.zoneField();
        if (zone != null) {
            proto.setZoneField(zone.field().fieldName()).setZoneBit(zone.bit()).setZoneBits(zone.bits());
        }
        if (action.tableId() != Action.Conntrack.NO_TABLE) {
            proto.setTableId(action.tableId());
        }
        action.exec().forEach(nested -> proto.addExec(ActionMapping.toProto(nested)));
        Alg alg = action.alg();
        if (alg != null) {
            proto.setAlg(alg.text());
        }
        NatSpec nat = action.nat();
        if (nat != null) {
            proto.setNat(toProto(nat));
        }
        return proto.build();
    }

    private static Nat toProto(NatSpec nat) {
        Nat.Builder proto = Nat.newBuilder()
                .setDirection(
                        switch (nat.direction()) {
                            case NONE -> Nat.Direction.DIRECTION_UNSPECIFIED;
                            case SOURCE -> Nat.Direction.DIRECTION_SOURCE;
                            case DESTINATION -> Nat.Direction.DIRECTION_DESTINATION;
                        })
                .setSelection(
                        switch (nat.selection()) {
                            case DEFAULT -> Nat.Selection.SELECTION_UNSPECIFIED;
                            case HASH -> Nat.Selection.SELECTION_HASH;
                            case RANDOM -> Nat.Selection.SELECTION_RANDOM;
                        })
                .setMinPort(nat.minPort())
                .setMaxPort(nat.maxPort())
                .setPersistent(nat.isPersistent());
        if (nat.hasAddress()) {
            proto.setMinAddress(address(nat.isIpv6(), nat.minAddress()))
                    .setMaxAddress(address(nat.isIpv6(), nat.maxAddress()));
        }
        return proto.build();
    }

    private static ByteString address(boolean isIpv6, Bits address) {
        ByteBuffer octets = ByteBuffer.allocate(isIpv6 ? 16 : 4);
        if (isIpv6) {
            octets.putLong(address.high()).putLong(address.low());
        } else {
            octets.putInt((int) address.low());
        }
        return ByteString.copyFrom(octets.flip());
    }

    static Action toModel(Conntrack proto, TextForms texts) throws FlowException {
        int zone = Checks.range("conntrack.zone", proto.getZone(), 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        Action.Subfield zoneField = null;
        if (!proto.getZoneField().isEmpty()) {
            MatchField field =
                    FieldMapping.field(proto.getZoneField(), FieldMapping.Place.ACTION, "conntrack.zone_field");
            int bits =
                    Checks.range("conntrack.zone_bits", proto.getZoneBits(), 1, 16, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
            int bit = ActionMapping.firstBit("conntrack.zone_bit", proto.getZoneBit(), bits, field);
            zoneField = new Action.Subfield(field, bit, bits);
        }
        int table = proto.hasTableId()
                ? Checks.range("conntrack.table_id", proto.getTableId(), 0, 253, ErrorCode.BAD_ACTION_BAD_ARGUMENT)
                : Action.Conntrack.NO_TABLE;
        for (io.heddle.proto.v1.Action nested : proto.getExecList()) {
            if (nested.hasConntrack()) {
                throw new FlowException(
                        ErrorCode.BAD_ACTION_BAD_ARGUMENT, "conntrack.exec", "a conntrack action inside of another");
            }
        }
        Alg alg = Alg.ofText(proto.getAlg());
        if (alg == null && !proto.getAlg().isEmpty()) {
            throw new FlowException(
                    ErrorCode.BAD_ACTION_BAD_ARGUMENT,
                    "conntrack.alg",
                    "'" + proto.getAlg() + "' is not known: ftp, tftp or nothing is right");
        }
        List<Action> exec = ActionMapping.toModel(proto.getExecList(), texts);
        return new Action.Conntrack(
                proto.getCommit(),
                proto.getForce(),
                zone,
                zoneField,
                table,
                exec,
                alg,
                proto.hasNat() ? toModel(proto.getNat()) : null);
    }

    private static NatSpec toModel(Nat proto) throws FlowException {
        NatSpec.Direction direction = switch (proto.getDirection()) {
            case DIRECTION_UNSPECIFIED -> NatSpec.Direction.NONE;
            case DIRECTION_SOURCE -> NatSpec.Direction.SOURCE;
            case DIRECTION_DESTINATION -> NatSpec.Direction.DESTINATION;
            case UNRECOGNIZED -> throw bad("direction", proto.getDirectionValue() + " is none of Nat.Direction");
        };
        NatSpec.Selection selection = switch (proto.getSelection()) {
            case SELECTION_UNSPECIFIED -> NatSpec.Selection.DEFAULT;
            case SELECTION_HASH -> NatSpec.Selection.HASH;
            case SELECTION_RANDOM -> NatSpec.Selection.RANDOM;
            case UNRECOGNIZED -> throw bad("selection", proto.getSelectionValue() + " is none of Nat.Selection");
        };
        ByteString first = proto.getMinAddress();
        ByteString last = proto.getMaxAddress().isEmpty() ? first : proto.getMaxAddress();
        if (last.size() != first.size()) {
            throw bad("max_address", "both addresses have 4 octets or both have 16");
        }
        int minPort = Checks.range(
                "conntrack.nat.min_port", proto.getMinPort(), 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        int maxPort = Checks.range(
                "conntrack.nat.max_port", proto.getMaxPort(), 0, 0xffff, ErrorCode.BAD_ACTION_BAD_ARGUMENT);
        try {
            return new NatSpec(
                    direction,
                    first.size() == 16,
                    address(first),
                    address(last),
                    minPort,
                    maxPort == 0 ? minPort : maxPort,
                    selection,
                    proto.getPersistent());
        } catch (IllegalArgumentException e) {
            throw new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "conntrack.nat", String.valueOf(e.getMessage()));
        }
    }

    private static Bits address(ByteString octets) throws FlowException {
        ByteBuffer buffer = octets.asReadOnlyByteBuffer();
        return switch (octets.size()) {
            case 0 -> Bits.ZERO;
            case 4 -> Bits.of(Integer.toUnsignedLong(buffer.getInt()));
            case 16 -> new Bits(buffer.getLong(), buffer.getLong());
            default -> throw bad("min_address", "an address has 4 or 16 octets, not " + octets.size());
        };
    }

    private static FlowException bad(String field, String what) {
        return new FlowException(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "conntrack.nat." + field, what);
    }
}
