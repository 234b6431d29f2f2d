package io.heddle.datapath.poll;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdleSpinTest {
    private static final long MICROSECOND = 1_000;
    private static final long LONGEST_NS = 50 * MICROSECOND;

    private final IdleSpin spin = new IdleSpin(LONGEST_NS);
    private long now = -5_000_000; // monotonic time may be negative

    /** Nothing to do for a time, then something: what the loop does in between. */
    private boolean sleepsWithin(long gapNs) {
        long packetAt = now + gapNs;
        boolean slept = false;
        for (; now < packetAt; now += MICROSECOND) {
            if (spin.shouldSleep(now)) {
                now = packetAt;
                spin.slept(now);
                slept = true;
            }
        }
        spin.busy();
        now += MICROSECOND;
        return slept;
    }

    @Test
    void shouldSpinThroughGapsThatAreShorterThanAWakeUpIsWorth() {
        for (int i = 0; i < 5; i++) {
            sleepsWithin(30 * MICROSECOND);
        }
        for (int i = 0; i < 100; i++) {
            assertThat(sleepsWithin(30 * MICROSECOND)).isFalse();
        }
    }

    @Test
    void shouldSleepAtOnceWherePacketsAreFarBetween() {
        for (int i = 0; i < 20; i++) {
            sleepsWithin(1000 * MICROSECOND);
        }
        assertThat(spin.spinNs()).isZero();
        assertThat(spin.shouldSleep(now)).isTrue();
    }

    @Test
    void shouldNotForgetForOneLongGapThatSpinningPays() {
        for (int i = 0; i < 10; i++) {
            sleepsWithin(30 * MICROSECOND);
        }
        sleepsWithin(5000 * MICROSECOND);
        assertThat(sleepsWithin(30 * MICROSECOND)).isFalse();
    }

    @Test
    void shouldLearnAnewAfterQuietTimes() {
        for (int i = 0; i < 100; i++) {
            sleepsWithin(5000 * MICROSECOND);
        }
        for (int i = 0; i < 5; i++) {
            sleepsWithin(30 * MICROSECOND);
        }
        assertThat(sleepsWithin(30 * MICROSECOND)).isFalse();
        assertThat(spin.spinNs()).isBetween(IdleSpin.MIN_NS, LONGEST_NS);
    }
}
