package io.heddle.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RunnerLogTest {
    private static final SuiteCase FIRST = new SuiteCase("match", "a.json", "match: A", "x-->'actions=output:2'");
    private static final SuiteCase SECOND = new SuiteCase("match", "a.json", "match: A", "y-->'actions=output:2'");
    private static final SuiteCase OTHER = new SuiteCase("meter", "b.json", "meter: B", "x-->'actions=output:2'");
    private static final String LOG = """
            loading app os_ken.tests.switch.tester
            dpid=0000000000000001 : Join target SW.
            --- Test start ---
            match: A
                x-->'actions=output:2'                    OK
                y-->'actions=output:2'                    ERROR
                    Received incorrect packet: sctp(csum=1)
            meter: B
            ...\r
                x-->'actions=output:2'                    ERROR
                    Failed to add flows: OFPErrorMsg[type=0x04, code=0x06]
            """;

    private final RunnerLog log = new RunnerLog(List.of(FIRST, SECOND, OTHER));

    @Test
    void shouldReadResultsWithTheirReasons() {
        assertThat(log.parse(LOG))
                .containsExactly(
                        new CaseResult(FIRST, true, ""),
                        new CaseResult(SECOND, false, "Received incorrect packet: sctp(csum=1)"),
                        new CaseResult(OTHER, false, "Failed to add flows: OFPErrorMsg[type=0x04, code=0x06]"));
    }

    @Test
    void shouldLeaveAnIncompleteLineForLater() {
        int at = LOG.indexOf("ERROR");
        assertThat(log.parse(LOG.substring(0, at + 3))).containsExactly(new CaseResult(FIRST, true, ""));
    }

    @Test
    void shouldCountNoCaseTwiceThatTheReportRepeats() {
        String end = """
                ---  Test end  ---

                --- Test report ---
                Received incorrect packet(1)
                    match: A                                 y-->'actions=output:2'

                OK(1) / ERROR(2)
                """;
        assertThat(log.parse(LOG + end)).hasSize(3);
        assertThat(RunnerLog.ended(LOG)).isFalse();
        assertThat(RunnerLog.ended(LOG + end)).isTrue();
    }
}
