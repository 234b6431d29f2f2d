package io.heddle.flow.meter;

import io.heddle.flow.classifier.VersionedMap;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one bridge.
 *
 * <p>Threading: the control loop changes; any thread finds.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 7.3.4.4</a>
 */
public final class MeterTable {
    /** Most meters of a bridge. */
    public static final int MAX_METERS = 262_144;

    /** Most bands of a meter. */
    public static final int MAX_BANDS = 8;

    private final VersionedMap<Meter> meters = new VersionedMap<>();

    /** The meter as seen in a version, or null. */
    public @Nullable Meter find(int meterId, long version) {
        return meters.find(meterId, version);
    }

    /** The meters visible in a version, by number. */
    public List<Meter> visibleIn(long version) {
        return meters.visibleIn(version);
    }

    /**
     * Stages a change for {@code version}, which nobody reads yet.
     *
     * @return numbers of the meters that are deleted by it: flows that use them are to be deleted too
     * @throws FlowException when the change is refused; nothing is staged then
     */
    public Set<Integer> stage(MeterMod mod, long version, long nowNs) throws FlowException {
        Meter existing = meters.find(mod.meterId(), version);
        String id = Integer.toUnsignedString(mod.meterId());
        switch (mod.command()) {
            case ADD -> {
                if (existing != null) {
                    throw new FlowException(
                            ErrorCode.METER_MOD_FAILED_METER_EXISTS,
                            "meter.meter_id",
                            "meter " + id + " exists already; modify it or delete it first");
                }
                if (meters.size() >= MAX_METERS) {
                    throw new FlowException(
                            ErrorCode.METER_MOD_FAILED_OUT_OF_METERS,
                            "meter.meter_id",
                            "the bridge holds " + MAX_METERS + " meters, its limit");
                }
                validate(mod);
                meters.stageAdd(new Meter(mod, nowNs, version));
            }
            case MODIFY -> {
                if (existing == null) {
                    throw new FlowException(
                            ErrorCode.METER_MOD_FAILED_UNKNOWN_METER,
                            "meter.meter_id",
                            "there is no meter " + id + " to modify; add it first");
                }
                validate(mod);
                meters.stageRemove(existing, version);
                meters.stageAdd(new Meter(mod, nowNs, version));
            }
            case DELETE -> {
                return stageDelete(mod.meterId(), existing, version);
            }
        }
        return Set.of();
    }

    private Set<Integer> stageDelete(int meterId, @Nullable Meter existing, long version) throws FlowException {
        Set<Integer> deleted = new HashSet<>();
        if (meterId == MeterMod.ALL_METERS) {
            for (Meter meter : meters.visibleIn(version)) {
                meters.stageRemove(meter, version);
                deleted.add(meter.id());
            }
        } else {
            validateId(meterId);
            if (existing != null) {
                meters.stageRemove(existing, version);
                deleted.add(meterId);
            }
        }
        return deleted;
    }

    private static void validateId(int meterId) throws FlowException {
        if (!MeterMod.isNumber(meterId)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_INVALID_METER,
                    "meter.meter_id",
                    "meter number " + Integer.toUnsignedString(meterId)
                            + " is not in 1-0xffff0000, nor that of slowpath or controller");
        }
    }

    private static void validate(MeterMod mod) throws FlowException {
        validateId(mod.meterId());
        if (mod.flags().contains(MeterMod.Flag.KBPS) && mod.flags().contains(MeterMod.Flag.PKTPS)) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_BAD_FLAGS, "meter.unit", "a meter counts kilobits or packets, not both");
        }
        if (mod.bands().isEmpty() || mod.bands().size() > MAX_BANDS) {
            throw new FlowException(
                    ErrorCode.METER_MOD_FAILED_OUT_OF_BANDS,
                    "meter.bands",
                    "a meter has 1 to " + MAX_BANDS + " bands, not "
                            + mod.bands().size());
        }
        for (int i = 0; i < mod.bands().size(); i++) {
            String path = "meter.bands[" + i + "]";
            MeterMod.Band band = mod.bands().get(i);
            if (band.rate() <= 0 || band.rate() > 0xffffffffL) {
                throw new FlowException(
                        ErrorCode.METER_MOD_FAILED_BAD_RATE,
                        path + ".rate",
                        "rate " + band.rate() + " is not in 1-4294967295");
            }
            if (band.burstSize() < 0 || band.burstSize() > 0xffffffffL) {
                throw new FlowException(
                        ErrorCode.METER_MOD_FAILED_BAD_BURST,
                        path + ".burst_size",
                        "burst size " + band.burstSize() + " is not in 0-4294967295");
            }
            if (band instanceof MeterMod.Band.DscpRemark(long _, long _, int level) && (level < 1 || level > 2)) {
                throw new FlowException(
                        ErrorCode.METER_MOD_FAILED_BAD_BAND_VALUE,
                        path + ".precedence_level",
                        "precedence level " + level + " is not 1 or 2");
            }
        }
    }

    /** Takes back what is staged. */
    public void revert() {
        meters.revert();
    }

    /** Keeps what is staged. */
    public void finish() {
        meters.finish();
    }

    /** Drops meters that no reader of {@code oldestVersion} or a later one can see. */
    public void reclaim(long oldestVersion) {
        meters.reclaim(oldestVersion);
    }
}
