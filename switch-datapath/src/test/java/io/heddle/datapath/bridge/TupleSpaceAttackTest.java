package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.datapath.poll.LoopStatistics.Counter;
import io.heddle.datapath.poll.PollLoop;
import io.heddle.flow.packet.PacketBuilder;
import org.junit.jupiter.api.Test;

/**
 * Crafted headers against a policy of a few flows: each packet differs from what the flows match in other bits, so that each needs a mask of
 * its own ("tuple space explosion"). What is asserted is work, in masks probed, not time.
 */
class TupleSpaceAttackTest {
    private static final int ADDRESS = 0x0a000001;

    /** Masks that a policy of two addresses and two ports can be made to need. */
    private static final int MASKS = 32 * 32;

    private static final String[] POLICY = {
        "priority=40,ip,nw_src=10.0.0.1,actions=output:2",
        "priority=30,ip,nw_dst=10.0.0.1,actions=output:2",
        "priority=20,udp,tp_src=53,actions=output:2",
        "priority=10,udp,tp_dst=53,actions=output:2",
        "priority=0,actions=drop"
    };

    private static byte[] udp(int source, int destination, int sourcePort) {
        return PacketBuilder.ethernet(0x020000000001L, 0x020000000002L)
                .ipv4(source, destination)
                .udp(sourcePort, 9)
                .payload(new byte[18])
                .build();
    }

    /** Differs from the policy's addresses first in one bit of the source and in one of the destination. */
    private static byte[] crafted(int number, int round) {
        int source = ADDRESS ^ 1 << (number & 31);
        int destination = ADDRESS ^ 1 << (number >>> 5 & 31);
        return udp(source, destination, 1000 + round);
    }

    private static long probed(SwitchLab lab) {
        PollLoop loop = lab.heddle.datapathLoops().first();
        loop.publishCounters();
        return loop.statistics().get(Counter.MASKS_PROBED);
    }

    private static long masks(SwitchLab lab) {
        PollLoop loop = lab.heddle.datapathLoops().first();
        loop.publishCounters();
        return loop.statistics().get(Counter.MEGAFLOW_MASKS);
    }

    /** Masks that are probed for the first packet of a connection by a port: none of it is in the exact-match cache. */
    private static long probesOfNewConnection(SwitchLab lab, String port, int number) {
        long before = probed(lab);
        lab.send(port, udp(ADDRESS, 0xc0000000 + number, 2000));
        lab.turn();
        assertThat(lab.outputs()).as("connection %s of %s", number, port).isEqualTo("p2x1");
        return probed(lab) - before;
    }

    private static void attack(SwitchLab lab, int round) {
        for (int i = 0; i < MASKS; i++) {
            lab.send("p1", crafted(i, round));
            if (i % 16 == 15) {
                lab.turn();
                lab.outputs();
            }
        }
    }

    @Test
    void shouldNotLetOnePortMakeTheSearchLongerForTheOthers() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows(POLICY)) {
            probesOfNewConnection(lab, "p3", 0);
            long before = probesOfNewConnection(lab, "p3", 1);
            long calm = masks(lab);

            attack(lab, 0);
            assertThat(masks(lab) - calm)
                    .as("the attack does need masks, and gets as many as a port may have")
                    .isBetween(64L, 128L);
            assertThat(probesOfNewConnection(lab, "p3", 2))
                    .as("masks probed for another port's packet, in the middle of the attack")
                    .isEqualTo(before);

            attack(lab, 1);
            assertThat(probesOfNewConnection(lab, "p3", 3)).isEqualTo(before);
            assertThat(masks(lab) - calm).isLessThanOrEqualTo(128);
            assertThat(probesOfNewConnection(lab, "p1", 4))
                    .as("also the attacker's own packets find an end")
                    .isLessThanOrEqualTo(2L * 128);
        }
    }

    @Test
    void shouldTreatPacketsOfTheAttackedPortByTheTablesAllTheSame() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows(POLICY)) {
            attack(lab, 0);
            // Beyond its masks the port has exact matches only, and they follow the tables, too.
            for (int i = 0; i < 300; i++) {
                lab.send("p1", udp(ADDRESS ^ 1 << (i & 31), ADDRESS, 3000 + i));
                lab.turn();
                assertThat(lab.outputs()).isEqualTo("p2x1");
            }
            lab.flows("priority=50,ip,actions=output:3");
            for (int i = 0; i < MASKS; i += 7) {
                lab.send("p1", crafted(i, 0));
                lab.turn();
                assertThat(lab.outputs()).isEqualTo("p3x1");
            }
        }
    }

    @Test
    void shouldForgetTheMasksSoonAfterTheAttack() {
        try (SwitchLab lab = SwitchLab.withPorts(3).flows(POLICY)) {
            attack(lab, 0);
            assertThat(masks(lab)).isGreaterThan(64);
            for (int i = 0; i < 120; i++) {
                lab.nowNs.addAndGet(100_000_000);
                lab.turn();
            }
            assertThat(masks(lab)).isZero();
        }
    }
}
