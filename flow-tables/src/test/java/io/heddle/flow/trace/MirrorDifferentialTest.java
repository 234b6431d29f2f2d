package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Ports;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.pipeline.BridgeLayer2;
import io.heddle.flow.pipeline.Mirror;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortVlans;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mirrors in Heddle and in Open vSwitch: random ones, over ports with random VLANs, beside NORMAL and other actions. */
@Tag("differential")
class MirrorDifferentialTest {
    private static final List<String> PROGRAMS = List.of(
            "actions=normal",
            "actions=output:2,output:3",
            "actions=output:2,set_field:02:00:00:00:00:07->eth_dst,output:3",
            "actions=set_field:5->metadata,output:2,normal",
            "actions=output:4,in_port");
    private static final List<Integer> VLANS = List.of(0, 10, 20);

    @Test
    void shouldCopyWhatOpenVSwitchCopies(@TempDir Path folder) throws Exception {
        int copies = 0;
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            for (int round = 0; round < 30; round++) {
                Random random = new Random(77 + round);
                PipelineLab lab = PipelineLab.oneBridge()
                        .port(new PortInfo(100, 0, Ports.LOCAL, "br0"))
                        .flows(PROGRAMS.get(round % PROGRAMS.size()));
                lab.ports.remove(5);
                sandbox.program(List.of(), List.of(PROGRAMS.get(round % PROGRAMS.size())));
                for (int number = 1; number <= 4; number++) {
                    PortVlans vlans = random.nextBoolean()
                            ? PortVlans.ALL
                            : PortVlans.of(null, VLANS.get(random.nextInt(VLANS.size())), Set.of());
                    lab.port(new PortInfo(number, 0, number, "p" + number).withVlans(vlans));
                    sandbox.vlans("p" + number, vlans);
                }
                List<Mirror> mirrors = mirrors(random);
                lab.layer2(new BridgeLayer2(mirrors, null));
                sandbox.mirrors(mirrors);
                for (int i = 0; i < 12; i++) {
                    copies += compare(lab, sandbox, packet(random), mirrors);
                }
            }
        }
        assertThat(copies).as("packets that were sent").isGreaterThan(200);
    }

    /** One of any kind, or several of which none copies the copies of another: Open vSwitch orders its mirrors by chance. */
    private static List<Mirror> mirrors(Random random) {
        int count = 1 + random.nextInt(3);
        List<Mirror> mirrors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean isToVlan = count == 1 && random.nextBoolean();
            mirrors.add(new Mirror(
                    "m" + i,
                    count == 1 && random.nextInt(3) == 0,
                    some(random, List.of(1, 2, 3, 4)),
                    some(random, count == 1 ? List.of(1, 2, 3, 4) : List.of(1, 2)),
                    random.nextInt(3) == 0 ? some(random, VLANS) : Set.of(),
                    isToVlan ? 0 : 4 - random.nextInt(2),
                    isToVlan ? 20 : 0,
                    0));
        }
        return mirrors;
    }

    private static Set<Integer> some(Random random, List<Integer> all) {
        Set<Integer> some = new HashSet<>(all);
        some.removeIf(each -> random.nextInt(3) != 0);
        return some;
    }

    private static FlowKey packet(Random random) throws Exception {
        FlowKey key = PipelineLab.key("in_port=%d,dl_src=02:00:00:00:00:01,dl_dst=%s,tcp"
                .formatted(1 + random.nextInt(4), random.nextBoolean() ? "02:00:00:00:00:02" : "ff:ff:ff:ff:ff:ff"));
        int vlan = VLANS.get(random.nextInt(VLANS.size()));
        if (vlan != 0) {
            key.word(KeyLayout.W_VLAN, 0x8100L << 48 | (0x1000L | vlan) << 32);
        }
        return key;
    }

    private static int compare(PipelineLab lab, OpenVSwitchSandbox sandbox, FlowKey key, List<Mirror> mirrors)
            throws Exception {
        Trace ours = Tracer.trace(lab.pipeline, key, lab.nowNs, PipelineLab.FORMATTER);
        String theirs = sandbox.trace(PipelineLab.FORMATTER.key(key));
        String actions = theirs.lines()
                .filter(line -> line.startsWith("Datapath actions: "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(theirs))
                .substring("Datapath actions: ".length());
        List<Delivery> delivered = Delivery.ofHeddle(key, ours.translation().actions());
        assertThat(delivered)
                .as("%s\n%s\n%s\n======== Open vSwitch\n%s", mirrors, lab.ports.values(), ours.toText(), theirs)
                .isEqualTo(Delivery.ofOpenVSwitch(key, actions));
        return delivered.size();
    }
}
