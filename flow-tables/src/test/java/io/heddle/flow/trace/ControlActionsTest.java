package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortInfo.PortConfig;
import io.heddle.flow.pipeline.Translation.DropCause;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Actions that steer how others are executed: clone, push, pop, exit, check_pkt_larger, queues. */
class ControlActionsTest {
    private static final String TCP = "in_port=1,tcp,nw_ttl=64,tcp_dst=80";

    private final PipelineLab lab = PipelineLab.oneBridge();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clone(set_field:81->tcp_dst,output:2),output:3              | clone(set(tp_dst=81),2),3",
                "clone(output:2),output:3                                    | 2,3",
                "output:3,clone(dec_ttl,output:2)                            | 3,set(nw_ttl=63),2",
                "clone(set_field:3->reg0),output:reg0[]                      | drop",
                "clone(output:2,exit,output:3),output:4                      | 2",
                "clone(clone(output:2),output:3),output:4                    | 2,3,4",
                "set_field:3->reg0,push:reg0[],set_field:4->reg0,pop:reg1[],output:reg1[] | 3",
                "set_field:0x34->reg0,push:reg0[4..7],pop:reg1[],output:reg1[] | 3",
                "set_field:0x32->reg0,push:reg0[],pop:reg1[0..3],output:reg1[] | 2",
                "set_field:2->reg0,push:reg0[],clone(pop:reg1[]),pop:reg1[],output:reg1[] | 2",
                "set_field:2->reg0,push:reg0[],set_field:3->reg0,push:reg0[],pop:reg1[],output:reg1[],pop:reg1[],output:reg1[] | 3,2",
                "pop:reg1[],output:2                                         | 2",
                "push:tcp_dst[],pop:tcp_src[],output:2                       | set(tp_src=80),2",
                "output:2,exit,output:3                                      | 2",
                "write_actions(output:2),exit                                | drop",
                "set_queue:5,output:2,pop_queue,output:3                     | 'set(queue=5),2,set(queue=none),3'",
                "enqueue:2:5,output:3                                        | 'set(queue=5),2,set(queue=none),3'",
                "output(port=2,max_len=100),output:3                         | 'trunc(100),2,3'",
                "output(port=1,max_len=100),output:3                         | 3",
                "output(port=9,max_len=100),output:3                         | 3",
                "output(port=IN_PORT,max_len=14)                             | 'trunc(14),1'",
                "dec_ttl,output(port=2,max_len=100)                          | 'set(nw_ttl=63),trunc(100),2'",
                "check_pkt_larger(100)->reg0[0]                              | drop",
                "note:01.02,output:2                                         | 2",
                "conjunction(1,1/2)                                          | drop",
                "controller(userdata=01,pause),output:2                      | 'controller(reason=1,max_len=65535,continuation=1)'",
                "output:3,clone(controller(max_len=9,pause),output:2),output:4 | '3,controller(reason=1,max_len=65535,continuation=1),4'",
            })
    void shouldTranslateActions(String actions, String expected) throws Exception {
        String[] parts = actions.split("write_actions", 2);
        lab.flows(
                "tcp,actions=" + (parts.length == 1 ? actions : "write_actions(output:2),goto_table:1"),
                "table=1,actions=output:3,exit");
        assertThat(lab.actions(TCP)).isEqualTo(parts.length == 1 ? expected : "3");
    }

    @Test
    void shouldLimitWhatGoesToControllers() throws Exception {
        lab.meter("meter=controller pktps bands=type=drop rate=5").meter("meter=7 pktps bands=type=drop rate=1");
        lab.flows("actions=controller(meter_id=7,reason=no_match),controller,output:2");
        assertThat(lab.actions(TCP))
                .isEqualTo("clone(meter(7),controller(reason=0,max_len=65535)),"
                        + "clone(meter(4294967294),controller(reason=1,max_len=65535)),2");
        lab.flows("priority=40000,ip,actions=dec_ttl,output:2");
        assertThat(lab.actions("in_port=1,udp,nw_ttl=1"))
                .isEqualTo("meter(4294967294),controller(reason=2,max_len=65535)");
    }

    @Test
    void shouldRefuseActionsThatNameAMeterOfControllers() throws Exception {
        lab.meter("meter=controller pktps bands=type=drop rate=5");
        for (String actions : new String[] {"controller(meter_id=4294967294)", "controller(meter_id=8)"}) {
            assertThatThrownBy(() -> lab.flows("actions=" + actions))
                    .as(actions)
                    .isInstanceOfSatisfying(
                            FlowException.class,
                            e -> assertThat(e.error().code()).isEqualTo(ErrorCode.METER_MOD_FAILED_INVALID_METER));
        }
    }

    @Test
    void shouldResubmitWithTheConnectionOfThePacket() throws Exception {
        lab.flows(
                "ip,ct_state=+trk+rpl,actions=resubmit(,1,ct)",
                "table=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1000,tp_dst=80,actions=resubmit(,2)",
                "table=2,tcp,nw_src=10.0.0.2,actions=output:2",
                "table=2,priority=1,actions=output:3");
        String reply = "in_port=1,ct_state=trk|rpl|est,tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tp_src=80,tp_dst=1000,";
        assertThat(lab.actions(
                        reply + "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=6,ct_tp_src=1000,ct_tp_dst=80"))
                .isEqualTo("2");
        assertThat(lab.actions(
                        reply + "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=6,ct_tp_src=1000,ct_tp_dst=81"))
                .isEqualTo("drop");
        assertThat(lab.actions(
                        "in_port=1,ct_state=trk|rpl|est,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1000,tp_dst=80"))
                .isEqualTo("drop");
    }

    @Test
    void shouldRefuseToResubmitWithTheConnectionOfAnyPacket() {
        assertThatThrownBy(() -> lab.flows("ip,ct_state=+trk,actions=resubmit(,1,ct)"))
                .isInstanceOfSatisfying(
                        FlowException.class,
                        e -> assertThat(e.error().code()).isEqualTo(ErrorCode.BAD_ACTION_MATCH_INCONSISTENT));
    }

    @Test
    void shouldExecuteTheActionSetOfAClone() throws Exception {
        lab.flows("actions=write_actions(output:2),goto_table:1", "table=1,actions=clone(output:3),output:4");
        assertThat(lab.actions(TCP)).isEqualTo("3,2,4,2");
    }

    @Test
    void shouldLeaveEveryListAndTableOnExit() throws Exception {
        lab.flows(
                "actions=resubmit(,1),output:4,goto_table:3",
                "table=1,actions=resubmit(,2),output:3",
                "table=2,actions=output:2,exit,output:3,goto_table:3",
                "table=3,actions=output:4");
        assertThat(lab.actions(TCP)).isEqualTo("2");
    }

    @Test
    void shouldLeaveOnlyTheBridgeBehindThePatchPort() throws Exception {
        lab.bridge(1, BridgeView.Standalone.OFF)
                .port(new PortInfo(6, 0, 6, "patch0", true, PortConfig.DEFAULT, 101, false))
                .port(new PortInfo(101, 1, 1, "patch1", true, PortConfig.DEFAULT, 6, false))
                .port(new PortInfo(102, 1, 2, "b2"));
        lab.flows("actions=set_field:3->reg0,push:reg0[],output:6,pop:reg1[],output:reg1[]");
        lab.flows(1, "actions=pop:reg1[],output:2,exit");
        assertThat(lab.actions(TCP)).isEqualTo("102,3");
    }

    @Test
    void shouldKeepTheStackOverResubmitsAndParsing() throws Exception {
        lab.flows(
                "mpls,actions=set_field:3->reg0,push:reg0[],resubmit(,1),pop:reg2[],output:reg2[]",
                "table=1,mpls,actions=pop_mpls:0x0800,set_field:2->reg3,push:reg3[],resubmit(,2)",
                "table=2,ip,actions=dec_ttl,pop:reg4[],output:reg4[]");
        assertThat(lab.actions("in_port=1,mpls,mpls_bos=1")).isEqualTo("pop_mpls(eth_type=0x0800),recirc(0x1)");
        assertThat(lab.actions("recirc_id=1,in_port=1,ip,nw_ttl=9")).isEqualTo("set(nw_ttl=8),2,3");
    }

    @Test
    void shouldAskForTheLengthAndGoOnBothWays() throws Exception {
        lab.flows(
                "actions=push_vlan:0x8100,resubmit(,1),output:4",
                "table=1,actions=check_pkt_larger(1500)->reg0[3],set_field:1->reg1,goto_table:2",
                "table=2,reg0=8,actions=output:2",
                "table=2,reg0=0,actions=output:3");
        assertThat(lab.actions(TCP))
                .isEqualTo("push_vlan(vid=0,pcp=0),check_pkt_len(size=1500,gt(recirc(0x1)),le(recirc(0x2)))");
        assertThat(lab.actions(TCP.replace("in_port", "dl_vlan=0,recirc_id=1,in_port")))
                .isEqualTo("2,4");
        assertThat(lab.actions(TCP.replace("in_port", "dl_vlan=0,recirc_id=2,in_port")))
                .isEqualTo("3,4");
    }

    @Test
    void shouldWriteTheAnswerToAHeader() throws Exception {
        lab.flows("tcp,actions=check_pkt_larger(100)->tcp_dst[0],output:2");
        assertThat(lab.actions(TCP))
                .isEqualTo(
                        "check_pkt_len(size=100,gt(set(tp_dst=0x1/0x1),recirc(0x1)),le(set(tp_dst=0/0x1),recirc(0x1)))");
    }

    @Test
    void shouldEndATranslationThatIsTooDeep() throws Exception {
        lab.flows("actions=push:reg0[],resubmit(,0)");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
        lab.flows("actions=clone(resubmit(,0)),output:2");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clone(write_actions(output:2))        | an instruction of a flow",
                "clone(group:9)                        | group 9",
                "write_actions(clone(output:2))        | cannot be part of an action set",
                "write_actions(push:reg0[])            | cannot be part of an action set",
                "write_actions(exit)                   | cannot be part of an action set",
                "push:nw_src[]                         | the match does not ask for",
                "pop:eth_type[]                        | cannot write",
                "pop                                   | needs a value",
                "check_pkt_larger(5)                   | no field for the answer",
                "check_pkt_larger(5)->reg0[]           | one bit",
                "check_pkt_larger(65536)->reg0[0]      | the length",
                "sample(probability=5)                 | packets are not sampled",
                "encap(nsh)                            | not supported",
                "output(port=2,max_len=13)            | max_len of 14 or more",
                "output(max_len=13)                   | max_len of 14 or more",
                "output(port=FLOOD,max_len=14)        | a packet is cut for a port",
                "enqueue:5                             | write port and queue",
            })
    void shouldSayWhatIsWrong(String actions, String message) {
        assertThatThrownBy(() -> lab.flows("actions=" + actions))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseClonesThatAreTooDeep() {
        String actions = "clone(".repeat(40) + "output:1" + ")".repeat(40);
        assertThatThrownBy(() -> lab.flows("actions=" + actions)).hasMessageContaining("more than 32 clones");
    }
}
