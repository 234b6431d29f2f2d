package io.heddle.conformance.e2e;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** An Open vSwitch with the user-space datapath, in a namespace and a folder of its own. Its lab ends it. */
final class OpenVSwitch {
    private static final Duration READY = Duration.ofSeconds(30);

    private final Host at;
    private final Path folder;

    private OpenVSwitch(Host at, Path folder) {
        this.at = at;
        this.folder = folder;
    }

    static OpenVSwitch start(Host at, Path folder) {
        OpenVSwitch made = new OpenVSwitch(at, folder);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        made.run("ovsdb-tool", "create", made.path("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema");
        made.daemon(
                "db.sock",
                "ovsdb-server",
                "--remote=punix:" + made.path("db.sock"),
                "--unixctl=" + made.path("db.ctl"),
                made.path("conf.db"));
        made.vsctl("--no-wait", "init");
        made.daemon(
                "vs.ctl",
                "ovs-vswitchd",
                "unix:" + made.path("db.sock"),
                "--disable-system",
                "--unixctl=" + made.path("vs.ctl"));
        return made;
    }

    /** Runs {@code ovs-vsctl}; waits until the daemon has done what it says. */
    String vsctl(String... arguments) {
        return run(with("ovs-vsctl", List.of("--db=unix:" + path("db.sock"), "-t", "20"), arguments));
    }

    /** Runs {@code ovs-ofctl} with OpenFlow 1.3. */
    String ofctl(String... arguments) {
        return run(with("ovs-ofctl", List.of("-O", "OpenFlow13"), arguments));
    }

    private static String[] with(String program, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(options);
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private String[] here(String... command) {
        List<String> whole = new ArrayList<>(List.of("env"));
        for (String name : List.of("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")) {
            whole.add(name + "=" + folder);
        }
        whole.addAll(List.of(command));
        return whole.toArray(String[]::new);
    }

    private String run(String... command) {
        return at.run(READY, here(command));
    }

    private void daemon(String file, String... command) {
        LabProcess process = at.start(here(command));
        Awaitility.await(process.toString())
                .atMost(READY)
                .failFast(process + " ended", () -> !process.isRunning())
                .until(() -> Files.exists(folder.resolve(file)));
    }
}
