package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.CliLab.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit status and exact text of the command, against a real switch. */
class CliTest {
    @TempDir
    Path folder;

    private CliLab lab;

    @BeforeEach
    void start() throws IOException {
        lab = new CliLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private void done(String... args) {
        assertThat(lab.heddle(args)).isEqualTo(new Result(0, "", ""));
    }

    @Test
    void shouldDumpFlowsAsOvsOfctlDoes() {
        done("flow", "add", "br0", "priority=10,ip,nw_dst=10.0.0.0/8,actions=output:p2");
        done("flow", "add", "br0", "table=1,cookie=0x5,actions=drop");
        lab.nowNs.addAndGet(1_500_000_000L);

        assertThat(lab.heddle("flow", "dump", "br0")).isEqualTo(new Result(0, """
                         cookie=0x0, duration=1.5s, table=0, n_packets=0, n_bytes=0, priority=10,ip,nw_dst=10.0.0.0/8 actions=output:2
                         cookie=0x5, duration=1.5s, table=1, n_packets=0, n_bytes=0, actions=drop
                        """, ""));
        assertThat(lab.heddle("flow", "dump", "br0", "table=1", "--no-stats").out())
                .isEqualTo(" cookie=0x5, table=1, actions=drop\n");
        assertThat(lab.heddle("flow", "dump", "br0", "--output", "json").out())
                .startsWith("[\n{")
                .contains("\"text\": \"priority=10,ip,nw_dst=10.0.0.0/8 actions=output:2\"");
    }

    @Test
    void shouldChangeAndRemoveFlows() {
        done("flow", "add", "br0", "priority=10,ip,actions=output:1");
        done("flow", "add", "br0", "priority=11,tcp,actions=output:1");
        done("flow", "mod", "br0", "ip,actions=output:2");
        assertThat(lab.heddle("flow", "dump", "br0", "--no-stats").out())
                .isEqualTo(" priority=11,tcp actions=output:2\n priority=10,ip actions=output:2\n");
        done("flow", "del", "br0", "--strict", "priority=11,tcp");
        assertThat(lab.heddle("flow", "dump", "br0", "--no-stats").out())
                .isEqualTo(" priority=10,ip actions=output:2\n");
        done("flow", "del", "br0");
        assertThat(lab.heddle("flow", "dump", "br0")).isEqualTo(new Result(0, "", ""));
    }

    @Test
    void shouldAddAFileOfFlowsAtOnce() throws IOException {
        Path file = Files.writeString(folder.resolve("flows.txt"), """
                # two flows
                priority=1,actions=output:1

                priority=2,actions=output:99999999999 # a bad one
                """);

        assertThat(lab.heddle("flow", "add", "br0", "--file", file.toString(), "--atomic"))
                .satisfies(result -> {
                    assertThat(result.status()).isEqualTo(1);
                    assertThat(result.err())
                            .startsWith("heddle: line 1: not done, because update 1 of the batch was refused\n"
                                    + "heddle: line 2: at character ");
                });
        assertThat(lab.heddle("flow", "dump", "br0").out()).isEmpty();
    }

    @Test
    void shouldSayWhatIsWrongWithAFlow() {
        Result result = lab.heddle("flow", "add", "br0", "ip,nw_dts=1,actions=drop");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "heddle: at character 4 (\"nw_dts\"): no match field and no keyword has this name; fields are"
                                + " written as in ovs-fields(7), for example in_port=1,tcp,nw_dst=10.0.0.0/24,tp_dst=80"
                                + " (OFPBMC_BAD_FIELD)\n");
    }

    @Test
    void shouldSayThatATableIsFull() {
        for (int i = 1; i <= 3; i++) {
            done("flow", "add", "br0", "priority=" + i + ",actions=drop");
        }

        assertThat(lab.heddle("flow", "add", "br0", "priority=4,actions=drop"))
                .isEqualTo(new Result(1, "", "heddle: table 0 holds 3 entries, its limit (OFPFMFC_TABLE_FULL)\n"));
        // What replaces a flow needs no room.
        done("flow", "add", "br0", "priority=3,actions=output:1");
    }

