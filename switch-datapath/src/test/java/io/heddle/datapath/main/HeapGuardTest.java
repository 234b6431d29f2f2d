package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.TimeUnit;
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

    @Test
    void shouldNoticeByACollectionOfItsOwnThatThereIsMemoryAgain() {
        try (HeapGuard guard = new HeapGuard(1000)) {
            guard.collected(HEAP / 100 * 81);
            assertThat(guard.isMemoryShort()).isTrue(); // who is refused asks for the collection
            await().atMost(30, TimeUnit.SECONDS).until(() -> !guard.isMemoryShort());
        }
    }
}
