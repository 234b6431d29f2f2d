package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Flows that packets add, in a switch with caches. */
class LearnedFlowsTest {
    private static final long A = 0x02_00_00_00_00_0aL;
    private static final long B = 0x02_00_00_00_00_0bL;
    private static final String LEARN =
            "learn(table=10,hard_timeout=60,eth_dst=eth_src,load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15])";

    private static SwitchLab learningSwitch() {
        return SwitchLab.withPorts(3)
                .flows(
                        "actions=" + LEARN + ",resubmit(,10),goto_table:1",
                        "table=1,reg0=0,actions=flood",
                        "table=1,priority=1,actions=output:reg0[0..15]");
    }

    private static byte[] frame(long from, long to) {
        return PacketBuilder.ethernet(from, to)
                .ipv4(0x0a000001, 0x0a000002)
                .udp(1, 2)
                .payload(new byte[20])
                .build();
    }

    /** Where a frame goes; what it teaches is known after that. */
    private static String outputs(SwitchLab lab, String port, byte[] frame) {
        lab.send(port, frame);
        lab.turn();
        String outputs = lab.outputs();
        lab.turn();
        return outputs;
    }

    private static List<String> learned(SwitchLab lab) {
        return lab.allFlows().stream()
                .filter(flow -> flow.tableId() == 10)
                .map(flow -> SwitchLab.FORMATTER.rule(flow.priority(), flow.match()) + " "
                        + SwitchLab.FORMATTER.instructions(flow.instructions()))
                .sorted()
                .toList();
    }

    @Test
    void shouldLearnWithoutKeepingThePacketWaiting() {
        try (SwitchLab lab = learningSwitch()) {
            assertThat(outputs(lab, "p1", frame(A, B))).isEqualTo("p2x1 p3x1");
            assertThat(learned(lab)).containsExactly("dl_dst=02:00:00:00:00:0a load:0x1->NXM_NX_REG0[0..15]");
            assertThat(outputs(lab, "p2", frame(B, A))).isEqualTo("p1x1");
            assertThat(outputs(lab, "p1", frame(A, B))).isEqualTo("p2x1");
            assertThat(outputs(lab, "p3", frame(A, B))).as("A has moved").isEqualTo("p2x1");
            assertThat(outputs(lab, "p2", frame(B, A))).isEqualTo("p3x1");
        }
    }

    @Test
    void shouldLearnAgainWhatWasDeletedFromCachedPackets() {
        try (SwitchLab lab = learningSwitch()) {
            outputs(lab, "p1", frame(A, B));
            outputs(lab, "p1", frame(A, B));
            lab.flows("delete table=10");
            assertThat(learned(lab)).isEmpty();
            outputs(lab, "p1", frame(A, B));
            assertThat(learned(lab)).hasSize(1);
        }
    }

    @Test
    void shouldKeepALearnedFlowWhileCachedPacketsTeachIt() {
        try (SwitchLab lab = learningSwitch()) {
            outputs(lab, "p1", frame(A, B));
            for (int i = 0; i < 8; i++) {
                lab.nowNs.addAndGet(TimeUnit.SECONDS.toNanos(8));
                outputs(lab, "p1", frame(A, B));
            }
            assertThat(learned(lab)).as("after 64 s").hasSize(1);
            assertThat(lab.allFlows())
                    .filteredOn(flow -> flow.tableId() == 10)
                    .allSatisfy(flow -> assertThat(flow.packets()).isZero());
            lab.nowNs.addAndGet(TimeUnit.SECONDS.toNanos(60));
            lab.turn();
            assertThat(learned(lab)).isEmpty();
        }
    }

    @Test
    void shouldNotChangeALearnedFlowWithEveryPacketOfTwoSenders() {
        try (SwitchLab lab = learningSwitch()) {
            outputs(lab, "p1", frame(A, B));
            outputs(lab, "p3", frame(A, B));
            long before = lab.bridge().flowMods();
            for (int i = 0; i < 100; i++) {
                outputs(lab, i % 2 == 0 ? "p1" : "p3", frame(A, B));
            }
            assertThat(lab.bridge().flowMods() - before)
                    .as("changes in about 200 ms")
                    .isLessThanOrEqualTo(1);
            lab.nowNs.addAndGet(TimeUnit.SECONDS.toNanos(1));
            lab.turn();
            outputs(lab, "p1", frame(A, B));
            assertThat(learned(lab)).containsExactly("dl_dst=02:00:00:00:00:0a load:0x1->NXM_NX_REG0[0..15]");
        }
    }

    @Test
    void shouldShortenTheTimeoutsOfAnEndingConnection() {
        try (SwitchLab lab =
                SwitchLab.withPorts(2).flows("tcp,idle_timeout=100,actions=fin_timeout(idle_timeout=5),output:2")) {
            outputs(lab, "p1", tcp(TcpView.ACK));
            assertThat(lab.onlyFlow().idleTimeoutSeconds()).isEqualTo(100);
            assertThat(outputs(lab, "p1", tcp(TcpView.ACK | TcpView.FIN))).isEqualTo("p2x1");
            assertThat(lab.onlyFlow().idleTimeoutSeconds()).isEqualTo(5);
            assertThat(lab.onlyFlow().packets()).isEqualTo(2);
            lab.nowNs.addAndGet(TimeUnit.SECONDS.toNanos(6));
            lab.turn();
            assertThat(lab.allFlows()).isEmpty();
        }
    }

    private static byte[] tcp(int flags) {
        return PacketBuilder.ethernet(A, B)
                .ipv4(0x0a000001, 0x0a000002)
                .tcp(1, 2, 3, 4, flags)
                .padded()
                .build();
    }

    @Test
    void shouldLearnFromAPacketOfAController() throws Exception {
        try (SwitchLab lab = learningSwitch()) {
            lab.await(lab.bridge()
                    .packetOut(new BridgeControl.PacketOut(
                            frame(A, B), 1, SwitchLab.PARSER.actions(LEARN + ",output:2"))));
            lab.turn();
            assertThat(lab.outputs()).isEqualTo("p2x1");
            assertThat(learned(lab)).containsExactly("dl_dst=02:00:00:00:00:0a load:0x1->NXM_NX_REG0[0..15]");
        }
    }
}
