package io.heddle.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PriorityCountsTest {
    @ParameterizedTest
    @ValueSource(ints = {3, 100, 400, 65_536})
    void shouldCountAsASortedMapDoes(int range) {
        Random random = new Random(range);
        PriorityCounts counts = new PriorityCounts();
        TreeMap<Integer, Integer> expected = new TreeMap<>();
        for (int round = 0; round < 40_000; round++) {
            boolean isGrowing = round % 10_000 < 5_000;
            if (isGrowing || expected.isEmpty()) {
                int priority = random.nextInt(range);
                counts.add(priority);
                expected.merge(priority, 1, Integer::sum);
            } else {
                Integer gone = random.nextBoolean()
                        ? expected.lastKey()
                        : expected.ceilingKey(random.nextInt(expected.lastKey() + 1));
                counts.remove(gone);
                expected.computeIfPresent(gone, (p, count) -> count == 1 ? null : count - 1);
            }
            assertThat(counts.max()).isEqualTo(expected.isEmpty() ? -1 : expected.lastKey());
            int some = random.nextInt(range);
            assertThat(counts.contains(some)).isEqualTo(expected.containsKey(some));
        }
    }

    @Test
    void shouldRefuseToTakeOutWhatIsNotIn() {
        PriorityCounts counts = new PriorityCounts();
        counts.add(7);
        counts.remove(7);
        assertThatThrownBy(() -> counts.remove(7)).isInstanceOf(IllegalStateException.class);
    }
}
