package io.heddle.controller.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseStoreTest {
    @TempDir
    Path directory;

    static Lease lease(int ip, String client) {
        return new Lease(
                "lan", ip, client, ip, "0102", "host", Lease.State.BOUND, 1, Lease.ENDLESS, false, -1, 3, "0101");
    }

    @Test
    void shouldReadWhatItWrote() throws IOException {
        Path file = directory.resolve("state").resolve("leases.db");
        Lease low = lease(5, "id:05");
        Lease high = lease(-5, "id:06");
        try (LeaseStore store = LeaseStore.open(file)) {
            store.write(List.of(high, low));
            store.write(List.of(low.with(Lease.State.RELEASED, 1, 2)));
        }
        try (LeaseStore store = LeaseStore.open(file)) {
            assertThat(store.readAll()).containsExactly(low.with(Lease.State.RELEASED, 1, 2), high);
        }
    }

    @Test
    void shouldNameTheFileThatItCannotUse() throws Exception {
        Path file =
                Files.writeString(directory.resolve("x.db"), "this is no database, but it is long enough".repeat(20));
        assertThatThrownBy(() -> LeaseStore.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot use lease database " + file);
        Path newer = directory.resolve("newer.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + newer)) {
            connection.createStatement().execute("PRAGMA user_version=99");
        }
        assertThatThrownBy(() -> LeaseStore.open(newer)).hasMessageContaining("has version 99");
    }

    @Test
    void shouldCallBackOnlyWhenLeasesAreOnTheDisk() throws Exception {
        Path file = directory.resolve("leases.db");
        int count = 500;
        CountDownLatch done = new CountDownLatch(count);
        List<Integer> missing = new ArrayList<>();
        try (LeaseWriter writer = new LeaseWriter(LeaseStore.open(file));
                LeaseStore reader = LeaseStore.open(file)) {
            for (int i = 0; i < count; i++) {
                Lease lease = lease(i, "id:" + i);
                boolean check = i % 100 == 0;
                writer.submit(List.of(lease), () -> {
                    if (check && !isThere(reader, lease)) {
                        missing.add(lease.ip());
                    }
                    done.countDown();
                });
            }
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(missing).isEmpty();
    }

    private static boolean isThere(LeaseStore reader, Lease lease) {
        try {
            return reader.readAll().contains(lease);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldWriteWhatWaitsBeforeItCloses() throws Exception {
        Path file = directory.resolve("leases.db");
        try (LeaseWriter writer = new LeaseWriter(LeaseStore.open(file))) {
            for (int i = 0; i < 100; i++) {
                writer.submit(List.of(lease(i, "id:" + i)), () -> {});
            }
        }
        try (LeaseStore store = LeaseStore.open(file)) {
            assertThat(store.readAll()).hasSize(100);
        }
    }

    /** A process is killed while it writes: every lease that it told about must be there. */
    @Test
    void shouldLoseNothingThatWasAcknowledgedWhenKilled() throws Exception {
        Path file = directory.resolve("leases.db");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writing.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int last = -1;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 200; i++) {
                last = Integer.parseInt(out.readLine());
            }
            process.destroyForcibly().waitFor();
        } finally {
            process.destroyForcibly();
        }
        assertThat(last).isPositive();
        try (LeaseStore store = LeaseStore.open(file)) {
            int acknowledged = last;
            assertThat(store.readAll().stream().map(Lease::ip)).contains(0, acknowledged / 2, acknowledged);
            assertThat(store.readAll()).hasSizeGreaterThan(acknowledged);
        }
    }

    /** Writes leases for ever and says which are safe. */
    static final class Writing {
        private Writing() {}

        public static void main(String[] args) throws IOException {
            LeaseWriter writer = new LeaseWriter(LeaseStore.open(Path.of(args[0])));
            for (int i = 0; ; i++) {
                int ip = i;
                writer.submit(List.of(lease(ip, "id:" + ip)), () -> {
                    System.out.println(ip);
                    System.out.flush();
                });
                while (writer.backlog() > 100) {
                    Thread.onSpinWait();
                }
            }
        }
    }
}
