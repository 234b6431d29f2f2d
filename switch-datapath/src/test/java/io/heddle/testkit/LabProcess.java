package io.heddle.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * A process of a lab, with all that it has printed (standard output and error, as one). It is killed when its lab is closed.
 *
 * <p>Thread safety: any thread.
 */
public final class LabProcess implements AutoCloseable {
    private final List<String> command;
    private final Process process;
    private final StringBuilder output = new StringBuilder();
    private final Thread reader;

    LabProcess(ProcessBuilder builder) throws IOException {
        command = List.copyOf(builder.command());
        process = builder.redirectErrorStream(true).start();
        reader =
                Thread.ofPlatform().daemon().name("lab-output-" + process.pid()).start(this::collect);
    }

    private void collect() {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (output) {
                    output.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            synchronized (output) {
                output.append("[reading the output failed: ")
                        .append(e.getMessage())
                        .append("]\n");
            }
        }
    }

    /** Returns the process id. */
    public long pid() {
        return process.pid();
    }

    /** Says whether it has not ended. */
    public boolean isRunning() {
        return process.isAlive();
    }

    /** Returns what it has printed so far. */
    public String output() {
        synchronized (output) {
            return output.toString();
        }
    }

    /**
     * Waits until it has printed something that contains {@code regex}.
     *
     * @throws AssertionError if it has not within {@code deadline}, or ends before; with its output
     */
    public LabProcess awaitOutput(String regex, Duration deadline) {
        Pattern pattern = Pattern.compile(regex);
        try {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(5))
                    .atMost(deadline)
                    .until(() -> pattern.matcher(output()).find() || !process.isAlive());
            join(Duration.ofMillis(process.isAlive() ? 0 : 1000));
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(this + " printed no /" + regex + "/ within " + deadline + " but:\n" + output(), e);
        }
        if (!pattern.matcher(output()).find()) {
            throw new AssertionError(this + " ended without printing /" + regex + "/ but:\n" + output());
        }
        return this;
    }

    /**
     * Waits for its end.
     *
     * @return exit status
     * @throws AssertionError if it has not ended within {@code deadline}; it is then killed
     */
    public int awaitExit(Duration deadline) {
        try {
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                close();
                throw new AssertionError(this + " has not ended within " + deadline + "; it printed:\n" + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new AssertionError("interrupted while waiting for " + this, e);
        }
        join(Duration.ofSeconds(2)); // a daemon that inherited the pipe may keep it open
        return process.exitValue();
    }

    /** Sends a signal, like "TERM" or "KILL". */
    public void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .start()
                    .waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new AssertionError("cannot signal " + this, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void join(Duration deadline) {
        if (deadline.isZero()) {
            return;
        }
        try {
            reader.join(deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills it and its children, and waits for its end. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        join(Duration.ofMillis(500));
    }

    @Override
    public String toString() {
        return "\"" + String.join(" ", command) + "\" (pid " + process.pid() + ")";
    }
}
