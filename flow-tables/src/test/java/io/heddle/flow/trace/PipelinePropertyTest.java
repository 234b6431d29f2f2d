package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.pipeline.BridgeView;
import io.heddle.flow.pipeline.PortInfo;
import io.heddle.flow.pipeline.PortInfo.PortConfig;
import io.heddle.flow.pipeline.Translation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for any tables and any packet. */
class PipelinePropertyTest {
    private record Megaflow(Match match, Translation translation) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldTreatAllPacketsOfAMegaflowAlike(long seed) throws Exception {
        Random random = new Random(seed);
        PipelineLab lab = randomLab(random);
        List<Megaflow> megaflows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            FlowKey key = RandomPipeline.key(random);
            if (random.nextInt(4) == 0) {
                key.set(MatchField.RECIRC_ID, random.nextInt(lab.recirculations.size() + 1));
            }
            Translation translation = lab.pipeline.translate(key, lab.nowNs, false);
            for (int flip = 0; flip < 20; flip++) {
                FlowKey other = disturb(key, translation.mask(), random, flip);
                Translation again = lab.pipeline.translate(other, lab.nowNs, false);
                assertThat(again.mask().words())
                        .as(() -> "seed " + seed + "\n"
                                + Tracer.trace(lab.pipeline, key, 1, PipelineLab.FORMATTER)
                                        .toText()
                                + Tracer.trace(lab.pipeline, other, 1, PipelineLab.FORMATTER)
                                        .toText())
                        .containsExactly(translation.mask().words());
                assertThat(again.isSameAs(translation))
                        .as(again + "\n" + translation)
                        .isTrue();
                assertThat(again.effects()).isEqualTo(translation.effects());
            }
            megaflows.add(new Megaflow(Match.of(key, translation.mask()), translation));
        }
        assertDisjoint(megaflows);
    }

    private static FlowKey disturb(FlowKey key, FlowMask mask, Random random, int flip) {
        FlowKey other = new FlowKey(key);
        FlowKey donor = RandomPipeline.key(random);
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            long noise = switch (flip % 3) {
                case 0 -> key.word(word) ^ donor.word(word);
                case 1 -> random.nextInt(4) == 0 ? 1L << random.nextInt(64) : 0;
                default -> random.nextLong();
            };
            other.word(word, key.word(word) ^ noise & ~mask.word(word));
        }
        return other;
    }

    private static void assertDisjoint(List<Megaflow> megaflows) {
        for (int i = 0; i < megaflows.size(); i++) {
            for (int j = 0; j < i; j++) {
                Megaflow one = megaflows.get(i);
                Megaflow two = megaflows.get(j);
                if (!one.match().equals(two.match())) {
                    assertThat(one.match().overlaps(two.match()))
                            .as(one + "\n" + two)
                            .isFalse();
                } else {
                    assertThat(one.translation().isSameAs(two.translation())).isTrue();
                }
            }
        }
    }

    private static PipelineLab randomLab(Random random) throws FlowException {
        PipelineLab lab = PipelineLab.oneBridge();
        lab.bridge(1, List.of(BridgeView.Standalone.values()).get(random.nextInt(3)))
                .port(new PortInfo(6, 0, 6, "patch0", true, PortConfig.DEFAULT, 101, false))
                .port(new PortInfo(101, 1, 1, "patch1", true, PortConfig.DEFAULT, 6, false))
                .port(new PortInfo(102, 1, 2, "b2"))
                .port(new PortInfo(103, 1, Ports.LOCAL, "br1"));
        for (int bridge = 0; bridge < 2; bridge++) {
            lab.group(
                    bridge,
                    "group_id=1,type=select,bucket=weight:1,actions=output:2,"
                            + "bucket=weight:2,actions=set_field:9->tcp_dst,output:3");
            lab.group(
                    bridge,
                    "group_id=2,type=all,bucket=actions=dec_ttl,output:2,bucket=actions=push_vlan:0x8100,output:3");
        }
        for (int i = 0; i < 30; i++) {
            lab.flows(0, RandomPipeline.flow(random));
            lab.flows(1, RandomPipeline.flow(random));
        }
        FlowKey learned = new FlowKey().set(MatchField.IN_PORT, 2).set(MatchField.ETH_SRC, 0x0200_0000_0001L);
        lab.pipeline.translate(learned, lab.nowNs, true);
        return lab;
    }
}
