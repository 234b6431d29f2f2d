package io.heddle.controller.main;

import io.heddle.controller.config.ControllerConfig;
import io.heddle.proto.document.DocumentException;
import io.heddle.proto.transport.Signals;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The controller process.
 *
 * <pre>
 *   heddle controller --config FILE            runs until SIGTERM or SIGINT
 *   heddle controller --config FILE --check    reads the file and says whether it is right
 * </pre>
 *
 * <p>Prints {@code heddle-controller: ready} when it serves its API and connects to its switches. Exit status: 0 when it was asked to
 * stop or the file is right, 1 when it could not start, 2 when the command line or the file is wrong.
 */
public final class ControllerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerProcess.class);
    private static final java.util.logging.Logger GRPC_LOG = java.util.logging.Logger.getLogger("io.grpc");
    private static final String USAGE = "usage: heddle controller --config FILE [--check]";

    private ControllerProcess() {}

    /** Runs the process and ends it with its exit status. */
    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** As {@link #main}, but returns the exit status. */
    public static int run(String... args) {
        Path file = null;
        boolean check = false;
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--config") && i + 1 < args.length) {
                file = Path.of(args[++i]);
            } else if (args[i].startsWith("--config=")) {
                file = Path.of(args[i].substring("--config=".length()));
            } else if (args[i].equals("--check")) {
                check = true;
            } else {
                System.err.println("heddle-controller: what is '" + args[i] + "'?\n" + USAGE);
                return 2;
            }
        }
        if (file == null) {
            System.err.println("heddle-controller: no configuration file\n" + USAGE);
            return 2;
        }
        try {
            ControllerConfig config = ControllerConfig.load(file);
            if (check) {
                config.settings().loadTls();
                System.out.println(
                        file + ": right, " + config.settings().switches().size() + " switches, "
                                + config.places().size() + " networks");
                return 0;
            }
            return serve(file, config);
        } catch (DocumentException e) {
            System.err.println(e.getMessage());
            return 2;
        } catch (IOException e) {
            System.err.println("heddle-controller: " + e.getMessage());
            return 1;
        }
    }

    /** SQLite's driver unpacks a library at each start and leaves it behind when the process is killed: not in /tmp, and not for long. */
    private static void unpackNativeCodeIn(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
            try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "sqlite-*")) {
                for (Path file : left) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new IOException("cannot use " + folder + ": " + e.getMessage(), e);
        }
        System.setProperty("org.sqlite.tmpdir", folder.toString());
    }

    private static int serve(Path file, ControllerConfig config) throws IOException {
        // The loop says in a line why a switch cannot be reached; gRPC would print a stack trace at every attempt.
        GRPC_LOG.setLevel(Level.OFF);
        unpackNativeCodeIn(config.settings().state().resolve("native"));
        CountDownLatch stop = new CountDownLatch(1);
        Signals.on("TERM", stop::countDown);
        Signals.on("INT", stop::countDown);
        try (RunningController running = RunningController.start(config)) {
            Signals.on("HUP", () -> reload(file, running));
            System.out.println("heddle-controller: ready");
            System.out.flush();
            stop.await();
            LOG.info("stopping");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
        return 0;
    }

    /** Certificates are renewed while the controller runs; all else in the file waits for a restart. */
    private static void reload(Path file, RunningController running) {
        try {
            running.useTls(ControllerConfig.load(file).settings().loadTls());
            LOG.info("{}: keys and certificates read again", file);
        } catch (DocumentException | IOException e) {
            LOG.error("{}: nothing was changed", e.getMessage());
        }
    }
}
