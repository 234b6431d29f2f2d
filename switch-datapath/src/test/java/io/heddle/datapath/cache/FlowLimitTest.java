package io.heddle.datapath.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowLimitTest {
    private static final int MOST = 200_000;

    @Test
    void shouldAllowAsManyAsCanBeTranslatedAgainInASecond() {
        FlowLimit limit = new FlowLimit(MOST);
        assertThat(limit.limit()).isEqualTo(MOST);

        limit.measured(640_000, 64);
        assertThat(limit.adapt(false)).as("10 us each").isEqualTo(100_000);

        limit.measured(64_000, 64);
        int previous = limit.limit();
        for (int second = 0; second < 60; second++) {
            limit.measured(64_000, 64);
            int now = limit.adapt(false);
            assertThat(now).isBetween(previous, previous + previous / 10 + 1);
            previous = now;
        }
        assertThat(previous).as("1 us each").isEqualTo(MOST);
    }

    @Test
    void shouldTakeTheLeastCostOfASecondAndNoneOfFewRevalidations() {
        FlowLimit limit = new FlowLimit(MOST);
        limit.measured(50_000_000, 3);
        assertThat(limit.adapt(false)).isEqualTo(MOST);
        limit.measured(50_000_000, 64); // a neighbour had the core
        limit.measured(640_000, 64);
        limit.measured(60_000_000, 64);
        assertThat(limit.adapt(false)).isEqualTo(100_000);
    }

    @Test
    void shouldGiveWayWhileMemoryIsShortAndComeBack() {
        FlowLimit limit = new FlowLimit(MOST);
        int previous = MOST;
        for (int second = 0; second < 30; second++) {
            int now = limit.adapt(true);
            assertThat(now).isLessThanOrEqualTo(previous).isGreaterThanOrEqualTo(FlowLimit.LEAST);
            previous = now;
        }
        assertThat(previous).isEqualTo(FlowLimit.LEAST);
        for (int second = 0; second < 120; second++) {
            previous = limit.adapt(false);
        }
        assertThat(previous).isEqualTo(MOST);
    }

    @Test
    void shouldStayWithinItsBoundsWhateverIsMeasured() {
        Random random = new Random(3);
        for (int most : new int[] {1, 500, 1000, 1001, MOST, Integer.MAX_VALUE}) {
            FlowLimit limit = new FlowLimit(most);
            for (int step = 0; step < 2000; step++) {
                limit.measured(random.nextLong() >>> random.nextInt(64), random.nextInt(100));
                assertThat(limit.adapt(random.nextInt(4) == 0)).isBetween(Math.min(most, FlowLimit.LEAST), most);
                assertThat(limit.limit()).isBetween(Math.min(most, FlowLimit.LEAST), most);
            }
        }
    }

    @Test
    void shouldRefuseALimitOfNothing() {
        assertThatThrownBy(() -> new FlowLimit(0)).hasMessage("most 0 must be 1 or more");
    }
}
