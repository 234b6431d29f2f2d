package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.datapath.bridge.TraceSubject;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.MatchField;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ovs-ofctl} in one version after the other against a bridge that speaks all of them. */
@Tag("differential")
final class OvsOfctlVersionsTest {
    private static final String ARP =
            "ffffffffffff 020000000a01 0806 0001 0800 06 04 0001 020000000a01 0a000001 000000000000 0a000002"
                    .replace(" ", "");

    private final AgentLab lab = AgentLab.of("OpenFlow14");

    @BeforeEach
    void awaitListening() {
        lab.awaitListening();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private List<String> flows(String... selection) throws Exception {
        return lab.ovsOfctl("dump-flows", selection)
                .lines()
                .filter(line -> line.startsWith(" cookie="))
                .map(line -> line.replaceAll(" cookie=.*n_bytes=0, ", ""))
                .toList();
    }

    private static boolean isAtLeast(String version, String other) {
        return version.compareTo(other) >= 0;
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow11", "OpenFlow12", "OpenFlow14", "OpenFlow15"})
    void shouldShowTheBridge(String version) throws Exception {
        lab.speak(version);
        assertThat(lab.ovsOfctl("show"))
                .contains("dpid:0000000000000001", "n_tables:254, n_buffers:0")
                .contains(" 1(p1): addr:02:00:00:00:00:0", "OFPT_GET_CONFIG_REPLY", "frags=normal");
        assertThat(lab.ovsOfctl("dump-desc")).contains("Manufacturer: Heddle", "DP Description: br0");
        assertThat(lab.ovsOfctl("dump-ports")).contains("3 ports", "port  1: rx pkts=0");
        assertThat(lab.ovsOfctl("dump-ports", "2")).contains("1 ports", "port  2: rx pkts=0");
        assertThat(lab.ovsOfctl("dump-ports-desc")).contains(" 3(p3): addr:02:00:00:00:00:0");
        assertThat(lab.ovsOfctl("dump-tables")).contains("table 0").contains("active=0, lookup=0, matched=0");
        assertThat(lab.ovsOfctl("queue-stats")).contains("0 queues");
        lab.ovsOfctl("mod-port", "1", "down");
        assertThat(lab.ovsOfctl("dump-ports-desc")).contains("config:     PORT_DOWN", "state:      LINK_DOWN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"})
    void shouldHandleFragmentsAsAsked(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl("add-flow", "priority=9,udp,tp_dst=53,actions=output:2");
        lab.ovsOfctl("add-flow", "priority=1,actions=output:3");
        Map<String, String> ways = Map.of("drop", "drop", "normal", "3", "nx-match", "2");
        for (Map.Entry<String, String> way : ways.entrySet()) {
            lab.ovsOfctl("set-frags", way.getKey());
            assertThat(lab.ovsOfctl("get-frags")).isEqualTo(way.getKey() + "\n");
            assertThat(lab.bridge()
                            .trace(new TraceSubject.Flow(firstFragment()))
                            .get(60, TimeUnit.SECONDS)
                            .datapathActions())
                    .isEqualTo(way.getValue());
        }
        assertThat(lab.ovsOfctl(1, "set-frags", "reassemble"))
                .contains(version.equals("OpenFlow10") ? "NXBRC_UNENCODABLE_ERROR" : "OFPSCFC_BAD_FLAGS");
    }

    private static FlowKey firstFragment() {
        return new FlowKey()
                .set(MatchField.IN_PORT, 1)
                .set(MatchField.ETH_TYPE, 0x0800)
                .set(MatchField.NW_PROTO, 17)
                .set(MatchField.NW_FRAG, 1)
                .set(MatchField.UDP_DST, 53);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow12", "OpenFlow14", "OpenFlow15"})
    void shouldAddDumpModifyAndDeleteFlows(String version) throws Exception {
        lab.speak(version);
        List<String> flows = List.of(
                "priority=100,ip,nw_dst=10.0.0.0/24 actions=output:2",
                "tcp,in_port=1,dl_vlan=5,tp_dst=80 actions=dec_ttl,IN_PORT",
                "arp,arp_op=1 actions=write_actions(output:3)",
                "priority=0 actions=CONTROLLER:128",
                "metadata=0x5/0xff actions=write_metadata:0x7,goto_table:2",
                "udp6,tp_src=5 actions=load:0x5->NXM_NX_REG1[0..3],resubmit(,3)");
        for (String flow : flows) {
            lab.ovsOfctl("add-flow", flow.replace(" actions", ",actions"));
        }
        lab.ovsOfctl("add-flow", "table=1,cookie=0x5,tcp,tp_dst=80,actions=output:1");

        assertThat(flows("table=0").stream()
                        .map(flow -> flow.replaceAll("^reset_counts ", "")
                                .replace("set_field:0x5/0xf->reg1", "load:0x5->NXM_NX_REG1[0..3]"))
                        .toList())
                .containsExactlyInAnyOrderElementsOf(flows);
        assertThat(lab.ovsOfctl("dump-aggregate")).contains("packet_count=0 byte_count=0 flow_count=7");
        assertThat(lab.ovsOfctl("dump-flows", "cookie=0x5/0xf")).contains("cookie=0x5, ", "table=1, ");
        lab.ovsOfctl("mod-flows", "table=1,tcp,actions=drop");
        assertThat(flows("table=1")).singleElement().asString().endsWith("tcp,tp_dst=80 actions=drop");
        lab.ovsOfctl("del-flows", "cookie=0x5/-1");
        assertThat(flows()).hasSize(6);
        lab.ovsOfctl("--strict", "del-flows", "priority=100,ip,nw_dst=10.0.0.0/24");
        assertThat(flows()).hasSize(5);
        lab.ovsOfctl("del-flows");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldAddDumpModifyAndDeleteFlowsInOpenFlow11() throws Exception {
        lab.speak("OpenFlow11");
        List<String> flows = List.of(
                "priority=100,ip,nw_dst=10.0.0.0/24 actions=output:2",
                "tcp,in_port=1,dl_vlan=5,tp_dst=80 actions=mod_tp_dst:8080,set_vlan_vid:6,set_vlan_pcp:3,dec_ttl,IN_PORT",
                "arp,arp_op=1 actions=write_actions(output:3)",
                "metadata=0x5/0xff actions=write_metadata:0x7,goto_table:2",
                "mpls,mpls_label=77,mpls_tc=3 actions=set_mpls_label(5),output:1",
                "vlan_tci=0x0000 actions=clear_actions",
                "dl_src=00:11:22:00:00:00/ff:ff:ff:00:00:00 actions=set_queue:5,output:1");
        for (String flow : flows) {
            lab.ovsOfctl("add-flow", flow.replace(" actions", ",actions"));
        }
        lab.ovsOfctl("add-flow", "table=1,cookie=0x5,tcp,tp_dst=80,actions=output:1");

        assertThat(flows("table=0")).containsExactlyInAnyOrderElementsOf(flows);
        assertThat(lab.ovsOfctl("dump-aggregate")).contains("packet_count=0 byte_count=0 flow_count=8");
        assertThat(lab.ovsOfctl("dump-flows", "cookie=0x5/0xf")).contains("cookie=0x5, ", "table=1, ");
        lab.ovsOfctl("mod-flows", "table=1,cookie=0x6,tcp,actions=drop");
        assertThat(lab.ovsOfctl("dump-flows", "table=1"))
                .as("a modify leaves the cookie")
                .contains("cookie=0x5, ", "tcp,tp_dst=80 actions=drop");
        lab.ovsOfctl("mod-flows", "table=1,cookie=0x6,udp,actions=output:2");
        assertThat(lab.ovsOfctl("dump-flows", "table=1"))
                .as("and adds what it does not find")
                .contains("cookie=0x6, ", "udp actions=output:2");
        lab.ovsOfctl("--strict", "del-flows", "priority=100,ip,nw_dst=10.0.0.0/24");
        assertThat(flows("table=0")).hasSize(6);
        lab.ovsOfctl("del-flows");
        assertThat(flows("table=0")).isEmpty();
        assertThat(flows()).as("no number for all tables").hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow11", "OpenFlow12", "OpenFlow14", "OpenFlow15"})
    void shouldKnowGroupsAndMeters(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl(
                "add-group",
                "group_id=1,type=select,bucket=weight:10,actions=output:1,bucket=weight:20,actions=output:2");
        lab.ovsOfctl("add-group", "group_id=2,type=ff,bucket=watch_port:1,actions=output:1");
        assertThat(lab.ovsOfctl("dump-groups").replaceAll("bucket_id:[0-9]+,", ""))
                .contains("group_id=1,type=select,bucket=weight:10,actions=output:1,bucket=weight:20,actions=output:2")
                .contains("group_id=2,type=ff,bucket=watch_port:1,actions=output:1");
        assertThat(lab.ovsOfctl("dump-group-stats")).contains("group_id=1,", "bucket1:packet_count=0");
        lab.ovsOfctl("mod-group", "group_id=2,type=indirect,bucket=output:3");
        assertThat(lab.ovsOfctl("dump-groups")).contains("group_id=2,type=indirect");
        lab.ovsOfctl("del-groups", "group_id=2");
        assertThat(lab.ovsOfctl("dump-groups")).doesNotContain("group_id=2");
        lab.ovsOfctl("add-flow", "in_port=1,actions=group:1");
        assertThat(flows()).singleElement().asString().endsWith("in_port=1 actions=group:1");
        if (isAtLeast(version, "OpenFlow13")) {
            lab.ovsOfctl("add-meter", "meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100");
            assertThat(lab.ovsOfctl("dump-meters"))
                    .contains("meter=1 kbps burst stats bands=", "type=drop rate=1000 burst_size=100");
            assertThat(lab.ovsOfctl("meter-stats")).contains("meter:1 flow_count:0");
            lab.ovsOfctl("add-flow", "in_port=2,actions=meter:1,output:2");
            assertThat(flows("in_port=2")).containsExactly("in_port=2 actions=meter:1,output:2");
            lab.ovsOfctl("del-meters");
            assertThat(flows("in_port=2")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow14", "OpenFlow15"})
    void shouldKnowWhatCameWith14(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl("add-flow", "importance=7,in_port=1,actions=drop");
        assertThat(flows()).containsExactly("importance=7, in_port=1 actions=drop");
        assertThat(lab.ovsOfctl("dump-table-desc")).contains("table 253:", "eviction=off", "vacancy=off");
        assertThat(lab.ovsOfctl("dump-table-features"))
                .contains("instructions", "next tables: 1-253", "eviction: supported", "vacancy events: supported");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow15"})
    void shouldKnowWhatCameWith15(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl(
                "add-flow",
                "tcp,tcp_flags=+syn,actions=set_field:0x5/0xf->reg1,move:NXM_NX_REG0[]->NXM_NX_REG2[],set_field:8080->tcp_dst");
        assertThat(flows())
                .containsExactly("tcp,tcp_flags=+syn actions=set_field:0x5/0xf->reg1,"
                        + "move:NXM_NX_REG0[]->NXM_NX_REG2[],set_field:8080->tcp_dst");
        assertThat(lab.ovsOfctl("dump-ports-desc", "2")).contains(" 2(p2)").doesNotContain(" 1(p1)");
        lab.ovsOfctl("add-group", "group_id=1,type=all,bucket=output:1");
        lab.ovsOfctl("add-group", "group_id=2,type=all,bucket=output:2");
        assertThat(lab.ovsOfctl("dump-groups", "2")).contains("group_id=2").doesNotContain("group_id=1");
    }

    @Test
    void shouldInsertAndRemoveBuckets() throws Exception {
        lab.speak("OpenFlow15");
        lab.ovsOfctl("add-group", "group_id=1,type=select,bucket=bucket_id:5,weight:2,actions=output:1");
        lab.ovsOfctl("insert-buckets", "group_id=1,command_bucket_id=last,bucket=bucket_id:7,actions=output:3");
        lab.ovsOfctl("insert-buckets", "group_id=1,command_bucket_id=5,bucket=bucket_id:6,actions=output:2");
        lab.ovsOfctl("insert-buckets", "group_id=1,command_bucket_id=first,bucket=bucket_id:9,actions=output:4");
        assertThat(lab.ovsOfctl("dump-groups"))
                .contains("group_id=1,type=select,bucket=bucket_id:9,actions=output:4,"
                        + "bucket=bucket_id:5,weight:2,actions=output:1,bucket=bucket_id:6,actions=output:2,"
                        + "bucket=bucket_id:7,actions=output:3");
        assertThat(lab.ovsOfctl(1, "insert-buckets", "group_id=1,command_bucket_id=last,bucket=bucket_id:7,output:1"))
                .contains("OFPGMFC_BUCKET_EXISTS");
        assertThat(lab.ovsOfctl(1, "remove-buckets", "group_id=1,command_bucket_id=77"))
                .contains("OFPGMFC_UNKNOWN_BUCKET");
        assertThat(lab.ovsOfctl(1, "remove-buckets", "group_id=8,command_bucket_id=all"))
                .contains("OFPGMFC_UNKNOWN_GROUP");
        lab.ovsOfctl("remove-buckets", "group_id=1,command_bucket_id=6");
        lab.ovsOfctl("remove-buckets", "group_id=1,command_bucket_id=first");
        assertThat(lab.ovsOfctl("dump-groups"))
                .contains("group_id=1,type=select,bucket=bucket_id:5,weight:2,actions=output:1,"
                        + "bucket=bucket_id:7,actions=output:3");
        lab.ovsOfctl("remove-buckets", "group_id=1,command_bucket_id=all");
        assertThat(lab.ovsOfctl("dump-groups")).doesNotContain("bucket");
    }

    @Test
    void shouldTakeTheGroupsOfOpenFlow10sExtension() throws Exception {
        lab.speak("OpenFlow10");
        lab.ovsOfctl("add-group", "group_id=4,type=all,bucket=actions=output:1");
        lab.ovsOfctl("insert-buckets", "group_id=4,command_bucket_id=last,bucket=bucket_id:5,actions=output:2");
        assertThat(lab.ovsOfctl("dump-groups"))
                .contains(
                        "group_id=4,type=all,bucket=bucket_id:0,actions=output:1,bucket=bucket_id:5,actions=output:2");
        assertThat(lab.ovsOfctl("dump-group-stats", "group_id=4")).contains("group_id=4,", "bucket1:packet_count=0");
        assertThat(lab.ovsOfctl("dump-group-features")).contains("select group:", "max_groups=");
        lab.speak("OpenFlow13");
        assertThat(lab.ovsOfctl("dump-groups"))
                .contains("group_id=4,type=all,bucket=actions=output:1,bucket=actions=output:2");
    }

    @Test
    void shouldKnowHowASelectGroupChooses() throws Exception {
        lab.speak("OpenFlow15");
        String group = "group_id=1,type=select,selection_method=hash,selection_method_param=7,"
                + "fields(ip_dst=255.255.0.0,tcp_src),bucket=bucket_id:0,actions=output:1";
        lab.ovsOfctl("add-group", group);
        assertThat(lab.ovsOfctl("dump-groups")).contains(group);
        lab.ovsOfctl("add-group", "group_id=2,type=select,selection_method=dp_hash,bucket=output:1");
        assertThat(lab.ovsOfctl("dump-groups", "2")).contains("selection_method=dp_hash");
        assertThat(lab.ovsOfctl(1, "add-group", "group_id=3,type=select,selection_method=foo,bucket=output:1"))
                .contains("OFPBPC_BAD_EXP_VALUE");
        assertThat(lab.ovsOfctl(1, "add-group", "group_id=3,type=all,selection_method=hash,bucket=output:1"))
                .contains("OFPBPC_BAD_EXP_VALUE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow11", "OpenFlow12", "OpenFlow14", "OpenFlow15"})
    void shouldNameWhatIsRefused(String version) throws Exception {
        lab.speak(version);
        assertThat(lab.ovsOfctl(1, "add-flow", "actions=group:99")).contains("OFPBAC_BAD_OUT_GROUP");
        assertThat(lab.ovsOfctl(1, "add-flow", "table=254,actions=drop")).contains("OFPFMFC_BAD_TABLE_ID");
        lab.ovsOfctl("add-flow", "priority=5,ip,actions=drop");
        assertThat(lab.ovsOfctl(1, "add-flow", "check_overlap,priority=5,tcp,actions=drop"))
                .contains("OFPFMFC_OVERLAP");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OpenFlow11", "OpenFlow12", "OpenFlow14", "OpenFlow15"})
    void shouldSendAndMonitorPackets(String version) throws Exception {
        lab.speak(version);
        lab.ovsOfctl("packet-out", "in_port=CONTROLLER packet=" + ARP + " actions=output:2");
        await().atMost(20, TimeUnit.SECONDS).until(() -> !lab.port("p2").out.isEmpty());
        assertThat(lab.port("p2").out.remove()).startsWith(HexFormat.of().parseHex(ARP));

        lab.ovsOfctl("add-flow", "priority=0,actions=CONTROLLER:65535");
        Path output = lab.folder.resolve("monitor");
        ProcessBuilder builder =
                new ProcessBuilder("ovs-ofctl", "-O", version, "monitor", "unix:" + lab.socket, "65535");
        builder.environment().put("OVS_RUNDIR", lab.folder.toString());
        Process monitor = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
                lab.port("p1").in.add(HexFormat.of().parseHex(ARP));
                assertThat(Files.readString(output)).contains("arp_tpa=10.0.0.2");
            });
            assertThat(Files.readString(output)).contains("NXT_PACKET_IN2 (OF1", "in_port=1 (via no_match)");
            lab.ovsOfctl("add-flow", "send_flow_rem,dl_vlan=7,actions=drop");
            lab.ovsOfctl("del-flows", "dl_vlan=7");
            lab.ovsOfctl("mod-port", "2", "down");
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(Files.readString(output))
                            .contains(
                                    "OFPT_FLOW_REMOVED", "dl_vlan=7 reason=delete", "OFPT_PORT_STATUS", "MOD: 2(p2)"));
        } finally {
            monitor.destroyForcibly().waitFor();
        }
    }
}
