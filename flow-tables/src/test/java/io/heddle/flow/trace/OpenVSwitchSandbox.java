package io.heddle.flow.trace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An Open vSwitch of its own with a bridge br0 and dummy ports 1 to 4, in its own folder and network namespace. Nothing outside is
 * touched; everything ends with {@link #close}.
 */
final class OpenVSwitchSandbox implements AutoCloseable {
    private final Path folder;
    private final List<Process> daemons = new ArrayList<>();

    OpenVSwitchSandbox(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        boolean isUp = false;
        try {
            start();
            isUp = true;
        } finally {
            if (!isUp) {
                close();
            }
        }
    }

    private void start() throws IOException, InterruptedException {
        run("ovsdb-tool", "create", at("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema");
        daemon("ovsdb-server", "--remote=punix:" + at("db.sock"), "--unixctl=" + at("db.ctl"), at("conf.db"));
        awaitFile("db.sock");
        run("ovs-vsctl", "--db=unix:" + at("db.sock"), "--no-wait", "init");
        daemon(
                "unshare",
                "--net",
                "ovs-vswitchd",
                "unix:" + at("db.sock"),
                "--enable-dummy=override",
                "--disable-system",
                "--unixctl=" + at("vs.ctl"));
        awaitFile("vs.ctl");
        List<String> setup = new ArrayList<>(List.of(
                "ovs-vsctl", "--db=unix:" + at("db.sock"), "-t", "20", "add-br", "br0", "--", "set", "bridge", "br0"));
        setup.addAll(List.of("datapath_type=dummy", "fail-mode=secure"));
        for (int port = 1; port <= 4; port++) {
            setup.addAll(
                    List.of("--", "add-port", "br0", "p" + port, "--", "set", "interface", "p" + port, "type=dummy"));
            setup.add("ofport_request=" + port);
        }
        run(setup.toArray(String[]::new));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private void daemon(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(command[0] + ".out").toFile());
        environment(builder);
        daemons.add(builder.start());
    }

    private void environment(ProcessBuilder builder) {
        for (String name : List.of("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")) {
            builder.environment().put(name, folder.toString());
        }
    }

    private void awaitFile(String name) throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        while (!Files.exists(folder.resolve(name))) {
            if (Instant.now().isAfter(deadline)) {
                throw new IOException("Open vSwitch did not make " + name + " within 20 s");
            }
            // The daemon's end or the next look, whichever is first.
            if (daemons.getLast().waitFor(20, TimeUnit.MILLISECONDS)) {
                throw new IOException("Open vSwitch ended before it made " + name);
            }
        }
    }

    /** Runs a command and returns what it printed. */
    String run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "run", ".out");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        environment(builder);
        Process process = builder.start();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IOException(String.join(" ", command) + " did not end within 30 s");
            }
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        Files.delete(output);
        if (process.exitValue() != 0) {
            boolean isAlive = daemons.stream().allMatch(Process::isAlive);
            Path log = folder.resolve("unshare.out");
            String said = Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
            throw new IOException(
                    String.join(" ", command) + ": " + text + (isAlive ? "" : "\nOpen vSwitch has ended:\n" + said));
        }
        return text;
    }

    /** Replaces all flows and groups. */
    void program(List<String> groups, List<String> flows) throws IOException, InterruptedException {
        String bridge = "unix:" + at("br0.mgmt");
        // Flows first: version 3.1 aborts when a flow refers to two of the groups that are deleted.
        run("ovs-ofctl", "-O", "OpenFlow13", "del-flows", bridge);
        run("ovs-ofctl", "-O", "OpenFlow13", "del-groups", bridge);
        Path file = folder.resolve("program");
        Files.write(file, groups);
        run("ovs-ofctl", "-O", "OpenFlow13", "add-groups", bridge, file.toString());
        Files.write(file, flows);
        run("ovs-ofctl", "-O", "OpenFlow13", "add-flows", bridge, file.toString());
    }

    String trace(String flow) throws IOException, InterruptedException {
        return run("ovs-appctl", "-t", at("vs.ctl"), "ofproto/trace", "br0", flow);
    }

    @Override
    public void close() {
        for (Process daemon : daemons.reversed()) {
            daemon.destroy();
            try {
                if (!daemon.waitFor(5, TimeUnit.SECONDS)) {
                    daemon.destroyForcibly();
                }
            } catch (InterruptedException e) {
                daemon.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
