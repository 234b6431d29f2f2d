package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.PacketBuilder;
import org.junit.jupiter.api.Test;

/** {@code check_pkt_larger} and {@code clone}, with packets. */
class PacketLengthTest {
    private static byte[] udp(int octets) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(0x0a000001, 0x0a000002)
                .udp(1, 2)
                .payload(new byte[octets - 42])
                .build();
    }

    private static String outputs(SwitchLab lab, int octets) {
        lab.send("p1", udp(octets));
        lab.turn();
        return lab.outputs();
    }

    @Test
    void shouldTellLongPacketsFromShortOnes() {
        try (SwitchLab lab = SwitchLab.withPorts(4)
                .flows(
                        "actions=check_pkt_larger(200)->reg0[0],resubmit(,1),output:4",
                        "table=1,reg0=0,actions=output:2",
                        "table=1,reg0=1,actions=output:3")) {
            for (int round = 0; round < 3; round++) {
                assertThat(outputs(lab, 199)).isEqualTo("p2x1 p4x1");
                assertThat(outputs(lab, 200)).isEqualTo("p2x1 p4x1");
                assertThat(outputs(lab, 201)).isEqualTo("p3x1 p4x1");
            }
            assertThat(lab.await(lab.heddle.megaflows(10)))
                    .as("one that asks, and one for each answer")
                    .hasSize(3);
        }
    }

    @Test
    void shouldMeasureThePacketAsItIsByThen() {
        try (SwitchLab lab = SwitchLab.withPorts(3)
                .flows(
                        "actions=push_vlan:0x8100,check_pkt_larger(200)->reg0[0],goto_table:1",
                        "table=1,reg0=0,actions=output:2",
                        "table=1,reg0=1,actions=output:3")) {
            assertThat(outputs(lab, 196)).isEqualTo("p2x1");
            assertThat(outputs(lab, 197)).isEqualTo("p3x1");
        }
    }

    @Test
    void shouldGiveTheOriginalBackAfterAClone() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("actions=clone(push_vlan:0x8100,output:2),output:3")) {
            lab.send("p1", udp(100));
            lab.turn();
            assertThat(lab.receive("p2")).hasSize(104);
            assertThat(lab.receive("p3")).isEqualTo(udp(100));
        }
    }

    @Test
    void shouldCutOneOutputOnly() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("actions=output(port=2,max_len=64),output:3")) {
            lab.send("p1", udp(100));
            lab.turn();
            assertThat(lab.receive("p2")).hasSize(64);
            assertThat(lab.receive("p3")).isEqualTo(udp(100));
        }
    }

    @Test
    void shouldForgetTheQueue() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows("actions=enqueue:2:7,output:3")) {
            assertThat(outputs(lab, 100)).isEqualTo("p2x1 p3x1");
        }
    }
}
