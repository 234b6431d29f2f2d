package io.heddle.controller.main;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The higher half of the election id, higher at each start: the controller that started last is the primary, as it is the one that
 * was just repaired or reconfigured.
 *
 * <p>It is the wall clock's time, so that controllers on several machines compare, but never less than what this one had before, so
 * that a clock that was set back does not make it a backup of a connection of its own that the switch still thinks alive.
 */
final class ElectionEpoch {
    private ElectionEpoch() {}

    /**
     * Takes the next one.
     *
     * @param state the controller's folder; it exists
     * @param nowMillis since 1970, of the wall clock
     * @throws IOException when it cannot be remembered; the message names the file
     */
    static long next(Path state, long nowMillis) throws IOException {
        Path file = state.resolve("election");
        Path made = state.resolve("election.new");
        try {
            long epoch = Math.max(nowMillis, last(file) + 1);
            Files.writeString(made, epoch + "\n");
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return epoch;
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static long last(Path file) throws IOException {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NoSuchFileException | NumberFormatException e) {
            // The first start, or a file that a crash of the machine left empty: the clock is all there is.
            return 0;
        }
    }
}
