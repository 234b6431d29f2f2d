package io.heddle.controller.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElectionEpochTest {
    @TempDir
    Path state;

    @Test
    void shouldGrowAtEachStartAlsoWhenTheClockIsSetBack() throws IOException {
        assertThat(ElectionEpoch.next(state, 5000)).isEqualTo(5000);
        assertThat(ElectionEpoch.next(state, 1000)).isEqualTo(5001);
        assertThat(ElectionEpoch.next(state, 1000)).isEqualTo(5002);
        assertThat(ElectionEpoch.next(state, 9000)).isEqualTo(9000);
    }

    @Test
    void shouldGoByTheClockWhenTheFileIsNoNumber() throws IOException {
        Files.writeString(state.resolve("election"), "");
        assertThat(ElectionEpoch.next(state, 7000)).isEqualTo(7000);
    }

    @Test
    void shouldNameTheFileThatCannotBeWritten() {
        Path missing = state.resolve("missing");
        assertThatThrownBy(() -> ElectionEpoch.next(missing, 1))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot write " + missing.resolve("election") + ": ");
    }
}
