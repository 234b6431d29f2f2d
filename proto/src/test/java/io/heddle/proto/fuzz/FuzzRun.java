package io.heddle.proto.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Jazzer on every target, each in a process of its own: {@code ./mvnw -Pfuzz -pl proto -am test -Dheddle.fuzz.seconds=300}; the log of each is in
 * {@code target/fuzz}. What it finds is printed in the form that {@code src/test/resources/fuzz} keeps. No part of ordinary builds: its
 * name is none of a test, and Jazzer is there with the profile only.
 */
final class FuzzRun {
    private static final int SECONDS = Integer.getInteger("heddle.fuzz.seconds", 60);

    @ParameterizedTest
    @EnumSource
    void shouldFindNothing(FuzzTarget target, @TempDir Path folder) throws Exception {
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        int number = 0;
        for (byte[] seed : FuzzCorpus.of(target)) {
            Files.write(corpus.resolve("seed-" + number++), seed);
        }
        Path found = Files.createDirectory(folder.resolve("found"));
        Path log = Files.createDirectories(Path.of("target", "fuzz"))
                .resolve(target.name().toLowerCase(Locale.ROOT) + ".log");

        int status = run(target, corpus, found, log);

        assertThat(inputs(found))
                .as("%s: inputs that fail, to be added to src/test/resources/fuzz; see %s", target, log)
                .isEmpty();
        assertThat(status).as("the end of Jazzer; see %s", log).isZero();
        assertThat(Files.readString(log, StandardCharsets.UTF_8)).contains("Done ");
    }

    private static int run(FuzzTarget target, Path corpus, Path found, Path log)
            throws IOException, InterruptedException {
        Process jazzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx700m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + JazzerEntry.class.getName(),
                        "--target_args=" + target,
                        "--instrumentation_includes=io.heddle.**",
                        "--reproducer_path=" + found.getParent(),
                        corpus.toString(),
                        "-max_total_time=" + SECONDS,
                        "-rss_limit_mb=0",
                        "-artifact_prefix=" + found + "/")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(jazzer.waitFor(SECONDS + 300L, TimeUnit.SECONDS)).isTrue();
            return jazzer.exitValue();
        } finally {
            jazzer.destroyForcibly();
        }
    }

    private static List<String> inputs(Path found) throws IOException {
        List<String> inputs = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(found)) {
            for (Path file : files) {
                inputs.add(HexFormat.of().formatHex(Files.readAllBytes(file)));
            }
        }
        return inputs;
    }
}
