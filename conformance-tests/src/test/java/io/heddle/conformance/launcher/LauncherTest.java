package io.heddle.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.conformance.command.Command;
import io.heddle.conformance.command.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./heddle} and {@code ./mvnw} on machines that have, or have not, what they need. */
class LauncherTest {
    /** Runs its arguments where no JVM is in any of the usual folders. */
    private static final String WITHOUT_JVM = """
            for folder in /usr/lib/jvm /opt "$HOME"; do
              [[ ! -d $folder ]] || mount -t tmpfs none "$folder"
            done
            exec "$@"
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit before each test
    Path folder;

    @Test
    @Tag("netns") // mounts over folders, in a mount namespace of its own
    void shouldSayHowToGetJdkWhenThereIsNone() throws IOException {
        for (String program : new String[] {"./heddle", "./mvnw"}) {
            Result result = Command.of(
                            "unshare",
                            "-m",
                            "--propagation",
                            "private",
                            "bash",
                            "-c",
                            WITHOUT_JVM,
                            "_",
                            program,
                            "--version")
                    .with("HEDDLE_JAVA_HOME", null)
                    .with("JAVA_HOME", "/nonexistent")
                    .with("JDK25_HOME", null)
                    .run();

            assertThat(result.errors())
                    .as(program)
                    .startsWith(
                            "heddle: no JDK 25 found (looked at HEDDLE_JAVA_HOME, JAVA_HOME, JDK25_HOME, javac on PATH")
                    .contains("apt-get install openjdk-25-jdk-headless", "export JAVA_HOME=");
            assertThat(result.status()).isEqualTo(69);
        }
    }

    @Test
    void shouldTakeTheFirstJdkThatIsNewEnough() throws IOException {
        Path old = jdk("old", "21.0.2");
        Path right = jdk("right", "25.0.1");
        Path newer = jdk("newer", "26-ea");

        assertThat(findJdk(old, right)).isEqualTo(right + "\n");
        assertThat(findJdk(newer, right)).isEqualTo(newer + "\n");
    }

    @Test
    void shouldNotBuildWhenToldNotTo() throws IOException {
        copyLauncher();

        Result result = Command.of("bash", folder.resolve("heddle").toString(), "--version")
                .with("HEDDLE_BUILD", "never")
                .run();

        assertThat(result.errors())
                .isEqualTo(
                        "heddle: nothing is built at %s/cli/target/dist/lib and HEDDLE_BUILD=never forbids to; run ./heddle once without it\n"
                                .formatted(folder.toRealPath()));
        assertThat(result.status()).isEqualTo(70);
    }

    @Test
    void shouldLeaveJarsOfWhatRunsAloneWhenBuiltAgain() throws Exception {
        copyLauncher();
        // A JVM that says what it would run, and runs until its input ends.
        Path java = jdk("jdk", "25.0.1").resolve("bin/java");
        Files.writeString(java, """
                #!/bin/bash
                while [[ $1 != -cp ]]; do shift; done
                echo "$2"
                read -r _
                """);
        Path built = Files.createDirectories(folder.resolve("cli/target/dist/lib"));
        Files.writeString(built.resolve("cli.jar"), "first");

        Process first = launch();
        try {
            Path firstJar = classPath(first);
            assertThat(firstJar.getParent()).isNotEqualTo(built);
            Path secondJar = afterBuild(built, "second");
            Path thirdJar = afterBuild(built, "third");
            Path fourthJar = afterBuild(built, "fourth");

            assertThat(firstJar).as("of what still runs").hasContent("first");
            assertThat(secondJar).as("nobody's class path any more").doesNotExist();
            assertThat(thirdJar).as("the one before").hasContent("third");
            assertThat(fourthJar).hasContent("fourth");
            assertThat(afterBuild(built, null)).as("nothing built since").isEqualTo(fourthJar);
        } finally {
            first.destroyForcibly().waitFor();
        }
    }

    /** The class path of a command run after a build of a jar with the content, or after none. */
    private Path afterBuild(Path built, @Nullable String content) throws Exception {
        if (content != null) {
            // As if an hour had passed: clocks of file systems are coarse.
            Files.setLastModifiedTime(
                    folder.resolve("cli/target/dist/running/current/copied"),
                    FileTime.from(Instant.now().minus(Duration.ofHours(1))));
            Files.writeString(built.resolve("cli.jar"), content);
        }
        Process process = launch();
        try {
            return classPath(process);
        } finally {
            process.getOutputStream().close();
            process.waitFor();
        }
    }

    private Process launch() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder("bash", folder.resolve("heddle").toString(), "--version");
        builder.environment().put("HEDDLE_BUILD", "never");
        builder.environment().put("HEDDLE_JAVA_HOME", folder.resolve("jdk").toString());
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static Path classPath(Process launched) throws IOException {
        return Path.of(launched.inputReader().readLine());
    }

    /** A copy of the launcher, beside which nothing is built. */
    private void copyLauncher() throws IOException {
        Files.createDirectories(folder.resolve("deploy/lib"));
        Files.copy(Command.ROOT.resolve("heddle"), folder.resolve("heddle"));
        Files.copy(Command.ROOT.resolve("deploy/lib/find-jdk.sh"), folder.resolve("deploy/lib/find-jdk.sh"));
    }

    @Test
    @Tag("tools")
    void shouldKnowWhichPackagesAreMissing() throws IOException {
        Path list = Files.writeString(
                folder.resolve("list.txt"),
                "# comment\nbash  # here\nno-such-a | dpkg\nno-such-b\nno-such-c|no-such-d\n");

        assertThat(Command.of(
                                "bash",
                                "-c",
                                ". deploy/lib/debian-packages.sh; missing_packages \"$1\"",
                                "_",
                                list.toString())
                        .run()
                        .orThrow())
                .isEqualTo("no-such-b\nno-such-c\n");
    }

    private static String findJdk(Path first, Path second) throws IOException {
        return Command.of("bash", "-c", ". deploy/lib/find-jdk.sh; find_jdk25")
                .with("HEDDLE_JAVA_HOME", first.toString())
                .with("JAVA_HOME", second.toString())
                .run()
                .orThrow();
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = folder.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        for (String program : new String[] {"java", "javac"}) {
            Path file = Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        return home;
    }
}
