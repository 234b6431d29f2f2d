package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** DHCP clients that people run, on a bridge whose controller serves the addresses. */
@Tag("netns")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // fields are set once before all tests
class DhcpClientsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private HeddleLab lab;
    private Host udhcpc;
    private Host dhclient;
    private Host dhcpcd;
    private Host load;

    @BeforeAll
    void startNetwork() {
        lab = new HeddleLab();
        Host sw = lab.net.host("s");
        udhcpc = lab.net.host("u");
        dhclient = lab.net.host("d");
        dhcpcd = lab.net.host("c");
        load = lab.net.host("l");
        lab.startSwitch(sw, "s", """
                bridges:
                  - name: br0
                    datapath-id: "0000000000000001"
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: p2, number: 2, type: veth, peer: eth0, netns: %s }
                      - { name: p3, number: 3, type: veth, peer: eth0, netns: %s }
                      - { name: p4, number: 4, type: veth, peer: eth0, netns: %s }
                """.formatted(udhcpc.netns(), dhclient.netns(), dhcpcd.netns(), load.netns()));
        lab.startController(sw, ControllerYaml.oneNetwork(lab, "s"));
        for (Host host : new Host[] {udhcpc, dhclient, dhcpcd, load}) {
            host.run("ip", "link", "set", "eth0", "up");
        }
    }

    @AfterAll
    void stopNetwork() {
        lab.close();
    }

    @Test
    void shouldServeBusyboxUdhcpc() {
        Path script = lab.write("udhcpc.sh", "#!/bin/sh\nenv\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        String output = udhcpc.run(
                PATIENCE,
                "busybox",
                "udhcpc",
                "-i",
                "eth0",
                "-f",
                "-n",
                "-q",
                "-t",
                "6",
                "-T",
                "1",
                "-s",
                script.toString());
        assertThat(output)
                .containsPattern("lease of 10\\.20\\.\\d+\\.\\d+ obtained")
                .containsPattern("(?m)^router=10\\.20\\.0\\.1$")
                .containsPattern("(?m)^mask=16$")
                .containsPattern("(?m)^domain=test\\.heddle$");
    }

    @Test
    void shouldServeDhclientAndTakeItsRelease() {
        String lease = lab.folder.resolve("dhclient.leases").toString();
        String pid = lab.folder.resolve("dhclient.pid").toString();
        String[] common = {"-sf", "/bin/true", "-pf", pid, "-lf", lease, "eth0"};
        String output = dhclient.run(PATIENCE, with(new String[] {"dhclient", "-1", "-v"}, common));
        Matcher bound = Pattern.compile("bound to (10\\.20\\.\\d+\\.\\d+)").matcher(output);
        assertThat(bound.find()).as(output).isTrue();
        assertThat(lab.heddle("controller", "lease", "list")).contains(bound.group(1));

        // a release is sent from the address, which /bin/true did not set
        dhclient.run("ip", "addr", "add", bound.group(1) + "/16", "dev", "eth0");
        dhclient.run(PATIENCE, with(new String[] {"dhclient", "-r", "-v"}, common));
    }

    @Test
    void shouldServeDhcpcd() {
        String output = dhcpcd.run(
                PATIENCE,
                "unshare",
                "-m",
                "dhcpcd",
                "-4",
                "-1",
                "-B",
                "--noipv4ll",
                "-A",
                "-C",
                "resolv.conf",
                "-C",
                "hostname",
                "eth0");
        assertThat(output).containsPattern("leased 10\\.20\\.\\d+\\.\\d+ for");
    }

    @Test
    void shouldKeepUpWithFourWayExchangesOfPerfdhcp() {
        load.configure("eth0", "10.20.255.2/16");
        for (int rate : new int[] {200, 200, 1000, 2000}) {
            String output = perfdhcp(rate);
            // How many a machine manages is its own affair.
            System.out.println("perfdhcp, " + rate + "/s offered: "
                    + output.lines()
                            .filter(line -> line.contains("Rate:") || line.contains("drops"))
                            .toList());
        }
        // After more than it can take it serves at a modest rate again, and hardly one exchange is lost.
        Awaitility.await().atMost(Duration.ofMinutes(3)).untilAsserted(() -> {
            String output = perfdhcp(40);
            assertThat(first(output, "Rate: ([0-9.]+) 4-way exchanges/second"))
                    .as(output)
                    .isGreaterThan(20);
            assertThat(first(output, "drops ratio: ([0-9.]+)")).as(output).isLessThan(20);
        });
    }

    private static double first(String output, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    /** Offers exchanges for four seconds; its exit status says whether any was dropped. */
    private String perfdhcp(int rate) {
        LabProcess process = load.start(
                "perfdhcp",
                "-4",
                "-l",
                "eth0",
                "-r",
                Integer.toString(rate),
                "-R",
                "50000",
                "-p",
                "4",
                "-W",
                "1000000");
        process.awaitExit(Duration.ofSeconds(40));
        return process.output();
    }

    private static String[] with(String[] head, String[] tail) {
        String[] all = new String[head.length + tail.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }
}
