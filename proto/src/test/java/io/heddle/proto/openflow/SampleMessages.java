package io.heddle.proto.openflow;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.OxmId;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** At least one message of every kind, with every field and action in some of them. */
final class SampleMessages {
    static final FlowParser PARSER = new FlowParser(PortNames.NONE);

    static final List<String> FLOWS = List.of(
            "actions=drop",
            "table=5,priority=7,cookie=0x1234567890abcdef,idle_timeout=3,hard_timeout=4,send_flow_rem,check_overlap,reset_counts,"
                    + "no_packet_counts,no_byte_counts,in_port=1,dl_src=00:11:22:33:44:55/ff:ff:00:00:00:00,"
                    + "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,dl_vlan=5,dl_vlan_pcp=3,ip,nw_src=10.0.0.0/8,nw_dst=10.0.0.1,"
                    + "nw_tos=16,nw_ecn=1,nw_ttl=64,nw_frag=later,actions=output:1",
            "vlan_vid=0x1000/0x1000,tcp,tp_src=80/0xfff0,tp_dst=81,tcp_flags=+syn-ack,metadata=0x5/0xff,actions=drop",
            "vlan_tci=0x0000/0x1fff,udp6,ipv6_src=2001:db8::/32,ipv6_dst=::1,ipv6_label=0x12345/0xff,udp_dst=53,actions=drop",
            "vlan_tci=0x3000/0x3000,actions=drop",
            "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1,nd_sll=00:11:22:33:44:55,actions=drop",
            "icmp6,icmp_type=136,nd_tll=00:11:22:33:44:55,actions=drop",
            "icmp,icmp_type=8,icmp_code=0,actions=drop",
            "sctp,sctp_src=1,sctp_dst=2,actions=drop",
            "arp,arp_op=2,arp_spa=1.2.3.4,arp_tpa=1.2.0.0/16,arp_sha=00:11:22:33:44:55,arp_tha=00:11:22:33:44:56,actions=drop",
            "mpls,mpls_label=1048575,mpls_tc=7,mpls_bos=1,mpls_ttl=3,actions=drop",
            "dl_type=0x88e7,pbb_isid=0x123456,actions=drop",
            "tun_id=5/0xff,tun_src=1.2.3.4,tun_dst=1.0.0.0/8,tun_flags=+oam,tun_gbp_id=3,tun_gbp_flags=1,actions=drop",
            "reg0=1,reg1=0x5/0xf,reg15=7,pkt_mark=5,ct_state=+trk-new,ct_zone=3,ct_mark=1/1,ct_label=5,conj_id=3,actions=drop",
            "ipv6,ipv6_exthdr=3/7,actions=drop",
            "dl_type=0x894f,nsh_flags=1/3,nsh_ttl=63,nsh_mdtype=1,nsh_np=3,nsh_spi=0x123456,nsh_si=255,nsh_c1=0x5,nsh_c4=0x5/0xf,"
                    + "actions=dec_nsh_ttl,set_field:7->nsh_si,set_field:0x5->nsh_spi,move:NXOXM_NSH_C1[0..15]->NXOXM_NSH_C2[16..31]",
            "tun_metadata3=0x105/0xf0f,tun_metadata4=0x123456789a,tun_metadata11,actions=set_field:0x5->tun_metadata3,"
                    + "move:NXM_NX_TUN_METADATA4[0..31]->NXM_NX_REG0[]",
            "tcp,actions=meter:4,output:1,LOCAL,IN_PORT,FLOOD,ALL,NORMAL,TABLE,CONTROLLER:128,group:5,set_queue:6,dec_ttl,"
                    + "mod_nw_ttl:3,set_mpls_ttl(3),dec_mpls_ttl,copy_ttl_in,copy_ttl_out,push_vlan:0x88a8,pop_vlan,push_mpls:0x8847,"
                    + "pop_mpls:0x0800,push_pbb:0x88e7,pop_pbb,set_field:80->tcp_dst,set_field:00:11:22:33:44:55->eth_src,"
                    + "set_field:4101->vlan_vid,set_field:5->vlan_pcp,set_field:::1->ipv6_src,set_field:5->mpls_label,"
                    + "set_field:0x5->metadata,set_field:0x12345->ipv6_label,clear_actions,write_actions(output:2),"
                    + "write_metadata:0x5/0xff,goto_table:9",
            "ip,actions=ct(commit,force,table=3,zone=7,nat(src=10.0.0.1-10.0.0.9:1000-2000,persistent,random),"
                    + "exec(set_field:0x5->ct_mark,load:0x3->NXM_NX_CT_LABEL[0..7],move:NXM_NX_REG0[]->NXM_NX_CT_MARK[])),"
                    + "ct(table=2,zone=NXM_NX_REG1[0..15],nat),ct(commit,nat(dst=10.0.0.1)),ct_clear",
            "ipv6,actions=ct(commit,nat(dst=[2001:db8::1]:80)),ct(commit,nat(src=2001:db8::1-2001:db8::9,hash))",
            "actions=load:0x5->NXM_NX_REG0[0..3],set_field:0x501/0x505->reg1,set_field:0x1/0x8001->xxreg0,"
                    + "move:NXM_OF_ETH_SRC[0..31]->NXM_NX_REG2[]"
                    + ",move:OXM_OF_METADATA[]->NXM_NX_TUN_ID[],move:NXM_OF_IN_PORT[]->NXM_NX_REG3[0..15],resubmit(,3),resubmit:4,resubmit(4,5),output:NXM_NX_REG0[0..15],"
                    + "controller(reason=invalid_ttl,max_len=3,id=4)",
            "tcp,actions=learn(table=10,idle_timeout=1,hard_timeout=2,fin_idle_timeout=3,fin_hard_timeout=4,priority=5,"
                    + "send_flow_rem,delete_learned,cookie=0x6,limit=7,result_dst=NXM_NX_REG0[8],in_port=99,vlan_tci=0x1005,"
                    + "eth_type=0x800,nw_proto=6,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],tcp_src=80,"
                    + "NXM_OF_TCP_DST[0..3]=0x5,load:0x5->NXM_NX_REG0[3..10],load:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15],"
                    + "output:NXM_OF_IN_PORT[])",
            "tcp,actions=learn(table=1),learn(table=0,eth_type=0x86dd,NXM_NX_IPV6_SRC[64..127]=NXM_NX_XXREG0[0..63],"
                    + "ipv6_dst=2001:db8::1),fin_timeout(idle_timeout=5),fin_timeout(hard_timeout=7),fin_timeout()",
            "actions=conjunction(4294967295,1/64),conjunction(5,2/2),note:01.02.03.04.05.06.07",
            "conj_id=5,actions=note:",
            "tcp,actions=push:NXM_NX_REG0[5..12],pop:NXM_OF_TCP_SRC[],clone(output:1,clone(dec_ttl,output:2)),"
                    + "clone(exit),check_pkt_larger(1500)->NXM_NX_REG1[31],set_queue:5,output:3,pop_queue,exit",
            "actions=controller(reason=no_match,max_len=100,id=5,userdata=01.02,pause,meter_id=3),controller(userdata=ff.00.11.22.33),"
                    + "controller(meter_id=4294967295),delete_field:tun_metadata0",
            "ip,ct_state=+trk+est,actions=resubmit(1,2,ct),resubmit(,2,ct)",
            "actions=output(port=5,max_len=100),output(port=LOCAL,max_len=70000)",
            "actions=multipath(symmetric_l4,65535,iter_hash,5,4294967295,NXM_NX_REG0[3..5]),"
                    + "multipath(eth_src,0,modulo_n,65536,0,NXM_NX_REG1[]),bundle(nw_src,5,active_backup,ofport,members:),"
                    + "bundle(symmetric_l3,5,hrw,ofport,members:1,LOCAL,ANY),"
                    + "bundle_load(symmetric_l3l4+udp,7,hrw,ofport,NXM_NX_REG2[16..31],members:4,8,9)");

