package io.heddle.conformance.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Docker engine in a network namespace of its own, with images made from what this machine has: no registry is asked.
 *
 * <pre>
 *   host ---- unix socket ---- dockerd [ netns hd-PID-dk: docker0, iptables, published ports ]
 * </pre>
 *
 * <p>{@link #close} stops it and removes everything that it made. Thread safety: none.
 */
final class DockerEngine implements AutoCloseable {
    private final Path folder;
    private final String netns;
    private final Path root;

    private DockerEngine(Path folder, String netns, Path root) {
        this.folder = folder;
        this.netns = netns;
        this.root = root;
    }

    /**
     * Starts an engine.
     *
     * @param root of the source tree, where docker-compose.yml is
     * @throws IOException with the end of the engine's log when it does not come up
     */
    static DockerEngine start(Path root) throws IOException {
        // Short: a Unix socket's path has room for 107 octets.
        String netns = "hd-" + ProcessHandle.current().pid() + "-dk";
        DockerEngine engine = new DockerEngine(Path.of("/tmp", netns), netns, root);
        Result started = engine.script("engine.sh", "start", engine.folder.toString(), netns);
        if (started.status() != 0) {
            engine.close();
            throw new IOException(
                    "no Docker engine can be started here: " + started.errors().strip());
        }
        return engine;
    }

    /** Makes the images {@code hd-base} (a Java 25 runtime) and {@code hd-prometheus}. */
    void makeBaseImages() throws IOException {
        script("base-image.sh", folder.toString(), System.getProperty("java.home"))
                .orThrow();
    }

    /** Runs {@code docker-compose} on the project's own compose file, with the images made here. */
    Result compose(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker-compose", "-p", netns));
        command.addAll(List.of(arguments));
        return run(command);
    }

    Result docker(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Returns the name of the container that runs a service of the compose file. */
    String container(String service) throws IOException {
        return compose("ps", "-q", service).orThrow().strip();
    }

    @Override
    public void close() throws IOException {
        script("engine.sh", "stop", folder.toString(), netns);
    }

    private Result script(String name, String... arguments) throws IOException {
        Path script = Files.createTempFile("heddle", name);
        try (var content = DockerEngine.class.getResourceAsStream("/docker/" + name)) {
            if (content == null) {
                throw new IOException("no resource /docker/" + name);
            }
            Files.write(script, content.readAllBytes());
            List<String> command = new ArrayList<>(List.of("bash", script.toString()));
            command.addAll(List.of(arguments));
            return run(command);
        } finally {
            Files.delete(script);
        }
    }

    private Result run(List<String> command) throws IOException {
        Path output = Files.createTempFile("heddle", ".out");
        Path errors = Files.createTempFile("heddle", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(root.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile());
            builder.environment()
                    .putAll(Map.of(
                            "DOCKER_HOST", "unix://" + folder.resolve("docker.sock"),
                            "HEDDLE_BASE", "hd-base",
                            "HEDDLE_PROMETHEUS_IMAGE", "hd-prometheus"));
            Process process = builder.start();
            if (!finished(process)) {
                process.destroyForcibly();
                throw new IOException("took longer than 2 minutes: " + String.join(" ", command));
            }
            return new Result(
                    String.join(" ", command),
                    process.exitValue(),
                    Files.readString(output, StandardCharsets.UTF_8),
                    Files.readString(errors, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    private static boolean finished(Process process) throws IOException {
        try {
            return process.waitFor(Duration.ofMinutes(2).toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * What a command did.
     *
     * @param command its words
     * @param status its exit status
     * @param output its standard output
     * @param errors its standard error
     */
    record Result(String command, int status, String output, String errors) {
        /** Returns the output of a command that succeeded. */
        String orThrow() throws IOException {
            if (status != 0) {
                throw new IOException("%s: exit status %d: %s".formatted(command, status, (output + errors).strip()));
            }
            return output;
        }
    }
}
