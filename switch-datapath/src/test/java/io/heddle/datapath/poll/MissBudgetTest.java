package io.heddle.datapath.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.buffer.PacketBatch;
import org.junit.jupiter.api.Test;

class MissBudgetTest {
    private static final int FULL = PacketBatch.CAPACITY;

    private final MissBudget budget = new MissBudget();

    MissBudgetTest() {
        for (int i = 0; i < 3; i++) {
            budget.attach();
        }
    }

    @Test
    void shouldLetOnePortMissAsOftenAsItCanWhileOthersKeepUp() {
        for (int cycle = 0; cycle < 100; cycle++) {
            assertThat(budget.mayReceive(0)).isTrue();
            budget.received(0, FULL, FULL);
            budget.received(1, FULL - 1, 0);
            budget.received(2, 0, 0);
        }
        assertThat(budget.deferrals()).isZero();
    }

    @Test
    void shouldPassAPortOverThatMissesWhileAnotherIsBehind() {
        long forwarded = 0;
        long misses = 0;
        for (int cycle = 0; cycle < 10_000; cycle++) {
            if (budget.mayReceive(0)) {
                budget.received(0, FULL, FULL);
                misses += FULL;
            }
            assertThat(budget.mayReceive(1)).isTrue();
            budget.received(1, FULL, 0);
            forwarded += FULL;
        }
        assertThat(misses).as("it goes on").isGreaterThan(FULL);
        assertThat(misses * MissBudget.MISS_COST)
                .as("at a small part of what the other does")
                .isLessThanOrEqualTo(forwarded / MissBudget.SHARE + MissBudget.MAX_DEBT);
    }

    @Test
    void shouldPassNobodyOverWhereAllMiss() {
        for (int cycle = 0; cycle < 100; cycle++) {
            for (int port = 0; port < 3; port++) {
                assertThat(budget.mayReceive(port)).isTrue();
                budget.received(port, FULL, FULL);
            }
        }
    }

    @Test
    void shouldForgetAPortThatGoesWhileItIsBehind() {
        budget.received(1, FULL, 0);
        budget.received(2, FULL, FULL);
        assertThat(budget.mayReceive(2)).isFalse();
        budget.detach(1);
        assertThat(budget.mayReceive(1)).as("the one that was third").isTrue();
    }

    @Test
    void shouldGoOnSoonAfterTheMissesHaveStopped() {
        for (int i = 0; i < 1000; i++) {
            budget.received(0, FULL, FULL);
        }
        int cycles = 0;
        do {
            budget.received(1, FULL, 0);
            cycles++;
        } while (!budget.mayReceive(0));
        assertThat((long) cycles * FULL).isLessThanOrEqualTo(MissBudget.MAX_DEBT * MissBudget.SHARE);
    }
}