    private SampleMessages() {}

    static List<FlowMod> flows() throws FlowException {
        List<FlowMod> flows = new ArrayList<>();
        for (String text : FLOWS) {
            flows.add(PARSER.flow(FlowMod.Command.ADD, text));
        }
        flows.add(PARSER.flow(FlowMod.Command.DELETE, "table=3,cookie=0x5/0xff,out_port=3,out_group=4,ip"));
        flows.add(PARSER.flow(FlowMod.Command.MODIFY_STRICT, "priority=5,ip,actions=output:1"));
        return flows;
    }

    static List<OpenFlowMessage> all() throws FlowException {
        List<OpenFlowMessage> all = new ArrayList<>(small());
        for (FlowMod flow : flows()) {
            all.add(new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));
        }
        for (MultipartBody.Request request : requests()) {
            all.add(new OpenFlowMessage.MultipartRequest(false, request));
        }
        for (MultipartBody.Reply reply : replies()) {
            all.add(new OpenFlowMessage.MultipartReply(true, reply));
        }
        return all;
    }

    /** Messages that not every version has. */
    static List<OpenFlowMessage> ofSomeVersions() throws FlowException {
        MultipartBody.FlowSelection selection =
                new MultipartBody.FlowSelection(3, Ports.ANY, -1, 0, 0, PARSER.match("tcp,reg0=5"));
        return List.of(
                new OpenFlowMessage.ChangeAsync(Map.of(OpenFlowMessage.AsyncConfiguration.Kind.PACKET_IN_MASTER, 0x15)),
                new OpenFlowMessage.MultipartRequest(
                        false,
                        new MultipartBody.FlowMonitorRequest(List.of(
                                new FlowMonitor(
                                        5, FlowMonitor.Command.ADD, 0x3f, 3, -1, 255, PARSER.match("tcp,reg0=5")),
                                new FlowMonitor(
                                        6, FlowMonitor.Command.ADD, 0x06, Ports.ANY, -1, 3, PARSER.match(""))))),
                new OpenFlowMessage.MultipartReply(
                        false,
                        new MultipartBody.FlowUpdates(List.of(
                                new FlowUpdate.Full(
                                        FlowUpdate.Event.ADDED,
                                        1,
                                        0,
                                        3,
                                        4,
                                        5,
                                        6,
                                        selection.match(),
                                        PARSER.flow(FlowMod.Command.ADD, "tcp,actions=output:1")
                                                .instructions()),
                                new FlowUpdate.Abbreviated(7),
                                new FlowUpdate.Full(
                                        FlowUpdate.Event.REMOVED, 1, 2, 3, 4, 5, 6, PARSER.match(""), List.of())))),
                new OpenFlowMessage.MultipartReply(
                        false,
                        new MultipartBody.FlowUpdates(List.of(new FlowUpdate.Paused(), new FlowUpdate.Resumed()))),
                new OpenFlowMessage.RoleStatus(Role.SLAVE, 0, 7),
                new OpenFlowMessage.RequestForward(Octets.of(new byte[] {4, 15, 0, 8, 0, 0, 0, 1})),
                new OpenFlowMessage.TableModRequest(
                        new MultipartBody.TableDescription(3, 12, 7, new MultipartBody.Vacancy(10, 20, 0))),
                new OpenFlowMessage.TableStatus(
                        3, new MultipartBody.TableDescription(3, 8, 0, new MultipartBody.Vacancy(10, 20, 5))),
                new OpenFlowMessage.ControllerStatusChanged(
                        new ControllerStatus(Role.MASTER, 2, true, "tcp:192.0.2.1:6653")),
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.ControllerStatusRequest()),
                new OpenFlowMessage.MultipartReply(
                        false,
                        new MultipartBody.ControllerStatusReply(List.of(
                                new ControllerStatus(Role.EQUAL, 0, false, "tcp:[::1]:6653"),
                                new ControllerStatus(Role.SLAVE, 0, true, "")))),
                new OpenFlowMessage.FlowMonitorCancel(5),
                new OpenFlowMessage.FlowMonitorPaused(),
                new OpenFlowMessage.FlowMonitorResumed(),
                new OpenFlowMessage.BundleControl(0xfedcba98, 4, 3),
                new OpenFlowMessage.BundleAdd(5, 1, Octets.of(new byte[] {5, 2, 0, 12, 0, 0, 0, 1, 1, 2, 3, 4})),
                new OpenFlowMessage.SetFlowFormat(true),
                new OpenFlowMessage.SetTableIdInCommand(true),
                new OpenFlowMessage.SetPacketInFormat(1),
                new OpenFlowMessage.ExtendedPacketIn(
                        5,
                        70,
                        1,
                        3,
                        5,
                        PARSER.match("in_port=1,metadata=5,tun_id=7,reg3=4"),
                        Octets.of(new byte[60]),
                        Octets.of(new byte[] {1, 2, 3}),
                        Octets.EMPTY),
                new OpenFlowMessage.ExtendedPacketIn(
                        -1, 3, 0, 0, -1, PARSER.match("in_port=1"), Octets.of(new byte[3]), Octets.EMPTY, Octets.EMPTY),
                new OpenFlowMessage.Resume(
                        PARSER.match("in_port=1,reg3=4"), Octets.of(new byte[60]), Octets.of(new byte[4])),
                new OpenFlowMessage.SetControllerId(5),
                new OpenFlowMessage.CtFlushZone(7),
                new OpenFlowMessage.CtFlush(ConnectionFilter.ALL),
                new OpenFlowMessage.CtFlush(new ConnectionFilter(
                        5,
                        6,
                        new ConnectionFilter.End(ConnectionFilter.mapped(0x0a000001), new Bits(1, 2), 1, 2, 0, 0, 0),
                        ConnectionFilter.End.ANY)),
                new OpenFlowMessage.CtFlush(new ConnectionFilter(
                        null,
                        58,
                        ConnectionFilter.End.ANY,
                        new ConnectionFilter.End(Bits.ZERO, new Bits(1, 2), 0, 0, 9, 129, 0))),
                new OpenFlowMessage.TlvTableMod(new TunnelOptionsMod(
                        TunnelOptionsMod.Command.DELETE, List.of(new TunnelOptions.Option(0xfffe, 0x80, 4, 63)))),
                new OpenFlowMessage.TlvTableRequest(),
                new OpenFlowMessage.TlvTableReply(96, 12, List.of(new TunnelOptions.Option(1, 2, 8, 3))),
                new OpenFlowMessage.FeaturesReply(1, 2, 3, 0, 0x47, List.of(port())),
                new OpenFlowMessage.MultipartRequest(
                        false, new MultipartBody.ExtendedRequest(new MultipartBody.FlowRequest(selection))),
                new OpenFlowMessage.MultipartRequest(
                        false, new MultipartBody.ExtendedRequest(new MultipartBody.AggregateRequest(selection))),
                new OpenFlowMessage.MultipartReply(
                        false, new MultipartBody.ExtendedReply(new MultipartBody.Aggregate(1, 2, 3))),
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.FlowStatsRequest(selection)),
                new OpenFlowMessage.MultipartReply(
                        false,
                        new MultipartBody.FlowStatsReply(List.of(new MultipartBody.FlowEntry(
                                1, new Duration(2, 3), 4, 0, 0, Set.of(), 0, 0, 5, 6, selection.match(), List.of())))),
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.PortDescRequest(3)),
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.TableDescRequest()),
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.QueueDescRequest(1, 2)),
                new OpenFlowMessage.MultipartReply(
                        false, new MultipartBody.TableDescReply(List.of(new MultipartBody.TableDescription(1, 4)))),
                new OpenFlowMessage.MultipartReply(
                        false,
                        new MultipartBody.QueueDescReply(
                                List.of(new OpenFlowMessage.Queue(1, 2), new OpenFlowMessage.Queue(3, 2, 100, 1000)))));
    }

    private static List<OpenFlowMessage> small() throws FlowException {
        Octets data = Octets.of(new byte[] {1, 2, 3});
        OpenFlowMessage.AsyncConfiguration async = OpenFlowMessage.AsyncConfiguration.DEFAULT;
        GroupMod group = PARSER.group(
                GroupMod.Command.ADD,
                "group_id=1,type=ff,bucket=watch_port:2,watch_group:4,actions=set_field:1.2.3.4->ip_src,output:1,"
                        + "bucket=watch_port:3,actions=drop");
        MeterMod meter = PARSER.meter(
                MeterMod.Command.MODIFY,
                "meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100 type=dscp_remark rate=5 prec_level=1");
        return List.of(
                new OpenFlowMessage.Hello(Set.of(1, 4, 33)),
                new OpenFlowMessage.Hello(Set.of()),
                new OpenFlowMessage.ErrorReply(ErrorCode.BAD_MATCH_BAD_PREREQ, data),
                new OpenFlowMessage.EchoRequest(data),
                new OpenFlowMessage.EchoReply(Octets.EMPTY),
                new OpenFlowMessage.Experimenter(0x1234, 5, data),
                new OpenFlowMessage.FeaturesRequest(),
                new OpenFlowMessage.FeaturesReply(0x1234567890abcdefL, 256, 254, 1, 0x4f),
                new OpenFlowMessage.GetConfigRequest(),
                new OpenFlowMessage.GetConfigReply(1, 128),
                new OpenFlowMessage.SetConfig(0, 65535),
                new OpenFlowMessage.PacketIn(
                        -1, 3, 1, 3, 5, PARSER.match("in_port=1,metadata=5,tun_id=7,reg3=4"), data),
                new OpenFlowMessage.FlowRemoved(
                        5, 6, 1, 2, new Duration(3, 4), 5, 6, 7, 8, PARSER.match("tcp,tp_dst=80")),
                new OpenFlowMessage.PortStatus(2, port()),
                new OpenFlowMessage.PacketOut(
                        -1,
                        Ports.CONTROLLER,
                        List.of(new Action.Output(Ports.TABLE), new Action.Output(2, 65509)),
                        data),
                new OpenFlowMessage.GroupModRequest(group),
                new OpenFlowMessage.MeterModRequest(meter),
                new OpenFlowMessage.PortModRequest(3, 0x001122334455L, 1, 0x65, 0),
                new OpenFlowMessage.TableModRequest(255, 3),
                new OpenFlowMessage.BarrierRequest(),
                new OpenFlowMessage.BarrierReply(),
                new OpenFlowMessage.RoleRequest(Role.MASTER, -1),
                new OpenFlowMessage.RoleReply(Role.SLAVE, 5),
                new OpenFlowMessage.GetAsyncRequest(),
                new OpenFlowMessage.GetAsyncReply(async),
                new OpenFlowMessage.SetAsync(async),
                new OpenFlowMessage.QueueGetConfigRequest(Ports.ANY),
                new OpenFlowMessage.QueueGetConfigReply(
                        1, List.of(new OpenFlowMessage.Queue(5, 1), new OpenFlowMessage.Queue(6, 1, 250, 1000))));
    }

    static PortDescription port() {
        return new PortDescription(Ports.LOCAL, 0x001122334455L, "br0", 1, 5, 0x280, 2, 3, 4, 10_000_000, 20_000_000);
    }

    private static List<MultipartBody.Request> requests() throws FlowException {
        MultipartBody.FlowSelection selection =
                new MultipartBody.FlowSelection(255, Ports.ANY, -1, 5, 7, PARSER.match("ip,nw_src=10.0.0.0/8"));
        return List.of(
                new MultipartBody.DescriptionRequest(),
                new MultipartBody.FlowRequest(selection),
                new MultipartBody.AggregateRequest(selection),
                new MultipartBody.TableRequest(),
                new MultipartBody.PortStatsRequest(3),
                new MultipartBody.QueueStatsRequest(Ports.ANY, -1),
                new MultipartBody.GroupStatsRequest(4),
                new MultipartBody.GroupDescRequest(),
                new MultipartBody.GroupFeaturesRequest(),
                new MultipartBody.MeterStatsRequest(5),
                new MultipartBody.MeterConfigRequest(6),
                new MultipartBody.MeterFeaturesRequest(),
                new MultipartBody.TableFeaturesRequest(List.of()),
                new MultipartBody.TableFeaturesRequest(List.of(tableFeatures())),
                new MultipartBody.PortDescRequest(),
                new MultipartBody.ExperimenterRequest(1, 2, Octets.of(new byte[8])));
    }

    private static MultipartBody.TableFeatures tableFeatures() {
        OxmId flags = MatchField.TCP_FLAGS.ids().getFirst();
        OxmId source = MatchField.IPV6_SRC.ids().getFirst();
        return new MultipartBody.TableFeatures(
                3,
                "table3",
                -1,
                -1,
                3,
                1_000_000,
                List.of(
                        new MultipartBody.TableProperty(0, List.of(1, 2, 6), List.of()),
                        new MultipartBody.TableProperty(2, List.of(4, 5, 6), List.of()),
                        new MultipartBody.TableProperty(4, List.of(0, 22), List.of()),
                        new MultipartBody.TableProperty(
                                8,
                                List.of(),
                                List.of(
                                        new MultipartBody.FieldId(flags, true, 4),
                                        new MultipartBody.FieldId(source, true, 32)))));
    }

    private static List<MultipartBody.Reply> replies() throws FlowException {
        List<MultipartBody.FlowEntry> flows = new ArrayList<>();
        for (FlowMod flow : flows()) {
            flows.add(new MultipartBody.FlowEntry(
                    flow.tableId(),
                    new Duration(1, 2),
                    flow.priority(),
                    flow.idleTimeoutSeconds(),
                    flow.hardTimeoutSeconds(),
                    flow.flags(),
                    0,
                    flow.cookie(),
                    3,
                    4,
                    flow.match(),
                    flow.instructions()));
        }
        GroupMod group = PARSER.group(GroupMod.Command.ADD, "group_id=1,type=select,bucket=output:1,bucket=output:2");
        List<MultipartBody.Count> counts = List.of(new MultipartBody.Count(1, 2), new MultipartBody.Count(3, 4));
        return List.of(
                new MultipartBody.Description("Heddle", "JVM", "0.1", "none", "br0"),
                new MultipartBody.FlowReply(flows),
                new MultipartBody.Aggregate(1, 2, 3),
                new MultipartBody.TableReply(List.of(new MultipartBody.TableEntry(1, 2, 3, 4, 0))),
                new MultipartBody.PortStatsReply(List.of(
                        new MultipartBody.PortEntry(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1, new Duration(13, 14)))),
                new MultipartBody.QueueStatsReply(List.of(new MultipartBody.QueueEntry(1, 2, 3, 4, 5, Duration.ZERO))),
                new MultipartBody.GroupStatsReply(
                        List.of(new MultipartBody.GroupEntry(1, 2, 3, 4, new Duration(5, 6), counts))),
                new MultipartBody.GroupDescReply(List.of(new MultipartBody.GroupDescription(
                        group.groupId(), group.type(), group.selection(), group.buckets()))),
                new MultipartBody.GroupFeatures(15, 7, List.of(1, 2, 3, 4), List.of(5, 6, 7, 8)),
                new MultipartBody.MeterStatsReply(
                        List.of(new MultipartBody.MeterEntry(1, 2, 3, 4, new Duration(5, 6), counts))),
                new MultipartBody.MeterConfigReply(List.of(new MultipartBody.MeterConfig(
                        1,
                        Set.of(MeterMod.Flag.PKTPS),
                        List.of(new MeterMod.Band.Drop(5, 6), new MeterMod.Band.DscpRemark(7, 8, 1))))),
                new MultipartBody.MeterFeatures(1, 2, 3, 4, 5),
                new MultipartBody.TableFeaturesReply(List.of(tableFeatures(), tableFeatures())),
                new MultipartBody.PortDescReply(List.of(port(), port())),
                new MultipartBody.ExperimenterReply(1, 2, Octets.of(new byte[8])));
    }
}