    @Test
    void shouldShowAndForgetLearnedAddresses() {
        byte[] frame = HexFormat.of().parseHex("ffffffffffff" + "02000000000a" + "0806" + "00".repeat(46));
        lab.forward(2, frame);
        lab.nowNs.addAndGet(7_000_000_000L);

        assertThat(lab.heddle("fdb", "show", "br0")).isEqualTo(new Result(0, """
                        BRIDGE  PORT  VLAN  MAC                AGE
                        br0     p2       0  02:00:00:00:00:0a    7
                        """, ""));

        assertThat(lab.heddle("fdb", "flush", "br0")).isEqualTo(new Result(0, "1 address forgotten\n", ""));
        assertThat(lab.heddle("fdb", "show", "--output", "json").out()).isEqualTo("[]\n");
        assertThat(lab.heddle("fdb", "show", "br9").err()).contains("br9");
    }

    @Test
    void shouldSayThatAMessageIsTooLong() throws IOException {
        Path file = folder.resolve("flows");
        String flow = "ip,actions=" + "output:1,".repeat(100) + "drop\n";
        Files.writeString(file, flow.repeat(5 << 20 >> 9));

        Result result = lab.heddle("flow", "add", "br0", "--file", file.toString());

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .matches("heddle: a message to or from " + Pattern.quote(lab.target)
                        + " has \\d{7} octets, at most 4194304"
                        + " are taken: split the file, or ask for less at a time\\n");
        assertThat(lab.heddle("flow", "dump", "br0").out()).isEmpty();
    }

    @Test
    void shouldNameTheBridgesThereAre() {
        assertThat(lab.heddle("flow", "dump", "br1"))
                .isEqualTo(new Result(1, "", "heddle: bridge: no bridge is called \"br1\"; there is br0\n"));
    }

    @Test
    void shouldListBridgesAndPorts() {
        assertThat(lab.heddle("bridge", "list").out()).isEqualTo("""
                        BRIDGE  DATAPATH-ID       FAIL-MODE  PORTS  FLOWS  CONTROLLERS
                        br0     00000000000000b0  secure         2      0  0 of 0 connected
                        """);
        assertThat(lab.heddle("port", "list").out().lines().map(line -> line.replaceAll(" +", " ")))
                .hasSize(3)
                .first()
                .isEqualTo("BRIDGE PORT NAME TYPE IO MAC MTU STATE RX-PACKETS TX-PACKETS DROPPED");
        assertThat(lab.heddle("port", "show", "br0", "p2").out()).startsWith("port 2 (p2)\n  type   memory\n");
        assertThat(lab.heddle("port", "show", "br0", "p9"))
                .isEqualTo(new Result(1, "", "heddle: bridge br0 has no port p9\n"));
    }

    @Test
    void shouldAddAndRemoveABridge() {
        assertThat(lab.heddle("bridge", "add", "br1", "--datapath-id", "00000000000000B1")
                        .status())
                .isZero();
        assertThat(lab.heddle("bridge", "list").out()).contains("br1     00000000000000b1");
        assertThat(lab.heddle("bridge", "add", "br1"))
                .isEqualTo(new Result(1, "", "heddle: there is a bridge called \"br1\" already\n"));
        Result duplicate = lab.heddle("bridge", "add", "br2", "--datapath-id", "00000000000000b1");
        assertThat(duplicate.status()).isEqualTo(1);
        assertThat(duplicate.err()).contains("00000000000000b1").hasLineCount(1);
        assertThat(lab.heddle("bridge", "del", "br1").status()).isZero();
        assertThat(lab.heddle("bridge", "del", "br1").err()).contains("br1").hasLineCount(1);
    }

    @Test
    void shouldSetAPort() {
        done("port", "mod", "br0", "p1", "no-flood", "down");
        assertThat(lab.heddle("port", "show", "br0", "1").out()).contains("  state  disabled,no-flood\n");
        done("port", "mod", "br0", "p1", "flood", "up");
        assertThat(lab.heddle("port", "show", "br0", "1").out()).contains("  state  up\n");
    }

