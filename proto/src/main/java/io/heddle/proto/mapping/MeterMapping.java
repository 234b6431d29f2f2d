package io.heddle.proto.mapping;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.meter.MeterMod.Band;
import io.heddle.flow.meter.MeterMod.Flag;
import io.heddle.proto.v1.Meter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Meters to and from {@code heddle.v1.Meter}. */
public final class MeterMapping {
    private MeterMapping() {}

    /** The meter without counters. */
    public static Meter toProto(int meterId, Set<Flag> flags, List<Band> bands) {
        Meter.Builder proto = Meter.newBuilder()
                .setMeterId(meterId)
                .setUnit(flags.contains(Flag.PKTPS) ? Meter.Unit.PKTPS : Meter.Unit.KBPS)
                .setStats(flags.contains(Flag.STATS));
        boolean burst = flags.contains(Flag.BURST);
        for (Band band : bands) {
            Meter.Band.Builder each = proto.addBandsBuilder().setRate((int) band.rate());
            if (burst) {
                each.setBurstSize((int) band.burstSize());
            }
            switch (band) {
                case Band.Drop _ -> each.setType(Meter.Band.Type.DROP);
                case Band.DscpRemark remark ->
                    each.setType(Meter.Band.Type.DSCP_REMARK).setPrecedenceLevel(remark.precedenceLevel());
            }
        }
        return proto.build();
    }

    /**
     * A meter mod.
     *
     * @throws FlowException with a path in {@code Meter}
     */
    public static MeterMod toModel(MeterMod.Command command, Meter proto, TextForms texts) throws FlowException {
        if (!proto.getText().isEmpty()) {
            return texts.meter(command, proto.getText());
        }
        boolean delete = command == MeterMod.Command.DELETE;
        int id = proto.getMeterId();
        boolean inRange = MeterMod.isNumber(id);
        if (!inRange && !(delete && id == MeterMod.ALL_METERS)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_INVALID_METER,
                    "meter_id",
                    "%s is out of range, it must be 1 to 4294901760%s"
                            .formatted(Integer.toUnsignedString(id), delete ? ", or 4294967295 for all" : ""));
        }
        if (delete) {
            return new MeterMod(command, id, Set.of(), List.of());
        }
        Set<Flag> flags = EnumSet.of(unit(proto));
        if (proto.getStats()) {
            flags.add(Flag.STATS);
        }
        List<Band> bands = new ArrayList<>(proto.getBandsCount());
        for (int i = 0; i < proto.getBandsCount(); i++) {
            if (proto.getBands(i).getBurstSize() != 0) {
                flags.add(Flag.BURST);
            }
            try {
                bands.add(band(proto.getBands(i)));
            } catch (FlowException e) {
                throw new FlowException(e.error().under("bands[" + i + "]"));
            }
        }
        return new MeterMod(command, id, flags, bands);
    }

    private static Flag unit(Meter proto) throws FlowException {
        return switch (proto.getUnit()) {
            case KBPS -> Flag.KBPS;
            case PKTPS -> Flag.PKTPS;
            case UNIT_UNSPECIFIED, UNRECOGNIZED ->
                throw new FlowException(
                        ErrorCode.METER_MOD_FAILED_BAD_FLAGS, "unit", "the unit is missing or unknown: KBPS or PKTPS");
        };
    }

    private static Band band(Meter.Band proto) throws FlowException {
        long rate = Integer.toUnsignedLong(proto.getRate());
        long burst = Integer.toUnsignedLong(proto.getBurstSize());
        if (rate == 0) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_BAD_RATE, "rate", "the rate is missing: 1 to 4294967295");
        }
        return switch (proto.getType()) {
            case DROP -> new Band.Drop(rate, burst);
            case DSCP_REMARK ->
                new Band.DscpRemark(
                        rate,
                        burst,
                        Checks.range(
                                "precedence_level",
                                proto.getPrecedenceLevel(),
                                1,
                                2,
                                ErrorCode.METER_MOD_FAILED_BAD_BAND_VALUE));
            case TYPE_UNSPECIFIED, UNRECOGNIZED ->
                throw new FlowException(
                        ErrorCode.METER_MOD_FAILED_BAD_BAND,
                        "type",
                        "the type is missing or unknown: DROP or DSCP_REMARK");
        };
    }
}
