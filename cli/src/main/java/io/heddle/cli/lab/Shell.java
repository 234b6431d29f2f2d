package io.heddle.cli.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs other programs and waits for them, never longer than it is told. */
public final class Shell {
    /**
     * What a program left behind.
     *
     * @param exitCode its exit status; 124 when it was stopped because its time was over (as {@code timeout(1)} does)
     * @param output standard output and standard error, as they came
     */
    public record Result(int exitCode, String output) {
        /** Whether the exit status is 0. */
        public boolean succeeded() {
            return exitCode == 0;
        }

        /** The last line with something on it, for a one-line message. */
        public String lastLine() {
            return output.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((a, b) -> b)
                    .orElse("(no output)");
        }
    }

    private Shell() {}

    /** Runs a program for {@code limit} at most. */
    public static Result run(Duration limit, List<String> command) {
        try {
            Path output = Files.createTempFile("heddle-lab", ".out");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(
                                Path.of("/dev/null").toFile()))
                        .start();
                int exitCode = 124;
                if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    exitCode = process.exitValue();
                } else {
                    process.destroyForcibly().waitFor();
                }
                return new Result(exitCode, Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            return new Result(127, command.getFirst() + " could not be started: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(130, "interrupted");
        }
    }

    /** Runs a program for 15 seconds at most. */
    public static Result run(String... command) {
        return run(Duration.ofSeconds(15), List.of(command));
    }

    /** Runs a program that must succeed. */
    public static String need(String... command) throws LabFailure {
        Result result = run(command);
        if (!result.succeeded()) {
            throw new LabFailure(
                    String.join(" ", command) + " failed with status " + result.exitCode() + ": " + result.lastLine());
        }
        return result.output();
    }
}
