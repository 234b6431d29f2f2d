package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.table.TableTransaction;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code learn} and {@code fin_timeout}: flows and a packet in, a trace and the learned flows out. */
class LearnTest {
    private static final String MAC_LEARNING =
            "actions=learn(table=10,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
                    + "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]),resubmit(,10),goto_table:1";
    private static final String FROM_A = "in_port=1,dl_src=00:00:00:00:00:0a,dl_dst=00:00:00:00:00:0b";
    private static final String FROM_B = "in_port=2,dl_src=00:00:00:00:00:0b,dl_dst=00:00:00:00:00:0a";

    private final PipelineLab lab = PipelineLab.oneBridge();

    private void seconds(int seconds) {
        lab.nowNs += TimeUnit.SECONDS.toNanos(seconds);
    }

    @Test
    void shouldLearnAddressesInTheMiddleOfThePipeline() throws Exception {
        lab.flows(MAC_LEARNING, "table=1,reg0=0,actions=flood", "table=1,priority=1,actions=output:reg0[0..15]");

        assertThat(lab.actions(FROM_A)).isEqualTo("2,3,4,5");
        lab.learn(FROM_A);

        assertThat(lab.dump(10))
                .containsExactly("table=10, hard_timeout=60, vlan_tci=0x0000/0x0fff,dl_dst=00:00:00:00:00:0a"
                        + " actions=load:0x1->NXM_NX_REG0[0..15]");
        assertThat(lab.actions(FROM_B)).isEqualTo("1");
        assertThat(lab.trace(FROM_B).toText())
                .contains("    learn(table=10,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
                        + "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15])\n"
                        + "         -> learns table=10 vlan_tci=0x0000/0x0fff,dl_dst=00:00:00:00:00:0b priority=32768"
                        + " hard=60 actions=load:0x2->NXM_NX_REG0[0..15]\n");
        assertThat(lab.trace(FROM_B).megaflow())
                .isEqualTo("recirc_id=0,eth,in_port=2,vlan_tci=0x0000/0x0fff,dl_src=00:00:00:00:00:0b,"
                        + "dl_dst=00:00:00:00:00:0a");
    }

    @Test
    void shouldKeepALearnedFlowWhileItsLearnersSend() throws Exception {
        lab.flows(MAC_LEARNING);
        lab.learn(FROM_A);
        for (int i = 0; i < 5; i++) {
            seconds(40);
            Translation translation = lab.learn(FROM_A);
            assertThat(translation.effects()).isEmpty();
            assertThat(lab.expire()).isZero();
        }
        seconds(59);
        assertThat(lab.expire()).isZero();
        seconds(1);
        assertThat(lab.expire()).isEqualTo(1);
        assertThat(lab.dump(10)).isEmpty();
        lab.learn(FROM_A);
        assertThat(lab.dump(10)).hasSize(1);
    }

    @Test
    void shouldCountTheHardTimeoutOfAPlainFlowFromItsAdd() throws Exception {
        lab.flows("hard_timeout=60,actions=output:2");
        seconds(40);
        lab.learn(FROM_A);
        seconds(20);
        assertThat(lab.expire()).isEqualTo(1);
    }

    @Test
    void shouldLetALearnedFlowThatNobodyHitsIdle() throws Exception {
        lab.flows("actions=learn(table=10,idle_timeout=5,eth_dst=eth_src,output:in_port)");
        lab.learn(FROM_A);
        seconds(4);
        lab.learn(FROM_A);
        seconds(1);
        assertThat(lab.expire()).isEqualTo(1);
    }

    @Test
    void shouldChangeTheActionsOfALearnedFlowAndKeepItsAge() throws Exception {
        lab.flows(MAC_LEARNING);
        lab.learn(FROM_A);
        seconds(30);
        Translation moved = lab.learn(FROM_A.replace("in_port=1", "in_port=3"));
        assertThat(moved.effects()).hasSize(1);
        assertThat(lab.dump(10))
                .containsExactly("table=10, hard_timeout=60, vlan_tci=0x0000/0x0fff,dl_dst=00:00:00:00:00:0a"
                        + " actions=load:0x3->NXM_NX_REG0[0..15]");
        lab.set(0)
                .table(10)
                .forEach(
                        lab.clock.tableVersion(),
                        entry -> assertThat(entry.createdNs()).isEqualTo(1));
        seconds(31);
        assertThat(lab.expire()).isZero();
    }

    @Test
    void shouldNotLearnMoreThanTheLimit() throws Exception {
        lab.flows(
                "actions=learn(table=10,cookie=0x7,limit=2,result_dst=reg0[3],eth_src),goto_table:1",
                "table=1,reg0=8,actions=output:2",
                "table=1,priority=1,actions=output:3",
                "table=10,cookie=0x8,priority=5,actions=drop");
        String packet = "in_port=1,dl_src=00:00:00:00:00:0";
        for (int i = 1; i <= 3; i++) {
            assertThat(lab.actions(packet + i)).isEqualTo(i <= 2 ? "2" : "3");
            lab.learn(packet + i);
        }
        assertThat(lab.dump(10)).hasSize(3);
        assertThat(lab.actions(packet + 1)).isEqualTo("2");
        lab.flows("delete table=10,dl_src=00:00:00:00:00:01");
        assertThat(lab.actions(packet + 3)).isEqualTo("2");
        lab.learn(packet + 3);
        assertThat(lab.actions(packet + 1)).isEqualTo("3");
    }

