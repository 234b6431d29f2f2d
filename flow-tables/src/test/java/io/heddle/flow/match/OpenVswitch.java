package io.heddle.flow.match;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * An Open vSwitch of our own with one bridge without devices, in a folder of its own: asked for the flow of a packet.
 *
 * <p>Neither root nor a kernel module is needed: the bridge's datapath is the one that Open vSwitch's own tests use.
 */
final class OpenVswitch implements AutoCloseable {
    private static final String SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final SocketChannel control;

    OpenVswitch(Path folder) throws IOException, InterruptedException {
        if (!Files.exists(Path.of(SCHEMA))) {
            throw new AssertionError(
                    "Open vSwitch is not installed: apt-get install openvswitch-switch, or leave the test out"
                            + " with -DexcludedGroups=differential");
        }
        this.folder = folder;
        String database = "unix:" + folder.resolve("db.sock");
        run("ovsdb-tool", "create", folder.resolve("conf.db").toString(), SCHEMA);
        try {
            start(
                    "ovsdb-server",
                    folder.resolve("conf.db").toString(),
                    "--remote=p" + database,
                    "--unixctl=" + folder.resolve("db.ctl"));
            await(folder.resolve("db.sock"));
            run("ovs-vsctl", "--db=" + database, "--no-wait", "init");
            start("ovs-vswitchd", database, "--enable-dummy", "--unixctl=" + folder.resolve("vs.ctl"));
            await(folder.resolve("vs.ctl"));
            run(("ovs-vsctl --timeout=10 --db=%s add-br br -- set bridge br datapath_type=dummy fail-mode=secure"
                            + " -- add-port br p1 -- set interface p1 type=dummy ofport_request=1")
                    .formatted(database)
                    .split(" "));
            control = SocketChannel.open(StandardProtocolFamily.UNIX);
            control.connect(UnixDomainSocketAddress.of(folder.resolve("vs.ctl")));
        } catch (IOException | RuntimeException | AssertionError e) {
            stop();
            throw e;
        }
    }

    private ProcessBuilder builder(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        for (String variable : List.of("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")) {
            builder.environment().put(variable, folder.toString());
        }
        return builder.redirectOutput(folder.resolve(command[0] + ".log").toFile());
    }

    private void start(String... command) throws IOException {
        processes.addFirst(builder(command).start());
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = builder(command).start();
        if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(
                    String.join(" ", command) + " failed:\n" + Files.readString(folder.resolve(command[0] + ".log")));
        }
    }

    private static void await(Path path) {
        Awaitility.await(path + " appears").atMost(Duration.ofSeconds(10)).until(() -> Files.exists(path));
    }

    /** Returns what follows "Flow: " in the trace of a packet from port 1. */
    String flowOf(String packetHex) throws IOException {
        String request =
                "{\"id\":1,\"method\":\"ofproto/trace\",\"params\":[\"br\",\"in_port=1\",\"%s\"]}".formatted(packetHex);
        control.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
        String answer = readObject();
        int start = answer.indexOf("Flow: ");
        int end = answer.indexOf("\\n", start);
        if (start < 0 || end < 0) {
            throw new AssertionError("no flow in the answer for " + packetHex + ": " + answer);
        }
        return answer.substring(start + 6, end);
    }

    /** Reads one JSON object: braces are counted outside of strings. */
    private String readObject() throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(65_536);
        int depth = 0;
        boolean isString = false;
        boolean isEscaped = false;
        while (true) {
            buffer.clear();
            if (control.read(buffer) < 0) {
                throw new AssertionError("ovs-vswitchd has closed its control socket");
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                char c = (char) buffer.get();
                text.append(c);
                if (isEscaped) {
                    isEscaped = false;
                } else if (c == '\\') {
                    isEscaped = isString;
                } else if (c == '"') {
                    isString = !isString;
                } else if (!isString && c == '{') {
                    depth++;
                } else if (!isString && c == '}' && --depth == 0) {
                    return text.toString();
                }
            }
        }
    }

    private void stop() {
        for (Process process : processes) {
            process.destroy();
        }
        for (Process process : processes) {
            try {
                process.onExit().orTimeout(5, TimeUnit.SECONDS).join();
            } catch (CompletionException e) {
                process.destroyForcibly();
            }
        }
    }

    @Override
    public void close() throws IOException {
        control.close();
        stop();
    }
}
