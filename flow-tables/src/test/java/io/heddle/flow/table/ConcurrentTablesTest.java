package io.heddle.flow.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/** Readers without locks beside the one writer: every lookup of one version sees the same commit. */
class ConcurrentTablesTest {
    private static final int FLOWS = 24;
    private static final int READERS = 2;
    private static final int COMMITS = 1500;

    private final VersionClock clock = new VersionClock();
    private final TableSet tables = new TableSet(clock);
    private final AtomicBoolean isDone = new AtomicBoolean();

    /** The oldest version that each reader may be reading. */
    private final AtomicLongArray acknowledged = new AtomicLongArray(READERS);

    @Test
    void shouldShowEveryReaderWholeCommits() throws Exception {
        commit(0, new Random(0));
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        try {
            List<Future<Long>> readers = new ArrayList<>();
            for (int reader = 0; reader < READERS; reader++) {
                int number = reader;
                readers.add(threads.submit(() -> read(number)));
            }
            Random random = new Random(1);
            for (int generation = 1; generation < COMMITS; generation++) {
                commit(generation, random);
                long oldest = Math.min(acknowledged.get(0), acknowledged.get(1));
                tables.reclaim(oldest);
            }
            isDone.set(true);
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).as("rounds of lookups").isPositive();
            }
        } finally {
            isDone.set(true);
            threads.shutdownNow();
        }
        tables.reclaim(clock.tableVersion());
        assertThat(tables.table(0).activeCount()).isEqualTo(FLOWS);
        assertThat(tables.table(0).maskCount()).isLessThanOrEqualTo(FLOWS);
    }

    /** Gives all flows the generation's cookie; some also another mask, so that subtables come and go. */
    private void commit(int generation, Random random) throws Exception {
        TableTransaction transaction = new TableTransaction(clock, generation);
        for (int flow = 0; flow < FLOWS; flow++) {
            int priority = 10 + flow;
            FlowMod delete = new FlowMod(
                    FlowMod.Command.DELETE,
                    0,
                    inPort(flow).build(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    Set.of(),
                    Ports.ANY,
                    FlowMod.ANY_GROUP,
                    List.of());
            Match.Builder match = inPort(flow);
            if (random.nextBoolean()) {
                int length = 1 + random.nextInt(32);
                match.exact(MatchField.ETH_TYPE, 0x0800)
                        .masked(MatchField.NW_DST, Bits.of(0x0a000000L), Bits.of(-1L << (32 - length) & 0xffffffffL));
            }
            transaction.apply(tables, delete);
            transaction.apply(
                    tables,
                    new FlowMod(
                            FlowMod.Command.ADD,
                            0,
                            match.build(),
                            priority,
                            generation,
                            0,
                            0,
                            0,
                            0,
                            Set.of(),
                            Ports.ANY,
                            FlowMod.ANY_GROUP,
                            List.of(new Instruction.ApplyActions(List.of(new Action.Output(1))))));
        }
        transaction.commit();
    }

    private static Match.Builder inPort(int flow) {
        return Match.builder().exact(MatchField.IN_PORT, 1 + flow);
    }

    private long read(int reader) {
        Classifier.Scratch scratch = new Classifier.Scratch();
        FlowMask looked = new FlowMask();
        long rounds = 0;
        while (!isDone.get()) {
            long version = clock.tableVersion();
            acknowledged.set(reader, version);
            long generation = -1;
            for (int flow = 0; flow < FLOWS; flow++) {
                FlowKey key = new FlowKey()
                        .set(MatchField.IN_PORT, 1 + flow)
                        .set(MatchField.ETH_TYPE, 0x0800)
                        .set(MatchField.NW_DST, 0x0a000000L);
                FlowEntry entry = tables.table(0).lookup(key, version, looked, scratch);
                assertThat(entry).as("flow %s in version %s", flow, version).isNotNull();
                if (entry != null) {
                    assertThat(generation == -1 || generation == entry.cookie())
                            .as("one commit")
                            .isTrue();
                    generation = entry.cookie();
                }
            }
            rounds++;
        }
        return rounds;
    }
}
