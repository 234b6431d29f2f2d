package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An Open vSwitch with a bridge br0 and dummy ports 1 to 3, in a folder and a network namespace of its own. */
final class OvsSandbox implements AutoCloseable {
    private final Path folder;
    private final List<Process> daemons = new ArrayList<>();

    OvsSandbox(Path folder) throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder);
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

    /** Where ovs-ofctl reaches the bridge. */
    String bridge() {
        return "unix:" + folder.resolve("br0.mgmt");
    }

    /** Has a port receive a frame. */
    void receive(String port, String hex) throws IOException, InterruptedException {
        run("ovs-appctl", "-t", at("vs.ctl"), "netdev-dummy/receive", port, hex);
    }

    private void start() throws IOException, InterruptedException {
        String database = folder.resolve("db.sock").toString();
        run("ovsdb-tool", "create", at("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema");
        daemon("db.sock", "ovsdb-server", "--remote=punix:" + database, "--unixctl=" + at("db.ctl"), at("conf.db"));
        run("ovs-vsctl", "--db=unix:" + database, "--no-wait", "init");
        daemon(
                "vs.ctl",
                "unshare",
                "--net",
                "ovs-vswitchd",
                "unix:" + database,
                "--enable-dummy=override",
                "--disable-system",
                "--unixctl=" + at("vs.ctl"));
        List<String> setup =
                new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + database, "-t", "60", "add-br", "br0"));
        setup.addAll(List.of("--", "set", "bridge", "br0", "datapath_type=dummy", "fail-mode=secure"));
        setup.add("protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15");
        for (int port = 1; port <= 3; port++) {
            setup.addAll(List.of("--", "add-port", "br0", "p" + port, "--", "set", "interface", "p" + port));
            setup.addAll(List.of("type=dummy", "ofport_request=" + port));
        }
        run(setup.toArray(String[]::new));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private ProcessBuilder builder(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        for (String name : List.of("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")) {
            builder.environment().put(name, folder.toString());
        }
        return builder;
    }

    private void daemon(String file, String... command) throws IOException {
        Process process = builder(command)
                .redirectOutput(folder.resolve(file + ".out").toFile())
                .start();
        daemons.add(process);
        await().atMost(60, TimeUnit.SECONDS)
                .failFast(command[0] + " has ended", () -> !process.isAlive())
                .until(() -> Files.exists(folder.resolve(file)));
    }

    private void run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "run", ".out");
        Process process = builder(command).redirectOutput(output.toFile()).start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue())
                    .as(String.join(" ", command) + "\n" + Files.readString(output, StandardCharsets.UTF_8))
                    .isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        for (Process process : daemons.reversed()) {
            process.destroy();
            process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
            process.destroyForcibly();
            process.onExit().join();
        }
    }
}
