package io.heddle.datapath.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.PacketBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A switch with caches does to every packet what a switch does that translates every packet anew, however packets and changes of the
 * tables are interleaved.
 */
class CachedEqualsUncachedTest {
    private static final int PORTS = 4;
    private static final int STEPS = 4000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldDoTheSameWithAndWithoutCaches(long seed) {
        Random random = new Random(seed);
        try (SwitchLab cached = SwitchLab.withPorts(PORTS);
                SwitchLab uncached = SwitchLab.withPorts(PORTS)) {
            String[] groups = {
                "group group_id=1,type=select,bucket=output:1,bucket=output:2,bucket=output:3",
                "group group_id=2,type=all,bucket=set_field:10.7.7.7->ip_dst,output:3,bucket=output:4"
            };
            cached.write(SwitchLab.updates(groups));
            uncached.write(SwitchLab.updates(groups));
            List<String> log = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(40) == 0) {
                    String line = change(random);
                    log.add(line);
                    assertThat(cached.write(SwitchLab.updates(line)).failures())
                            .isEqualTo(uncached.write(SwitchLab.updates(line)).failures());
                } else {
                    byte[] frame = frame(random);
                    String port = "p" + (1 + random.nextInt(PORTS));
                    uncached.heddle.datapathLoops().first().flushCaches();
                    cached.send(port, frame).turn();
                    uncached.send(port, frame).turn();
                    assertThat(outputs(cached))
                            .as("seed %d, step %d, %s from %s, after %s", seed, step, hex(frame), port, log)
                            .isEqualTo(outputs(uncached));
                }
            }
            assertThat(total(cached)).isEqualTo(total(uncached));
        }
    }

    private static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    private static List<String> outputs(SwitchLab lab) {
        List<String> outputs = new ArrayList<>();
        for (int i = 1; i <= PORTS; i++) {
            for (byte[] frame = lab.receive("p" + i); frame != null; frame = lab.receive("p" + i)) {
                outputs.add(i + ": " + hex(frame));
            }
        }
        return outputs;
    }

    /** Flows with their exact counters. */
    private static List<String> total(SwitchLab lab) {
        return lab.allFlows().stream()
                .map(flow -> flow.tableId() + " " + flow.priority() + " " + flow.match() + " " + flow.packets() + " "
                        + flow.octets())
                .sorted()
                .toList();
    }

    private static String change(Random random) {
        if (random.nextInt(5) == 0) {
            return "delete table=" + random.nextInt(3) + ",ip,nw_dst=10.0.0." + random.nextInt(4);
        }
        int table = random.nextInt(3);
        List<String> match = new ArrayList<>(List.of("table=" + table, "priority=" + random.nextInt(20)));
        switch (random.nextInt(4)) {
            case 0 -> match.add("in_port=" + (1 + random.nextInt(PORTS)));
            case 1 -> match.add("ip,nw_dst=10.0.0." + random.nextInt(4) + "/" + (28 + random.nextInt(5)));
            case 2 -> match.add("udp,tp_dst=" + random.nextInt(4));
            default -> match.add("dl_src=02:00:00:00:00:0" + random.nextInt(3));
        }
        return String.join(",", match) + ",actions=" + actions(random, table);
    }

    private static String actions(Random random, int table) {
        List<String> actions = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            actions.add(
                    switch (random.nextInt(10)) {
                        case 0 -> "set_field:02:00:00:00:00:0" + random.nextInt(4) + "->eth_dst";
                        case 1 -> "push_vlan:0x8100,set_field:" + (4096 + random.nextInt(4)) + "->vlan_vid";
                        case 2 -> "group:1";
                        case 3 -> "group:2";
                        case 4 -> "NORMAL";
                        case 5 -> "FLOOD";
                        // A flow that is learned in two ways changes later where packets are cached, so this one is
                        // not.
                        case 7 ->
                            "learn(table=3,in_port,eth_dst=eth_src,load:NXM_OF_ETH_SRC[0..1]->NXM_NX_REG1[0..1]),"
                                    + "resubmit(,3),output:reg1[0..15]";
                        case 6 -> "set_field:" + random.nextInt(3) + "->reg0";
                        default -> "output:" + (1 + random.nextInt(PORTS));
                    });
        }
        if (table < 2 && random.nextBoolean()) {
            actions.add("goto_table:" + (table + 1));
        }
        return String.join(",", actions);
    }

    private static byte[] frame(Random random) {
        PacketBuilder packet =
                PacketBuilder.ethernet(0x0200_0000_0000L + random.nextInt(3), 0x0200_0000_0000L + random.nextInt(4));
        if (random.nextInt(4) == 0) {
            packet.vlan(1 + random.nextInt(3));
        }
        packet.ipv4(0x0a000000 + random.nextInt(3), 0x0a000000 + random.nextInt(4));
        if (random.nextInt(8) == 0) {
            packet.icmp(8, 0, 1);
        } else {
            packet.udp(random.nextInt(3), random.nextInt(4));
        }
        byte[] payload = new byte[random.nextInt(40)];
        Arrays.fill(payload, (byte) 0x5a);
        return packet.payload(payload).build();
    }
}
