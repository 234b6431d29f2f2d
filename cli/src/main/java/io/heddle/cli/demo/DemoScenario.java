package io.heddle.cli.demo;

import static io.heddle.cli.demo.DemoCommand.PATIENCE;

import io.heddle.cli.lab.Lab;
import io.heddle.cli.lab.LabFailure;
import io.heddle.cli.lab.Shell;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The demo's steps.
 *
 * <pre>
 *   h1 --veth--+                                       +--veth-- h4
 *   h2 --veth--+-- br0 (switch 1) ==VXLAN 5000== br0 (switch 2)
 *   h3 --TAP---+         |                             |
 *                        +-------- controller ---------+
 *                              (gRPC; DHCP, ARP, learning)
 * </pre>
 */
final class DemoScenario {
    private static final List<Host> HOSTS =
            List.of(new Host("h1", "veth"), new Host("h2", "veth"), new Host("h3", "TAP"), new Host("h4", "VXLAN"));

    /** How long a process may take to be ready on a machine that is busy with other things. */
    private static final Duration STARTUP = Duration.ofSeconds(90);

    private static final Pattern DROPS = Pattern.compile("(?m)^heddle_drops_total\\{[^}]*} ([0-9.E+]+)$");

    private final Lab lab;
    private final Report report;
    private final Function<List<String>, Shell.Result> heddle;
    private final Map<String, String> addresses = new LinkedHashMap<>();
    private final Map<String, String> macs = new LinkedHashMap<>();

    /**
     * @param heddle runs a {@code heddle} command in this process
     */
    DemoScenario(Lab lab, Report report, Function<List<String>, Shell.Result> heddle) {
        this.lab = lab;
        this.report = report;
        this.heddle = heddle;
    }

    /** Walks through all steps; stops early when what the rest stands on is not there. */
    void run() {
        report.title("Processes");
        boolean up = report.check("make namespaces for hosts and switches", this::namespaces)
                && report.check("start switch 1, switch 2 and the controller", this::processes)
                && report.check("plug in the hosts", this::plugIn);
        if (!up) {
            return;
        }
        report.title("DHCP: every host runs udhcpc");
        if (!addressesByDhcp()) {
            return;
        }
        report.title("ARP and ping, every pair both ways");
        pingAllPairs();
        report.title("TCP (iperf3, one second each)");
        transfer("h1", "h2", "veth to veth");
        transfer("h1", "h3", "veth to TAP");
        transfer("h1", "h4", "veth to VXLAN");
        transfer("h3", "h4", "TAP to VXLAN");
        report.title("A flow added by hand over gRPC");
        blockOnePair();
    }

    private String namespaces() throws LabFailure {
        for (String name : List.of("s1", "s2", "c", "h1", "h2", "h3", "h4")) {
            lab.addNamespace(name);
        }
        String s1 = lab.namespace("s1");
        String s2 = lab.namespace("s2");
        Shell.need("ip", "-n", s1, "link", "add", "under", "type", "veth", "peer", "name", "under", "netns", s2);
        Shell.need("ip", "-n", s1, "addr", "add", DemoConfiguration.UNDERLAY_1 + "/24", "dev", "under");
        Shell.need("ip", "-n", s2, "addr", "add", DemoConfiguration.UNDERLAY_2 + "/24", "dev", "under");
        Shell.need("ip", "-n", s1, "link", "set", "under", "up");
        Shell.need("ip", "-n", s2, "link", "set", "under", "up");
        return lab.namespaces().size() + " namespaces";
    }

    private Path socket(String name) {
        return lab.folder().resolve(name + ".sock");
    }

    private String processes() throws LabFailure {
        Path folder = lab.folder();
        Path config1 = lab.write(
                "s1.yaml",
                DemoConfiguration.switch1(
                        socket("s1"), folder.resolve("s1.state"), lab.namespace("h1"), lab.namespace("h2")));
        Path config2 = lab.write(
                "s2.yaml", DemoConfiguration.switch2(socket("s2"), folder.resolve("s2.state"), lab.namespace("h4")));
        Path config3 = lab.write(
                "controller.yaml",
                DemoConfiguration.controller(
                        socket("s1"), socket("s2"), socket("controller"), folder.resolve("controller.state")));
        String launcher = System.getProperty("heddle.launcher", "heddle");
        Process s1 = lab.start("s1", "s1", launcher, "switch", "--config", config1.toString());
        Process s2 = lab.start("s2", "s2", launcher, "switch", "--config", config2.toString());
        Process controller = lab.start("controller", "c", launcher, "controller", "--config", config3.toString());
        lab.awaitLog("s1", s1, "heddle-switch: ready", STARTUP);
        lab.awaitLog("s2", s2, "heddle-switch: ready", STARTUP);
        lab.awaitLog("controller", controller, "heddle-controller: ready", STARTUP);
        lab.awaitLog("controller", controller, socket("s1") + ": bridge br0 ready", STARTUP);
        lab.awaitLog("controller", controller, socket("s2") + ": bridge br0 ready", STARTUP);
        return "pids " + s1.pid() + ", " + s2.pid() + ", " + controller.pid();
    }

