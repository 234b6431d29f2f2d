package io.heddle.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlowTextTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.parsing(Map.of("eth0", 7, "a b", 8)));
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "priority=100,ip,nw_dst=10.0.0.0/24 | priority=100,ip,nw_dst=10.0.0.0/24",
                "nw_dst=10.0.0.1,ip | ip,nw_dst=10.0.0.1",
                "dl_type=0x800,nw_proto=6,tp_dst=80 | tcp,tp_dst=80",
                "eth_type=0x86dd,ip_proto=17,udp_dst=53 | udp6,tp_dst=53",
                "arp,nw_src=1.2.3.4,nw_proto=2 | arp,arp_spa=1.2.3.4,arp_op=2",
                "dl_vlan_pcp=3,dl_vlan=5 | dl_vlan=5,dl_vlan_pcp=3",
                "dl_vlan=0xffff | vlan_tci=0x0000",
                "vlan_vid=0x1064 | dl_vlan=100",
                "vlan_vid=0x1000/0x1000 | vlan_tci=0x1000/0x1000",
                "tcp,tcp_flags=0x12/0x13 | tcp,tcp_flags=-fin+syn+ack",
                "icmp6,icmp_type=135,nd_sll=00:11:22:33:44:55 | icmp6,icmp_type=135,nd_sll=00:11:22:33:44:55",
                "in_port=65534 | in_port=LOCAL",
                "in_port=eth0 | in_port=7",
                "in_port=\"a b\" | in_port=8",
                "xxreg0=1 | reg0=0,reg1=0,reg2=0,reg3=0x1",
                "ct_state=+trk+new,ct_zone=3 | ct_state=+new+trk,ct_zone=3",
                "mpls,mpls_label=100,mpls_bos=1,mpls_ttl=3 | mpls,mpls_label=100,mpls_ttl=3,mpls_bos=1",
                "ip,nw_tos=15 | ip,nw_tos=12",
                "tcp6,tp_dst=80/0xfff0,ipv6_src=::1/64 | tcp6,ipv6_src=::/64,tp_dst=0x50/0xfff0",
            })
    void shouldPrintMatchesAsOvsOfctlDoes(String text, String expected) throws FlowException {
        FlowMod flow = PARSER.flow(FlowMod.Command.ADD, text + " actions=drop");

        assertThat(FORMATTER.rule(flow.priority(), flow.match())).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,eth0,output:LOCAL | output:1,output:7,LOCAL",
                "controller,CONTROLLER:64,controller(reason=no_match) | CONTROLLER:65535,CONTROLLER:64,controller(reason=no_match)",
                "controller(),controller(max_len=5),controller(userdata=),controller(meter_id=0) | CONTROLLER:65535,CONTROLLER:5,CONTROLLER:65535,CONTROLLER:65535",
                "controller(reason=no_match,max_len=100,id=5,userdata=0102FF,pause,meter_id=3) | controller(reason=no_match,max_len=100,id=5,userdata=01.02.ff,pause,meter_id=3)",
                "controller(pause) | controller(pause)",
                "delete_field:tun_metadata10 | delete_field:tun_metadata10",
                "resubmit(1,2,ct),resubmit(,2,ct),resubmit(1,,ct) | resubmit(1,2,ct),resubmit(,2,ct),resubmit(1,,ct)",
                "mod_vlan_vid:5 | push_vlan:0x8100,set_field:4101->vlan_vid",
                "push_vlan:0x88a8,set_field:5->vlan_vid,mod_vlan_pcp:3 | push_vlan:0x88a8,set_field:4101->vlan_vid,set_field:3->vlan_pcp",
                "load:5->reg0[],load:5->NXM_NX_REG0[0..3] | set_field:0x5->reg0,load:0x5->NXM_NX_REG0[0..3]",
                "set_field:1/5->reg0 | set_field:0x1/0x5->reg0",
                "move:reg0[0..3]->reg1[4..7] | move:NXM_NX_REG0[0..3]->NXM_NX_REG1[4..7]",
                "resubmit(,3),resubmit:3,resubmit(4,3) | resubmit(,3),resubmit:3,resubmit(4,3)",
                "goto_table:4,output:1,meter:4,write_metadata:3/0xf | meter:4,output:1,write_metadata:0x3/0xf,goto_table:4",
                "write_actions(output:2,set_field:1->tun_id),clear_actions | clear_actions,write_actions(output:2,set_field:0x1->tun_id)",
                "drop | drop",
                "ct(table=1),ct_clear | ct(table=1),ct_clear",
                "ct() | ct()",
                "ct(zone=5,commit,force,nat(src=10.0.0.1-10.0.0.9:1000-2000,random,persistent)) | ct(commit,force,zone=5,nat(src=10.0.0.1-10.0.0.9:1000-2000,persistent,random))",
                "ct(commit,zone=NXM_NX_REG0[0..15],exec(set_field:1->ct_mark)) | ct(commit,zone=NXM_NX_REG0[0..15],exec(set_field:0x1->ct_mark))",
                "ct(nat,table=2),ct(commit,nat(dst=[2001:db8::1]:80)) | ct(table=2,nat),ct(commit,nat(dst=[2001:db8::1]:80))",
                "ct(commit,nat(src=2001:db8::1-2001:db8::9,hash)),ct(commit,nat(dst)) | ct(commit,nat(src=2001:db8::1-2001:db8::9,hash)),ct(commit,nat(dst))",
                "set_field:::1->ipv6_src | set_field:::1->ipv6_src",
                "copy_ttl_in,copy_ttl_out,push_pbb:0x88e7,pop_pbb | copy_ttl_in,copy_ttl_out,push_pbb:0x88e7,pop_pbb",
            })
    void shouldPrintActionsAsOvsOfctlDoes(String text, String expected) throws FlowException {
        assertThat(FORMATTER.instructions(PARSER.instructions(text))).isEqualTo(expected);
    }

    @Test
    void shouldGiveClassicActionsTheMeaningThatTheMatchDecides() throws FlowException {
        FlowMod tagged = PARSER.flow(FlowMod.Command.ADD, "udp,dl_vlan=5,actions=mod_vlan_vid:7,mod_tp_dst:53");

        assertThat(tagged.instructions())
                .containsExactly(new Instruction.ApplyActions(List.of(
                        new Action.SetField(MatchField.VLAN_VID, 0x1007),
                        new Action.SetField(MatchField.UDP_DST, 53))));
    }

    @Test
    void shouldReadBackWhatItPrints() throws FlowException {
        RandomFlows flows = new RandomFlows(1);
        for (int i = 0; i < 3000; i++) {
            String text = flows.next();
            FlowMod flow = PARSER.flow(FlowMod.Command.ADD, text);
            String printed = FORMATTER.flow(flow);
            assertThat(PARSER.flow(FlowMod.Command.ADD, printed))
                    .as(text + " -> " + printed)
                    .isEqualTo(flow);
            String line = FORMATTER.statistics(flow, 1_234_567_890L, 3, 4);
            assertThat(PARSER.flow(FlowMod.Command.ADD, line)).as(line).isEqualTo(flow);
        }
    }

    @Test
    void shouldPrintStatisticsAsDumpFlowsDoes() throws FlowException {
        FlowMod flow =
                PARSER.flow(FlowMod.Command.ADD, "cookie=0x5,idle_timeout=60,send_flow_rem,priority=1,ip,actions=2");

        assertThat(FORMATTER.statistics(flow, 1_050_000_000L, 3, 180))
                .isEqualTo(" cookie=0x5, duration=1.05s, table=0, n_packets=3, n_bytes=180, idle_timeout=60,"
                        + " send_flow_rem priority=1,ip actions=output:2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "foo=1,actions=1 | BAD_MATCH_BAD_FIELD | at character 1 (\"foo\"): no match field",
                "ip,nw_src=1.2.3,actions=1 | BAD_MATCH_BAD_VALUE | at character 11 (\"1.2.3\"): not an IPv4 address",
                "nw_src=1.2.3.4,actions=1 | BAD_MATCH_BAD_PREREQ | nw_src can be matched only together with ip",
                "ip,ip6,actions=1 | BAD_MATCH_DUP_FIELD | this contradicts",
                "ip | FLOW_MOD_FAILED_UNKNOWN | a flow needs actions",
                "actions=controller(userdata=0) | BAD_ACTION_BAD_ARGUMENT | write octets in hexadecimal",
                "actions=controller(pause,foo=1) | BAD_ACTION_BAD_ARGUMENT | takes reason, max_len, id, userdata, pause and meter_id",
                "actions=delete_field:tun_id | BAD_ACTION_BAD_ARGUMENT | only tun_metadata fields",
                "actions=foo:2 | BAD_ACTION_BAD_TYPE | at character 9 (\"foo\"): no action and no port",
                "actions=output:nope | BAD_ACTION_BAD_OUT_PORT | at character 16 (\"nope\"): no such port",
                "priority=70000,actions=1 | FLOW_MOD_FAILED_UNKNOWN | priority is 0 to 65535",
                "table=300,actions=1 | FLOW_MOD_FAILED_BAD_TABLE_ID | a table is 0 to 255",
                "dl_vlan=5000,actions=1 | BAD_MATCH_BAD_VALUE | a VLAN is 0 to 4095",
                "actions=set_field:1->conj_id | BAD_ACTION_BAD_SET_TYPE | conj_id cannot be written",
                "actions=set_field:1 | BAD_ACTION_BAD_SET_ARGUMENT | set_field:VALUE->FIELD",
                "actions=load:0x100->reg0[0..7] | BAD_ACTION_BAD_SET_ARGUMENT | 0 to 255",
                "actions=meter:1,meter:2 | BAD_INSTRUCTION_DUP_INST | one meter at most",
                "actions=write_actions(output:1 | BAD_ACTION_BAD_TYPE | this '(' has no ')'",
                "actions=drop,output:1 | BAD_ACTION_BAD_ARGUMENT | drop stands alone",
                "cookie=1/2,actions=1 | FLOW_MOD_FAILED_UNKNOWN | without a mask",
                "tcp_flags=+foo,tcp,actions=1 | BAD_MATCH_BAD_VALUE | the flags are fin syn",
                "in_port=70000000000,actions=1 | BAD_MATCH_BAD_VALUE | no such port",
                "nw_proto=6/1,ip,actions=1 | BAD_MATCH_BAD_VALUE | nw_proto cannot be masked",
            })
    void shouldSayWhereAndWhatIsWrong(String text, ErrorCode code, String message) {
        assertThatThrownBy(() -> PARSER.flow(FlowMod.Command.ADD, text))
                .isInstanceOfSatisfying(FlowException.class, e -> {
                    assertThat(e.error().code()).isEqualTo(code);
                    assertThat(e.error().message()).contains(message);
                });
    }

    @Test
    void shouldThrowNothingButFlowExceptions() {
        Random random = new Random(3);
        RandomFlows flows = new RandomFlows(4);
        String alphabet = "abcdefgxyz0123456789=,:/()[]->+|\" \t._";
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(flows.next());
            for (int edits = 1 + random.nextInt(4); edits > 0 && !text.isEmpty(); edits--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
                    case 1 -> text.deleteCharAt(at);
                    default -> text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
                }
            }
            try {
                FlowMod flow = PARSER.flow(FlowMod.Command.ADD, text.toString());
                assertThat(PARSER.flow(FlowMod.Command.ADD, FORMATTER.flow(flow)))
                        .isEqualTo(flow);
            } catch (FlowException e) {
                assertThat(e.error().message()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isBetween(5_000, 19_500);
    }

    @Test
    void shouldReadCommandsOfFlowFiles() throws FlowException {
        assertThat(PARSER.command("delete_strict table=1,priority=5,ip").command())
                .isEqualTo(FlowMod.Command.DELETE_STRICT);
        assertThat(PARSER.command("delete").tableId()).isEqualTo(FlowMod.ALL_TABLES);
        assertThat(PARSER.command("ip,actions=drop").command()).isEqualTo(FlowMod.Command.ADD);
        FlowMod delete = PARSER.command("delete cookie=0x5/-1,out_port=3,out_group=4");
        assertThat(delete.cookieMask()).isEqualTo(-1L);
        assertThat(delete.outPort()).isEqualTo(3);
        assertThat(PARSER.flow(FlowMod.Command.DELETE, FORMATTER.flow(delete))).isEqualTo(delete);
    }

    @Test
    void shouldReadAndPrintGroups() throws FlowException {
        String text =
                "group_id=1,type=select,bucket=weight:10,watch_port:2,actions=set_field:1.2.3.4->ip_src,output:1,bucket=output:2";
        GroupMod group = PARSER.group(GroupMod.Command.ADD, text);

        assertThat(group.buckets()).hasSize(2);
        assertThat(group.buckets().get(0).weight()).isEqualTo(10);
        assertThat(group.buckets().get(0).watchPort()).isEqualTo(2);
        assertThat(group.buckets().get(1).weight()).isEqualTo(1);
        assertThat(FORMATTER.group(group))
                .isEqualTo(
                        "group_id=1,type=select,bucket=weight:10,watch_port:2,actions=set_field:1.2.3.4->ip_src,output:1,"
                                + "bucket=actions=output:2");
        assertThat(PARSER.group(GroupMod.Command.ADD, FORMATTER.group(group))).isEqualTo(group);
        assertThatThrownBy(() -> PARSER.group(GroupMod.Command.ADD, "group_id=1,bucket=output:1"))
                .hasMessageContaining("a group needs a type");
        assertThatThrownBy(() -> PARSER.group(GroupMod.Command.ADD, "group_id=1,type=all,bucket=weight:5"))
                .hasMessageContaining("a bucket needs actions");
    }

    @Test
    void shouldReadAndPrintMeters() throws FlowException {
        String text =
                "meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100 type=dscp_remark rate=500 prec_level=1";
        MeterMod meter = PARSER.meter(MeterMod.Command.ADD, text);

        assertThat(meter.bands())
                .containsExactly(new MeterMod.Band.Drop(1000, 100), new MeterMod.Band.DscpRemark(500, 0, 1));
        assertThat(FORMATTER.meter(meter)).isEqualTo(text);
        assertThat(PARSER.meter(MeterMod.Command.ADD, "meter=1,pktps,bands=type=drop,rate=1000")
                        .flags())
                .containsExactly(MeterMod.Flag.PKTPS);
        assertThatThrownBy(() -> PARSER.meter(MeterMod.Command.ADD, "meter=1 kbps"))
                .hasMessageContaining("a meter needs bands");
    }

    @Test
    void shouldReadAndPrintKeys() throws FlowException {
        FlowKey key = PARSER.key("in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80,dl_vlan=5");

        assertThat(key.getLong(MatchField.ETH_TYPE)).isEqualTo(0x0800);
        assertThat(FORMATTER.key(key))
                .isEqualTo(
                        "tcp,in_port=1,dl_vlan=5,dl_vlan_pcp=0,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,"
                                + "nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=80,tcp_flags=0");
        assertThat(PARSER.key(FORMATTER.key(key))).isEqualTo(key);
        assertThatThrownBy(() -> PARSER.key("ip,nw_src=10.0.0.0/8")).hasMessageContaining("nw_src has a mask");
        assertThat(PARSER.match("")).isEqualTo(Match.ANY);
    }
}
