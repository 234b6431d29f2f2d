package io.heddle.flow.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod.Command;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupTableTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    private final GroupTable groups = new GroupTable();

    private void stage(Command command, String line) throws FlowException {
        groups.stage(PARSER.group(command, line), 1, 1);
        groups.finish();
    }

    private void refused(ErrorCode code, Command command, String line) {
        assertThatThrownBy(() -> stage(command, line))
                .isInstanceOfSatisfying(
                        FlowException.class,
                        e -> assertThat(e.error().code()).as(e.getMessage()).isEqualTo(code));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "group_id=4294967041,type=all,bucket=actions=output:1 | GROUP_MOD_FAILED_INVALID_GROUP",
                "group_id=1,type=indirect,bucket=actions=output:1,bucket=actions=output:2 | GROUP_MOD_FAILED_INVALID_GROUP",
                "group_id=1,type=ff,bucket=actions=output:1 | GROUP_MOD_FAILED_INVALID_GROUP",
                "group_id=1,type=select,bucket=weight:0,actions=output:1 | GROUP_MOD_FAILED_BAD_BUCKET",
                "group_id=1,type=all,bucket=actions=group:5 | BAD_ACTION_BAD_OUT_GROUP",
                "group_id=1,type=all,bucket=actions=group:1 | GROUP_MOD_FAILED_LOOP",
            })
    void shouldRefuseBadGroups(String line, ErrorCode code) {
        refused(code, Command.ADD, line);
        assertThat(groups.visibleIn(1)).isEmpty();
    }

    @Test
    void shouldRefuseALoopOverSeveralGroups() throws Exception {
        stage(Command.ADD, "group_id=1,type=all,bucket=actions=output:1");
        refused(ErrorCode.GROUP_MOD_FAILED_GROUP_EXISTS, Command.ADD, "group_id=1,type=all,bucket=actions=output:1");
        stage(Command.ADD, "group_id=2,type=indirect,bucket=actions=group:1");
        stage(Command.ADD, "group_id=3,type=indirect,bucket=actions=group:2");
        refused(
                ErrorCode.GROUP_MOD_FAILED_LOOP,
                Command.MODIFY,
                "group_id=1,type=all,bucket=actions=output:1,bucket=actions=group:3");
        refused(
                ErrorCode.GROUP_MOD_FAILED_UNKNOWN_GROUP,
                Command.MODIFY,
                "group_id=9,type=all,bucket=actions=output:1");
        stage(Command.MODIFY, "group_id=1,type=all,bucket=actions=output:2");
        assertThat(groups.visibleIn(1)).extracting(Group::id).containsExactly(1, 2, 3);
    }

    @Test
    void shouldMoveOnlyTheFlowsOfABucketThatGoesAway() throws Exception {
        stage(
                Command.ADD,
                "group_id=1,type=select,bucket=weight:1,actions=output:1,bucket=weight:1,actions=output:2,"
                        + "bucket=weight:1,actions=output:3");
        Group group = Objects.requireNonNull(groups.find(1, 1));
        int moved = 0;
        for (int port = 0; port < 3000; port++) {
            FlowKey key = new FlowKey()
                    .set(MatchField.ETH_TYPE, 0x0800)
                    .set(MatchField.NW_PROTO, 17)
                    .set(MatchField.UDP_SRC, port);
            Group.Bucket all = Objects.requireNonNull(BucketSelector.select(group, key, new FlowMask(), b -> true));
            Group.Bucket two =
                    Objects.requireNonNull(BucketSelector.select(group, key, new FlowMask(), b -> b.index() != 2));
            assertThat(two.index()).isNotEqualTo(2);
            if (all.index() != 2) {
                assertThat(two).isSameAs(all);
            } else {
                moved++;
            }
        }
        assertThat(moved).isBetween(900, 1100);
        assertThat(BucketSelector.select(group, new FlowKey(), new FlowMask(), b -> false))
                .isNull();
    }

    @Test
    void shouldLookAtTheFieldsThatAreNamedOnly() throws Exception {
        stage(
                Command.ADD,
                "group_id=1,type=select,selection_method=hash,fields(ip_dst=255.255.0.0),bucket=output:1,bucket=output:2,"
                        + "bucket=output:3");
        Group group = Objects.requireNonNull(groups.find(1, 1));
        int[] chosen = new int[3];
        for (int net = 0; net < 300; net++) {
            FlowMask looked = new FlowMask();
            Group.Bucket one = select(group, net << 16 | 1, 5, looked);
            assertThat(select(group, net << 16 | 2, 6, new FlowMask())).isSameAs(one);
            assertThat(looked.get(MatchField.TCP_SRC).isZero()).isTrue();
            assertThat(looked.get(MatchField.NW_DST)).isEqualTo(Bits.of(0xffff0000L));
            chosen[one.index()]++;
        }
        assertThat(chosen[0]).isBetween(50, 150);
        assertThat(chosen[1]).isBetween(50, 150);
        stage(
                Command.MODIFY,
                "group_id=1,type=select,selection_method=dp_hash,selection_method_param=9,bucket=output:1");
        assertThat(Objects.requireNonNull(groups.find(1, 1)).selection().parameter())
                .isEqualTo(9);
    }

    private static Group.Bucket select(Group group, int destination, int port, FlowMask looked) {
        FlowKey key = new FlowKey()
                .set(MatchField.ETH_TYPE, 0x0800)
                .set(MatchField.NW_PROTO, 6)
                .set(MatchField.NW_DST, Integer.toUnsignedLong(destination))
                .set(MatchField.TCP_SRC, port);
        return Objects.requireNonNull(BucketSelector.select(group, key, looked, bucket -> true));
    }

    @Test
    void shouldKeepTheCountersOfBucketsThatStay() throws Exception {
        stage(Command.ADD, "group_id=1,type=all,bucket=output:1,bucket=output:2");
        HitCounter second =
                Objects.requireNonNull(groups.find(1, 1)).buckets().get(1).counter();
        stage(Command.REMOVE_BUCKET, "group_id=1,command_bucket_id=0");
        stage(Command.INSERT_BUCKET, "group_id=1,command_bucket_id=first,bucket=output:3");
        Group group = Objects.requireNonNull(groups.find(1, 1));
        assertThat(group.buckets()).extracting(bucket -> bucket.spec().id()).containsExactly(0, 1);
        assertThat(group.buckets().get(1).counter()).isSameAs(second);
        refused(
                ErrorCode.GROUP_MOD_FAILED_UNKNOWN_BUCKET,
                Command.INSERT_BUCKET,
                "group_id=1,command_bucket_id=5,bucket=output:3");
        refused(
                ErrorCode.GROUP_MOD_FAILED_BUCKET_EXISTS,
                Command.ADD,
                "group_id=2,type=all,bucket=bucket_id:3,output:1,bucket=bucket_id:3,output:2");
        stage(Command.ADD, "group_id=3,type=indirect,bucket=output:1");
        refused(ErrorCode.GROUP_MOD_FAILED_INVALID_GROUP, Command.REMOVE_BUCKET, "group_id=3,command_bucket_id=all");
    }

    @Test
    void shouldSpreadOverEthernetAndArpAddressesToo() throws Exception {
        stage(Command.ADD, "group_id=1,type=select,bucket=weight:1,actions=output:1,bucket=weight:1,actions=output:2");
        Group group = Objects.requireNonNull(groups.find(1, 1));
        for (MatchField field :
                new MatchField[] {MatchField.ETH_SRC, MatchField.ETH_DST, MatchField.ARP_SPA, MatchField.ARP_THA}) {
            int first = 0;
            for (int value = 0; value < 1000; value++) {
                FlowKey key = new FlowKey().set(MatchField.ETH_TYPE, 0x0806).set(field, value);
                Group.Bucket bucket =
                        Objects.requireNonNull(BucketSelector.select(group, key, new FlowMask(), b -> true));
                first += bucket.index() == 0 ? 1 : 0;
            }
            assertThat(first).as(field.fieldName()).isBetween(400, 600);
        }
    }
}
