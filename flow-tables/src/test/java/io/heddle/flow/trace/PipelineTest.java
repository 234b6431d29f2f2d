package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.Ports;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.BridgeLayer2;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.BridgeView.FragmentHandling;
import io.heddle.flow.pipeline.DatapathAction;
import io.heddle.flow.pipeline.InBand;
import io.heddle.flow.pipeline.PacketInReason;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortInfo.PortConfig;
import io.heddle.flow.pipeline.TraceListener;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.pipeline.Translation.DropCause;
import io.heddle.flow.table.FlowMod;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineTest {
    private static final String TCP = "in_port=1,tcp,dl_dst=00:00:00:00:00:02,nw_dst=10.0.0.1,nw_ttl=64,tp_dst=80";

    private final PipelineLab lab = PipelineLab.oneBridge();

    @Test
    void shouldPrintATraceAsOpenVSwitchDoes() throws Exception {
        lab.flows(
                "priority=10,ip,nw_dst=10.0.0.0/24,cookie=0x5,actions=set_field:1->reg0,goto_table:1",
                "table=1,priority=0,actions=output:2");
        assertThat(lab.trace("in_port=1,udp,nw_dst=10.0.0.1").toText()).isEqualTo("""
                        Flow: udp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=10.0.0.1,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=0

                        bridge("br0")
                        -------------
                         0. ip,nw_dst=10.0.0.0/24, priority 10, cookie 0x5
                            set_field:0x1->reg0
                            goto_table:1
                         1. priority 0
                            output:2

                        Final flow: udp,reg0=0x1,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=10.0.0.1,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=0
                        Megaflow: recirc_id=0,eth,ip,in_port=1,nw_dst=10.0.0.0/24
                        Datapath actions: 2
                        """);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "output:2,output:3                                           | 2,3",
                "output:1                                                    | drop",
                "in_port                                                     | 1",
                "all                                                         | 2,3,4,5",
                "flood                                                       | 2,3,4,5",
                "local                                                       | 5",
                "output:99                                                   | drop",
                "drop                                                        | drop",
                "dec_ttl,output:2                                            | set(nw_ttl=63),2",
                "set_field:10.0.0.9->ip_dst,output:2                         | set(nw_dst=10.0.0.9),2",
                "set_field:10.0.0.1->ip_dst,output:2                         | set(nw_dst=10.0.0.1),2",
                "set_field:81->tcp_dst,set_field:82->tcp_dst,output:2        | set(tp_dst=82),2",
                "output:2,set_field:81->tcp_dst,output:3                     | 2,set(tp_dst=81),3",
                "push_vlan:0x8100,set_field:4101->vlan_vid,output:2          | push_vlan(vid=5,pcp=0),2",
                "push_vlan:0x8100,set_field:4101->vlan_vid,pop_vlan,output:2 | 2",
                "push_vlan:0x8100,set_field:4101->vlan_vid,push_vlan:0x88a8,output:2 | push_vlan(vid=5,pcp=0),push_vlan(tpid=0x88a8,vid=5,pcp=0),2",
                "push_mpls:0x8847,set_field:7->mpls_label,output:2           | push_mpls(label=7,tc=0,ttl=64,bos=1,eth_type=0x8847),2",
                "push_mpls:0x8847,push_mpls:0x8847,set_field:7->mpls_label,output:2 | push_mpls(label=0,tc=0,ttl=64,bos=1,eth_type=0x8847),push_mpls(label=7,tc=0,ttl=64,bos=0,eth_type=0x8847),2",
                "push_mpls:0x8847,set_mpls_ttl(9),output:2                   | push_mpls(label=0,tc=0,ttl=9,bos=1,eth_type=0x8847),2",
                "set_field:9->reg1,move:reg1[0..15]->tcp_src[],output:2      | set(tp_src=9),2",
                "set_field:3->reg1,output:reg1[]                             | 3",
                "set_field:0x77->metadata,controller:99                      | 'controller(reason=1,max_len=99)'",
                "set_queue:3,output:2                                        | 'set(queue=3),2'",
                "set_field:5->tun_id,output:2                                | 2",
                "write_actions(output:2,set_field:81->tcp_dst,dec_ttl)       | set(nw_ttl=63,tp_dst=81),2",
                "write_actions(output:2),write_metadata:5                    | 2",
                "output:3,write_actions(output:2,push_vlan:0x8100)           | 3,push_vlan(vid=0,pcp=0),2",
            })
    void shouldTranslateActions(String actions, String expected) throws Exception {
        lab.flows("tcp,actions=" + actions);
        assertThat(lab.actions(TCP)).isEqualTo(expected);
    }

    @Test
    void shouldExecuteTheActionSetInTheOrderOfTheSpecification() throws Exception {
        lab.flows(
                "tcp,actions=write_actions(output:2,set_field:4103->vlan_vid,push_vlan:0x8100),goto_table:1",
                "table=1,actions=write_actions(output:3),goto_table:2",
                "table=2,actions=drop");
        assertThat(lab.actions(TCP)).isEqualTo("push_vlan(vid=7,pcp=0),3");
        lab.flows("table=2,actions=clear_actions");
        assertThat(lab.actions(TCP)).isEqualTo("drop");
    }

    @Test
    void shouldDropWithANamedCause() throws Exception {
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TABLE_MISS);
        lab.flows("actions=drop");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.NO_OUTPUT);
        lab.flows("actions=output:1");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.OUTPUT_TO_IN_PORT);
        lab.flows("ip,actions=dec_ttl,output:2");
        assertThat(lab.translate("in_port=7").drop()).isEqualTo(DropCause.PORT_DOWN);
        assertThat(lab.translate("in_port=1,recirc_id=77,ip").drop()).isEqualTo(DropCause.UNKNOWN_RECIRCULATION);
    }

    @Test
    void shouldPuntAPacketWhoseTtlIsOverAndStop() throws Exception {
        lab.flows("ip,actions=output:3,dec_ttl,output:2");
        assertThat(lab.actions("in_port=1,udp,nw_ttl=1")).isEqualTo("3,controller(reason=2,max_len=65535)");
    }

    @Test
    void shouldSayThatTheTableMissEntrySentIt() throws Exception {
        lab.flows("priority=0,actions=controller");
        Translation translation = lab.translate(TCP);
        assertThat(translation.actions()).hasSize(1);
        DatapathAction.Punt punt = (DatapathAction.Punt) translation.actions().getFirst();
        assertThat(punt.reason()).isEqualTo(PacketInReason.NO_MATCH);
        assertThat(punt.pipelineFields().valueOf(MatchField.IN_PORT).low()).isEqualTo(1);
        lab.port(new PortInfo(1, 0, 1, "p1", true, new PortConfig(false, false, false, true), 0, false));
        assertThat(lab.actions(TCP)).isEqualTo("drop");
    }

    @Test
    void shouldObeyPortFlags() throws Exception {
        lab.flows("actions=flood");
        lab.port(new PortInfo(2, 0, 2, "p2", true, new PortConfig(false, false, true, false), 0, false));
        lab.port(new PortInfo(3, 0, 3, "p3", false, PortConfig.DEFAULT, 0, false));
        assertThat(lab.actions(TCP)).isEqualTo("4,5");
        lab.flows("actions=all");
        assertThat(lab.actions(TCP)).isEqualTo("2,4,5");
        lab.port(new PortInfo(4, 0, 4, "p4", true, new PortConfig(true, true, false, false), 0, false));
        assertThat(lab.actions(TCP)).isEqualTo("2,5");
        assertThat(lab.translate("in_port=4").drop()).isEqualTo(DropCause.NO_RECEIVE);
    }

    @Test
    void shouldGoOnInThePeerOfAPatchPortAndComeBackUnchanged() throws Exception {
        lab.bridge(1, BridgeView.Standalone.OFF)
                .port(new PortInfo(6, 0, 6, "patch0", true, PortConfig.DEFAULT, 101, false))
                .port(new PortInfo(101, 1, 1, "patch1", true, PortConfig.DEFAULT, 6, false))
                .port(new PortInfo(102, 1, 2, "b2"));
        lab.flows("actions=set_field:9->reg0,output:6,output:2");
        lab.flows(1, "in_port=1,tcp,reg0=0,actions=set_field:81->tcp_dst,output:2");
        assertThat(lab.actions(TCP)).isEqualTo("clone(set(tp_dst=81),102),2");
        lab.flows("actions=output:2,output:6");
        assertThat(lab.actions(TCP)).isEqualTo("2,set(tp_dst=81),102");
    }

    @Test
    void shouldEndALoopOfPatchPorts() throws Exception {
        lab.bridge(1, BridgeView.Standalone.OFF)
                .port(new PortInfo(6, 0, 6, "patch0", true, PortConfig.DEFAULT, 101, false))
                .port(new PortInfo(101, 1, 1, "patch1", true, PortConfig.DEFAULT, 6, false));
        lab.flows("in_port=1,actions=output:6", "in_port=6,actions=in_port");
        lab.flows(1, "actions=in_port");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
    }

    @Test
    void shouldRunGroups() throws Exception {
        lab.group("group_id=1,type=all,bucket=actions=set_field:10->tcp_dst,output:2,bucket=output:3");
        lab.group("group_id=2,type=indirect,bucket=actions=set_field:11->tcp_dst,output:4");
        lab.group("group_id=3,type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3");
        lab.group("group_id=4,type=all,bucket=actions=group:2,bucket=actions=group:3");
        lab.flows("tcp,actions=group:1");
        assertThat(lab.actions(TCP)).isEqualTo("clone(set(tp_dst=10),2),3");
        lab.flows("tcp,actions=write_actions(group:2,output:3)");
        assertThat(lab.actions(TCP)).isEqualTo("set(tp_dst=11),4");
        lab.flows("tcp,actions=group:4");
        assertThat(lab.actions(TCP)).isEqualTo("clone(set(tp_dst=11),4),2");
        lab.port(new PortInfo(2, 0, 2, "p2", false, PortConfig.DEFAULT, 0, false));
        lab.flows("tcp,actions=group:3");
        assertThat(lab.actions(TCP)).isEqualTo("3");
        lab.port(new PortInfo(3, 0, 3, "p3", false, PortConfig.DEFAULT, 0, false));
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.NO_LIVE_BUCKET);
    }

    @Test
    void shouldSpreadFlowsOverSelectBucketsByWeight() throws Exception {
        lab.group("group_id=1,type=select,bucket=weight:1,actions=output:2,bucket=weight:3,actions=output:3");
        lab.flows("actions=group:1");
        int[] count = new int[6];
        for (int port = 1; port <= 4000; port++) {
            count[Integer.parseInt(lab.actions("in_port=1,udp,tp_src=" + port))]++;
        }
        assertThat(count[2]).isBetween(850, 1150);
        assertThat(count[3]).isBetween(2850, 3150);
        assertThat(lab.trace("in_port=1,udp,tp_src=5").megaflow())
                .contains("tp_src=5", "dl_src=", "nw_src=", "nw_frag=no");
    }

    @Test
    void shouldLearnAddressesForNormal() throws Exception {
        lab.flows("actions=normal");
        String there = "in_port=1,dl_src=00:00:00:00:00:0a,dl_dst=00:00:00:00:00:0b";
        String back = "in_port=2,dl_src=00:00:00:00:00:0b,dl_dst=00:00:00:00:00:0a";
        assertThat(lab.actions(there)).isEqualTo("2,3,4,5");
        long before = lab.clock.revision();
        lab.translate(there);
        assertThat(lab.clock.revision()).isGreaterThan(before);
        assertThat(lab.actions(back)).isEqualTo("1");
        assertThat(lab.actions(back + ",dl_vlan=5"))
                .as("addresses are learned per VLAN")
                .isEqualTo("1,3,4,5");
        lab.translate(back);
        assertThat(lab.actions(there)).isEqualTo("2");
        lab.translate(there.replace("in_port=1", "in_port=3"));
        assertThat(lab.actions(back)).as("the address has moved").isEqualTo("3");
        assertThat(lab.actions(there.replace("in_port=1", "in_port=2"))).isEqualTo("drop");
        assertThat(lab.actions("in_port=1,dl_dst=01:80:c2:00:00:01")).isEqualTo("drop");
    }

    @Test
    void shouldForgetAddressesThatAreSilent() throws Exception {
        lab.flows("actions=normal");
        lab.translate("in_port=1,dl_src=00:00:00:00:00:0a");
        assertThat(lab.actions("in_port=2,dl_dst=00:00:00:00:00:0a")).isEqualTo("1");
        assertThat(lab.view(0).macs().expire(lab.nowNs + 299_000_000_000L)).isZero();
        assertThat(lab.view(0).macs().expire(lab.nowNs + 301_000_000_000L)).isEqualTo(1);
        assertThat(lab.actions("in_port=2,dl_dst=00:00:00:00:00:0a")).isEqualTo("1,3,4,5");
    }

    @Test
    @Timeout(60)
    void shouldGiveUpWhereGroupsMultiply() throws Exception {
        lab.group("group_id=1,type=all,bucket=actions=output:2,bucket=actions=output:3");
        for (int id = 2; id <= 40; id++) {
            lab.group("group_id=%d,type=all,bucket=actions=group:%d,bucket=actions=group:%d"
                    .formatted(id, id - 1, id - 1));
        }
        lab.flows("actions=group:40");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
    }

    @Test
    @Timeout(60)
    void shouldFindGroupsThatWatchEachOtherDead() throws Exception {
        String watching = ",bucket=watch_group:1,actions=output:2,bucket=watch_group:2,actions=output:3".repeat(5);
        lab.group("group_id=1,type=ff,bucket=watch_port:77,actions=output:2");
        lab.group("group_id=2,type=ff" + watching);
        lab.group(GroupMod.Command.MODIFY, "group_id=1,type=ff" + watching);
        lab.flows("actions=group:1");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.NO_LIVE_BUCKET);
    }

    @Test
    void shouldTakeTunnelFieldsThroughConnectionTracking() throws Exception {
        lab.flows("table=0,ip,actions=set_field:100->tun_id,ct(table=1)");
        assertThat(lab.actions(TCP)).contains("tun_id=0x64");
    }

    @Test
    void shouldActAsALearningSwitchWhenStandalone() throws Exception {
        lab.bridge(0, BridgeView.Standalone.BELOW_FLOWS);
        assertThat(lab.actions("in_port=1")).isEqualTo("2,3,4,5");
        lab.flows("actions=drop");
        assertThat(lab.actions("in_port=1")).isEqualTo("drop");
        lab.bridge(0, BridgeView.Standalone.ABOVE_FLOWS);
        assertThat(lab.actions("in_port=1")).isEqualTo("2,3,4,5");
    }

    @Test
    void shouldParseAgainWhatAPopUncovers() throws Exception {
        lab.flows(
                "mpls,actions=pop_mpls:0x0800,set_field:0x5->reg3,goto_table:1",
                "table=1,priority=5,tcp,reg3=5,actions=set_field:81->tcp_dst,output:2",
                "table=1,priority=1,actions=output:3");
        assertThat(lab.outcome("in_port=1,mpls,mpls_label=5,mpls_bos=1"))
                .isEqualTo("recirc_id=0,eth,mpls,in_port=1,mpls_bos=1 -> pop_mpls(eth_type=0x0800),recirc(0x1)");
        assertThat(lab.outcome("in_port=1,mpls,mpls_label=6,mpls_bos=1"))
                .as("equal states share an id")
                .endsWith("recirc(0x1)");
        assertThat(lab.actions("recirc_id=1," + TCP)).isEqualTo("set(tp_dst=81),2");
        assertThat(lab.actions("recirc_id=1,in_port=1,udp")).isEqualTo("3");
        assertThat(lab.recirculations.size()).isEqualTo(1);
        assertThat(lab.recirculations.expire(lab.nowNs + 31_000_000_000L)).isEqualTo(1);
        assertThat(lab.translate("recirc_id=1," + TCP).drop()).isEqualTo(DropCause.UNKNOWN_RECIRCULATION);
    }

    @Test
    void shouldNotParseAgainWhereNothingLooks() throws Exception {
        lab.flows("mpls,actions=pop_mpls:0x0800,output:2");
        assertThat(lab.actions("in_port=1,mpls,mpls_bos=1")).isEqualTo("pop_mpls(eth_type=0x0800),2");
    }

    @Test
    void shouldFreezeOnlyTheBucketThatPops() throws Exception {
        lab.group("group_id=1,type=all,bucket=actions=pop_mpls:0x0800,dec_ttl,output:2,bucket=output:3");
        lab.flows("mpls,actions=group:1,output:4");
        assertThat(lab.actions("in_port=1,mpls,mpls_bos=1"))
                .isEqualTo("clone(pop_mpls(eth_type=0x0800),recirc(0x1)),3,4");
        assertThat(lab.actions("recirc_id=1," + TCP)).isEqualTo("set(nw_ttl=63),2");
    }

    @Test
    void shouldComeBackFromResubmitWithWhatWasChanged() throws Exception {
        lab.flows(
                "tcp,actions=set_field:7->reg0,resubmit(,1),output:3",
                "table=1,tcp,reg0=7,actions=set_field:81->tcp_dst,output:2");
        assertThat(lab.actions(TCP)).isEqualTo("set(tp_dst=81),2,3");
        lab.flows("tcp,actions=resubmit(,0),output:3");
        assertThat(lab.translate(TCP).drop()).isEqualTo(DropCause.TRANSLATION_LIMIT);
    }

    @Test
    void shouldChangeWhatIsAroundAPacket() throws Exception {
        FlowMod pbb = FlowMod.add(
                0,
                9,
                Match.ANY,
                List.of(new Instruction.ApplyActions(List.of(
                        new Action.PushPbb(0x88e7),
                        new Action.SetField(MatchField.PBB_ISID, 7),
                        new Action.Output(2),
                        new Action.PopPbb(),
                        new Action.DecNwTtl(),
                        new Action.Output(3)))));
        lab.apply(pbb);
        assertThat(lab.actions(TCP)).isEqualTo("push_pbb(isid=7,eth_type=0x88e7),2,pop_pbb,recirc(0x1)");
        assertThat(lab.actions("recirc_id=1," + TCP)).isEqualTo("set(nw_ttl=63),3");
    }

    @Test
    void shouldSetATagThatAPopUncoveredEvenToWhatTheOuterOneWas() throws Exception {
        lab.flows(
                "dl_vlan=7,actions=pop_vlan,resubmit(,1)",
                "table=1,dl_vlan=5,actions=set_field:4103->vlan_vid,output:2");
        FlowKey key = PipelineLab.key("in_port=1,dl_vlan=7");
        key.word(KeyLayout.W_VLAN, key.word(KeyLayout.W_VLAN) | 0x8100_1005L);
        assertThat(Tracer.trace(lab.pipeline, key, 1, PipelineLab.FORMATTER).datapathActions())
                .isEqualTo("pop_vlan,set(dl_vlan=7),2");
    }

    @Test
    void shouldCopyTtlsBetweenLabels() throws Exception {
        lab.apply(FlowMod.add(
                0,
                9,
                Match.ANY,
                List.of(new Instruction.ApplyActions(List.of(
                        new Action.PushMpls(0x8847),
                        new Action.SetMplsTtl(9),
                        new Action.CopyTtlOut(),
                        new Action.Output(2),
                        new Action.PushMpls(0x8847),
                        new Action.DecMplsTtl(),
                        new Action.CopyTtlIn(),
                        new Action.Output(3))))));
        assertThat(lab.actions(TCP))
                .isEqualTo("push_mpls(label=0,tc=0,ttl=64,bos=1,eth_type=0x8847),2,"
                        + "push_mpls(label=0,tc=0,ttl=63,bos=0,eth_type=0x8847),set(mpls_lse1=0x3f/0xff),3");
    }

    @Test
    void shouldCopyTtlsBetweenTheLastLabelAndIp() throws Exception {
        lab.apply(FlowMod.add(
                0,
                9,
                Match.builder()
                        .masked(MatchField.ETH_TYPE, Bits.of(0x8847), MatchField.ETH_TYPE.allOnes())
                        .build(),
                List.of(new Instruction.ApplyActions(
                        List.of(new Action.CopyTtlIn(), new Action.CopyTtlOut(), new Action.Output(2))))));
        assertThat(lab.actions("in_port=1,mpls,mpls_label=5,mpls_bos=1,mpls_ttl=9"))
                .isEqualTo("copy_ttl(in),copy_ttl(out),2");
    }

    @Test
    void shouldWriteFieldsThatSayWhichHeadersFollow() throws Exception {
        lab.flows("tcp,actions=set_field:02:00:00:00:00:09->eth_dst,set_field:17->ip_proto,output:2,goto_table:1");
        assertThat(lab.actions(TCP)).matches("set\\(dl_dst=02:00:00:00:00:09\\),set\\(nw_proto=17\\),2,recirc\\(.*\\)");
        lab.flows("tcp,actions=set_field:0x8848->eth_type,output:2");
        assertThat(lab.actions(TCP)).isEqualTo("set(mplsm),2");
        lab.flows("mpls,actions=set_field:0->mpls_bos,output:2");
        assertThat(lab.actions("in_port=1,mpls,mpls_label=5,mpls_bos=1,mpls_ttl=9"))
                .isEqualTo("set(mpls_bos=0),2");
    }

    @Test
    void shouldLetOnlySetFieldWriteFieldsThatSayWhichHeadersFollow() {
        assertThatThrownBy(() -> lab.flows("tcp,actions=load:17->NXM_OF_IP_PROTO[],output:2"))
                .hasMessageContaining("nw_proto");
        assertThatThrownBy(() -> lab.flows("tcp,actions=move:NXM_NX_REG0[0..7]->NXM_OF_IP_PROTO[],output:2"))
                .hasMessageContaining("nw_proto");
    }

    @Test
    void shouldParseAgainAfterAMeterThatRemarks() throws Exception {
        lab.meter("meter=5,kbps,band=type=dscp_remark,rate=100,prec_level=1");
        lab.flows("actions=meter:5,output:2");
        assertThat(lab.actions(TCP)).isEqualTo("meter(5),2");
        lab.flows("actions=meter:5,goto_table:1", "table=1,ip,nw_tos=48,actions=output:3");
        assertThat(lab.actions(TCP)).startsWith("meter(5),recirc(");
        assertThat(lab.actions("in_port=1,arp")).as("nothing to remark").isEqualTo("meter(5)");
    }

    @Test
    void shouldNameTheDropOfAFlowInATrace() throws Exception {
        lab.flows("priority=5,tcp,actions=drop");
        assertThat(Tracer.trace(lab.pipeline, PipelineLab.key(TCP), 1, PipelineLab.FORMATTER)
                        .toText())
                .contains(" 0. tcp, priority 5\n    drop\n\nFinal flow: unchanged\n");
    }

    @Test
    void shouldMeter() throws Exception {
        lab.meter("meter=5,kbps,band=type=drop,rate=100");
        lab.flows("actions=meter:5,output:2");
        assertThat(lab.actions(TCP)).isEqualTo("meter(5),2");
        lab.flows("actions=meter:5");
        assertThat(lab.actions(TCP)).isEqualTo("meter(5)");
    }

    @Test
    void shouldHandleFragmentsAsConfigured() throws Exception {
        lab.flows("priority=9,udp,tp_dst=53,actions=output:2", "priority=1,actions=output:3");
        String first = "in_port=1,udp,tp_dst=53,nw_frag=first";
        assertThat(lab.actions("in_port=1,udp,tp_dst=53")).isEqualTo("2");
        assertThat(lab.actions(first)).isEqualTo("3");
        lab.fragments(FragmentHandling.NX_MATCH);
        assertThat(lab.actions(first)).isEqualTo("2");
        lab.fragments(FragmentHandling.DROP);
        assertThat(lab.translate(first).drop()).isEqualTo(DropCause.FRAGMENT);
    }

    @Test
    void shouldSayInTheTraceWhatHappensToFragments() throws Exception {
        lab.flows("priority=9,udp,tp_dst=53,actions=output:2", "priority=1,actions=output:3");
        FlowKey first = PipelineLab.key("in_port=1,udp,tp_dst=53,nw_frag=first");
        assertThat(text(first)).contains("a fragment: its transport ports are 0 for the tables (frags=normal)");
        lab.fragments(FragmentHandling.NX_MATCH);
        assertThat(text(first)).doesNotContain("frags=").contains("Datapath actions: 2");
        lab.fragments(FragmentHandling.DROP);
        assertThat(text(first))
                .contains("table 0: the packet is an IP fragment, which the bridge drops (frags=drop)")
                .contains("Datapath actions: drop");
    }

    @Test
    void shouldDropFragmentsWhereTheyReachATable() throws Exception {
        lab.flows("actions=output:3").fragments(FragmentHandling.DROP);
        FlowKey later = PipelineLab.key("in_port=1,udp,nw_frag=later");
        assertThat(packetOut(later, Ports.CONTROLLER, "output:2,table")).isEqualTo("2");
        assertThat(packetOut(PipelineLab.key("in_port=1,udp"), Ports.CONTROLLER, "output:2,table"))
                .isEqualTo("2,3");
    }

    @Test
    void shouldForwardWhatReachesControllersInBandBeforeAnyTable() throws Exception {
        InBand inBand = new InBand(0x020000000099L, List.of(new InBand.Controller(0x0a000002, 6653)));
        lab.layer2(new BridgeLayer2(List.of(), null, inBand));
        lab.flows("priority=65535,actions=output:4");
        String local = "in_port=5,dl_src=02:00:00:00:00:99,dl_dst=ff:ff:ff:ff:ff:ff";
        String here = "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:99";
        String broadcast = "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff";

        assertThat(text(PipelineLab.key(local + ",arp,arp_op=1,arp_tpa=10.0.0.2")))
                .contains("in-band control: an ARP request of the local port", "Datapath actions: 1,2,3,4");
        assertThat(lab.actions(here + ",arp,arp_op=2,arp_spa=10.0.0.2")).isNotEqualTo("4");
        assertThat(text(PipelineLab.key(broadcast + ",arp,arp_op=1,arp_spa=10.0.0.2")))
                .contains("in-band control: an ARP request of a controller");
        assertThat(lab.actions(local + ",tcp,nw_dst=10.0.0.2,tp_dst=6653")).isEqualTo("1,2,3,4");
        assertThat(text(PipelineLab.key(here + ",tcp,nw_src=10.0.0.2,tp_src=6653")))
                .contains("in-band control: from a controller");
        assertThat(lab.actions(local + ",udp,tp_src=68,tp_dst=67")).isEqualTo("1,2,3,4");
        assertThat(lab.actions(broadcast + ",udp,tp_src=67,tp_dst=68")).isEqualTo("5,4");

        for (String other : List.of(
                broadcast + ",arp,arp_op=1,arp_spa=10.0.0.3",
                here + ",tcp,nw_dst=10.0.0.2,tp_dst=80",
                here + ",tcp,nw_src=10.0.0.3,tp_src=6653",
                broadcast + ",udp,tp_src=68,tp_dst=67",
                here + ",udp,tp_src=53,tp_dst=68")) {
            assertThat(lab.actions(other)).as(other).isEqualTo("4");
        }
        assertThat(lab.translate(here + ",tcp,nw_dst=11.0.0.2,nw_src=11.0.0.1,tp_dst=80")
                        .mask())
                .as("one octet tells the addresses apart")
                .isEqualTo(new FlowMask()
                        .add(MatchField.IN_PORT)
                        .add(MatchField.RECIRC_ID)
                        .add(MatchField.ETH_TYPE)
                        .add(MatchField.NW_PROTO)
                        .add(MatchField.NW_DST, Bits.of(0xff000000L))
                        .add(MatchField.NW_SRC, Bits.of(0xff000000L)));
    }

    private String text(FlowKey key) {
        return Tracer.trace(lab.pipeline, key, lab.nowNs, PipelineLab.FORMATTER).toText();
    }

    @Test
    void shouldTranslatePacketOuts() throws Exception {
        lab.flows("in_port=CONTROLLER,tcp,actions=output:2");
        FlowKey key = PipelineLab.key(TCP);
        assertThat(packetOut(key, Ports.CONTROLLER, "flood")).isEqualTo("1,2,3,4,5");
        assertThat(packetOut(key, 2, "flood")).isEqualTo("1,3,4,5");
        assertThat(packetOut(key, 2, "in_port")).isEqualTo("2");
        assertThat(packetOut(key, Ports.CONTROLLER, "table")).isEqualTo("2");
        assertThat(packetOut(key, 1, "set_field:9->tcp_src,output:4,output:2")).isEqualTo("set(tp_src=9),4,2");
    }

    private String packetOut(FlowKey key, int inPort, String actions) throws Exception {
        Translation translation = lab.pipeline.packetOut(
                key, 0, inPort, PipelineLab.PARSER.actions(actions), 1, true, TraceListener.NONE);
        return new DatapathActionFormatter(PipelineLab.FORMATTER, key).format(translation.actions());
    }

    @Test
    void shouldCountEachPacketOfAMegaflowWhereverItHit() throws Exception {
        lab.flows("tcp,actions=goto_table:1", "table=1,actions=output:2");
        Translation translation = lab.translate(TCP);
        translation.counters().forEach(counter -> counter.add(3, 300, 9));
        try (var snapshot = lab.set(0).snapshot()) {
            assertThat(snapshot.flows(entry -> true))
                    .extracting(
                            entry -> entry.counter().packets(),
                            entry -> entry.counter().octets())
                    .containsExactly(Tuple.tuple(3L, 300L), Tuple.tuple(3L, 300L));
        }
        assertThat(lab.set(0).table(1).matches().packets()).isEqualTo(3);
        assertThat(lab.set(0).table(0).lookups().packets()).isEqualTo(3);
    }
}
