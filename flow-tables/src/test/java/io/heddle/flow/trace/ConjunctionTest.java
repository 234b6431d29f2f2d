package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConjunctionTest {
    private final PipelineLab lab = PipelineLab.oneBridge();

    private String from(int source, int destination) throws FlowException {
        return lab.actions("in_port=1,ip,nw_src=10.0.0.%d,nw_dst=10.0.0.%d".formatted(source, destination));
    }

    @Test
    void shouldMatchTheProductOfItsDimensions() throws Exception {
        lab.flows(
                "ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                "ip,nw_src=10.0.0.2,actions=conjunction(7,1/2),note:01.02",
                "ip,nw_dst=10.0.0.3,actions=conjunction(7,2/2)",
                "ip,nw_dst=10.0.0.4,actions=conjunction(7,2/2)",
                "conj_id=7,ip,actions=set_field:5->reg0,output:2",
                "priority=1,actions=output:3");
        for (int source = 0; source < 5; source++) {
            for (int destination = 0; destination < 5; destination++) {
                boolean isMatch = (source == 1 || source == 2) && (destination == 3 || destination == 4);
                assertThat(from(source, destination)).isEqualTo(isMatch ? "2" : "3");
            }
        }
        assertThat(lab.trace("in_port=1,ip,nw_src=10.0.0.1,nw_dst=10.0.0.3").toText())
                .contains(" 0. conj_id=7,ip, priority 32768\n    set_field:0x5->reg0\n    output:2\n");
        assertThat(lab.trace("in_port=1,ip,nw_src=10.0.0.1,nw_dst=10.0.0.3").megaflow())
                .isEqualTo("recirc_id=0,eth,ip,in_port=1,nw_src=10.0.0.1,nw_dst=10.0.0.3");
    }

    @Test
    void shouldGoOnWhereTheFlowOfTheConjunctionIsMissing() throws Exception {
        lab.flows(
                "priority=9,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                "priority=9,ip,nw_dst=10.0.0.3,actions=conjunction(7,2/2)",
                "priority=5,ip,nw_src=10.0.0.0/24,actions=output:4");
        assertThat(from(1, 3)).isEqualTo("4");
        lab.flows("priority=2,conj_id=7,actions=output:2");
        assertThat(from(1, 3)).as("the conjunction's flow has a lower priority").isEqualTo("4");
        lab.flows("priority=6,conj_id=7,actions=output:2");
        assertThat(from(1, 3)).isEqualTo("2");
        lab.flows("priority=10,ip,nw_dst=10.0.0.3,actions=output:3");
        assertThat(from(1, 3)).isEqualTo("3");
    }

    @Test
    void shouldNotSeeAFlowBehindAConjunctiveOneWithTheSameMatch() throws Exception {
        lab.flows(
                "priority=9,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                "priority=9,ip,nw_dst=10.0.0.3,actions=conjunction(7,2/2)",
                "priority=5,ip,nw_src=10.0.0.1,actions=output:4",
                "priority=2,conj_id=7,actions=output:2");
        assertThat(from(1, 3)).isEqualTo("2");
        assertThat(from(1, 2)).isEqualTo("4");
    }

    @Test
    void shouldForgetTheConjunctionAfterTheTable() throws Exception {
        lab.flows(
                "ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                "ip,nw_dst=10.0.0.3,actions=conjunction(7,2/2)",
                "conj_id=7,actions=goto_table:1",
                "table=1,conj_id=7,actions=output:2",
                "table=1,priority=1,actions=output:3");
        assertThat(from(1, 3)).isEqualTo("3");
    }

    @Test
    void shouldFollowChangesOfItsFlows() throws Exception {
        lab.flows(
                "ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
                "ip,nw_dst=10.0.0.3,actions=conjunction(7,2/2)",
                "conj_id=7,actions=output:2");
        assertThat(from(1, 3)).isEqualTo("2");
        lab.flows("modify ip,nw_dst=10.0.0.3,actions=output:4");
        assertThat(from(1, 3)).isEqualTo("4");
        lab.flows("modify ip,nw_dst=10.0.0.3,actions=conjunction(8,2/2)");
        assertThat(from(1, 3)).isEqualTo("drop");
        lab.flows("modify ip,nw_dst=10.0.0.3,actions=conjunction(8,2/2),conjunction(7,2/2)");
        assertThat(from(1, 3)).isEqualTo("2");
        lab.flows("delete ip,nw_src=10.0.0.1");
        assertThat(from(1, 3)).isEqualTo("drop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conjunction(5,1/1)                    | N is 2 to 64",
                "conjunction(5,0/2)                    | N is 2 to 64",
                "conjunction(5,3/2)                    | N is 2 to 64",
                "conjunction(5,1/65)                   | N is 0 to 64",
                "conjunction(5)                        | write conjunction(ID,K/N)",
                "conjunction(5,1/2),output:1           | no other actions",
                "conjunction(5,1/2),goto_table:1       | no other instructions",
                "write_actions(conjunction(5,1/2))     | cannot be part of an action set",
                "note:0                                | octets in hexadecimal",
                "note:zz                               | octets in hexadecimal",
            })
    void shouldSayWhatIsWrong(String actions, String message) {
        assertThatThrownBy(() -> lab.flows("actions=" + actions))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining(message);
    }
}
