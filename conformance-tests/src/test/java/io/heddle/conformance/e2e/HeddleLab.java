package io.heddle.conformance.e2e;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A lab with Heddle's own processes in it: each switch and controller runs in a namespace of its own, started by the launcher as a
 * user starts it.
 */
final class HeddleLab implements AutoCloseable {
    /** How long a process may take to be ready on a busy machine. */
    static final Duration READY = Duration.ofSeconds(30);

    private static final String LAUNCHER =
            Path.of(System.getProperty("heddle.root"), "heddle").toString();

    final NetnsLab net = new NetnsLab();
    final Path folder;
    private int pollLoops = 1;

    HeddleLab() {
        try {
            folder = Files.createTempDirectory("hd-e2e");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Path of a Unix socket of this lab. */
    String socket(String name) {
        return folder.resolve(name + ".sock").toString();
    }

    /** Writes a file of this lab. */
    Path write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many poll loops the switches of this lab have that are started from now on. */
    void setPollLoops(int count) {
        pollLoops = count;
    }

    /** Starts a switch and waits until it is ready. Its gRPC socket is {@code socket(name)}. */
    LabProcess startSwitch(NetnsLab.Host at, String name, String bridges) {
        String head = """
                switch:
                  grpc:    { listen: ["unix:%s"] }
                  metrics: { listen: "127.0.0.1:9464" }
                  state:   "%s"
                  poll-loops: %d
                """.formatted(socket(name), folder.resolve(name + ".state"), pollLoops);
        return startSwitch(at, write(name + ".yaml", head + bridges));
    }

    LabProcess startSwitch(NetnsLab.Host at, Path config) {
        return at.start(LAUNCHER, "switch", "--config", config.toString()).awaitOutput("heddle-switch: ready", READY);
    }

    /** Starts a controller and waits until it is ready. */
    LabProcess startController(NetnsLab.Host at, Path config) {
        return at.start(LAUNCHER, "controller", "--config", config.toString())
                .awaitOutput("heddle-controller: ready", READY);
    }

    /** Runs a {@code heddle} command against a switch or controller of this lab and returns what it prints; it must succeed. */
    String heddle(String target, String... arguments) {
        return net.run(command(target, arguments));
    }

    /** Runs a {@code heddle} command that must fail with {@code status}, and returns what it prints. */
    String heddleFails(String target, int status, String... arguments) {
        try (LabProcess process = net.start(command(target, arguments))) {
            int actual = process.awaitExit(NetnsLab.DEADLINE);
            if (actual != status) {
                throw new AssertionError(process + " ended with status " + actual + ", not " + status
                        + ", and printed:\n" + process.output());
            }
            return process.output();
        }
    }

    private String[] command(String target, String... arguments) {
        List<String> command = new ArrayList<>(List.of(LAUNCHER));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--target", "unix:" + socket(target)));
        return command.toArray(String[]::new);
    }

    @Override
    public void close() {
        net.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
