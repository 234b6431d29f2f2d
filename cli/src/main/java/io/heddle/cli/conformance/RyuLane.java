package io.heddle.cli.conformance;

import io.heddle.cli.conformance.RyuCases.CaseFile;
import io.heddle.cli.lab.Lab;
import io.heddle.cli.lab.LabFailure;
import io.heddle.cli.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One target, one tester and one runner, in two namespaces of their own.
 *
 * <pre>
 *   namespace s                              namespace t
 *   runner (os_ken) :6653 --- m0 ===== m0 --- tester, datapath id 2
 *      |
 *   target, datapath id 1  d1..d3 ===== d1..d3
 * </pre>
 *
 * <p>Both switches speak exactly the version under test: the runner waits for ever for one that speaks another. Not thread-safe.
 */
final class RyuLane {
    /**
     * What is tested by what.
     *
     * @param tester sends the packets and receives what comes back
     * @param version both speak
     * @param pauseSeconds between two cases: Open vSwitch as tester loses packets for a while after its flows were replaced, which the
     *     runner does before every case
     */
    record Plan(Target target, Target tester, OpenFlowVersion version, int pauseSeconds) {}

    private static final Duration STARTUP = Duration.ofSeconds(60);
    private static final int PORTS = 3;
    private static final String RUNNER_ADDRESS = "10.99.0.1";

    private final Lab lab;
    private final String name;
    private final Plan plan;
    private final List<CaseFile> files;
    private final RunnerLog log;
    private final Process runner;

    /**
     * Makes the lane and starts its runner.
     *
     * @param name unique in the lab, two characters at most
     * @param plan the two switches and the version
     * @param files the cases that this lane runs
     */
    RyuLane(Lab lab, String name, Plan plan, List<CaseFile> files) throws LabFailure {
        this.lab = lab;
        this.name = name;
        this.plan = plan;
        this.files = List.copyOf(files);
        log = new RunnerLog(
                files.stream().flatMap(file -> file.cases().stream()).toList());
        wire();
        start(plan.tester(), "t", 2);
        start(plan.target(), "s", 1);
        runner = startRunner();
    }

    private String space(String side) {
        return name + side;
    }

    private void wire() throws LabFailure {
        String s = lab.addNamespace(space("s"));
        String t = lab.addNamespace(space("t"));
        for (String device : List.of("m0", "d1", "d2", "d3")) {
            need("ip", "-n", s, "link", "add", device, "type", "veth", "peer", "name", device, "netns", t);
        }
        need("ip", "-n", s, "addr", "add", RUNNER_ADDRESS + "/24", "dev", "m0");
        need("ip", "-n", t, "addr", "add", "10.99.0.2/24", "dev", "m0");
        for (String side : List.of("s", "t")) {
            for (String device : List.of("m0", "d1", "d2", "d3")) {
                need("ip", "-n", lab.namespace(space(side)), "link", "set", device, "up");
            }
            for (int port = 1; port <= PORTS; port++) {
                // Checksums on the wire: the runner compares every octet.
                lab.in(
                        space(side),
                        STARTUP,
                        "ethtool",
                        "-K",
                        "d" + port,
                        "tx",
                        "off",
                        "rx",
                        "off",
                        "gso",
                        "off",
                        "tso",
                        "off",
                        "gro",
                        "off");
            }
        }
    }

    private static void need(String... command) throws LabFailure {
        Shell.need(command);
    }

    private void start(Target program, String side, int datapathId) throws LabFailure {
        switch (program) {
            case HEDDLE -> startHeddle(side, datapathId);
            case OVS -> startOpenVSwitch(side, datapathId);
        }
    }

    private void startHeddle(String side, int datapathId) throws LabFailure {
        String id = name + side;
        Path config = lab.write(
                id + ".yaml", """
                switch:
                  grpc:    { listen: ["unix:%1$s/%2$s.sock"] }
                  metrics: { listen: "off" }
                  state:   "%1$s/%2$s.state"
                bridges:
                  - name: br0
                    datapath-id: "%4$016x"
                    fail-mode: secure
                    controllers: ["tcp:%5$s:6653"]
                    protocols: [%3$s]
                    ports:
                      - { name: d1, number: 1, type: system }
                      - { name: d2, number: 2, type: system }
                      - { name: d3, number: 3, type: system }
                """.formatted(lab.folder(), id, plan.version().bridgeName(), datapathId, RUNNER_ADDRESS));
        String launcher = System.getProperty("heddle.launcher", "heddle");
        Process process = lab.start(id + "-switch", id, launcher, "switch", "--config", config.toString());
        lab.awaitLog(id + "-switch", process, "heddle-switch: ready", STARTUP);
    }

