package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.BridgeView.FragmentHandling;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortVlans;
import io.heddle.flow.table.FlowMod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same flows and packets in Heddle and in Open vSwitch's {@code ofproto/trace}. */
@Tag("differential")
class OpenVSwitchDifferentialTest {
    /** More of both by {@code ./heddle conformance --differential CASES --seed SEED}. */
    private static final int CASES = Integer.getInteger("heddle.differential.cases", 2000);

    private static final long SEED = Long.getLong("heddle.differential.seed", 1);
    private static final int PACKETS = 25;
    private static final int FLOWS = 25;
    private static final List<String> GROUPS = List.of(
            "group_id=1,type=indirect,bucket=actions=dec_ttl,output:2",
            "group_id=2,type=all,bucket=actions=set_field:02:00:00:00:00:09->eth_dst,output:2,"
                    // Named, for it does not copy what it pushes a tag over.
                    + "bucket=actions=push_vlan:0x8100,set_field:4100->vlan_vid,set_field:2->vlan_pcp,output:3");

    private static final List<Integer> VLANS = List.of(0, 10, 20, 30);

    @Test
    void shouldDoWithAPacketWhatOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        try (DifferentialRun run = new DifferentialRun(folder, OpenVSwitchDifferentialTest::lab)) {
            for (long seed = SEED; run.compared() < CASES; seed++) {
                Random random = new Random(seed);
                run.round(seed, GROUPS, RandomPipeline.flows(random, FLOWS), packets(random));
            }
            run.report("pipeline");
            TraceComparison seen = run.comparison();
            assertThat(run.compared()).isGreaterThanOrEqualTo(CASES);
            assertThat(seen.cutElsewhere()).isLessThan(1 + CASES / 50);
            assertThat(seen.megaflows()).isGreaterThan(CASES * 3 / 4);
            assertThat(seen.ourBits())
                    .as("our megaflows are on the whole no narrower")
                    .isLessThan(seen.theirBits() * 11 / 10);
        }
    }

    @Test
    void shouldMatchConjunctionsAsOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        try (DifferentialRun run = new DifferentialRun(folder, OpenVSwitchDifferentialTest::lab)) {
            for (long seed = SEED; run.compared() < CASES / 4; seed++) {
                Random random = new Random(seed);
                run.round(seed, List.of(), RandomPipeline.conjunctions(random), packets(random));
            }
            run.report("conjunctions");
            assertThat(run.comparison().ourBits())
                    .as("our megaflows are on the whole no narrower")
                    .isLessThan(run.comparison().theirBits() * 11 / 10);
        }
    }

    private static List<FlowKey> packets(Random random) {
        return Stream.generate(() -> packet(random)).limit(PACKETS).toList();
    }

    @Test
    void shouldLearnTheFlowsThatOpenVSwitchLearns(@TempDir Path folder) throws Exception {
        int learned = 0;
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            for (long seed = SEED; learned < 300; seed++) {
                Random random = new Random(seed);
                List<String> flows = List.of(
                        "priority=2,tcp,actions=" + RandomPipeline.learn(random, true),
                        "priority=1,actions=move:NXM_OF_ETH_SRC[0..3]->NXM_NX_REG0[0..3],"
                                + RandomPipeline.learn(random, false));
                PipelineLab lab = lab(List.of(), flows);
                sandbox.program(List.of(), flows);
                for (int i = 0; i < 5; i++) {
                    FlowKey key = packet(random).set(MatchField.NW_FRAG, 0);
                    lab.learn(key);
                    String flow = PipelineLab.FORMATTER.key(key);
                    sandbox.send(flow.startsWith("udp") ? flow.replace("tp_", "udp_") : flow);
                }
                for (int table = 3; table <= 4; table++) {
                    List<String> ours = learned(lab.dump(table));
                    assertThat(ours).as("seed " + seed + " " + flows).isEqualTo(learned(sandbox.dump(table)));
                    learned += ours.size();
                }
            }
        }
    }

    /** The flows as Heddle prints them, whatever order and spelling they have. */
    private static List<String> learned(List<String> lines) throws FlowException {
        List<String> flows = new ArrayList<>();
        for (String line : lines) {
            flows.add(PipelineLab.FORMATTER.flow(PipelineLab.PARSER.flow(FlowMod.Command.ADD, line)));
        }
        flows.sort(null);
        return flows;
    }

    @Test
    void shouldCarryVlansAsOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        List<String> programs =
                List.of("actions=normal", "actions=normal,output:4", "actions=set_field:5->vlan_pcp,normal,output:4");
        TraceComparison comparison = new TraceComparison();
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            for (int round = 0; round < 16; round++) {
                Random random = new Random(SEED + round);
                String program = programs.get(round % programs.size());
                String flow = program.contains("pcp") ? "vlan_tci=0x1000/0x1000," + program : program;
                PipelineLab lab = lab(List.of(), List.of(flow));
                sandbox.program(List.of(), List.of(flow));
                for (int number = 1; number <= 4; number++) {
                    PortVlans vlans = vlans(random);
                    lab.port(new PortInfo(number, 0, number, "p" + number).withVlans(vlans));
                    sandbox.vlans("p" + number, vlans);
                }
                for (int i = 0; i < 40; i++) {
                    FlowKey key = PipelineLab.key("in_port=%d,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,tcp"
                            .formatted(1 + random.nextInt(4)));
                    if (random.nextBoolean()) {
                        int id = VLANS.get(random.nextInt(VLANS.size()));
                        long tci = 0x1000L | random.nextInt(3) << 13 | id;
                        key.word(KeyLayout.W_VLAN, 0x8100L << 48 | tci << 32);
                    }
                    try {
                        comparison.compare(lab, sandbox, key);
                    } catch (AssertionError e) {
                        throw new AssertionError(lab.ports.values().toString(), e);
                    }
                }
            }
        }
    }

    private static PortVlans vlans(Random random) {
        PortVlans.Mode mode = List.of(PortVlans.Mode.values()).get(random.nextInt(4));
        Set<Integer> trunks = new HashSet<>();
        if (mode != PortVlans.Mode.ACCESS) {
            for (int count = random.nextInt(3); count > 0; count--) {
                trunks.add(VLANS.get(random.nextInt(VLANS.size())));
            }
        }
        // With a native VLAN 0 and trunks it does not carry VLAN 0.
        int least = mode == PortVlans.Mode.ACCESS ? 0 : 1;
        int tag = mode == PortVlans.Mode.TRUNK ? -1 : VLANS.get(random.nextInt(least, VLANS.size()));
        return PortVlans.of(mode, tag, trunks);
    }

    @Test
    void shouldShrinkACaseToWhatMatters() throws Exception {
        Random random = new Random(3);
        List<String> flows = new ArrayList<>();
        for (int i = 0; i < FLOWS; i++) {
            flows.add(RandomPipeline.flow(random));
        }
        flows.set(7, "table=0,priority=65535,ip,in_port=1,actions=set_field:5->tun_id,output:3,normal");
        FlowKey key = PipelineLab.key("in_port=1,ip,nw_dst=10.0.0.1,nw_ttl=64");
        DifferentialCase small = new DifferentialCase(GROUPS, flows, key)
                .shrunk(one -> Delivery.ofHeddle(
                                one.packet(),
                                Tracer.trace(lab(GROUPS, one.flows()).pipeline, one.packet(), 1, PipelineLab.FORMATTER)
                                        .translation()
                                        .actions())
                        .stream()
                        .anyMatch(delivery -> delivery.port().equals("3")));
        assertThat(small.flows()).hasSize(1);
        assertThat(small.flows().getFirst()).matches("table=0,priority=\\d+,actions=(output:3|normal|flood)");
        assertThat(small.packet().getLong(MatchField.NW_DST)).isZero();
    }

    private static PipelineLab lab(List<String> groups, List<String> flows) throws FlowException {
        PipelineLab lab = PipelineLab.oneBridge().port(new PortInfo(100, 0, Ports.LOCAL, "br0"));
        lab.ports.remove(5);
        lab.port(new PortInfo(100, 0, Ports.LOCAL, "br0"));
        for (String group : groups) {
            lab.group(group);
        }
        return lab.flows(flows.toArray(String[]::new));
    }

    private static FlowKey packet(Random random) {
        FlowKey key = RandomPipeline.key(random);
        // Open vSwitch sees one tag only, unless told otherwise.
        key.word(KeyLayout.W_VLAN, key.word(KeyLayout.W_VLAN) & 0xffffffff_00000000L);
        // After an invalid TTL it goes on with the action set; here the packet's way ends.
        key.set(MatchField.NW_TTL, isIp(key) ? 64 : 0);
        if (key.getLong(MatchField.NW_FRAG) > 1) {
            // A later fragment has no ports.
            key.set(MatchField.TCP_SRC, 0).set(MatchField.TCP_DST, 0);
        }
        // It prints further labels but does not read them.
        key.set(MatchField.MPLS_BOS, key.getLong(MatchField.ETH_TYPE) == 0x8847 ? 1 : 0);
        return key;
    }

    @Test
    void shouldHandleFragmentsAsOpenVSwitchDoes(@TempDir Path folder) throws Exception {
        Map<String, FragmentHandling> ways = new LinkedHashMap<>();
        ways.put("normal", FragmentHandling.NORMAL);
        ways.put("drop", FragmentHandling.DROP);
        ways.put("nx-match", FragmentHandling.NX_MATCH);
        TraceComparison comparison = new TraceComparison();
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            for (Map.Entry<String, FragmentHandling> way : ways.entrySet()) {
                sandbox.fragments(way.getKey());
                Random random = new Random(SEED);
                for (int round = 0; round < 20; round++) {
                    List<String> flows = RandomPipeline.flows(random, FLOWS);
                    PipelineLab lab = lab(GROUPS, flows).fragments(way.getValue());
                    sandbox.program(GROUPS, flows);
                    for (int i = 0; i < 15; i++) {
                        comparison.compare(lab, sandbox, fragment(random, i % 3));
                    }
                }
            }
        }
    }

    /** An IP packet: whole, the first fragment or a later one. */
    private static FlowKey fragment(Random random, int which) {
        FlowKey key = packet(random);
        while (!isIp(key) || key.getLong(MatchField.NW_PROTO) != 6 && key.getLong(MatchField.NW_PROTO) != 17) {
            key = packet(random);
        }
        key.set(MatchField.NW_FRAG, which == 0 ? 0 : which == 1 ? 1 : 3);
        return key.set(MatchField.TCP_SRC, which == 2 ? 0 : random.nextInt(100))
                .set(MatchField.TCP_DST, which == 2 ? 0 : 80 + random.nextInt(2));
    }

    private static boolean isIp(FlowKey key) {
        long type = key.getLong(MatchField.ETH_TYPE);
        return type == 0x0800 || type == 0x86dd;
    }
}
