package io.heddle.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Hosts in network namespaces, and processes in them, for one test. Names are unique per process and lab; everything is removed by
 * {@link #close}, and by a shutdown hook if the test is interrupted.
 *
 * <pre>{@code
 * try (NetnsLab lab = new NetnsLab()) {
 *     Host a = lab.host("a");                              // network namespace hd<pid>-<n>-a, loopback up
 *     String tap = lab.device("tap");                      // a device name nobody else has; removed at the end
 *     lab.run("ip", "link", "set", tap, "netns", a.netns());
 *     a.run("ping", "-c1", "-W2", "10.0.0.2");             // fails the test with the output if the exit status is not 0
 *     LabProcess server = a.start("iperf3", "-s", "-1", "--forceflush").awaitOutput("listening", Duration.ofSeconds(5));
 * }
 * }</pre>
 *
 * <p>Thread safety: the test's thread only, except for the hook.
 */
public final class NetnsLab implements AutoCloseable {
    /** How long {@code run} waits. */
    public static final Duration DEADLINE = Duration.ofSeconds(20);

    private static final AtomicInteger LABS = new AtomicInteger();

    private final String prefix =
            Long.toString(ProcessHandle.current().pid(), 36) + "-" + Integer.toString(LABS.incrementAndGet(), 36);
    private final Deque<LabProcess> processes = new ArrayDeque<>();
    private final List<Host> hosts = new ArrayList<>();
    private final List<String> devices = new ArrayList<>();
    private final Thread hook = new Thread(this::cleanUp, "netns-lab-cleanup");
    private boolean closed;

    /**
     * Makes an empty lab.
     *
     * @throws AssertionError if this process is not root: such tests are not skipped
     */
    public NetnsLab() {
        if (!"root".equals(System.getProperty("user.name")) || !Files.isWritable(Path.of("/run"))) {
            throw new AssertionError("tests with the tag netns need root: run them as root, or leave them out with"
                    + " -DexcludedGroups=netns,differential,slow");
        }
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Makes a network namespace.
     *
     * @param name that tells it from the lab's others
     */
    public Host host(String name) {
        String netns = "hd" + prefix + "-" + name;
        run("ip", "netns", "add", netns);
        Host host = new Host(netns);
        hosts.add(host);
        host.run("ip", "link", "set", "lo", "up");
        return host;
    }

    /**
     * Returns a device name that nobody else has. Whatever device of the main namespace has it when the lab is closed is removed.
     *
     * @param name that tells it from the lab's others, 4 characters at most
     */
    public String device(String name) {
        String device = "h" + prefix + name;
        if (device.length() > 15) {
            throw new IllegalArgumentException(
                    "device name " + device + " has more than 15 characters: shorten " + name);
        }
        devices.add(device);
        return device;
    }

    /** Runs a command in the main namespace; fails the test if its exit status is not 0. */
    public String run(String... command) {
        return runIn(null, DEADLINE, List.of(command));
    }

    /** As {@link #run(String...)} with another deadline. */
    public String run(Duration deadline, String... command) {
        return runIn(null, deadline, List.of(command));
    }

    /** Starts a command in the main namespace. */
    public LabProcess start(String... command) {
        return startIn(null, List.of(command));
    }

    private String runIn(@Nullable String netns, Duration deadline, List<String> command) {
        LabProcess process = startIn(netns, command);
        try (process) {
            int status = process.awaitExit(deadline);
            if (status != 0) {
                throw new AssertionError(
                        process + " ended with status " + status + " and printed:\n" + process.output());
            }
            return process.output();
        } finally {
            synchronized (processes) {
                processes.remove(process);
            }
        }
    }

    private LabProcess startIn(@Nullable String netns, List<String> command) {
        List<String> whole = new ArrayList<>();
        if (netns != null) {
            whole.addAll(List.of("ip", "netns", "exec", netns)); // becomes the command: same process id
        }
        whole.addAll(command);
        try {
            LabProcess process = new LabProcess(new ProcessBuilder(whole));
            synchronized (processes) {
                processes.push(process);
            }
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + whole, e);
        }
    }

    /** Kills all processes, then removes all devices and namespaces. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // shutting down: the hook does it
        }
        cleanUp();
    }

    private void cleanUp() {
        synchronized (processes) {
            if (closed) {
                return;
            }
            closed = true;
            while (!processes.isEmpty()) {
                processes.pop().close();
            }
        }
        for (String device : devices) {
            if (Files.exists(Path.of("/sys/class/net", device))) {
                quietly("ip", "link", "del", device);
            }
        }
        for (Host host : hosts) {
            quietly("ip", "netns", "del", host.netns());
        }
    }

    private static void quietly(String... command) {
        try (LabProcess process = new LabProcess(new ProcessBuilder(Arrays.asList(command)))) {
            process.awaitExit(Duration.ofSeconds(10));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clean up with " + String.join(" ", command), e);
        }
    }

    /** A network namespace. */
    public final class Host {
        private final String netns;

        private Host(String netns) {
            this.netns = netns;
        }

        /** Returns the name of the namespace under /run/netns. */
        public String netns() {
            return netns;
        }

        /** Runs a command; fails the test if its exit status is not 0. */
        public String run(String... command) {
            return runIn(netns, DEADLINE, List.of(command));
        }

        /** As {@link #run(String...)} with another deadline. */
        public String run(Duration deadline, String... command) {
            return runIn(netns, deadline, List.of(command));
        }

        /** Starts a command; it is killed at the end. */
        public LabProcess start(String... command) {
            return startIn(netns, List.of(command));
        }

        /** Gives a device, which must be in the namespace, an address like "10.0.0.1/24", and sets it up. */
        public void configure(String device, String address) {
            run("ip", "addr", "add", address, "dev", device);
            run("ip", "link", "set", device, "up");
        }
    }
}
