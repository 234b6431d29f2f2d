package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ovs-ofctl} in the version that it speaks when it is not told one: OpenFlow 1.0 with Open vSwitch's extensions. */
@Tag("differential")
final class OvsOfctl10Test {
    private static final String ARP =
            "ffffffffffff 020000000a01 0806 0001 0800 06 04 0001 020000000a01 0a000001 000000000000 0a000002"
                    .replace(" ", "");

    private final AgentLab lab = AgentLab.of("OpenFlow10");

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

    @Test
    void shouldShowTheBridge() throws Exception {
        assertThat(lab.ovsOfctl("show"))
                .contains("OFPT_FEATURES_REPLY", "dpid:0000000000000001", "n_tables:254, n_buffers:0")
                .contains("capabilities: FLOW_STATS TABLE_STATS PORT_STATS QUEUE_STATS ARP_MATCH_IP")
                .contains("actions: output enqueue set_vlan_vid set_vlan_pcp strip_vlan mod_dl_src mod_dl_dst")
                .contains(" 1(p1): addr:02:00:00:00:00:0", "frags=normal miss_send_len=0");
        assertThat(lab.ovsOfctl("dump-desc")).contains("Manufacturer: Heddle", "DP Description: br0");
        assertThat(lab.ovsOfctl("dump-ports")).contains("3 ports", "port  1: rx pkts=0");
        assertThat(lab.ovsOfctl("dump-ports", "2")).contains("1 ports", "port  2: rx pkts=0");
        assertThat(lab.ovsOfctl("dump-ports-desc")).contains(" 3(p3): addr:02:00:00:00:00:0");
        assertThat(lab.ovsOfctl("dump-tables")).contains("max_entries=100000", "table 253 (\"table253\"): ditto");
        assertThat(lab.ovsOfctl("queue-stats")).contains("0 queues");
        assertThat(lab.ovsOfctl("get-frags")).isEqualTo("normal\n");
        assertThat(lab.ovsOfctl("ping")).contains("64 bytes from");
    }

    @Test
    void shouldAddFlowsAndDumpThemInBothForms() throws Exception {
        List<String> flows = List.of(
                "priority=100,ip,nw_dst=10.0.0.0/24 actions=output:2",
                "tcp,tp_dst=80 actions=mod_tp_dst:8080,mod_vlan_vid:5,mod_vlan_pcp:3,mod_nw_tos:16,"
                        + "mod_dl_src:00:11:22:33:44:55,mod_nw_src:1.2.3.4",
                "dl_vlan=5,dl_vlan_pcp=2 actions=strip_vlan,enqueue:2:7",
                "vlan_tci=0x0000,dl_dst=00:11:22:33:44:55 actions=LOCAL,FLOOD,NORMAL,ALL,IN_PORT,CONTROLLER:77",
                "arp,arp_spa=1.2.3.0/24,arp_op=1 actions=drop",
                "udp,in_port=1,nw_tos=32,tp_src=5 actions=mod_tp_src:7",
                "icmp,icmp_type=8,icmp_code=0 actions=output:1");
        for (String flow : flows) {
            lab.ovsOfctl("add-flow", flow.replace(" actions", ",actions"));
        }

        assertThat(flows()).containsExactlyInAnyOrderElementsOf(flows);
        assertThat(lab.ovsOfctl("-F", "openflow10", "dump-flows"))
                .contains("OFPST_FLOW reply")
                .contains(flows);
        assertThat(lab.ovsOfctl("-F", "openflow10", "dump-aggregate")).contains("OFPST_AGGREGATE", "flow_count=7");
        assertThat(lab.ovsOfctl("dump-aggregate", "ip")).contains("NXST_AGGREGATE", "flow_count=4");
        assertThat(flows("out_port=1")).containsExactly("icmp,icmp_type=8,icmp_code=0 actions=output:1");
        lab.speak("OpenFlow13");
        assertThat(lab.ovsOfctl("dump-flows")).contains("reset_counts").contains("dl_vlan=5,dl_vlan_pcp=2 actions=");
    }