    @Test
    void shouldSetAndShowQueues() {
        changesRates(
                "port", "set", "br0", "p2", "qos:max-rate=100000000", "queue:0:min-rate=1000000", "queue:7:dscp=46");
        changesRates(
                "port",
                "set",
                "br0",
                "p2",
                "queue:7:min-rate=25000000",
                "queue:7:max-rate=50000000",
                "queue:7:priority=3");
        assertThat(lab.heddle("queue", "list").out().lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "BRIDGE PORT QUEUE MIN-RATE MAX-RATE PRIORITY TX-PACKETS TX-BYTES DROPPED WAITING",
                        "br0 p2 0 1000000 - 0 0 0 0 0",
                        "br0 p2 7 25000000 50000000 3 0 0 0 0");
        assertThat(lab.heddle("queue", "show", "br0", "2", "7").out()).isEqualTo("""
                        queue 7 of port 2 (p2)
                          min-rate  25000000 bit/s
                          max-rate  50000000 bit/s
                          port      100000000 bit/s
                          burst     -
                          priority  3
                          dscp      46
                          tx        packets=0 bytes=0 dropped=0 waiting=0
                        """);
        assertThat(lab.heddle("queue", "show", "br0", "p2", "8"))
                .isEqualTo(new Result(1, "", "heddle: port p2 of bridge br0 has no queue 8\n"));
        changesRates("port", "set", "br0", "p2", "queue:7", "ingress-policing-rate=1000");
        assertThat(lab.heddle("queue", "list", "br0", "p2").out()).hasLineCount(2);
        changesRates("port", "set", "br0", "p2", "qos", "ingress-policing-rate");
        assertThat(lab.heddle("queue", "list").out()).hasLineCount(1);
        assertThat(lab.heddle("port", "set", "br0", "p2", "queue:7:rate=5").err())
                .startsWith("heddle: there is no setting \"queue:7:rate\"");
        assertThat(lab.heddle("port", "set", "br0", "p2", "queue:7:min-rate=5M").err())
                .isEqualTo("heddle: queue:7:min-rate=5M: a number is right\n");
    }

    private void changesRates(String... command) {
        assertThat(lab.heddle(command)).isEqualTo(new Result(0, "br0: changed rates of port p2\n", ""));
    }

    @Test
    void shouldChangeGroupsAndMeters() {
        done("group", "add", "br0", "group_id=1,type=all,bucket=output:1,bucket=output:2");
        Result again = lab.heddle("group", "add", "br0", "group_id=1,type=all,bucket=output:1");
        assertThat(again.status()).isEqualTo(1);
        assertThat(again.err()).contains("(OFPGMFC_GROUP_EXISTS)");
        done("meter", "add", "br0", "meter=1,pktps,band=type=drop,rate=100");
        assertThat(lab.heddle("group", "dump", "br0").out())
                .isEqualTo(" group_id=1,type=all,bucket=actions=output:1,bucket=actions=output:2\n");
        assertThat(lab.heddle("meter", "dump", "br0").out()).startsWith(" meter=1 pktps");
        done("group", "del", "br0", "all");
        done("meter", "del", "br0", "1");
        assertThat(lab.heddle("group", "dump", "br0").out()).isEmpty();
        assertThat(lab.heddle("group", "del", "br0", "7").status()).isEqualTo(1);
    }

    @Test
    void shouldTrace() {
        done("flow", "add", "br0", "in_port=1,actions=output:2");

        Result result = lab.heddle("trace", "br0", "in_port=1,dl_src=02:00:00:00:00:01");

        assertThat(result.status()).isZero();
        assertThat(result.out())
                .contains("bridge(\"br0\")")
                .contains("Megaflow: ")
                .contains("Datapath actions: ");
        assertThat(lab.heddle("trace", "br0")).isEqualTo(new Result(2, "", "heddle: give either FLOW or --packet\n"));
    }

