package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.heddle.datapath.bridge.TableUpdate.FlowUpdate;
import io.heddle.datapath.metrics.DropReason;
import io.heddle.flow.action.Alg;
import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionState;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConntrackTest {
    private static final int A = 0x0a000001;
    private static final int B = 0x0a000002;
    private static final int N = 0x0b000001;
    private static final int SYN = TcpView.SYN;
    private static final int ACK = TcpView.ACK;

    private static byte[] tcp(int from, int to, int fromPort, int toPort, int sequence, int ack, int flags) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(from, to)
                .tcp(fromPort, toPort, sequence, ack, flags)
                .padded()
                .build();
    }

    private static byte[] udp(int from, int to, int fromPort, int toPort) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(from, to)
                .udp(fromPort, toPort)
                .payload(new byte[20])
                .build();
    }

    private static String outputs(SwitchLab lab, String port, byte[] frame) {
        lab.send(port, frame);
        lab.turn();
        return lab.outputs();
    }

    /** Port 1 may open connections to port 2, port 2 may only answer. */
    private static SwitchLab firewall() {
        return SwitchLab.withPorts(2)
                .flows(
                        "table=0,ip,ct_state=-trk actions=ct(zone=1,table=1)",
                        "table=1,in_port=1,ip,ct_state=+trk+new actions=ct(zone=1,commit),output:2",
                        "table=1,in_port=1,ip,ct_state=+trk+est actions=output:2",
                        "table=1,in_port=2,ip,ct_state=+trk+est actions=output:1",
                        "table=1,in_port=2,ip,ct_state=+trk+rel actions=output:1");
    }

    @Test
    void shouldLetOnlyAnswersIn() {
        try (SwitchLab lab = firewall()) {
            assertThat(outputs(lab, "p2", tcp(B, A, 80, 1000, 5, 0, SYN))).isEmpty();
            assertThat(outputs(lab, "p1", tcp(A, B, 1000, 80, 100, 0, SYN))).isEqualTo("p2x1");
            assertThat(outputs(lab, "p2", tcp(B, A, 80, 1001, 500, 101, SYN | ACK)))
                    .isEmpty();
            assertThat(outputs(lab, "p2", tcp(B, A, 80, 1000, 500, 101, SYN | ACK)))
                    .isEqualTo("p1x1");
            assertThat(outputs(lab, "p1", tcp(A, B, 1000, 80, 101, 501, ACK))).isEqualTo("p2x1");
            assertThat(outputs(lab, "p2", tcp(B, A, 80, 1000, 501 + 200_000, 101, ACK)))
                    .as("outside of the window")
                    .isEmpty();
            assertThat(lab.await(lab.heddle.connections(null, 10))).hasSize(1);
            assertThat(lab.await(lab.heddle.flushConnections(ConnectionFilter.ofZone(1))))
                    .isOne();
            assertThat(outputs(lab, "p2", udp(B, A, 53, 53))).isEmpty();
        }
    }

    @Test
    void shouldKeepTheMegaflowsAsWideAsTheTablesAre() {
        try (SwitchLab lab = firewall()) {
            outputs(lab, "p1", udp(A, B, 1, 53));
            outputs(lab, "p1", udp(A, B, 2, 53));
            outputs(lab, "p1", udp(A, B, 3, 53));

            assertThat(lab.await(lab.heddle.megaflows(10)))
                    .extracting(SwitchControl.MegaflowState::actionsText)
                    .as("one to the tracker and one back, whatever the ports")
                    .hasSize(2);
        }
    }

    @Test
    void shouldTranslateTheSourceAndBack() {
        try (SwitchLab lab = SwitchLab.withPorts(2)
                .flows(
                        "table=0,in_port=1,ip actions=ct(commit,zone=1,nat(src=11.0.0.1)),output:2",
                        "table=0,in_port=2,ip actions=ct(zone=1,nat,table=1)",
                        "table=1,ip,ct_state=+est,ct_nw_src=10.0.0.1,nw_dst=10.0.0.1 actions=output:1")) {
            lab.send("p1", udp(A, B, 1000, 53));
            lab.turn();
            assertThat(lab.receive("p2")).isEqualTo(udp(N, B, 1000, 53));
            lab.send("p2", udp(B, N, 53, 1000));
            lab.turn();
            assertThat(lab.receive("p1")).isEqualTo(udp(B, A, 53, 1000));
        }
    }

    @Test
    void shouldGiveTheTrackedPacketToTheTableOnlyAndMarkTheConnection() {
        try (SwitchLab lab = SwitchLab.withPorts(3)
                .flows(
                        "table=0,in_port=1,ip actions=ct(commit,zone=2,table=1,exec(set_field:7->ct_mark)),resubmit(,2)",
                        "table=1,ip,ct_state=+trk,ct_mark=7,ct_zone=2 actions=output:2",
                        "table=2,ip,ct_state=-trk,ct_mark=0 actions=output:3")) {
            assertThat(outputs(lab, "p1", udp(A, B, 1, 2))).isEqualTo("p2x1 p3x1");
        }
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        try (SwitchLab lab = SwitchLab.withPorts(2)) {
            String[] flows = {
                "actions=ct(commit)",
                "ip actions=ct(force)",
                "ip actions=ct(nat(src=1.2.3.4))",
                "ip actions=ct(exec(set_field:1->ct_mark))",
                "ip actions=ct(commit,exec(set_field:1->reg0))",
                "ip actions=set_field:1->ct_mark",
                "ipv6 actions=ct(commit,nat(src=1.2.3.4))",
                "ip actions=write_actions(ct(commit))"
            };
            for (String flow : flows) {
                FlowUpdate update = (FlowUpdate) SwitchLab.updates(flow).getFirst();
                assertThat(lab.write(List.of(update)).failures()).as(flow).hasSize(1);
            }
        }
    }

    @Test
    void shouldDropWhatWasToBeTranslatedWhereThereIsNoRoom() {
        try (SwitchLab lab =
                SwitchLab.withPorts(2).flows("in_port=1,ip actions=ct(commit,zone=1,nat(src=11.0.0.1)),output:2")) {
            SwitchControl.ConfigurationResult result = lab.configure(
                    new ConfigurationChange.PutConntrack(new ConntrackConfiguration(0, 1, Map.of(), List.of())));
            assertThat(result.applied()).containsExactly("conntrack: changed settings");

            assertThat(outputs(lab, "p1", udp(A, B, 1, 53))).isEqualTo("p2x1");
            assertThat(outputs(lab, "p1", udp(A, B, 2, 53))).isEmpty();
            assertThat(lab.heddle.datapathLoops().first().statistics().drops(DropReason.CONNTRACK_FULL))
                    .isOne();
            assertThat(lab.await(lab.heddle.conntrackLimits(List.of(1, 2))))
                    .isEqualTo(new SwitchControl.ConntrackLimits(
                            1_000_000,
                            1,
                            1,
                            List.of(new SwitchControl.ZoneLimit(1, 1, 1), new SwitchControl.ZoneLimit(2, 1, 0))));
        }
    }

    @Test
    void shouldOpenTheWayThatAnFtpClientAnnouncesAndTranslateIt() {
        try (SwitchLab lab = SwitchLab.withPorts(2)
                .flows(
                        "table=0,tcp,ct_state=-trk actions=ct(zone=1,nat,table=1)",
                        "table=1,in_port=1,tcp,tp_dst=21,ct_state=+trk+new"
                                + " actions=ct(zone=1,commit,alg=ftp,nat(src=192.168.100.100)),output:2",
                        "table=1,in_port=2,ct_state=+trk+new+rel,tcp actions=ct(zone=1,commit,nat),output:1",
                        "table=1,in_port=1,tcp,ct_state=+trk+est actions=output:2",
                        "table=1,in_port=2,tcp,ct_state=+trk+est actions=output:1")) {
            int outside = 0xc0a86464;
            outputs(lab, "p1", tcp(A, B, 1000, 21, 100, 0, SYN));
            outputs(lab, "p2", tcp(B, outside, 21, 1000, 500, 101, SYN | ACK));
            lab.send("p1", ftp(A, B, 1000, 21, 101, "EPRT |1|10.0.0.1|1026|\r\n"));
            lab.turn();
            assertThat(lab.receive("p2"))
                    .isEqualTo(ftp(outside, B, 1000, 21, 101, "EPRT |1|192.168.100.100|1026|\r\n"));
            lab.send("p2", tcp(B, outside, 20, 1027, 7, 0, SYN));
            lab.send("p2", tcp(B, outside, 20, 1026, 7, 0, SYN));
            lab.turn();
            assertThat(lab.receive("p1")).isEqualTo(tcp(B, A, 20, 1026, 7, 0, SYN));
            assertThat(lab.receive("p1")).isNull();
            assertThat(lab.await(lab.heddle.connections(1, 10)))
                    .extracting(ConnectionState::alg, ConnectionState::isRelated)
                    .containsExactly(tuple(Alg.FTP, false), tuple(null, true));
        }
    }

    private static byte[] ftp(int from, int to, int fromPort, int toPort, int sequence, String text) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(from, to)
                .tcp(fromPort, toPort, sequence, 501, ACK)
                .payload(text.getBytes(StandardCharsets.ISO_8859_1))
                .build();
    }
}
