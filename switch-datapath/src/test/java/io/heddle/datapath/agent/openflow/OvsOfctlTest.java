package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ovs-ofctl}, unmodified, as a user would run it. */
@Tag("differential")
final class OvsOfctlTest {
    private static final String ARP =
            "ffffffffffff 020000000a01 0806 0001 0800 06 04 0001 020000000a01 0a000001 000000000000 0a000002"
                    .replace(" ", "");

    private final AgentLab lab = AgentLab.make(Timing.DEFAULT);

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
                .toList();
    }

    @Test
    void shouldShowTheBridge() throws Exception {
        String text = lab.ovsOfctl("show");

        assertThat(text)
                .contains("OFPT_FEATURES_REPLY (OF1.3)", "dpid:0000000000000001", "n_tables:254, n_buffers:0")
                .contains("capabilities: FLOW_STATS TABLE_STATS PORT_STATS GROUP_STATS QUEUE_STATS")
                .contains(" 1(p1): addr:02:00:00:00:00:0", "state:      LIVE", "OFPT_GET_CONFIG_REPLY");
        assertThat(lab.ovsOfctl("dump-desc")).contains("Manufacturer: Heddle", "DP Description: br0");
        assertThat(lab.ovsOfctl("ping")).contains("64 bytes from");
        assertThat(lab.ovsOfctl("probe")).isEmpty();
    }

    @Test
    void shouldMapTunnelOptionsAndKeepThoseThatFlowsUse() throws Exception {
        lab.ovsOfctl(
                "add-tlv-map",
                "{class=0x102,type=0x80,len=4}->tun_metadata0,{class=0x108,type=1,len=8}->tun_metadata5");

        assertThat(lab.ovsOfctl("dump-tlv-map"))
                .contains("NXT_TLV_TABLE_REPLY", "max option space=96 max fields=12", "allocated option space=12")
                .containsPattern("0x102 +0x80 +4 +tun_metadata0")
                .containsPattern("0x108 +0x1 +8 +tun_metadata5");

        lab.ovsOfctl(
                "add-flow",
                "tun_metadata0=0x1234,tun_metadata5=0x100000000/0xff00000000,"
                        + "actions=move:NXM_NX_TUN_METADATA5[0..31]->NXM_NX_REG0[],load:0x7->NXM_NX_TUN_METADATA0[4..7],"
                        + "set_field:0x55->tun_metadata5,2");
        lab.ovsOfctl("add-flow", "tun_metadata0,actions=1");
        assertThat(flows())
                .anyMatch(line -> line.endsWith(" tun_metadata0 actions=output:1"))
                .anyMatch(line -> line.endsWith(" tun_metadata0=0x1234,tun_metadata5=0x100000000/0xff00000000"
                        + " actions=move:NXM_NX_TUN_METADATA5[0..31]->NXM_NX_REG0[],load:0x7->NXM_NX_TUN_METADATA0[4..7],"
                        + "set_field:0x55->tun_metadata5,output:2"));

        assertThat(lab.ovsOfctl(1, "add-tlv-map", "{class=1,type=1,len=4}->tun_metadata0"))
                .contains("NXTTMFC_ALREADY_MAPPED");
        assertThat(lab.ovsOfctl(1, "add-tlv-map", "{class=1,type=1,len=16}->tun_metadata1"))
                .contains("NXTTMFC_TABLE_FULL");
        assertThat(lab.ovsOfctl(1, "del-tlv-map")).contains("NXTTMFC_INVALID_TLV_DEL");
        lab.ovsOfctl("del-flows");
        lab.ovsOfctl("del-tlv-map", "{class=0x102,type=0x80,len=4}->tun_metadata0");
        assertThat(lab.ovsOfctl("dump-tlv-map")).doesNotContain("tun_metadata0").contains("tun_metadata5");
        lab.ovsOfctl("del-tlv-map");
        assertThat(lab.ovsOfctl("dump-tlv-map")).doesNotContain("tun_metadata5");
    }

    @Test
    void shouldForgetConnections() throws Exception {
        lab.ovsOfctl("add-flow", "udp,actions=ct(commit,zone=NXM_OF_UDP_DST[])");
        for (int zone = 5; zone <= 8; zone++) {
            lab.ovsOfctl(
                    "packet-out",
                    "in_port=1,packet=02000000000202000000000108004500002000004000401126cb0a0000010a0000020001000%d"
                                    .formatted(zone)
                            + "000c0000" + "00000000,actions=table");
        }
        lab.ovsOfctl("dump-flows");
        await().atMost(60, TimeUnit.SECONDS).until(() -> connections() == 4);

        lab.ovsOfctl("ct-flush-zone", "7");
        assertThat(connections()).isEqualTo(3);
        lab.ovsOfctl("ct-flush", "zone=5", "ct_nw_src=10.0.0.3,ct_nw_proto=17");
        assertThat(connections()).isEqualTo(3);
        lab.ovsOfctl("ct-flush", "zone=5", "ct_nw_src=10.0.0.1,ct_nw_proto=17", "ct_nw_dst=10.0.0.1,ct_nw_proto=17");
        assertThat(connections()).isEqualTo(2);
        lab.ovsOfctl("ct-flush");
        assertThat(connections()).isZero();
    }

    private int connections() throws Exception {
        return lab.vswitch.connections(null, 100).get(60, TimeUnit.SECONDS).size();
    }

    @Test
    void shouldAddDumpModifyAndDeleteFlows() throws Exception {
        lab.ovsOfctl(
                "add-flow",
                "table=0,priority=100,ip,nw_dst=10.0.0.0/24,idle_timeout=60,send_flow_rem,actions=output:2");
        lab.ovsOfctl("add-flow", "table=1,cookie=0x5,tcp,tp_dst=80,actions=set_field:8080->tcp_dst,goto_table:2");
        lab.ovsOfctl("add-flow", "priority=0,actions=CONTROLLER:128");

        assertThat(String.join("\n", flows()).replaceAll("duration=[0-9.]+s", "duration=0s"))
                .isEqualTo(" cookie=0x0, duration=0s, table=0, n_packets=0, n_bytes=0, idle_timeout=60, send_flow_rem"
                        + " priority=100,ip,nw_dst=10.0.0.0/24 actions=output:2\n"
                        + " cookie=0x0, duration=0s, table=0, n_packets=0, n_bytes=0, priority=0 actions=CONTROLLER:128\n"
                        + " cookie=0x5, duration=0s, table=1, n_packets=0, n_bytes=0, tcp,tp_dst=80"
                        + " actions=set_field:8080->tcp_dst,goto_table:2");

        lab.ovsOfctl("mod-flows", "table=1,tcp,actions=drop");
        assertThat(lab.ovsOfctl("dump-flows", "table=1")).contains("tcp,tp_dst=80 actions=drop");
        assertThat(lab.ovsOfctl("dump-aggregate")).contains("packet_count=0 byte_count=0 flow_count=3");
        assertThat(flows("cookie=0x5/-1")).hasSize(1);
        lab.ovsOfctl("del-flows", "cookie=0x5/-1");
        assertThat(flows()).hasSize(2);
        lab.ovsOfctl("del-flows");
        assertThat(flows()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "learn(table=10,hard_timeout=60,delete_learned,cookie=0x5,limit=3,result_dst=NXM_NX_REG0[2],"
                        + "NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],eth_type=0x800,nw_proto=6,tcp_dst=80,"
                        + "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],load:0x7->NXM_NX_REG1[4..8],output:NXM_OF_IN_PORT[]),output:2",
                "fin_timeout(idle_timeout=3,hard_timeout=9),output:2",
                "clone(push:NXM_OF_ETH_SRC[0..15],pop:NXM_NX_REG0[8..31],clone(output:1)),"
                        + "check_pkt_larger(1500)->NXM_NX_REG0[3],set_queue:5,output:3,pop_queue,exit",
                "multipath(symmetric_l3l4+udp,50,iter_hash,5,8,NXM_NX_REG0[3..5]),"
                        + "multipath(eth_src,0,modulo_n,65536,0,NXM_NX_REG1[])",
                "bundle(eth_src,7,hrw,ofport,members:1,2,LOCAL),bundle(nw_dst,0,active_backup,ofport,members:),"
                        + "bundle_load(symmetric_l4,7,hrw,ofport,NXM_NX_REG0[8..31],members:1,2,3)",
                "output(port=2,max_len=100),output(port=IN_PORT,max_len=14)",
                "conjunction(5,1/2),conjunction(4294967295,64/64),note:01.02.00.00.00.00",
            })
    void shouldDumpActionsAsTheyWereAdded(String actions) throws Exception {
        lab.ovsOfctl("add-flow", "tcp,actions=" + actions);

        assertThat(lab.ovsOfctl("dump-flows")).endsWith("tcp actions=" + actions + "\n");
    }

    @Test
    void shouldTakeManyFlowsFromAFile() throws Exception {
        Path file = lab.folder.resolve("flows");
        List<String> flows = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            flows.add("table=%d,priority=%d,ip,nw_dst=10.%d.%d.1,actions=output:2"
                    .formatted(i % 3, i + 1, i / 250, i % 250));
        }
        Files.write(file, flows, StandardCharsets.UTF_8);

        lab.ovsOfctl("add-flows", file.toString());

        assertThat(flows()).hasSize(5000);
        assertThat(lab.ovsOfctl("dump-tables")).contains("table 0", "active=1667");
    }

    @Test
    void shouldSayThatATableIsFull() throws Exception {
        try (AgentLab small = AgentLab.make(Timing.DEFAULT, 2)) {
            small.awaitListening();
            small.ovsOfctl("add-flow", "priority=1,actions=drop");
            small.ovsOfctl("add-flow", "priority=2,actions=drop");

            assertThat(small.ovsOfctl(1, "add-flow", "priority=3,actions=drop").replaceAll("xid=0x[0-9a-f]+", "xid"))
                    .isEqualTo("""
                            OFPT_ERROR (OF1.3) (xid): OFPFMFC_TABLE_FULL
                            OFPT_FLOW_MOD (OF1.3) (xid): ADD priority=3 actions=drop
                            """);

            assertThat(small.ovsOfctl("dump-aggregate")).contains("flow_count=2");
        }
    }

    @Test
    void shouldShowPortsTablesAndFeatures() throws Exception {
        assertThat(lab.ovsOfctl("dump-ports")).contains("3 ports", "port  1: rx pkts=0, bytes=0, drop=0, errs=0");
        assertThat(lab.ovsOfctl("dump-ports", "2")).contains("1 ports", "port  2:");
        assertThat(lab.ovsOfctl("dump-ports", "77")).contains("OFPBRC_BAD_PORT");
        assertThat(lab.ovsOfctl("dump-ports-desc")).contains("1(p1)", "2(p2)", "3(p3)");
        assertThat(lab.ovsOfctl("dump-tables")).contains("table 0", "tables 1...253: ditto");
        assertThat(lab.ovsOfctl("dump-table-features"))
                .contains("table 0:", "apply_actions", "goto_table", "max_entries=")
                .doesNotContain("***");
        assertThat(lab.ovsOfctl("dump-group-features")).contains("Types:  0xf", "Capabilities:  0xf");
        assertThat(lab.ovsOfctl("meter-features")).contains("max_meter:262144", "band_types: drop dscp_remark");
        lab.ovsOfctl("mod-port", "p1", "down");
        assertThat(lab.ovsOfctl("show")).contains("config:     PORT_DOWN");
        lab.ovsOfctl("mod-port", "1", "up");
        assertThat(lab.ovsOfctl("show")).doesNotContain("PORT_DOWN");
        assertThat(lab.ovsOfctl("queue-stats")).contains("0 queues");
    }

    @Test
    void shouldAddAndDumpGroupsAndMeters() throws Exception {
        lab.ovsOfctl(
                "add-group",
                "group_id=1,type=select,bucket=weight:10,actions=output:1,bucket=weight:20,actions=output:2");
        lab.ovsOfctl("add-group", "group_id=2,type=ff,bucket=watch_port:1,actions=output:1");
        assertThat(lab.ovsOfctl("dump-groups"))
                .contains("group_id=1,type=select,bucket=weight:10,actions=output:1,bucket=weight:20,actions=output:2")
                .contains("group_id=2,type=ff,bucket=watch_port:1,actions=output:1");
        assertThat(lab.ovsOfctl("dump-group-stats")).contains("group_id=1", "ref_count=0");
        assertThat(lab.ovsOfctl(1, "add-group", "group_id=1,type=all,bucket=output:1"))
                .contains("OFPGMFC_GROUP_EXISTS");
        lab.ovsOfctl("del-groups", "group_id=2");
        assertThat(lab.ovsOfctl("dump-groups")).doesNotContain("group_id=2");

        lab.ovsOfctl("add-meter", "meter=1 kbps burst stats bands=type=drop rate=1000 burst_size=100");
        assertThat(lab.ovsOfctl("dump-meters"))
                .contains("meter=1 kbps burst stats bands=", "type=drop rate=1000 burst_size=100");
        assertThat(lab.ovsOfctl("meter-stats")).contains("meter:1 flow_count:0");
        lab.ovsOfctl("add-flow", "in_port=1,actions=meter:1,output:2");
        assertThat(lab.ovsOfctl("dump-flows")).contains("in_port=1 actions=meter:1,output:2");
        lab.ovsOfctl("del-meters");
        assertThat(flows()).isEmpty();
    }

    @Test
    void shouldNameWhatIsRefused() throws Exception {
        assertThat(lab.ovsOfctl(1, "add-flow", "actions=group:99")).contains("OFPBAC_BAD_OUT_GROUP");
        assertThat(lab.ovsOfctl(1, "add-flow", "table=254,actions=drop")).contains("OFPFMFC_BAD_TABLE_ID");
        lab.ovsOfctl("add-flow", "priority=5,ip,actions=drop");
        assertThat(lab.ovsOfctl(1, "add-flow", "check_overlap,priority=5,tcp,actions=drop"))
                .contains("OFPFMFC_OVERLAP");
    }

    @Test
    void shouldSendAndMonitorPackets() throws Exception {
        lab.ovsOfctl("packet-out", "in_port=CONTROLLER packet=" + ARP + " actions=output:2");
        await().atMost(10, TimeUnit.SECONDS).until(() -> !lab.port("p2").out.isEmpty());
        assertThat(lab.port("p2").out.remove()).startsWith(HexFormat.of().parseHex(ARP));

        lab.ovsOfctl("add-flow", "priority=0,actions=CONTROLLER:65535");
        ProcessBuilder builder =
                new ProcessBuilder("ovs-ofctl", "-O", "OpenFlow13", "monitor", "unix:" + lab.socket, "65535");
        builder.environment().put("OVS_RUNDIR", lab.folder.toString());
        Process monitor = builder.redirectErrorStream(true)
                .redirectOutput(lab.folder.resolve("monitor").toFile())
                .start();
        try {
            Path output = lab.folder.resolve("monitor");
            await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
                lab.port("p1").in.add(HexFormat.of().parseHex(ARP));
                assertThat(Files.readString(output)).contains("arp_tpa=10.0.0.2");
            });
            assertThat(Files.readString(output))
                    .contains("NXT_PACKET_IN2 (OF1.3)", "in_port=1 (via no_match)", "arp_spa=10.0.0.1");
        } finally {
            monitor.destroyForcibly().waitFor();
        }
    }
}
