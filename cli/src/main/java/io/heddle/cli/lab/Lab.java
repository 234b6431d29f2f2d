package io.heddle.cli.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Everything a run makes on the machine: network namespaces, processes and a folder of files, all named after this run.
 *
 * <p>{@link #close} takes all of it away again, newest first, and may be called from a shutdown hook while a step is under way.
 */
public final class Lab implements AutoCloseable {
    private final String prefix;
    private final Path folder;
    private final Deque<String> namespaces = new ArrayDeque<>();
    private final Deque<Process> processes = new ArrayDeque<>();
    private boolean closed;

    /**
     * @param prefix of the namespaces' names
     * @param folder for sockets, configurations and logs; made here, removed by {@link #close}
     */
    public Lab(String prefix, Path folder) throws LabFailure {
        this.prefix = prefix;
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new LabFailure("folder " + folder + " cannot be made: " + e.getMessage());
        }
    }

    /** Where the files of this lab are. */
    public Path folder() {
        return folder;
    }

    /** Full name of a namespace of this lab. */
    public String namespace(String name) {
        return prefix + "-" + name;
    }

    /** Makes a namespace with its loopback up and without IPv6, whose own chatter would only blur the picture. */
    public synchronized String addNamespace(String name) throws LabFailure {
        if (closed) {
            throw new LabFailure("interrupted");
        }
        String full = namespace(name);
        namespaces.push(full);
        Shell.need("ip", "netns", "add", full);
        Shell.need("ip", "-n", full, "link", "set", "lo", "up");
        Shell.run(
                "ip",
                "netns",
                "exec",
                full,
                "sysctl",
                "-qw",
                "net.ipv6.conf.all.disable_ipv6=1",
                "net.ipv6.conf.default.disable_ipv6=1");
        return full;
    }

    /** Starts a program in a namespace; what it prints goes to {@code NAME.log}. */
    public synchronized Process start(String name, String namespace, String... command) throws LabFailure {
        if (closed) {
            throw new LabFailure("interrupted");
        }
        List<String> full = new ArrayList<>(List.of("ip", "netns", "exec", namespace(namespace)));
        full.addAll(Arrays.asList(command));
        try {
            Process process = new ProcessBuilder(full)
                    .redirectErrorStream(true)
                    .redirectOutput(log(name).toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            processes.push(process);
            return process;
        } catch (IOException e) {
            throw new LabFailure(String.join(" ", command) + " could not be started: " + e.getMessage());
        }
    }

    /** Runs a program in a namespace and waits for it. */
    public Shell.Result in(String namespace, Duration limit, String... command) {
        List<String> full = new ArrayList<>(List.of("ip", "netns", "exec", namespace(namespace)));
        full.addAll(Arrays.asList(command));
        return Shell.run(limit, full);
    }

    /** The file that holds what the program started as {@code name} prints. */
    public Path log(String name) {
        return folder.resolve(name + ".log");
    }

    /** Writes a file of this lab. */
    public Path write(String name, String text) throws LabFailure {
        Path file = folder.resolve(name);
        try {
            Files.writeString(file, text, StandardCharsets.UTF_8);
            return file;
        } catch (IOException e) {
            throw new LabFailure("file " + file + " cannot be written: " + e.getMessage());
        }
    }

    /** Waits until a process has printed {@code text}. */
    public void awaitLog(String name, Process process, String text, Duration limit) throws LabFailure {
        long end = System.nanoTime() + limit.toNanos();
        while (!logText(name).contains(text)) {
            if (!process.isAlive()) {
                throw new LabFailure(name + " stopped with status " + process.exitValue() + ": " + tail(name));
            }
            if (System.nanoTime() > end) {
                throw new LabFailure(
                        name + " did not print '" + text + "' within " + limit.toSeconds() + " s: " + tail(name));
            }
            pause(10);
        }
    }

    /** The last lines of a log, joined, for an error message. */
    public String tail(String name) {
        List<String> lines = logText(name).lines().toList();
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 4), lines.size()));
    }

    /** What the program started as {@code name} has printed so far. */
    public String logText(String name) {
        try {
            return Files.exists(log(name)) ? Files.readString(log(name), StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            return "(" + log(name) + ": " + e.getMessage() + ")";
        }
    }

    /**
     * Waits.
     *
     * @throws LabFailure when the user interrupts
     */
    public static void pause(long milliseconds) throws LabFailure {
        try {
            TimeUnit.MILLISECONDS.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabFailure("interrupted");
        }
    }

    /** Ids of the processes that are running. */
    public List<Long> processIds() {
        return processes.stream().filter(Process::isAlive).map(Process::pid).toList();
    }

    /** Full names of the namespaces, newest first. */
    public List<String> namespaces() {
        return List.copyOf(namespaces);
    }

    /** Copies what the programs have printed to a folder, which is made. */
    public void copyLogs(Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".log")).toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Leaves everything as it is: {@link #close} then does nothing. */
    public synchronized void keep() {
        closed = true;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor(2, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        // What a step was running when the user interrupted it.
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        namespaces.forEach(name -> Shell.run("ip", "netns", "del", name));
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("heddle: folder " + folder + " is left behind: " + e.getMessage());
        }
    }
}
