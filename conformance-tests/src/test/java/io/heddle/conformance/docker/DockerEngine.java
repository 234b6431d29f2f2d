package io.heddle.conformance.docker;

import io.heddle.conformance.command.Command;
import io.heddle.conformance.command.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

    private DockerEngine(Path folder, String netns) {
        this.folder = folder;
        this.netns = netns;
    }

    /**
     * Starts an engine.
     *
     * @throws IOException with the end of the engine's log when it does not come up
     */
    static DockerEngine start() throws IOException {
        // Short: a Unix socket's path has room for 107 octets.
        String netns = "hd-" + ProcessHandle.current().pid() + "-dk";
        DockerEngine engine = new DockerEngine(Path.of("/tmp", netns), netns);
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
        return Command.of(command)
                .with("DOCKER_HOST", "unix://" + folder.resolve("docker.sock"))
                .with("HEDDLE_BASE", "hd-base")
                .with("HEDDLE_PROMETHEUS_IMAGE", "hd-prometheus")
                .run();
    }
}
