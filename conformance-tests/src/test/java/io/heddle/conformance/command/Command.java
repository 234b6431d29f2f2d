package io.heddle.conformance.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One program to run to its end: its words, where, with which environment.
 *
 * <p>Its input is empty. Thread safety: none; {@link #run} blocks its caller, two minutes at most.
 */
public final class Command {
    /** The source tree: where ./heddle is. */
    public static final Path ROOT =
            Path.of(System.getProperty("heddle.root", "..")).toAbsolutePath().normalize();

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private final List<String> words;
    /** Null removes a variable. */
    private final Map<String, @Nullable String> environment = new HashMap<>();

    private Command(List<String> words) {
        this.words = words;
    }

    /** Returns a command in the source tree with this process's environment. */
    public static Command of(List<String> words) {
        return new Command(new ArrayList<>(words));
    }

    /** Returns a command in the source tree with this process's environment. */
    public static Command of(String... words) {
        return of(List.of(words));
    }

    /**
     * Sets a variable of the program's environment.
     *
     * @param value null removes the variable
     */
    public Command with(String variable, @Nullable String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * Runs the program to its end.
     *
     * @throws IOException when it cannot be started, or takes longer than two minutes and was killed
     */
    public Result run() throws IOException {
        Path output = Files.createTempFile("heddle", ".out");
        Path errors = Files.createTempFile("heddle", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(ROOT.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            environment.forEach((variable, value) -> {
                if (value == null) {
                    builder.environment().remove(variable);
                } else {
                    builder.environment().put(variable, value);
                }
            });
            int status = statusOf(builder.start());
            return new Result(
                    String.join(" ", words),
                    status,
                    Files.readString(output, StandardCharsets.UTF_8),
                    Files.readString(errors, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    private int statusOf(Process process) throws IOException {
        try {
            if (process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + String.join(" ", words), e);
        }
        process.destroyForcibly();
        throw new IOException("took longer than " + LIMIT.toSeconds() + " s: " + String.join(" ", words));
    }

    /**
     * What a program did.
     *
     * @param command its words
     * @param status its exit status
     * @param output its standard output
     * @param errors its standard error
     */
    public record Result(String command, int status, String output, String errors) {
        /**
         * Returns the output of a program that succeeded.
         *
         * @throws IOException with all that it said when it failed
         */
        public String orThrow() throws IOException {
            if (status != 0) {
                throw new IOException("%s: exit status %d: %s".formatted(command, status, (output + errors).strip()));
            }
            return output;
        }
    }
}
