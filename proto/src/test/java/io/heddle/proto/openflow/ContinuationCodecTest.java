package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.Match;
import io.heddle.flow.pipeline.FrozenState;
import io.heddle.flow.pipeline.FrozenState.Origin;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ContinuationCodecTest {
    private static final long DATAPATH = 0x0000112233445566L;

    private static FrozenState state() throws FlowException {
        Origin first = new Origin(5, 0x77, false);
        Origin second = new Origin(0, -1, false);
        return new FrozenState(
                3,
                7,
                SampleMessages.PARSER.match("in_port=7,reg0=5,metadata=3"),
                true,
                List.of(
                        new FrozenState.Step.Actions(
                                SampleMessages.PARSER.actions("output:2,set_field:0x5->reg1,push:NXM_NX_REG0[]"),
                                first),
                        new FrozenState.Step.Instructions(SampleMessages.PARSER.instructions("clear_actions"), first),
                        new FrozenState.Step.Instructions(
                                SampleMessages.PARSER.instructions("write_actions(output:3)"), first),
                        new FrozenState.Step.Actions(
                                SampleMessages.PARSER.actions("clone(ct(commit),output:3),resubmit(,4),group:4"),
                                second)),
                SampleMessages.PARSER.actions("set_field:0x5->reg2,output:4"),
                List.of(Bits.of(1), new Bits(2, 3)),
                5);
    }

    @ParameterizedTest
    @EnumSource(OpenFlowVersion.class)
    void shouldReadWhatItWrites(OpenFlowVersion version) throws FlowException {
        FrozenState state = state();
        Octets octets = ContinuationCodec.encode(version, state, DATAPATH, 9);
        assertThat(ContinuationCodec.decode(version, octets, 3, DATAPATH, state.pipelineFields()))
                .isEqualTo(state);
    }

    @Test
    void shouldSayInALaterVersionWhatTheSessionsCannotSay() throws FlowException {
        FrozenState state = new FrozenState(
                3,
                Ports.CONTROLLER,
                Match.ANY,
                false,
                List.of(new FrozenState.Step.Actions(
                        SampleMessages.PARSER.actions("meter:5,output:1"), new Origin(0, 0, false))),
                List.of(),
                List.of(),
                0);
        Octets octets = ContinuationCodec.encode(OpenFlowVersion.OPENFLOW_13, state, DATAPATH, 9);
        FrozenState read = ContinuationCodec.decode(OpenFlowVersion.OPENFLOW_13, octets, 3, DATAPATH, Match.ANY);
        assertThat(read.rest().stream()
                        .map(FrozenState.Step.Actions.class::cast)
                        .flatMap(step -> step.actions().stream()))
                .containsExactlyElementsOf(SampleMessages.PARSER.actions("meter:5,output:1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00000000 | RESUME_FAILED_STALE",
                "00 | BAD_REQUEST_BAD_LEN",
                "00000000 80000014 0000000000000000 0000000000000001 00000000 | RESUME_FAILED_STALE",
                "00000000 8004000500 000000 8004000600 | TABLE_FEATURES_FAILED_BAD_LEN",
                "00000000 80040005fe 000000 | BAD_REQUEST_BAD_TABLE_ID",
                "00000000 8006000800000000 80010004 00000000 | TABLE_FEATURES_FAILED_BAD_LEN",
                "00000000 8006 0010 00000000 fff0 0008 00000000 | BAD_ACTION_BAD_TYPE",
                "00000000 9000 0004 00000000 | TABLE_FEATURES_FAILED_BAD_TYPE",
            })
    void shouldNameWhatIsWrong(String hex, ErrorCode expected) {
        Octets octets = Octets.of(HexFormat.of().parseHex(hex.replace(" ", "")));
        assertThatThrownBy(() -> ContinuationCodec.decode(OpenFlowVersion.OPENFLOW_13, octets, 3, DATAPATH, Match.ANY))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldRefuseOrReadWhateverComesBack() throws FlowException {
        byte[] good = ContinuationCodec.encode(OpenFlowVersion.OPENFLOW_13, state(), DATAPATH, 9)
                .array();
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            Octets octets = Octets.of(random.nextBoolean() ? bad : Arrays.copyOf(bad, random.nextInt(bad.length)));
            try {
                assertThat(ContinuationCodec.decode(OpenFlowVersion.OPENFLOW_13, octets, 3, DATAPATH, Match.ANY)
                                .bridge())
                        .isEqualTo(3);
            } catch (FlowException e) {
                assertThat(e.error().message()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10_000);
    }
}
