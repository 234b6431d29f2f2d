package io.heddle.controller.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseWriterTest {
    @TempDir
    Path directory;

    @Test
    void shouldGatherRequestsWhileTheDiskIsBusy() throws Exception {
        int count = 20_000;
        Path file = directory.resolve("leases.db");
        CountDownLatch durable = new CountDownLatch(count);
        long began = System.nanoTime();
        try (LeaseWriter writer = new LeaseWriter(LeaseStore.open(file))) {
            for (int i = 0; i < count; i++) {
                writer.submit(List.of(LeaseStoreTest.lease(i, "id:" + i)), durable::countDown);
            }
            assertThat(durable.await(60, TimeUnit.SECONDS)).isTrue();
        }
        double perSecond = count * 1e9 / (System.nanoTime() - began);
        System.out.printf("lease writes: %.0f/s%n", perSecond);
        // A commit for each would be bound by the disk's flushes: some hundreds a second.
        assertThat(perSecond).isGreaterThan(1000);
        try (LeaseStore store = LeaseStore.open(file)) {
            assertThat(store.readAll()).hasSize(count);
        }
    }

    @Test
    void shouldWriteEveryLeaseWhenACallbackFails() throws Exception {
        Path file = directory.resolve("leases.db");
        try (LeaseWriter writer = new LeaseWriter(LeaseStore.open(file))) {
            for (int i = 0; i < 3; i++) {
                writer.submit(List.of(LeaseStoreTest.lease(i, "id:" + i)), () -> {
                    throw new java.util.concurrent.RejectedExecutionException("stopping");
                });
            }
        }
        try (LeaseStore store = LeaseStore.open(file)) {
            assertThat(store.readAll()).hasSize(3);
        }
    }

    @Test
    void shouldNotCallBackWhenNothingWasWritten() throws Exception {
        LeaseStore store = LeaseStore.open(directory.resolve("leases.db"));
        store.close();
        List<String> called = new ArrayList<>();
        LeaseWriter writer = new LeaseWriter(store);
        writer.submit(List.of(LeaseStoreTest.lease(1, "id:1")), () -> called.add("then"));
        writer.close();
        assertThat(called).isEmpty();
    }

    @Test
    void shouldNameADatabaseThatCannotBeOpened() throws IOException {
        Path taken = Files.createDirectory(directory.resolve("leases.db"));
        assertThatThrownBy(() -> LeaseStore.open(taken))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot use lease database " + taken + ": ");
        Path beneath = Files.writeString(directory.resolve("file"), "x").resolve("leases.db");
        assertThatThrownBy(() -> LeaseStore.open(beneath))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot use lease database " + beneath + ": ")
                .hasMessageContaining("is no directory that can be made");
    }
}
