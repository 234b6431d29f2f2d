package io.heddle.flow.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablePolicyTest {
    private static final long SECOND = 1_000_000_000L;
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final TablePolicy EVICTS = new TablePolicy(true, false, 0, 0);

    private final VersionClock clock = new VersionClock();
    private final List<String> events = new ArrayList<>();
    private final TableListener listener = new TableListener() {
        @Override
        public void onRemoved(FlowEntry entry, RemovalReason reason, long nowNs) {
            events.add(reason + " " + entry.cookie());
        }

        @Override
        public void onVacancy(FlowTable table, boolean isLow) {
            events.add("table " + table.id() + (isLow ? " low" : " high"));
        }
    };
    private final TableSet tables = new TableSet(clock, listener, TableLimit.of(4));
    private long nowNs = 1000 * SECOND;

    private void flow(String line) throws FlowException {
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            transaction.apply(tables, PARSER.command(line));
            transaction.commit();
        }
    }

    private void policy(int table, TablePolicy policy) throws FlowException {
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            transaction.apply(tables, table, policy);
            transaction.commit();
        }
    }

    private List<Long> cookies() {
        try (TableSnapshot snapshot = tables.snapshot()) {
            return snapshot.flows(entry -> true).stream()
                    .map(FlowEntry::cookie)
                    .sorted()
                    .toList();
        }
    }

    private static void refused(ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(code));
    }

    private void fill() throws FlowException {
        flow("cookie=1,metadata=1,importance=5,hard_timeout=10,actions=drop");
        flow("cookie=2,metadata=2,importance=1,idle_timeout=90,actions=drop");
        flow("cookie=3,metadata=3,importance=1,hard_timeout=50,actions=drop");
        flow("cookie=4,metadata=4,actions=drop");
    }

    @Test
    void shouldRefuseAFlowForAFullTable() throws FlowException {
        fill();
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, () -> flow("metadata=5,actions=drop"));
        flow("cookie=14,metadata=4,actions=output:1");
        flow("table=1,cookie=20,metadata=4,actions=output:1");
        assertThat(cookies()).containsExactly(1L, 2L, 3L, 14L, 20L);
    }

    @Test
    void shouldEvictByImportanceThenByWhatExpiresSoonerAndNeverWhatHasNoTimeout() throws FlowException {
        fill();
        policy(0, EVICTS);
        flow("cookie=5,metadata=5,importance=9,hard_timeout=5,actions=drop");
        flow("cookie=6,metadata=6,importance=9,actions=drop");
        flow("cookie=7,metadata=7,importance=9,actions=drop");
        flow("cookie=8,metadata=8,importance=9,actions=drop");
        assertThat(events).containsExactly("EVICTION 3", "EVICTION 2", "EVICTION 1", "EVICTION 5");
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, () -> flow("metadata=9,hard_timeout=1,actions=drop"));
        assertThat(cookies()).containsExactly(4L, 6L, 7L, 8L);
    }

    @Test
    void shouldKeepWhatPacketsHaveKeptYoung() throws FlowException {
        policy(FlowMod.ALL_TABLES, EVICTS);
        flow("cookie=1,metadata=1,idle_timeout=10,actions=drop");
        flow("cookie=2,metadata=2,idle_timeout=11,actions=drop");
        flow("cookie=3,metadata=3,idle_timeout=12,actions=drop");
        flow("cookie=4,metadata=4,idle_timeout=13,actions=drop");
        flow("cookie=5,metadata=5,idle_timeout=60,actions=drop");
        assertThat(events).containsExactly("EVICTION 1");
        try (TableSnapshot snapshot = tables.snapshot()) {
            snapshot.forEachFlow(entry -> {
                if (entry.cookie() == 2) {
                    entry.counter().add(1, 60, nowNs + 5 * SECOND);
                }
            });
        }
        flow("cookie=6,metadata=6,idle_timeout=60,actions=drop");
        assertThat(events).containsExactly("EVICTION 1", "EVICTION 3");
    }

    @Test
    void shouldTellVacancyAsIfARefusedChangeOfThePolicyHadNotBeen() throws FlowException {
        policy(0, new TablePolicy(false, true, 40, 60));
        flow("metadata=1,actions=drop");
        flow("metadata=2,actions=drop"); // 50 %: between both
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            transaction.apply(tables, 0, TablePolicy.DEFAULT);
            transaction.revert();
        }
        assertThat(events).isEmpty();
        flow("metadata=3,actions=drop");
        assertThat(events).containsExactly("table 0 low");
    }

    @Test
    void shouldTakeEvictionAndPolicyBack() throws FlowException {
        fill();
        policy(0, EVICTS);
        try (TableTransaction transaction = new TableTransaction(clock, nowNs)) {
            transaction.apply(tables, PARSER.command("cookie=5,metadata=5,actions=drop"));
            transaction.apply(tables, 0, TablePolicy.DEFAULT);
            refused(
                    ErrorCode.FLOW_MOD_FAILED_TABLE_FULL,
                    () -> transaction.apply(tables, PARSER.command("metadata=6,actions=drop")));
            transaction.revert();
        }
        assertThat(cookies()).containsExactly(1L, 2L, 3L, 4L);
        assertThat(events).isEmpty();
        flow("cookie=5,metadata=5,actions=drop");
        assertThat(events).containsExactly("EVICTION 3");
        refused(ErrorCode.TABLE_MOD_FAILED_BAD_TABLE, () -> policy(254, EVICTS));
    }

    @Test
    void shouldTellWhenPlacesBecomeScarceAndWhenThereAreEnoughAgain() throws FlowException {
        policy(0, new TablePolicy(false, true, 40, 60));
        flow("metadata=1,actions=drop");
        flow("metadata=2,actions=drop");
        assertThat(events).isEmpty();
        flow("metadata=3,actions=drop");
        flow("metadata=4,actions=drop");
        assertThat(events).containsExactly("table 0 low");
        events.clear();
        flow("delete_strict metadata=1");
        flow("delete_strict metadata=2");
        flow("delete_strict metadata=3");
        flow("delete_strict metadata=4");
        assertThat(events).containsExactly("DELETE 0", "DELETE 0", "DELETE 0", "table 0 high", "DELETE 0");
    }

    @ParameterizedTest
    @CsvSource({"-1,5", "50,101", "60,50"})
    void shouldRefuseThresholdsThatAreNone(int down, int up) {
        assertThatThrownBy(() -> new TablePolicy(false, true, down, up)).hasMessageContaining("0-100");
    }
}
