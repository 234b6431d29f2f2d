package io.heddle.flow.trace;

import io.heddle.flow.pipeline.Mirror;
import io.heddle.flow.pipeline.PortVlans;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An Open vSwitch of its own with a bridge br0 and dummy ports 1 to 4, in its own folder and network namespace. Nothing outside is
 * touched; everything ends with {@link #close}.
 */
final class OpenVSwitchSandbox implements AutoCloseable {
    private final Path folder;
    private final List<Process> daemons = new ArrayList<>();
    private @Nullable SocketChannel control;

    /** Open vSwitch has crashed; only another sandbox helps. Its message has what the daemon said last. */
    static final class EndedException extends IOException {
        private static final long serialVersionUID = 1L;

        EndedException(String message) {
            super(message);
        }
    }

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
            String failed = String.join(" ", command) + ": " + text;
            if (hasEnded()) {
                throw new EndedException(failed + "\nOpen vSwitch has ended:\n" + said());
            }
            throw new IOException(failed);
        }
        return text;
    }

    /** Sets what a port does with VLANs. */
    void vlans(String port, PortVlans vlans) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + at("db.sock"), "-t", "20"));
        command.addAll(List.of("clear", "port", port, "tag", "trunks", "--", "set", "port", port));
        command.add("vlan_mode=" + vlans.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        if (vlans.mode() != PortVlans.Mode.TRUNK) {
            command.add("tag=" + vlans.tag());
        }
        if (!vlans.trunks().isEmpty()) {
            command.add("trunks=["
                    + String.join(
                            ",", vlans.trunks().stream().map(String::valueOf).toList())
                    + "]");
        }
        run(command.toArray(String[]::new));
    }

    /** Sets what happens to fragments, as {@code ovs-ofctl set-frags} names it. */
    void fragments(String handling) throws IOException, InterruptedException {
        run("ovs-ofctl", "-O", "OpenFlow13", "set-frags", "unix:" + at("br0.mgmt"), handling);
    }

    /** Replaces all mirrors. */
    void mirrors(List<Mirror> mirrors) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ovs-vsctl", "--db=unix:" + at("db.sock"), "-t", "20"));
        for (int port = 1; port <= 4; port++) {
            command.addAll(List.of("--", "--id=@p" + port, "get", "port", "p" + port));
        }
        List<String> ids = new ArrayList<>();
        for (Mirror mirror : mirrors) {
            ids.add("@" + mirror.name());
            command.addAll(List.of("--", "--id=@" + mirror.name(), "create", "mirror", "name=" + mirror.name()));
            command.add("select_all=" + mirror.selectAll());
            command.add("select_src_port=" + references(mirror.sources()));
            command.add("select_dst_port=" + references(mirror.destinations()));
            command.add("select_vlan=["
                    + String.join(
                            ",", mirror.vlans().stream().map(String::valueOf).toList()) + "]");
            command.add(
                    mirror.outputPort() == 0
                            ? "output_vlan=" + mirror.outputVlan()
                            : "output_port=@p" + mirror.outputPort());
        }
        command.addAll(List.of("--", "set", "bridge", "br0", "mirrors=[" + String.join(",", ids) + "]"));
        run(command.toArray(String[]::new));
    }

    private static String references(Set<Integer> ports) {
        return "[" + String.join(",", ports.stream().map(port -> "@p" + port).toList()) + "]";
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

    /**
     * Asks for a trace as {@code ovs-appctl ofproto/trace} does (ovs-appctl(8): JSON-RPC 1.0 over a Unix socket), without a process for
     * each.
     *
     * @throws IOException with what it says when it takes the flow for wrong, or has ended
     */
    String trace(String flow) throws IOException {
        return trace(flow, "");
    }

    /** As {@link #trace(String)} with a packet made of the flow: what it causes happens. */
    String send(String flow) throws IOException {
        return trace(flow, ",\"-generate\"");
    }

    /** As {@link #trace(String)}, with what the connection tracker says. */
    String trace(String flow, List<String> ctNext) throws IOException {
        StringBuilder options = new StringBuilder();
        ctNext.forEach(
                flags -> options.append(",\"--ct-next\",\"").append(flags).append('"'));
        return trace(flow, options.toString());
    }

    /** The flows of a table, without statistics. */
    List<String> dump(int table) throws IOException, InterruptedException {
        return run(
                        "ovs-ofctl",
                        "-O",
                        "OpenFlow13",
                        "--no-stats",
                        "dump-flows",
                        "unix:" + at("br0.mgmt"),
                        "table=" + table)
                .lines()
                .map(String::strip)
                .filter(line -> line.contains("actions="))
                .toList();
    }

    private String trace(String flow, String more) throws IOException {
        return call("ofproto/trace", "\"br0\",\"" + flow + "\"" + more);
    }

    /** Has a port receive a frame; it is forwarded soon after. */
    void receive(String port, byte[] frame) throws IOException {
        call("netdev-dummy/receive", "\"" + port + "\",\"" + HexFormat.of().formatHex(frame) + "\"");
    }

    /** Captures what a port sends from now on. */
    Capture capture(String port) throws IOException, InterruptedException {
        Path file = folder.resolve(port + ".pcap");
        run("ovs-vsctl", "--db=unix:" + at("db.sock"), "-t", "20", "set", "interface", port, "options:tx_pcap=" + file);
        return new Capture(file);
    }

    /** Frames that a port has sent, one after the other, in a file in pcap's form. */
    static final class Capture {
        private static final int FILE_HEADER = 24;
        private static final int RECORD_HEADER = 16;

        private final Path file;
        private long at = FILE_HEADER;

        private Capture(Path file) {
            this.file = file;
        }

        /** Waits for the next frame. */
        byte[] next() throws IOException {
            byte[] header = await(at, RECORD_HEADER);
            int length = ByteBuffer.wrap(header).order(ByteOrder.nativeOrder()).getInt(8);
            byte[] frame = await(at + RECORD_HEADER, length);
            at += RECORD_HEADER + length;
            return frame;
        }

        private byte[] await(long from, int length) throws IOException {
            Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
            while (!Files.exists(file) || Files.size(file) < from + length) {
                if (Instant.now().isAfter(deadline)) {
                    throw new IOException("Open vSwitch sent no frame within 30 s");
                }
                LockSupport.parkNanos(200_000);
            }
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer octets = ByteBuffer.allocate(length);
                channel.read(octets, from);
                return octets.array();
            }
        }
    }

    /** @param params the members of a JSON array */
    private String call(String method, String params) throws IOException {
        if (control == null) {
            control = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("vs.ctl")));
        }
        String request = "{\"id\":0,\"method\":\"" + method + "\",\"params\":[" + params + "]}";
        control.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
        StringBuilder reply = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(65536);
        while (!isWhole(reply)) {
            buffer.clear();
            if (control.read(buffer) < 0) {
                throw new EndedException("Open vSwitch has ended at " + method + " " + params + "\n" + said());
            }
            reply.append(StandardCharsets.UTF_8.decode(buffer.flip()));
        }
        String result = member(reply, "result");
        if (result == null) {
            throw new IOException(method + " " + params + ": " + member(reply, "error"));
        }
        return result;
    }

    /** Whether every brace and string of a JSON text is closed. */
    private static boolean isWhole(CharSequence json) {
        int depth = 0;
        boolean isString = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (isString && c == '\\') {
                i++;
            } else if (c == '"') {
                isString = !isString;
            } else if (!isString) {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            }
        }
        return depth == 0 && !isString && !json.isEmpty();
    }

    /** A text member of a JSON object, null when it is absent or no text. */
    private static @Nullable String member(CharSequence json, String name) {
        Matcher matcher =
                Pattern.compile("\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*+)\"").matcher(json);
        if (!matcher.find()) {
            return null;
        }
        return matcher.group(1)
                .replace("\\n", "\n")
                .replace("\\t", "\t")
                .replace("\\\"", "\"")
                .replace("\\/", "/");
    }

    /** A connection that a dying daemon closes comes a moment before its end. */
    private boolean hasEnded() throws InterruptedException {
        return daemons.getLast().waitFor(1, TimeUnit.SECONDS)
                || !daemons.getFirst().isAlive();
    }

    private String said() throws IOException {
        Path log = folder.resolve("unshare.out");
        return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    }

    @Override
    public void close() {
        if (control != null) {
            try {
                control.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
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
