package io.heddle.controller.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.controller.core.Cookies;
import io.heddle.controller.core.FlowIntent;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;
import org.junit.jupiter.api.Test;

class PipelineVerifierTest {
    private static FlowIntent flow(int table, Match match, int next) {
        return FlowIntent.permanent(table, 1, match, Cookies.of(1, 1), List.of(new Instruction.GotoTable(next)));
    }

    @Test
    void shouldAcceptWhatTheTableDeclares() {
        Match match = Match.builder().exact(MatchField.ETH_SRC, 5).build();
        assertThat(PipelineVerifier.verify("learning", flow(2, match, 3))).isNull();
    }

    @Test
    void shouldRefuseAnotherAppsTable() {
        assertThat(PipelineVerifier.verify("arp", flow(2, Match.ANY, 3)))
                .hasToString("OFPFMFC_EPERM at flow.table_id: table SOURCE belongs to [learning], not to arp");
    }

    @Test
    void shouldRefuseFieldsThatTheTableDoesNotLookAt() {
        Match match = Match.builder().exact(MatchField.NW_SRC, 5).build();
        assertThat(PipelineVerifier.verify("learning", flow(2, match, 3)))
                .extracting(Object::toString)
                .asString()
                .startsWith("OFPBMC_BAD_FIELD at flow.match: flows in table SOURCE may match only");
    }

    @Test
    void shouldRefuseUnknownTablesAndWaysBack() {
        assertThat(PipelineVerifier.verify("learning", flow(9, Match.ANY, 10)))
                .hasToString("OFPFMFC_BAD_TABLE_ID at flow.table_id: no table 9 in the pipeline");
        assertThat(PipelineVerifier.verify("learning", flow(2, Match.ANY, 2)))
                .hasToString(
                        "OFPBIC_BAD_TABLE_ID at flow.instructions: goto_table:2 does not lead forward from table 2");
    }
}
