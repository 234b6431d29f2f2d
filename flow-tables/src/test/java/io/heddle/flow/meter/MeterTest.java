package io.heddle.flow.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.meter.MeterMod.Band;
import io.heddle.flow.meter.MeterMod.Command;
import io.heddle.flow.meter.MeterMod.Flag;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MeterTest {
    private static final long SECOND = 1_000_000_000L;

    private final MeterTable meters = new MeterTable();

    private Meter add(Set<Flag> flags, Band... bands) throws FlowException {
        meters.stage(new MeterMod(Command.ADD, 1, flags, List.of(bands)), 1, 0);
        meters.finish();
        return Objects.requireNonNull(meters.find(1, 1));
    }

    @Test
    void shouldLetTheRatePassOverTime() throws Exception {
        Meter meter = add(Set.of(Flag.KBPS, Flag.BURST), new Band.Drop(1000, 100));
        long passed = 0;
        for (long now = 0; now < 10 * SECOND; now += 1_000_000) {
            if (passes(meter, now, 1250)) {
                passed += 1250;
            }
        }
        assertThat(passed * 8.0).isBetween(1000e3 * 10, 1000e3 * 10 + 110e3);
        assertThat(meter.counter().packets()).isEqualTo(10_000);
        assertThat(meter.bandCounters().getFirst().octets()).isEqualTo(12_500_000 - passed);
    }

    private static boolean passes(Meter meter, long nowNs, int octets) {
        return meter.consume(nowNs, octets) != Meter.DROP;
    }

    @Test
    void shouldRemarkAboveOneRateAndDropAboveAnother() throws Exception {
        Meter meter = add(Set.of(Flag.PKTPS), new Band.DscpRemark(1, 0, 2), new Band.Drop(3, 0));
        assertThat(meter.consume(0, 64)).isZero();
        assertThat(meter.consume(0, 64)).isEqualTo(2);
        assertThat(meter.consume(0, 64)).isEqualTo(2);
        assertThat(meter.consume(0, 64)).isEqualTo(Meter.DROP);
        assertThat(meter.canRemark()).isTrue();
    }

    @Test
    void shouldRaiseTheDropPrecedenceOfAssuredForwarding() {
        assertThat(Meter.remark(10, 1)).as("AF11 to AF12").isEqualTo(12);
        assertThat(Meter.remark(10, 2)).as("AF11 to AF13").isEqualTo(14);
        assertThat(Meter.remark(36, 2)).as("AF42 to AF43, the highest").isEqualTo(38);
        assertThat(Meter.remark(46, 1)).as("EF has no precedence").isEqualTo(46);
        assertThat(Meter.remark(8, 1)).as("CS1 has no precedence").isEqualTo(8);
        assertThat(Meter.remark(0, 2)).isZero();
    }

    @Test
    void shouldLetABurstPassAfterSilence() throws Exception {
        Meter meter = add(Set.of(Flag.PKTPS, Flag.BURST), new Band.Drop(10, 5));
        int passed = 0;
        for (int i = 0; i < 20; i++) {
            passed += passes(meter, 0, 64) ? 1 : 0;
        }
        assertThat(passed).isEqualTo(5);
        assertThat(passes(meter, SECOND / 10, 64)).isTrue();
        assertThat(passes(meter, SECOND / 10, 64)).isFalse();
        assertThat(passes(meter, 100 * SECOND, 64)).isTrue();
    }

    @Test
    void shouldApplyTheHighestBandThatIsExceeded() throws Exception {
        Meter meter = add(Set.of(Flag.PKTPS), new Band.Drop(1, 0), new Band.Drop(3, 0));
        for (int i = 0; i < 6; i++) {
            meter.consume(0, 64);
        }
        assertThat(meter.bandCounters().get(0).packets()).isEqualTo(2);
        assertThat(meter.bandCounters().get(1).packets()).isEqualTo(3);
    }

    @Test
    void shouldRefuseBadMeters() throws Exception {
        refused(ErrorCode.METER_MOD_FAILED_INVALID_METER, Command.ADD, 0, Set.of(Flag.KBPS), new Band.Drop(1, 0));
        refused(ErrorCode.METER_MOD_FAILED_UNKNOWN_METER, Command.MODIFY, 1, Set.of(Flag.KBPS), new Band.Drop(1, 0));
        refused(
                ErrorCode.METER_MOD_FAILED_BAD_FLAGS,
                Command.ADD,
                1,
                Set.of(Flag.KBPS, Flag.PKTPS),
                new Band.Drop(1, 0));
        refused(ErrorCode.METER_MOD_FAILED_BAD_RATE, Command.ADD, 1, Set.of(Flag.KBPS), new Band.Drop(0, 0));
        refused(
                ErrorCode.METER_MOD_FAILED_BAD_BAND_VALUE,
                Command.ADD,
                1,
                Set.of(Flag.KBPS),
                new Band.DscpRemark(1, 0, 3));
        refused(ErrorCode.METER_MOD_FAILED_OUT_OF_BANDS, Command.ADD, 1, Set.of(Flag.KBPS));
        add(Set.of(Flag.KBPS), new Band.Drop(1, 0));
        refused(ErrorCode.METER_MOD_FAILED_METER_EXISTS, Command.ADD, 1, Set.of(Flag.KBPS), new Band.Drop(1, 0));
    }

    private void refused(ErrorCode code, Command command, int id, Set<Flag> flags, Band... bands) {
        assertThatThrownBy(() -> meters.stage(new MeterMod(command, id, flags, List.of(bands)), 1, 0))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(code));
    }
}
