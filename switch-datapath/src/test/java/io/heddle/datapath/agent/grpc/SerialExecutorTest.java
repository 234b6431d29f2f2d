package io.heddle.datapath.agent.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SerialExecutorTest {
    private final ArrayDeque<Runnable> turns = new ArrayDeque<>();
    private final List<String> done = new ArrayList<>();
    private final SerialExecutor serial = new SerialExecutor(turns::add);

    @Test
    void shouldRunTasksInTheirOrderInOneTurn() {
        serial.execute(() -> done.add("first"));
        serial.execute(() -> done.add("second"));

        assertThat(turns).hasSize(1);
        turns.remove().run();

        assertThat(done).containsExactly("first", "second");
    }

    @Test
    void shouldGoOnBehindATaskThatEndsItsThread() {
        serial.execute(() -> {
            throw new OutOfMemoryError("for the test");
        });
        serial.execute(() -> done.add("behind it"));

        assertThatThrownBy(turns.remove()::run).isInstanceOf(OutOfMemoryError.class);
        assertThat(turns).hasSize(1);
        turns.remove().run();
        serial.execute(() -> done.add("later"));
        turns.remove().run();

        assertThat(done).containsExactly("behind it", "later");
    }
}
