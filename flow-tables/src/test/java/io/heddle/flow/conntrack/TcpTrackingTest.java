package io.heddle.flow.conntrack;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.packet.TcpView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TcpTrackingTest {
    private static final int SYN = TcpView.SYN;
    private static final int ACK = TcpView.ACK;
    private static final int FIN = TcpView.FIN;
    private static final int RST = TcpView.RST;

    private final TrackerLab lab = new TrackerLab();

    @Test
    void shouldFollowAConnectionFromItsFirstToItsLastSegment() {
        assertThat(lab.out(100, 0, SYN, 0)).isEqualTo("new|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.SYN_SENT);
        assertThat(lab.out(100, 0, SYN, 0)).isEqualTo("new|trk");
        assertThat(lab.back(500, 101, SYN | ACK, 0)).isEqualTo("est|rpl|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.SYN_RECV);
        assertThat(lab.out(101, 501, ACK, 0)).isEqualTo("est|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(lab.out(101, 501, ACK, 1000)).isEqualTo("est|trk");
        assertThat(lab.back(501, 1101, ACK, 1000)).isEqualTo("est|rpl|trk");
        assertThat(lab.out(1101, 1501, FIN | ACK, 0)).isEqualTo("est|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.FIN_WAIT);
        assertThat(lab.back(1501, 1102, ACK, 0)).isEqualTo("est|rpl|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.CLOSE_WAIT);
        assertThat(lab.back(1501, 1102, FIN | ACK, 0)).isEqualTo("est|rpl|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.LAST_ACK);
        assertThat(lab.out(1102, 1502, ACK, 0)).isEqualTo("est|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.TIME_WAIT);
    }

    @ParameterizedTest
    @CsvSource({
        "0, SYN_SENT SYN_SENT ignore ignore ignore ignore ignore SYN_SENT SYN_SENT SYN_SENT2, 0",
        "0, invalid invalid SYN_RECV invalid invalid invalid invalid invalid invalid SYN_RECV, 1",
        "0, invalid invalid FIN_WAIT FIN_WAIT LAST_ACK LAST_ACK LAST_ACK TIME_WAIT CLOSE invalid, 2",
        "0, ESTABLISHED invalid ESTABLISHED ESTABLISHED CLOSE_WAIT CLOSE_WAIT TIME_WAIT TIME_WAIT CLOSE invalid, 3",
        "0, invalid CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE, 4",
        "1, invalid SYN_SENT2 invalid invalid invalid invalid invalid SYN_SENT invalid SYN_SENT2, 0",
        "1, invalid SYN_RECV ignore ignore ignore ignore ignore ignore ignore SYN_RECV, 1",
        "1, invalid invalid FIN_WAIT FIN_WAIT LAST_ACK LAST_ACK LAST_ACK TIME_WAIT CLOSE invalid, 2",
        "1, invalid ignore SYN_RECV ESTABLISHED CLOSE_WAIT CLOSE_WAIT TIME_WAIT TIME_WAIT CLOSE ignore, 3",
        "1, invalid CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE, 4",
    })
    void shouldGoFromStateToStateAsLinuxDoes(int direction, String expected, int kind) {
        String[] states = expected.split(" ", -1);
        for (int state = 0; state < states.length; state++) {
            int next = TcpState.next(direction, kind, state);
            String name = next == TcpState.INVALID
                    ? "invalid"
                    : next == TcpState.IGNORE ? "ignore" : TcpState.of(next).name();
            assertThat(name).as("in %s", TcpState.of(state)).isEqualTo(states[state]);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, inv", // nothing
        "1, inv", // FIN alone
        "3, inv", // SYN and FIN
        "6, inv", // SYN and RST
        "41, inv", // FIN, PSH, URG: the "Christmas tree"
    })
    void shouldRefuseFlagsThatNobodySends(int flags, String expected) {
        lab.established();

        assertThat(lab.out(101, 501, flags, 0)).startsWith(expected);
    }

    @Test
    void shouldRefuseWhatLiesOutsideOfTheWindow() {
        lab.established();

        assertThat(lab.out(101 + 65_535 + 2, 501, ACK, 0))
                .as("beyond the window")
                .isEqualTo("inv|trk");
        assertThat(lab.out(101 - 70_000, 501, ACK, 10))
                .as("older than a window")
                .isEqualTo("inv|trk");
        assertThat(lab.out(101, 502, ACK, 0))
                .as("acknowledges what was not sent")
                .isEqualTo("inv|trk");
        assertThat(lab.out(101, 501 - 70_000, ACK, 0))
                .as("acknowledges long ago")
                .isEqualTo("inv|trk");
        assertThat(lab.out(101, 501, ACK, 100)).isEqualTo("est|trk");
    }

    @Test
    void shouldRefuseAResetThatIsOlderThanWhatWasAcknowledged() {
        lab.established();
        lab.out(101, 501, ACK, 1000);
        lab.back(501, 1101, ACK, 0);

        assertThat(lab.out(200, 501, RST | ACK, 0)).isEqualTo("inv|trk");
        assertThat(lab.out(1101, 501, RST | ACK, 0)).isEqualTo("est|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.CLOSE);
    }

    @Test
    void shouldForgetAConnectionThatWasRefused() {
        lab.out(100, 0, SYN, 0);

        assertThat(lab.back(0, 101, RST | ACK, 0)).isEqualTo("est|rpl|trk");
        assertThat(lab.all()).isEmpty();
        assertThat(lab.tracker.expire(10, lab.nowNs)).isOne();
    }

    @Test
    void shouldTakeTheSynAfterTheEndForANewConnection() {
        lab.established();
        lab.out(101, 501, RST | ACK, 0);

        assertThat(lab.out(9000, 0, SYN, 0)).isEqualTo("new|trk");
        assertThat(lab.tcpState()).isEqualTo(TcpState.SYN_SENT);
    }

    @Test
    void shouldPickUpConnectionsInTheMiddleButNotAtTheirEnd() {
        assertThat(lab.back(500, 101, SYN | ACK, 0)).isEqualTo("inv|trk");
        assertThat(lab.out(1, 1, FIN | ACK, 0)).isEqualTo("inv|trk");
        assertThat(lab.out(1, 1, RST, 0)).isEqualTo("inv|trk");
        assertThat(lab.out(1, 1, ACK, 10)).isEqualTo("new|trk");
        assertThat(lab.back(1, 11, ACK, 0)).isEqualTo("est|rpl|trk");
    }

    @Test
    void shouldGiveEachStateItsTime() {
        lab.out(100, 0, SYN, 0);
        assertThat(lab.only().timeoutNs()).isEqualTo(120 * TrackerLab.SECOND);
        lab.back(500, 101, SYN | ACK, 0);
        assertThat(lab.only().timeoutNs()).isEqualTo(60 * TrackerLab.SECOND);
        lab.out(101, 501, ACK, 0);
        assertThat(lab.only().timeoutNs()).isEqualTo(432_000 * TrackerLab.SECOND);
        lab.out(101, 501, ACK, 10);
        assertThat(lab.only().timeoutNs()).as("data that is not acknowledged").isEqualTo(300 * TrackerLab.SECOND);

        lab.nowNs += 301 * TrackerLab.SECOND;
        assertThat(lab.back(501, 111, ACK, 0)).as("it is over").isEqualTo("new|trk");
    }
}
