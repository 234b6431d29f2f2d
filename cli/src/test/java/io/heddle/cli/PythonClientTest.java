package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client in another language, generated from the .proto files alone, does what docs/grpc.md says. */
class PythonClientTest {
    private static final Path EXAMPLE =
            Path.of(System.getProperty("heddle.root", "..")).resolve("docs/examples/python");

    @TempDir
    Path folder;

    private record Done(int status, String output) {}

    private static Done run(Path pythonPath, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("heddle-python", ".txt");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("PYTHONPATH", pythonPath.toString());
            builder.environment().put("HEDDLE_LIB", pythonPath.resolve("lib").toString());
            Process process = builder.start();
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            process.destroyForcibly();
            assertThat(ended).as("%s ends", List.of(command)).isTrue();
            return new Done(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    /** The jars that the generator reads, out of this test's class path, as they lie in a built product. */
    private void layOutJars() throws IOException {
        Path lib = Files.createDirectories(folder.resolve("lib"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            String name = String.valueOf(jar.getFileName());
            if (Stream.of("proto-google-common-protos-", "protobuf-java-").anyMatch(name::startsWith)) {
                Files.copy(jar, lib.resolve(name));
            }
        }
    }

    @Test
    @Tag("tools")
    void shouldServeAGeneratedPythonClient() throws Exception {
        String tools = "command -v protoc grpc_python_plugin && /usr/bin/python3 -c 'import grpc'";
        assertThat(run(folder, "/bin/sh", "-c", tools).status())
                .as("needs Debian's protobuf-compiler, protobuf-compiler-grpc and python3-grpcio")
                .isZero();
        layOutJars();
        Done generated = run(folder, EXAMPLE.resolve("generate.sh").toString(), folder.toString());
        assertThat(generated).isEqualTo(new Done(0, ""));

        try (CliLab lab = new CliLab(folder)) {
            Done done =
                    run(folder, "/usr/bin/python3", EXAMPLE.resolve("block.py").toString(), lab.target, "br0");

            assertThat(done).isEqualTo(new Done(0, """
                            refused updates[1].flow.match.fields[0].field: tcp_dst can be matched only together with dl_type 0x0800 or 0x86dd and nw_proto 6
                            flow priority=500,ip,nw_src=10.0.0.1,nw_dst=10.0.0.2 actions=drop packets=0
                            opened br0 with datapath id 00000000000000b0
                            port p1
                            """));
        }
    }
}
