package io.heddle.datapath.agent.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.proto.openflow.FlowMonitor;
import io.heddle.proto.openflow.MultipartBody;
import io.heddle.proto.openflow.OpenFlowMessage;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class MultipartJoinerTest {
    private static final int LENGTH = 0xfff8;

    private final MultipartJoiner joiner = new MultipartJoiner();

    private static FlowMonitor monitor(int id) {
        return new FlowMonitor(
                id, FlowMonitor.Command.ADD, FlowMonitor.ADD, Ports.ANY, FlowMod.ANY_GROUP, 0, Match.ANY);
    }

    private static OpenFlowMessage.MultipartRequest part(boolean more, FlowMonitor... monitors) {
        return new OpenFlowMessage.MultipartRequest(more, new MultipartBody.FlowMonitorRequest(List.of(monitors)));
    }

    private static void assertRefused(ErrorCode expected, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldPassOnWhatIsWhole() throws FlowException {
        OpenFlowMessage.MultipartRequest request =
                new OpenFlowMessage.MultipartRequest(false, new MultipartBody.TableRequest());

        assertThat(joiner.add(1, LENGTH, request)).isEqualTo(request.body());
    }

    @Test
    void shouldJoinListsOfOneTransactionInTheirOrder() throws FlowException {
        assertThat(joiner.add(1, LENGTH, part(true, monitor(1), monitor(2)))).isNull();
        assertThat(joiner.add(2, LENGTH, part(true, monitor(9)))).isNull();
        assertThat(joiner.add(1, LENGTH, part(true, monitor(3)))).isNull();

        assertThat(joiner.add(1, LENGTH, part(false, monitor(4))))
                .isEqualTo(part(false, monitor(1), monitor(2), monitor(3), monitor(4))
                        .body());
        assertThat(joiner.add(2, LENGTH, part(false)))
                .isEqualTo(part(false, monitor(9)).body());
    }

    @Test
    void shouldRefuseToSpreadOneBody() throws FlowException {
        MultipartBody.Request body = new MultipartBody.PortStatsRequest(1);
        assertThat(joiner.add(1, LENGTH, new OpenFlowMessage.MultipartRequest(true, body)))
                .isNull();

        assertRefused(
                ErrorCode.BAD_REQUEST_BAD_LEN,
                () -> joiner.add(1, LENGTH, new OpenFlowMessage.MultipartRequest(false, body)));
        assertThat(joiner.add(1, LENGTH, new OpenFlowMessage.MultipartRequest(false, body)))
                .as("the transaction is over")
                .isEqualTo(body);
    }

    @Test
    void shouldRefuseAnotherTypeInOneTransaction() throws FlowException {
        assertThat(joiner.add(1, LENGTH, part(true, monitor(1)))).isNull();

        assertRefused(
                ErrorCode.BAD_REQUEST_BAD_MULTIPART,
                () -> joiner.add(
                        1,
                        LENGTH,
                        new OpenFlowMessage.MultipartRequest(
                                false, new MultipartBody.TableFeaturesRequest(List.of()))));
    }

    @Test
    void shouldBoundWhatWaits() throws FlowException {
        int most = MultipartJoiner.MOST_OCTETS / LENGTH;
        for (int xid = 0; xid < most; xid++) {
            assertThat(joiner.add(xid, LENGTH, part(true, monitor(xid)))).isNull();
        }
        assertRefused(
                ErrorCode.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW,
                () -> joiner.add(most, LENGTH, part(true, monitor(1))));
        assertRefused(
                ErrorCode.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW, () -> joiner.add(0, LENGTH, part(true, monitor(1))));

        assertThat(joiner.add(1, LENGTH, part(false))).isNotNull();
        assertThat(joiner.add(most, LENGTH, part(true, monitor(1))))
                .as("there is room again")
                .isNull();
    }
}
