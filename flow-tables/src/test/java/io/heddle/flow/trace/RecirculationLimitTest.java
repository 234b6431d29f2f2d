package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.pipeline.RecirculationTable;
import io.heddle.flow.pipeline.Translation;
import io.heddle.flow.pipeline.Translation.DropCause;
import org.junit.jupiter.api.Test;

class RecirculationLimitTest {
    private final PipelineLab lab = PipelineLab.oneBridge(3);

    private Translation from(int host) throws Exception {
        return lab.translate("in_port=1,ip,nw_src=10.0.0." + host);
    }

    @Test
    void shouldDropWhatNeedsAnIdWhenThereIsNone() throws Exception {
        lab.flows("ip,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],ct(table=1)", "table=1,actions=output:2");
        for (int host = 1; host <= 3; host++) {
            assertThat(from(host).drop()).isNull();
        }
        assertThat(from(4).drop()).isEqualTo(DropCause.RECIRCULATION_LIMIT);
        assertThat(lab.recirculations.size()).isEqualTo(3);
        assertThat(lab.recirculations.refused()).isEqualTo(1);
        assertThat(from(2).drop()).as("a state that has an id").isNull();

        lab.nowNs += RecirculationTable.IDLE_NS;
        assertThat(lab.recirculations.expire(lab.nowNs)).isEqualTo(3);
        assertThat(from(4).drop()).isNull();
    }

    @Test
    void shouldMakeOnlyThoseTranslationsStaleThatUseAForgottenId() throws Exception {
        lab.flows(
                "ip,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],ct(table=1)",
                "table=1,actions=output:2",
                "arp,actions=output:3");
        Translation forgotten = from(1);
        Translation without = lab.translate("in_port=1,arp");
        lab.nowNs += RecirculationTable.IDLE_NS;
        Translation kept = from(2);
        assertThat(lab.recirculations.expire(lab.nowNs)).isEqualTo(1);
        lab.clock.touchAddresses();
        assertThat(forgotten.seen().currentRevision()).isEqualTo(-1);
        assertThat(kept.seen().currentRevision()).isEqualTo(lab.clock.revision());
        assertThat(without.seen().currentRevision()).isEqualTo(lab.clock.revision());
    }
}
