package io.heddle.conformance.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.LabProcess;
import io.heddle.testkit.NetnsLab;
import io.heddle.testkit.NetnsLab.Host;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Python's FTP client, hidden behind a longer address, with a small FTP server and the kernel's TCP. */
@Tag("netns")
@SuppressWarnings("NullAway.Init") // fields are set before each test
class FtpTrafficTest {
    private static final Duration TRAFFIC = Duration.ofSeconds(60);

    private static final String SERVER = """
            import socket, sys
            family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((sys.argv[1], 21))
            listener.listen(5)
            print("listening", flush=True)
            while True:
                control, _ = listener.accept()
                lines = control.makefile("r", newline="\\r\\n", encoding="latin-1")
                def say(text):
                    control.sendall((text + "\\r\\n").encode("latin-1"))
                say("220 ready")
                target = passive = None
                for line in lines:
                    word, _, rest = line.strip().partition(" ")
                    print(line.strip(), flush=True)
                    if word == "PORT":
                        n = rest.split(",")
                        target = (".".join(n[:4]), int(n[4]) * 256 + int(n[5]))
                        say("200 ok")
                    elif word == "EPRT":
                        n = rest.split(rest[0])
                        target = (n[2], int(n[3]))
                        say("200 ok")
                    elif word in ("PASV", "EPSV"):
                        passive = socket.socket(family)
                        passive.bind((sys.argv[1], 0))
                        passive.listen(1)
                        port = passive.getsockname()[1]
                        say("227 passive (%s,%d,%d)" % (sys.argv[1].replace(".", ","), port // 256, port % 256)
                            if word == "PASV" else "229 passive (|||%d|)" % port)
                    elif word == "RETR":
                        say("150 here it comes")
                        if passive:
                            data, _ = passive.accept()
                            passive.close()
                        else:
                            data = socket.socket(family)
                            data.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                            data.bind((sys.argv[1], 20))
                            data.connect(target)
                        passive = None
                        data.sendall(rest.encode("latin-1") * 30000)
                        data.close()
                        say("226 done")
                    elif word == "QUIT":
                        say("221 bye")
                        break
                    else:
                        say("331 go on" if word == "USER" else "230 ok" if word == "PASS" else "200 ok")
                control.close()
            """;

    /** Several transfers by one control connection, so that later segments have other sequence numbers on both sides. */
    private static final String CLIENT = """
            import ftplib, sys
            ftp = ftplib.FTP()
            ftp.connect(sys.argv[1], 21, timeout=30)
            ftp.login("user", "secret")
            for i, passive in enumerate([False, True, False, False, True]):
                ftp.set_pasv(passive)
                got = []
                ftp.retrbinary("RETR file%d" % i, got.append)
                print(len(b"".join(got)))
            ftp.quit()
            """;

    private HeddleLab lab;
    private Host a;
    private Host b;

    @BeforeEach
    void startNetwork() {
        lab = new HeddleLab();
        a = lab.net.host("a");
        b = lab.net.host("b");
        lab.startSwitch(lab.net.host("s"), "s", """
                bridges:
                  - name: br0
                    ports:
                      - { name: p1, number: 1, type: veth, peer: eth0, netns: %s }
                      - { name: p2, number: 2, type: veth, peer: eth0, netns: %s, mac: "02:00:00:00:00:02" }
                """.formatted(a.netns(), b.netns()));
        for (Host host : new Host[] {a, b}) {
            String number = host.equals(a) ? "1" : "2";
            host.run("ip", "addr", "add", "10.9.0." + number + "/24", "dev", "eth0");
            host.run("ip", "addr", "add", "fd09::" + number + "/64", "dev", "eth0", "nodad");
            host.run("ip", "link", "set", "eth0", "up");
            host.run("ip", "link", "set", "lo", "up");
        }
        String mac = a.run("cat", "/sys/class/net/eth0/address").strip();
        b.run("ip", "neigh", "add", "10.9.0.177", "lladdr", mac, "dev", "eth0");
        b.run("ip", "neigh", "add", "fd09:0:0:0:1111:2222:3333:4444", "lladdr", mac, "dev", "eth0");
        flows();
    }

    private void flows() {
        Path file = lab.write("flows.txt", String.join("\n", new String[] {
            "table=0,priority=10,arp,actions=normal",
            "table=0,priority=10,icmp6,actions=normal",
            "table=0,priority=5,tcp,ct_state=-trk,actions=ct(zone=1,nat,table=1)",
            "table=0,priority=5,tcp6,ct_state=-trk,actions=ct(zone=1,nat,table=1)",
            "table=1,in_port=1,tcp,tp_dst=21,ct_state=+new,actions=ct(commit,zone=1,alg=ftp,nat(src=10.9.0.177)),output:2",
            "table=1,in_port=1,tcp6,tp_dst=21,ct_state=+new,"
                    + "actions=ct(commit,zone=1,alg=ftp,nat(src=fd09::1111:2222:3333:4444)),output:2",
            "table=1,in_port=1,tcp,ct_state=+new+rel,actions=ct(commit,zone=1,nat),output:2",
            "table=1,in_port=1,tcp6,ct_state=+new+rel,actions=ct(commit,zone=1,nat),output:2",
            "table=1,in_port=2,tcp,ct_state=+new+rel,actions=ct(commit,zone=1,nat),output:1",
            "table=1,in_port=2,tcp6,ct_state=+new+rel,actions=ct(commit,zone=1,nat),output:1",
            "table=1,in_port=1,ct_state=+est,actions=output:2",
            "table=1,in_port=2,ct_state=+est,actions=output:1"
        }));
        lab.heddle("s", "flow", "add", "br0", "--file", file.toString());
    }

    @AfterEach
    void stopNetwork() {
        lab.close();
    }

    /** Returns what the server has heard. */
    private String transfer(String server) {
        try (LabProcess running = b.start("/usr/bin/python3", "-c", SERVER, server)) {
            running.awaitOutput("listening", NetnsLab.DEADLINE);
            assertThat(a.run(TRAFFIC, "/usr/bin/python3", "-c", CLIENT, server)).isEqualTo("150000\n".repeat(5));
            running.awaitOutput("QUIT", NetnsLab.DEADLINE);
            return running.output();
        }
    }

    @Test
    void shouldCarryFilesOverIpv4() {
        assertThat(transfer("10.9.0.2"))
                .contains("PORT 10,9,0,177,")
                .contains("PASV")
                .doesNotContain("PORT 10,9,0,1,");
        assertThat(lab.heddle("s", "conntrack", "dump").lines().filter(line -> line.contains(",helper=ftp")))
                .hasSize(1);
    }

    @Test
    void shouldCarryFilesOverIpv6() {
        assertThat(transfer("fd09::2"))
                .contains("EPRT |2|fd09:0:0:0:1111:2222:3333:4444|")
                .contains("EPSV")
                .doesNotContain("fd09::1|");
    }
}