    @Test
    void shouldMatchAndTellWhatOnlyTheExtensionsCanSay() throws Exception {
        List<String> flows = List.of(
                "reg0=0x5,tun_id=0x7 actions=load:0x5->NXM_NX_REG1[],resubmit(,3)",
                "udp6,ipv6_src=::1,tp_src=5 actions=mod_tp_src:7,output:1",
                "ip,nw_frag=later actions=dec_ttl,output:2",
                "metadata=0x5/0xff actions=set_queue:5,output:1,set_queue:6",
                "vlan_tci=0x1000/0x1000 actions=push_mpls:0x8847,set_mpls_ttl(5),pop_mpls:0x0800");
        for (String flow : flows) {
            lab.ovsOfctl("add-flow", flow.replace(" actions", ",actions"));
        }
        lab.ovsOfctl("add-flow", "table=3,cookie=0x5,actions=drop");

        assertThat(flows("table=0")).containsExactlyInAnyOrderElementsOf(flows);
        assertThat(lab.ovsOfctl("dump-flows", "cookie=0x5/0xf")).contains("cookie=0x5, ", "table=3, ");
        lab.ovsOfctl("del-flows", "cookie=0x5/-1");
        assertThat(flows("table=3")).isEmpty();
        lab.ovsOfctl("del-flows");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldAddWhatAModifyDoesNotFind() throws Exception {
        lab.ovsOfctl("mod-flows", "dl_vlan=9,actions=output:3");
        assertThat(flows()).containsExactly("dl_vlan=9 actions=output:3");
        lab.ovsOfctl("--strict", "mod-flows", "dl_vlan=9,actions=output:1");
        lab.ovsOfctl("mod-flows", "cookie=0x7/-1,dl_vlan=10,actions=output:1");
        assertThat(flows()).containsExactly("dl_vlan=9 actions=output:1");
        lab.ovsOfctl("--strict", "del-flows", "priority=5,dl_vlan=9");
        assertThat(flows()).hasSize(1);
        lab.ovsOfctl("--strict", "del-flows", "dl_vlan=9");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldGiveTheCookieOfAModifyToWhatItFinds() throws Exception {
        lab.ovsOfctl("add-flow", "cookie=0x5,dl_vlan=9,actions=output:3");
        lab.ovsOfctl("mod-flows", "cookie=0x6,dl_vlan=9,actions=output:1");
        assertThat(lab.ovsOfctl("dump-flows")).contains("cookie=0x6, ", "dl_vlan=9 actions=output:1");
        lab.ovsOfctl("--strict", "mod-flows", "cookie=0x7,dl_vlan=9,actions=output:2");
        assertThat(lab.ovsOfctl("dump-flows")).contains("cookie=0x7, ", "dl_vlan=9 actions=output:2");
        lab.ovsOfctl("mod-flows", "cookie=0x7/-1,dl_vlan=9,actions=output:1");
        assertThat(lab.ovsOfctl("dump-flows"))
                .as("a cookie that is asked for is not set")
                .contains("cookie=0x7, ", "dl_vlan=9 actions=output:1");
    }

    @Test
    void shouldChangePorts() throws Exception {
        lab.ovsOfctl("mod-port", "p1", "no-flood");
        lab.ovsOfctl("mod-port", "1", "down");
        assertThat(lab.ovsOfctl("show")).contains("config:     PORT_DOWN NO_FLOOD", "state:      LINK_DOWN");
    }

    @Test
    void shouldNameWhatIsRefused() throws Exception {
        assertThat(lab.ovsOfctl(1, "add-flow", "table=254,actions=drop")).contains("NXFMFC_BAD_TABLE_ID");
        lab.ovsOfctl("add-flow", "priority=5,ip,actions=drop");
        assertThat(lab.ovsOfctl(1, "add-flow", "check_overlap,priority=5,tcp,actions=drop"))
                .contains("OFPFMFC_OVERLAP");
        assertThat(lab.ovsOfctl("dump-ports", "77")).contains("OFPBRC_BAD_PORT");
    }

    @Test
    void shouldSendAndMonitorPackets() throws Exception {
        lab.ovsOfctl("packet-out", "in_port=CONTROLLER packet=" + ARP + " actions=mod_vlan_vid:5,output:2");
        await().atMost(20, TimeUnit.SECONDS).until(() -> !lab.port("p2").out.isEmpty());
        assertThat(HexFormat.of().formatHex(lab.port("p2").out.remove()))
                .startsWith("ffffffffffff020000000a01810000050806");

        lab.ovsOfctl("add-flow", "priority=0,actions=CONTROLLER:65535");
        for (String format : List.of("nxt_packet_in", "openflow10")) {
            assertThat(monitor(format))
                    .contains(format.startsWith("nxt") ? "NXT_PACKET_IN" : "OFPT_PACKET_IN", "in_port=1")
                    .contains("arp_spa=10.0.0.1");
        }
    }

    /** What {@code ovs-ofctl monitor} prints of a packet and a flow's end. */
    private String monitor(String format) throws Exception {
        Path output = lab.folder.resolve("monitor-" + format);
        List<String> line =
                new ArrayList<>(List.of("ovs-ofctl", "-P", format, "monitor", "unix:" + lab.socket, "65535"));
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("OVS_RUNDIR", lab.folder.toString());
        Process monitor = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
                lab.port("p1").in.add(HexFormat.of().parseHex(ARP));
                assertThat(Files.readString(output)).contains("arp_tpa=10.0.0.2");
            });
            lab.ovsOfctl("add-flow", "send_flow_rem,dl_vlan=7,actions=drop");
            lab.ovsOfctl("del-flows", "dl_vlan=7");
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() ->
                            assertThat(Files.readString(output)).contains("FLOW_REMOVED", "dl_vlan=7 reason=delete"));
            return Files.readString(output);
        } finally {
            monitor.destroyForcibly().waitFor();
        }
    }
}