    private String plugIn() throws LabFailure {
        Shell.need(
                "ip", "-n", lab.namespace("s1"), "link", "set", "tap3", "netns", lab.namespace("h3"), "name", "eth0");
        for (Host host : HOSTS) {
            String namespace = lab.namespace(host.name());
            Shell.need("ip", "-n", namespace, "link", "set", "eth0", "up");
            Matcher mac = Pattern.compile("link/ether ([0-9a-f:]+)")
                    .matcher(Shell.need("ip", "-n", namespace, "link", "show", "eth0"));
            if (!mac.find()) {
                throw new LabFailure("eth0 of " + host.name() + " has no MAC address");
            }
            macs.put(host.name(), mac.group(1));
        }
        return "h1, h2 by veth, h3 by TAP, h4 by veth behind the tunnel";
    }

    private boolean addressesByDhcp() throws RuntimeException {
        Path script;
        try {
            script = lab.write("udhcpc.sh", DemoConfiguration.udhcpcScript());
            if (!script.toFile().setExecutable(true)) {
                throw new LabFailure(script + " cannot be made executable");
            }
        } catch (LabFailure e) {
            return report.check("write udhcpc's script", () -> {
                throw e;
            });
        }
        boolean all = true;
        for (Host host : HOSTS) {
            all &= report.check("%s (%s) gets a lease".formatted(host.name(), host.kind()), () -> lease(host, script));
        }
        return all;
    }

    private String lease(Host host, Path script) throws LabFailure {
        Shell.Result result = lab.in(
                host.name(),
                PATIENCE,
                "busybox",
                "udhcpc",
                "-i",
                "eth0",
                "-f",
                "-n",
                "-q",
                "-t",
                "6",
                "-T",
                "1",
                "-s",
                script.toString());
        if (!result.succeeded()) {
            throw new LabFailure("udhcpc ended with status " + result.exitCode() + ": " + result.lastLine());
        }
        Matcher address = Pattern.compile("inet (" + Pattern.quote(DemoConfiguration.SUBNET) + "\\d+)/")
                .matcher(lab.in(host.name(), PATIENCE, "ip", "addr", "show", "dev", "eth0")
                        .output());
        if (!address.find()) {
            throw new LabFailure("eth0 has no address of " + DemoConfiguration.SUBNET + "0/24: " + result.lastLine());
        }
        addresses.put(host.name(), address.group(1));
        return address.group(1) + ", MAC " + macs.get(host.name());
    }

    private void pingAllPairs() {
        for (Host from : HOSTS) {
            for (Host to : HOSTS) {
                if (!from.equals(to)) {
                    report.check(
                            "%s pings %s (%s to %s)".formatted(from.name(), to.name(), from.kind(), to.kind()),
                            () -> ping(from.name(), to.name()));
                }
            }
        }
    }

    private String address(String host) throws LabFailure {
        String address = addresses.get(host);
        if (address == null) {
            throw new LabFailure(host + " has no address");
        }
        return address;
    }

    private String ping(String from, String to) throws LabFailure {
        Shell.Result result = lab.in(from, PATIENCE, "ping", "-c", "2", "-i", "0.05", "-W", "2", address(to));
        if (!result.succeeded() || !result.output().contains(" 0% packet loss")) {
            throw new LabFailure("no answer from " + address(to) + ": " + result.lastLine());
        }
        String neighbour = lab.in(from, PATIENCE, "ip", "neigh", "show", address(to), "dev", "eth0")
                .output();
        if (!neighbour.contains("lladdr " + macs.get(to))) {
            throw new LabFailure("ARP gave another MAC address than " + macs.get(to) + ": " + neighbour.strip());
        }
        Matcher time = Pattern.compile("= ([0-9.]+)/([0-9.]+)/").matcher(result.output());
        return "2 of 2 answered" + (time.find() ? ", " + time.group(1) + " ms" : "");
    }

    private void transfer(String from, String to, String path) {
        report.check("%s to %s (%s)".formatted(from, to, path), () -> {
            Process server = lab.start("iperf3-" + from + to, to, "iperf3", "-s", "-1", "--forceflush");
            lab.awaitLog("iperf3-" + from + to, server, "Server listening", PATIENCE);
            Shell.Result result = lab.in(from, PATIENCE, "iperf3", "-c", address(to), "-t", "1", "-J");
            server.destroy();
            JsonNode end =
                    JsonMapper.builder().build().readTree(result.output()).path("end");
            double gigabits = end.path("sum_received").path("bits_per_second").asDouble(0) / 1e9;
            if (!result.succeeded() || gigabits <= 0) {
                throw new LabFailure("iperf3 moved nothing: status " + result.exitCode() + ", " + result.lastLine());
            }
            return "%.2f Gbit/s, %d retransmits"
                    .formatted(
                            gigabits, end.path("sum_sent").path("retransmits").asLong(0));
        });
    }

