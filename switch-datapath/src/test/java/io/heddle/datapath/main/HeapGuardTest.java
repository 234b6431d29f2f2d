package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapGuardTest {
    private static final long HEAP = Runtime.getRuntime().maxMemory();

    @Test
    void shouldLetTablesGrowWhileThereIsMemory() {
        try (HeapGuard guard = new HeapGuard(1000)) {
            assertThat(guard.maxEntries()).isEqualTo(1000);
            assertThat(guard.isMemoryShort()).isFalse();
            guard.collected(HEAP / 100 * 79);
            assertThat(guard.isMemoryShort()).isFalse();
            guard.collected(HEAP / 100 * 81);
            assertThat(guard.isMemoryShort()).isTrue();
            guard.collected(HEAP / 100 * 50);
            assertThat(guard.isMemoryShort()).isFalse();
        }
    }
}
