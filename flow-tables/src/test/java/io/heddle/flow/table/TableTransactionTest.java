package io.heddle.flow.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.classifier.Classifier;
import io.heddle.flow.classifier.VersionClock;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableTransactionTest {
    private static final long SECOND = 1_000_000_000L;
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    private final VersionClock clock = new VersionClock();
    private final List<String> events = new ArrayList<>();
    private final TableListener listener = new TableListener() {
        @Override
        public void onRemoved(FlowEntry entry, RemovalReason reason, long nowNs) {
            String message = entry.has(FlowMod.Flag.SEND_FLOW_REM) ? " flow-removed" : "";
            events.add(reason + " " + FORMATTER.match(entry.match()) + message);
        }
    };
    private boolean isMemoryShort;
    private int maxEntries = 100;
    private final TableSet tables = new TableSet(clock, listener, new TableLimit() {
        @Override
        public int maxEntries() {
            return maxEntries;
        }

        @Override
        public boolean isMemoryShort() {
            return isMemoryShort;
        }
    });
    private long nowNs = 1000 * SECOND;

    @Test
    void shouldSetTheCookieOfWhatAModifyFindsWhereItIsAskedTo() throws Exception {
        flow("priority=5,tcp,cookie=0x11,idle_timeout=9,actions=output:1");
        FlowMod modify = PARSER.flow(FlowMod.Command.MODIFY, "cookie=0x22,ip,actions=output:3");
        TableTransaction transaction = new TableTransaction(clock, nowNs);

        assertThat(transaction.apply(tables, modify, true)).isEqualTo(1);
        transaction.commit();

        assertThat(only().cookie()).isEqualTo(0x22);
        assertThat(only().idleTimeoutSeconds()).isEqualTo(9);
        assertThat(FORMATTER.instructions(only().instructions())).isEqualTo("output:3");
    }

    private int flow(String line) throws FlowException {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        int count = transaction.apply(tables, PARSER.command(line));
        transaction.commit();
        return count;
    }

    private List<String> dump() {
        try (TableSnapshot snapshot = tables.snapshot()) {
            return dump(snapshot);
        }
    }

    private static List<String> dump(TableSnapshot snapshot) {
        return snapshot.flows(entry -> true).stream()
                .map(entry -> entry.tableId() + " " + FORMATTER.rule(entry.priority(), entry.match()) + " "
                        + FORMATTER.instructions(entry.instructions()))
                .toList();
    }

    private FlowEntry only() {
        try (TableSnapshot snapshot = tables.snapshot()) {
            List<FlowEntry> entries = snapshot.flows(entry -> true);
            assertThat(entries).hasSize(1);
            return entries.getFirst();
        }
    }

    private static void refused(ErrorCode code, String path, ThrowingCall call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(FlowException.class, e -> {
            assertThat(e.error().code()).as(e.getMessage()).isEqualTo(code);
            assertThat(e.error().path()).as(e.getMessage()).isEqualTo(path);
        });
    }

    private interface ThrowingCall {
        void run() throws FlowException;
    }

    @Test
    void shouldReplaceAnIdenticalEntryAndKeepItsCountersUnlessAskedToResetThem() throws Exception {
        flow("priority=5,ip,cookie=1,idle_timeout=9,actions=output:1");
        only().counter().add(7, 700, nowNs);
        nowNs += 5 * SECOND;
        flow("priority=5,ip,cookie=2,actions=output:2");
        FlowEntry entry = only();
        assertThat(entry.cookie()).isEqualTo(2);
        assertThat(entry.idleTimeoutSeconds()).isZero();
        assertThat(entry.createdNs()).isEqualTo(nowNs);
        assertThat(entry.counter().packets()).isEqualTo(7);
        flow("priority=5,ip,reset_counts,actions=output:2");
        assertThat(only().counter().packets()).isZero();
        assertThat(events).as("an add eliminates without a message").isEmpty();
    }

    @Test
    void shouldModifyInstructionsAndNothingElse() throws Exception {
        flow("priority=5,tcp,cookie=0x11,idle_timeout=9,actions=output:1");
        only().counter().add(7, 700, nowNs);
        long created = nowNs;
        nowNs += SECOND;
        assertThat(flow("modify ip,actions=output:3"))
                .as("a looser match, any priority")
                .isEqualTo(1);
        FlowEntry entry = only();
        assertThat(FORMATTER.instructions(entry.instructions())).isEqualTo("output:3");
        assertThat(entry.cookie()).isEqualTo(0x11);
        assertThat(entry.idleTimeoutSeconds()).isEqualTo(9);
        assertThat(entry.createdNs()).isEqualTo(created);
        assertThat(entry.modifiedNs()).isEqualTo(nowNs);
        assertThat(entry.counter().packets()).isEqualTo(7);
        assertThat(flow("modify_strict ip,priority=5,actions=drop"))
                .as("another match")
                .isZero();
        assertThat(flow("modify_strict tcp,priority=6,actions=drop"))
                .as("another priority")
                .isZero();
        assertThat(flow("modify_strict tcp,priority=5,actions=drop")).isEqualTo(1);
        assertThat(flow("modify udp,actions=drop")).as("a modify adds nothing").isZero();
        assertThat(flow("modify cookie=0x10/0xff,ip,actions=drop"))
                .as("another cookie")
                .isZero();
        assertThat(flow("modify cookie=0x10/0xf0,ip,actions=drop")).isEqualTo(1);
    }

    @Test
    void shouldDeleteByMatchCookiePortAndGroup() throws Exception {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(tables, PARSER.group(GroupMod.Command.ADD, "group_id=1,type=all,bucket=actions=output:4"));
        transaction.commit();
        flow("table=0,priority=1,ip,cookie=1,actions=output:1");
        flow("table=1,priority=2,tcp,cookie=2,actions=write_actions(group:1)");
        flow("table=2,priority=3,udp,cookie=3,actions=output:2");
        assertThat(flow("delete table=0,tcp")).as("stricter than the entry").isZero();
        assertThat(flow("delete out_port=2,ip")).isEqualTo(1);
        assertThat(flow("delete out_group=1")).isEqualTo(1);
        assertThat(flow("delete cookie=3/-1")).isZero();
        assertThat(flow("delete_strict table=0,priority=1,ip")).isEqualTo(1);
        assertThat(dump()).isEmpty();
        assertThat(events).containsExactly("DELETE udp", "DELETE tcp", "DELETE ip");
    }

    @Test
    void shouldRefuseOverlapsWhenAsked() throws Exception {
        flow("priority=5,ip,nw_dst=10.0.0.0/8,actions=output:1");
        refused(
                ErrorCode.FLOW_MOD_FAILED_OVERLAP,
                "flow.match",
                () -> flow("check_overlap,priority=5,ip,nw_src=1.1.1.1,actions=output:2"));
        flow("check_overlap,priority=6,ip,nw_src=1.1.1.1,actions=output:2");
        flow("check_overlap,priority=5,ip,nw_dst=11.0.0.0/8,actions=output:2");
        flow("check_overlap,priority=5,ip,nw_dst=10.0.0.0/8,actions=output:2");
        assertThat(dump()).hasSize(3);
    }

    @Test
    void shouldChangeButNotAddWhereMemoryIsShort() throws Exception {
        flow("in_port=1,actions=drop");
        flow("in_port=2,actions=drop");
        isMemoryShort = true;
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, "flow.table_id", () -> flow("in_port=3,actions=drop"));
        flow("in_port=1,actions=output:2");
        flow("modify in_port=2,actions=output:3");
        flow("delete_strict in_port=1");
        assertThat(dump()).containsExactly("0 in_port=2 output:3");
        isMemoryShort = false;
        flow("in_port=3,actions=drop");
    }

    /** A limit that has become lower asks for two evictions, of which only one is possible. */
    @Test
    void shouldEvictNothingWhereThatMakesNoRoom() throws Exception {
        TableTransaction policy = new TableTransaction(clock, nowNs);
        policy.apply(tables, 0, new TablePolicy(true, false, 0, 0));
        policy.commit();
        flow("in_port=1,idle_timeout=60,actions=drop");
        flow("in_port=2,actions=drop");
        maxEntries = 1;

        TableTransaction transaction = new TableTransaction(clock, nowNs);
        FlowMod third = PARSER.flow(FlowMod.Command.ADD, "in_port=3,actions=drop");
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, "flow.table_id", () -> transaction.apply(tables, third));
        transaction.commit();

        assertThat(dump()).hasSize(2);
        assertThat(events).isEmpty();
    }

    @Test
    void shouldRefuseWhatDoesNotFit() throws Exception {
        for (int i = 0; i < 100; i++) {
            flow("in_port=" + (i + 1) + ",actions=drop");
        }
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, "flow.table_id", () -> flow("in_port=200,actions=drop"));
        flow("in_port=1,actions=output:2");
        flow("table=1,in_port=200,actions=drop");
        flow("delete_strict in_port=7");
        flow("in_port=200,actions=drop");
        refused(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL, "flow.table_id", () -> flow("in_port=201,actions=drop"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "table=5,actions=goto_table:5 | BAD_INSTRUCTION_BAD_TABLE_ID | flow.instructions[0].goto_table",
                "actions=output:1,goto_table:254 | BAD_INSTRUCTION_BAD_TABLE_ID | flow.instructions[1].goto_table",
                "table=254,actions=drop | FLOW_MOD_FAILED_BAD_TABLE_ID | flow.table_id",
                "actions=group:7 | BAD_ACTION_BAD_OUT_GROUP | flow.instructions[0].apply_actions.actions[0].group_id",
                "actions=output:3,output:0xfffffff0 | BAD_ACTION_BAD_OUT_PORT | flow.instructions[0].apply_actions.actions[1].output",
                "actions=meter:9 | METER_MOD_FAILED_INVALID_METER | flow.instructions[0].meter_id",
                "ip,actions=pop_vlan | BAD_ACTION_MATCH_INCONSISTENT | flow.instructions[0].apply_actions.actions[0].pop_vlan",
                "udp,actions=set_field:1->tcp_dst | BAD_ACTION_MATCH_INCONSISTENT | flow.instructions[0].apply_actions.actions[0].set_field",
                "actions=dec_ttl | BAD_ACTION_MATCH_INCONSISTENT | flow.instructions[0].apply_actions.actions[0].dec_nw_ttl",
                "actions=write_actions(resubmit(,2)) | BAD_ACTION_BAD_ARGUMENT | flow.instructions[0].write_actions.actions[0]",
            })
    void shouldRefuseWithTheCodeAndThePathOfTheBadPart(String line, ErrorCode code, String path) {
        refused(code, path, () -> {
            TableTransaction transaction = new TableTransaction(clock, nowNs);
            transaction.apply(tables, PARSER.flow(FlowMod.Command.ADD, line));
        });
        assertThat(dump()).isEmpty();
    }

    @Test
    void shouldAcceptMatchesOnFieldsThatShareBits() throws Exception {
        flow("arp,arp_op=1,arp_spa=10.0.0.1,arp_sha=00:00:00:00:00:01,actions=drop");
        flow("icmp6,icmpv6_type=135,nd_target=::1,nd_sll=00:00:00:00:00:01,actions=drop");
        flow("dl_vlan=5,dl_vlan_pcp=3,actions=drop");
        flow("tcp,tp_dst=80,tcp_flags=+syn,actions=drop");
        flow("mpls,mpls_label=5,mpls_bos=1,actions=drop");
        flow("ip,nw_ecn=1,ip_dscp=3,actions=drop");
        assertThat(dump()).hasSize(6);
    }

    @Test
    void shouldTakeEverythingBackOnRevert() throws Exception {
        flow("ip,actions=output:1");
        flow("arp,actions=output:1");
        List<String> before = dump();
        long revision = clock.revision();
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(tables, PARSER.group(GroupMod.Command.ADD, "group_id=1,type=all,bucket=actions=output:4"));
        transaction.apply(tables, PARSER.meter(MeterMod.Command.ADD, "meter=1,kbps,band=type=drop,rate=5"));
        transaction.apply(tables, PARSER.command("tcp,actions=meter:1,group:1"));
        transaction.apply(tables, PARSER.command("modify ip,actions=output:9"));
        transaction.apply(tables, PARSER.command("delete arp"));
        transaction.apply(tables, PARSER.command("arp,actions=output:8"));
        refused(
                ErrorCode.BAD_ACTION_BAD_OUT_GROUP,
                "flow.instructions[0].apply_actions.actions[0].group_id",
                () -> transaction.apply(tables, PARSER.command("udp,actions=group:3")));
        assertThat(dump()).as("nobody sees what is staged").isEqualTo(before);
        transaction.revert();
        assertThat(dump()).isEqualTo(before);
        assertThat(tables.groups().visibleIn(clock.tableVersion() + 1)).isEmpty();
        assertThat(tables.meters().visibleIn(clock.tableVersion() + 1)).isEmpty();
        assertThat(tables.table(0).activeCount()).isEqualTo(2);
        assertThat(clock.revision()).isEqualTo(revision);
        assertThat(events).isEmpty();
    }

    @Test
    void shouldKeepASnapshotWhileTheTablesChange() throws Exception {
        flow("ip,actions=output:1");
        TableSnapshot snapshot = tables.snapshot();
        List<String> before = dump(snapshot);
        flow("delete");
        flow("arp,actions=output:2");
        tables.reclaim(clock.tableVersion());
        assertThat(dump(snapshot)).isEqualTo(before);
        snapshot.close();
        tables.reclaim(clock.tableVersion());
        assertThat(dump()).containsExactly("0 arp output:2");
    }

    @Test
    void shouldExpireIdleAndHardTimeouts() throws Exception {
        flow("ip,idle_timeout=10,send_flow_rem,actions=output:1");
        flow("arp,hard_timeout=30,actions=output:1");
        flow("udp,idle_timeout=20,hard_timeout=15,send_flow_rem,actions=output:1");
        assertThat(tables.nextExpiryNs()).isEqualTo(nowNs + 10 * SECOND);
        try (TableSnapshot snapshot = tables.snapshot()) {
            snapshot.flows(entry -> entry.idleTimeoutSeconds() == 10)
                    .forEach(entry -> entry.counter().add(1, 60, nowNs + 5 * SECOND));
        }
        assertThat(expireAt(10)).as("it was used at 5 s").isZero();
        assertThat(expireAt(15)).isEqualTo(2);
        assertThat(events).containsExactlyInAnyOrder("HARD_TIMEOUT udp flow-removed", "IDLE_TIMEOUT ip flow-removed");
        assertThat(expireAt(29)).isZero();
        assertThat(expireAt(30)).isEqualTo(1);
        assertThat(tables.nextExpiryNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(dump()).isEmpty();
    }

    @Test
    void shouldNotKeepTheTimeoutsOfWhatIsGone() throws Exception {
        for (int i = 0; i < 5 * TimeoutQueue.MIN_TIDIED; i++) {
            flow("add tcp,idle_timeout=3600,actions=output:1");
            if (i % 2 == 0) {
                flow("delete_strict priority=32768,tcp");
            }
        }
        assertThat(tables.watchedTimeouts()).isLessThanOrEqualTo(TimeoutQueue.MIN_TIDIED);
        nowNs += 3600 * SECOND;
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        assertThat(transaction.expire(tables))
                .as("what is left is still watched")
                .isEqualTo(1);
        transaction.commit();
        assertThat(dump()).isEmpty();
    }

    @Test
    void shouldDeleteByTheControllersPortAndByTruncatedOutputs() throws Exception {
        flow("add tcp,actions=controller(max_len=128,reason=action,id=7)");
        flow("add udp,actions=output(port=2,max_len=64)");
        flow("add arp,actions=output:3");
        assertThat(flow("delete out_port=controller")).isEqualTo(1);
        assertThat(flow("delete out_port=2")).isEqualTo(1);
        assertThat(dump()).hasSize(1);
    }

    @Test
    void shouldForgetCountsOfCookiesThatNoFlowLearnsAnyMore() throws Exception {
        for (int cookie = 1; cookie <= 20; cookie++) {
            flow("add tcp,actions=learn(table=1,limit=3,cookie=" + cookie
                    + ",eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[])");
            assertThat(tables.table(1).countedCookies()).isEqualTo(1);
        }
        flow("delete");
        assertThat(tables.table(1).countedCookies()).isZero();
    }

    @Test
    void shouldRevertWhatIsClosedBeforeItIsCommitted() throws Exception {
        flow("ip,hard_timeout=10,actions=output:2");
        try (TableTransaction transaction = new TableTransaction(clock, nowNs + 10 * SECOND)) {
            transaction.apply(tables, PARSER.command("arp,actions=output:2"));
            assertThat(transaction.expire(tables)).isEqualTo(1);
        }
        assertThat(dump()).containsExactly("0 ip output:2");
        flow("udp,actions=output:3");
        assertThat(dump()).containsExactlyInAnyOrder("0 ip output:2", "0 udp output:3");
        assertThat(expireAt(10)).as("its timeout is still watched").isEqualTo(1);
        assertThat(dump()).containsExactly("0 udp output:3");
    }

    private int expireAt(int second) {
        TableTransaction transaction = new TableTransaction(clock, nowNs + second * SECOND);
        int count = transaction.expire(tables);
        transaction.commit();
        return count;
    }

    @Test
    void shouldDeleteTheFlowsOfADeletedGroupOrMeter() throws Exception {
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(tables, PARSER.group(GroupMod.Command.ADD, "group_id=1,type=all,bucket=actions=output:4"));
        transaction.apply(tables, PARSER.meter(MeterMod.Command.ADD, "meter=1,kbps,band=type=drop,rate=5"));
        transaction.apply(tables, PARSER.command("ip,send_flow_rem,actions=group:1"));
        transaction.apply(tables, PARSER.command("arp,actions=meter:1,output:2"));
        transaction.apply(tables, PARSER.command("ipv6,actions=output:2"));
        transaction.commit();
        transaction = new TableTransaction(clock, nowNs);
        transaction.apply(tables, new GroupMod(GroupMod.Command.DELETE, GroupMod.GroupType.ALL, 1, List.of()));
        transaction.apply(tables, new MeterMod(MeterMod.Command.DELETE, MeterMod.ALL_METERS, Set.of(), List.of()));
        transaction.commit();
        assertThat(dump()).containsExactly("0 ipv6 output:2");
        assertThat(events).containsExactly("GROUP_DELETE ip flow-removed", "METER_DELETE arp");
    }

    @Test
    void shouldPublishSeveralBridgesAtOnce() throws Exception {
        TableSet other = new TableSet(clock);
        TableTransaction transaction = new TableTransaction(clock, nowNs);
        transaction.apply(tables, PARSER.command("ip,actions=output:1"));
        transaction.apply(other, PARSER.command("ip,actions=output:1"));
        long before = clock.tableVersion();
        assertThat(transaction.commit()).isEqualTo(before + 1);
        assertThat(other.table(0).activeCount()).isEqualTo(1);
    }

    /** Against a map of (table, priority, match) to actions. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldBeWhatAMapWouldBeAfterAnySequence(long seed) throws Exception {
        Random random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        for (int round = 0; round < 400; round++) {
            TableTransaction transaction = new TableTransaction(clock, nowNs);
            TreeMap<String, String> staged = new TreeMap<>(model);
            for (int i = random.nextInt(4); i >= 0; i--) {
                String rule = "priority=" + random.nextInt(3) + ",in_port=" + (1 + random.nextInt(4));
                String actions = "output:" + (1 + random.nextInt(9));
                switch (random.nextInt(4)) {
                    case 0 -> {
                        transaction.apply(tables, PARSER.command("delete_strict " + rule));
                        staged.remove("0 " + rule);
                    }
                    case 1 -> {
                        transaction.apply(tables, PARSER.command("modify_strict " + rule + ",actions=" + actions));
                        staged.replace("0 " + rule, actions);
                    }
                    default -> {
                        transaction.apply(tables, PARSER.command(rule + ",actions=" + actions));
                        staged.put("0 " + rule, actions);
                    }
                }
            }
            if (random.nextInt(3) == 0) {
                transaction.revert();
            } else {
                transaction.commit();
                model = staged;
            }
            if (random.nextInt(3) == 0) {
                tables.reclaim(clock.tableVersion());
            }
            assertThat(dump())
                    .containsExactlyInAnyOrderElementsOf(model.entrySet().stream()
                            .map(flow -> flow.getKey() + " " + flow.getValue())
                            .toList());
            assertThat(tables.table(0).activeCount()).isEqualTo(model.size());
        }
    }

    @Test
    void shouldReportWhatALookupLookedAt() throws Exception {
        flow("in_port=1,actions=output:2");
        FlowMask looked = new FlowMask();
        FlowKey key = new FlowKey().set(MatchField.IN_PORT, 1);
        assertThat(tables.table(0).lookup(key, clock.tableVersion(), looked, new Classifier.Scratch()))
                .isNotNull();
        assertThat(looked).isEqualTo(new FlowMask().add(MatchField.IN_PORT));
    }
}