    @Test
    void shouldCheckTheLimitAgainWhenTheFlowIsAdded() throws Exception {
        lab.flows("actions=learn(table=10,limit=1,eth_src)");
        String packet = "in_port=1,dl_src=00:00:00:00:00:0";
        Translation one = lab.translate(packet + 1);
        Translation two = lab.translate(packet + 2);
        try (TableTransaction transaction = new TableTransaction(lab.clock, lab.nowNs)) {
            assertThat(one.effects().getFirst().stage(transaction, lab.set(0))).isTrue();
            assertThat(one.effects().getFirst().stage(transaction, lab.set(0))).isFalse();
            assertThat(two.effects().getFirst().stage(transaction, lab.set(0))).isFalse();
            transaction.commit();
        }
        assertThat(lab.dump(10)).hasSize(1);
    }

    @Test
    void shouldDeleteWhatItLearnedWithTheLastFlowThatLearns() throws Exception {
        lab.flows(
                "in_port=1,actions=learn(table=10,cookie=0x7,delete_learned,eth_src)",
                "in_port=2,actions=learn(table=10,cookie=0x7,delete_learned,eth_src)",
                "in_port=3,actions=learn(table=10,cookie=0x8,eth_src)",
                "table=10,cookie=0x9,priority=1,actions=drop");
        lab.learn("in_port=1,dl_src=00:00:00:00:00:01");
        lab.learn("in_port=3,dl_src=00:00:00:00:00:03");
        assertThat(lab.dump(10)).hasSize(3);

        lab.flows("delete in_port=1", "delete in_port=3");
        assertThat(lab.dump(10)).hasSize(3);
        lab.flows("modify in_port=2,actions=drop");
        assertThat(lab.dump(10))
                .containsExactly(
                        "cookie=0x8, table=10, dl_src=00:00:00:00:00:03 actions=drop",
                        "cookie=0x9, table=10, priority=1 actions=drop");
    }

    @Test
    void shouldShortenTimeoutsWhenTheConnectionEnds() throws Exception {
        lab.flows("tcp,actions=learn(table=10,idle_timeout=60,fin_idle_timeout=2,fin_hard_timeout=9,"
                + "eth_type=0x800,nw_proto=6,tcp_dst=tcp_src),resubmit(,10)");
        lab.learn("in_port=1,tcp,tcp_src=80,tcp_dst=1");
        assertThat(lab.dump(10))
                .containsExactly(
                        "table=10, idle_timeout=60, tcp,tp_dst=80 actions=fin_timeout(idle_timeout=2,hard_timeout=9)");
        assertThat(lab.learn("in_port=2,tcp,tcp_src=80,tcp_dst=80,tcp_flags=0x10")
                        .effects())
                .isEmpty();
        assertThat(lab.learn("in_port=2,tcp,tcp_src=80,tcp_dst=80,tcp_flags=0x11")
                        .effects())
                .hasSize(1);
        assertThat(lab.dump(10))
                .containsExactly(
                        "table=10, idle_timeout=2, hard_timeout=9, tcp,tp_dst=80 actions=fin_timeout(idle_timeout=2,hard_timeout=9)");
        assertThat(lab.learn("in_port=2,tcp,tcp_src=80,tcp_dst=80,tcp_flags=0x4")
                        .effects())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "learn(table=255,eth_src)                           | table is 0 to 254",
                "learn(eth_src=10.0.0.1)                            | not an Ethernet address",
                "learn(foo=1)                                       | no field has this name",
                "learn(NXM_OF_ETH_SRC[]=NXM_OF_VLAN_TCI[])          | they must be as many",
                "learn(ip_src)                                      | the match does not ask for",
                "learn(ip_src=10.0.0.1)                             | the learned flow does not match on what nw_src needs",
                "learn(NXM_OF_ETH_TYPE[0..3]=1)                     | as a whole or not at all",
                "learn(load:1->eth_type)                            | cannot be written",
                "learn(load:256->reg0[0..7])                        | the value",
                "learn(output:1)                                    | no field has this name",
                "learn(eth_src,result_dst=reg0)                     | one bit",
                "write_actions(learn(eth_src))                      | cannot be part of an action set",
                "fin_timeout(idle_timeout=1)                        | a TCP header",
                "fin_timeout(timeout=1)                             | takes idle_timeout",
            })
    void shouldSayWhatIsWrong(String actions, String message) {
        assertThatThrownBy(() -> lab.flows("actions=" + actions))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining(message);
    }
}