    /** Starts an Open vSwitch of this lane's own: a database, a daemon, a bridge. Two of them cannot share a namespace. */
    private void startOpenVSwitch(String side, int datapathId) throws LabFailure {
        String folder = lab.folder().resolve(name + side).toString();
        String socket = "unix:" + folder + "/db.sock";
        need("mkdir", "-p", folder);
        need("ovsdb-tool", "create", folder + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
        String program = name + side + "-ovs";
        String bridge = "br-" + side;
        lab.start(
                program + "db",
                space(side),
                "env",
                "OVS_RUNDIR=" + folder,
                "ovsdb-server",
                folder + "/conf.db",
                "--remote=punix:" + folder + "/db.sock",
                "--unixctl=" + folder + "/ovsdb.ctl",
                "--pidfile=" + folder + "/ovsdb.pid");
        await(Path.of(folder, "db.sock"), "ovsdb-server");
        need("ovs-vsctl", "--no-wait", "--db=" + socket, "init");
        lab.start(
                program,
                space(side),
                "env",
                "OVS_RUNDIR=" + folder,
                "ovs-vswitchd",
                socket,
                "--unixctl=" + folder + "/vswitchd.ctl",
                "--pidfile=" + folder + "/vswitchd.pid");
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--timeout=30", "--db=" + socket));
        command.addAll(List.of("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev"));
        command.addAll(List.of("protocols=" + plan.version().bridgeName(), "fail-mode=secure"));
        command.add("other-config:datapath-id=%016x".formatted(datapathId));
        command.add("other-config:disable-in-band=true");
        for (int port = 1; port <= PORTS; port++) {
            command.addAll(List.of("--", "add-port", bridge, "d" + port, "--", "set", "interface", "d" + port));
            command.add("ofport_request=" + port);
        }
        command.addAll(List.of("--", "set-controller", bridge, "tcp:" + RUNNER_ADDRESS + ":6653"));
        need(command.toArray(String[]::new));
    }

    private static void await(Path socket, String program) throws LabFailure {
        long end = System.nanoTime() + STARTUP.toNanos();
        while (!Files.exists(socket)) {
            if (System.nanoTime() > end) {
                throw new LabFailure(program + " did not make " + socket + " within " + STARTUP.toSeconds() + " s");
            }
            Lab.pause(20);
        }
    }

    private Process startRunner() throws LabFailure {
        Path folder = lab.folder().resolve(name + "-cases");
        try {
            for (CaseFile file : files) {
                Path copy = folder.resolve(file.name());
                Files.createDirectories(copy.getParent());
                Files.copy(file.path(), copy);
            }
        } catch (IOException e) {
            throw new LabFailure("cases cannot be copied to " + folder + ": " + e.getMessage());
        }
        return lab.start(
                name + "-runner",
                space("s"),
                "env",
                "PYTHONUNBUFFERED=1",
                "/usr/bin/python3",
                "/usr/bin/osken-manager",
                "--ofp-listen-host",
                "0.0.0.0",
                "--ofp-tcp-listen-port",
                "6653",
                "--test-switch-dir",
                folder.toString(),
                "--test-switch-target-version",
                plan.version().runnerName(),
                "--test-switch-tester-version",
                plan.version().runnerName(),
                // Between cases; within one there is no pause at all.
                "--test-switch-interval",
                Integer.toString(plan.pauseSeconds()),
                "os_ken.tests.switch.tester");
    }

    /** What the runner has shown so far. */
    List<CaseResult> results() {
        return log.parse(lab.logText(name + "-runner"));
    }

    /** Whether the runner has nothing more to show. */
    boolean finished() {
        return !runner.isAlive() || RunnerLog.ended(lab.logText(name + "-runner"));
    }

    /** Results for the cases that the runner did not get to. */
    List<CaseResult> missing() {
        Set<SuiteCase> seen = results().stream().map(CaseResult::test).collect(Collectors.toSet());
        String why = FailureReason.NOT_RUN + ": " + lab.tail(name + "-runner");
        return files.stream()
                .flatMap(file -> file.cases().stream())
                .filter(test -> !seen.contains(test))
                .map(test -> new CaseResult(test, false, why))
                .toList();
    }

    /** Stops the runner, which may be waiting for a switch that is gone. */
    void stop() {
        runner.destroy();
    }
}