    @Test
    void shouldShowCachesDropsAndRates() {
        assertThat(lab.heddle("megaflow", "dump")).isEqualTo(new Result(0, "", ""));
        assertThat(lab.heddle("conntrack", "dump", "--zone", "3")).isEqualTo(new Result(0, "", ""));
        assertThat(lab.heddle("conntrack", "flush")).isEqualTo(new Result(0, "0 connections forgotten\n", ""));
        assertThat(lab.heddle("conntrack", "dump", "--zone", "65536").err()).contains("0 to 65535 is right");
        assertThat(lab.heddle("conntrack", "flush", "zone=3", "ct_nw_src=10.0.0.1,ct_nw_proto=6", "ct_tp_dst=5"))
                .isEqualTo(new Result(0, "0 connections forgotten\n", ""));
        assertThat(lab.heddle("conntrack", "flush", "ct_nw_src=10.0.0").err())
                .contains("ct_nw_src=10.0.0: an IPv4 address such as 10.0.0.1 is right");
        assertThat(lab.heddle("drops").out()).isEqualTo("PACKETS  REASON  PORT  MEANING\n");
        assertThat(lab.heddle("drops", "--all").out()).contains("TX_FULL");
        assertThat(lab.heddle("top", "--interval", "0.1", "--count", "1").out())
                .startsWith("BRIDGE  PORT  NAME  RX-PPS  RX-BPS  TX-PPS  TX-BPS  DROP-PPS\n")
                .contains("LOOP  BUSY");
    }

    @Test
    void shouldSetLimitsAndTimeoutsOfConnections() {
        assertThat(lab.heddle("conntrack", "get-limits").out()).isEqualTo("default limit=0\n");
        lab.heddle("conntrack", "set-limits", "max=5000", "default=10", "zone=3,limit=5", "zone=4,limit=0");
        assertThat(lab.heddle("conntrack", "get-limits").out())
                .isEqualTo("default limit=10\nzone=3,limit=5,count=0\nzone=4,limit=0,count=0\n");
        assertThat(lab.heddle("conntrack", "get-limits", "zone=3,9").out())
                .isEqualTo("default limit=10\nzone=3,limit=5,count=0\nzone=9,limit=10,count=0\n");
        lab.heddle("conntrack", "del-limits", "zone=3,4");
        assertThat(lab.heddle("conntrack", "get-limits").out()).isEqualTo("default limit=10\n");

        lab.heddle("conntrack", "set-timeouts", "udp_first=7", "icmp_first=8");
        lab.heddle("conntrack", "set-timeouts", "--zone", "3", "udp_first=9");
        assertThat(lab.heddle("conntrack", "get-timeouts").out()).contains("udp_first=7\n", "icmp_first=8\n");
        assertThat(lab.heddle("conntrack", "get-timeouts", "--zone", "3").out())
                .contains("udp_first=9\n", "icmp_first=8\n", "tcp_established=432000\n");
        lab.heddle("conntrack", "set-timeouts", "udp_first");
        assertThat(lab.heddle("conntrack", "get-timeouts").out()).contains("udp_first=30\n");
        assertThat(lab.heddle("conntrack", "set-timeouts", "udp_last=1").err()).contains("there is no such timeout");
        assertThat(lab.heddle("conntrack", "set-limits", "default").err()).contains("default=N or zone=ZONE,limit=N");
        assertThat(lab.heddle("conntrack", "get-limits", "--output", "json").out())
                .contains("5000");
    }

    @Test
    void shouldTellUnreachableFromWrong() {
        String nowhere = "unix:" + folder.resolve("none.sock");
        Result unreachable = CliLab.run("bridge", "list", "--target", nowhere);
        assertThat(unreachable.status()).isEqualTo(3);
        assertThat(unreachable.err())
                .startsWith("heddle: nobody answers at " + nowhere + ": ")
                .hasLineCount(2);
        assertThat(CliLab.run("bridge", "list", "--target", "nonsense"))
                .isEqualTo(new Result(2, "", "heddle: \"nonsense\" is no target: write unix:/PATH or HOST:PORT\n"));
        assertThat(lab.heddle("lease", "list"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "heddle: what listens at " + lab.target
                                + " does not know this command: is it a switch, is it a controller?\n"));
        assertThat(CliLab.run("bridge", "lits").status()).isEqualTo(2);
        assertThat(CliLab.run("flow", "dump").err()).startsWith("heddle: Missing required parameter: 'BRIDGE'\n");
    }

    @Test
    void shouldHelp() {
        assertThat(CliLab.run("--help").out())
                .contains("switch", "controller", "bridge", "port", "flow", "group", "meter", "trace", "megaflow")
                .contains("drops", "top", "lease", "host");
        assertThat(CliLab.run("--version").out()).startsWith("heddle ");
        assertThat(CliLab.run("flow", "--help").out()).contains("dump", "add", "mod", "del");
    }
}