    private Shell.Result heddle(String... arguments) {
        report.line("$ heddle " + String.join(" ", quoted(arguments)));
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--target", "unix:" + socket("s1")));
        return heddle.apply(all);
    }

    private static List<String> quoted(String... arguments) {
        List<String> quoted = new ArrayList<>();
        for (String argument : arguments) {
            quoted.add(argument.contains(",") || argument.contains(" ") ? "'" + argument + "'" : argument);
        }
        return quoted;
    }

    private Shell.Result needHeddle(String... arguments) throws LabFailure {
        Shell.Result result = heddle(arguments);
        if (!result.succeeded()) {
            throw new LabFailure("status " + result.exitCode() + ": " + result.lastLine());
        }
        return result;
    }

    private void blockOnePair() {
        double[] drops = new double[1];
        boolean ready = report.check("add a flow that blocks h1 to h2", () -> {
            drops[0] = dropsOfSwitch1();
            needHeddle(
                    "flow",
                    "add",
                    "br0",
                    "cookie=0xb10c,priority=40000,ip,nw_src=%s,nw_dst=%s,actions=drop"
                            .formatted(address("h1"), address("h2")));
            return "barrier passed";
        });
        if (!ready) {
            return;
        }
        report.check("h1 does not reach h2 any more, h3 still does", () -> {
            if (lab.in("h1", PATIENCE, "ping", "-c", "3", "-i", "0.05", "-W", "1", address("h2"))
                    .succeeded()) {
                throw new LabFailure("the ping was answered although a flow drops it");
            }
            ping("h3", "h2");
            return "3 of 3 lost, h3 answered";
        });
        report.check("a trace of that packet names the blocking flow", () -> {
            String trace = needHeddle(
                            "trace",
                            "br0",
                            "in_port=1,icmp,dl_src=%s,dl_dst=%s,nw_src=%s,nw_dst=%s,nw_ttl=64,icmp_type=8"
                                    .formatted(macs.get("h1"), macs.get("h2"), address("h1"), address("h2")))
                    .output();
            trace.lines().filter(line -> !line.isBlank()).forEach(report::line);
            if (!trace.contains("cookie 0xb10c") || !trace.contains("Datapath actions: drop")) {
                throw new LabFailure("the trace does not name cookie 0xb10c and end in a drop");
            }
            return "cookie 0xb10c";
        });
        report.check("the flow's counter has the lost packets", () -> {
            String flows = needHeddle("flow", "dump", "br0", "cookie=0xb10c/-1").output();
            Matcher packets = Pattern.compile("n_packets=(\\d+)").matcher(flows);
            if (!packets.find() || !packets.group(1).equals("3")) {
                throw new LabFailure("n_packets is not 3: " + flows.strip());
            }
            return "n_packets=3";
        });
        report.check("the metrics counted them", () -> {
            double more = dropsOfSwitch1() - drops[0];
            if (more < 3) {
                throw new LabFailure("heddle_drops_total grew by " + more + ", not by 3 or more");
            }
            return "heddle_drops_total grew by %.0f".formatted(more);
        });
        report.check("remove the flow; h1 reaches h2 again", () -> {
            needHeddle("flow", "del", "br0", "cookie=0xb10c/-1");
            return ping("h1", "h2");
        });
    }

    private double dropsOfSwitch1() throws LabFailure {
        Shell.Result metrics =
                lab.in("s1", PATIENCE, "busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:9464/metrics");
        if (!metrics.succeeded()) {
            throw new LabFailure("http://127.0.0.1:9464/metrics did not answer: " + metrics.lastLine());
        }
        return DROPS.matcher(metrics.output())
                .results()
                .mapToDouble(m -> Double.parseDouble(m.group(1)))
                .sum();
    }

    void howToLookAround(PrintWriter out) {
        String target = "--target unix:" + socket("s1");
        out.printf("%nEverything is still running. Look around:%n");
        out.printf("  ./heddle flow dump br0 %s%n", target);
        out.printf("  ./heddle port list br0 %s%n", target);
        out.printf("  ./heddle megaflow dump %s%n", target);
        out.printf("  ./heddle top %s%n", target);
        out.printf("  ./heddle lease list --target unix:%s%n", socket("controller"));
        out.printf("  ip netns exec %s ping %s%n", lab.namespace("h1"), addresses.getOrDefault("h4", "10.20.0.1"));
        out.printf("Logs and configurations: %s%n", lab.folder());
        out.printf(
                "Take it down:%n  kill %s%n",
                String.join(" ", lab.processIds().stream().map(String::valueOf).toList()));
        out.printf(
                "  sleep 2; for n in %s; do ip netns del $n; done; rm -rf %s%n",
                String.join(" ", lab.namespaces()), lab.folder());
        out.flush();
    }
}
