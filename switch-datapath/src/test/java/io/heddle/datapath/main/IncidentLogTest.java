package io.heddle.datapath.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IncidentLogTest {
    private final List<String> lines = new ArrayList<>();
    private long nowNs = 5;
    private final IncidentLog incidents =
            new IncidentLog(() -> nowNs, (sentence, failure) -> lines.add(sentence + ": " + failure.getMessage()));

    private static RuntimeException wrapped(int packet) {
        return new IllegalStateException("packet " + packet, new IllegalArgumentException("bad"));
    }

    @Test
    void shouldLogEachKindOnceInAWhileAndCountTheOthers() {
        for (int packet = 0; packet < 1000; packet++) {
            incidents.accept(wrapped(packet));
        }
        incidents.accept(new IllegalStateException("another kind"));
        assertThat(lines).containsExactly("internal error: packet 0", "internal error: another kind");

        nowNs += IncidentLog.INTERVAL_NS;
        incidents.accept(wrapped(1000));
        incidents.accept(wrapped(1001));
        assertThat(lines).hasSize(3).last().isEqualTo("internal error, and 999 more like it: packet 1000");
    }

    @Test
    void shouldRememberBoundedlyManyKinds() {
        for (int i = 0; i < 3 * IncidentLog.MAX_KINDS; i++) {
            RuntimeException failure = new IllegalStateException("kind " + i);
            failure.setStackTrace(new StackTraceElement[] {new StackTraceElement("C", "m", "C.java", i)});
            incidents.accept(failure);
        }
        assertThat(lines).hasSize(IncidentLog.MAX_KINDS + 1);
    }
}
