package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.conntrack.ConnectionFilter;
import io.heddle.flow.conntrack.ConnectionFilter.End;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Bits;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages as ovs-ofctl sends them. */
class ConntrackFlushTest {
    private static final Bits A = ConnectionFilter.mapped(0x0a000001);
    private static final Bits B = ConnectionFilter.mapped(0x0a000002);
    private static final String HEADER = "00000002" + "00002320";

    private static OpenFlowMessage decode(String hex) throws FlowException {
        byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
        return OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_10)
                .decode(Unpooled.wrappedBuffer(octets))
                .message();
    }

    static Stream<Arguments> flushes() {
        String a = "0000001400000000000000000000ffff0a00000100000000";
        String b = "0001001400000000000000000000ffff0a00000200000000";
        String ports = "00020008000100000003000800020000";
        End tcp = new End(A, B, 1, 2, 0, 0, 0);
        return Stream.of(
                Arguments.of("01040018" + HEADER + "00000020 0000000000000000", ConnectionFilter.ALL),
                Arguments.of(
                        "01040020" + HEADER + "00000020 0000000000000000 0002000800050000", ConnectionFilter.ofZone(5)),
                Arguments.of(
                        "01040068" + HEADER + "00000020 0600000000000000 0000004800000000" + a + b + ports
                                + "0002000800050000",
                        new ConnectionFilter(5, 6, tcp, End.ANY)),
                Arguments.of(
                        "01040080" + HEADER + "00000020 0600000000000000 0000004800000000" + a + b + ports
                                + "0001002000000000" + "0000001400000000000000000000ffff0a00000200000000",
                        new ConnectionFilter(null, 6, tcp, new End(B, Bits.ZERO, 0, 0, 0, 0, 0))),
                Arguments.of(
                        "01040038" + HEADER + "00000020 1100000000000000 0000002000000000"
                                + "00000014fc00000000000000000000000000000100000000",
                        new ConnectionFilter(
                                null,
                                17,
                                new End(new Bits(0xfc00_0000_0000_0000L, 1), Bits.ZERO, 0, 0, 0, 0, 0),
                                End.ANY)),
                Arguments.of(
                        "01040070" + HEADER + "00000020 0100000000000000 0000003800000000" + a
                                + "0004000800090000" + "0005000508000000" + "0006000500000000"
                                + "0001002000000000" + "0004000800000000" + "0005000500000000" + "0006000500000000",
                        new ConnectionFilter(null, 1, new End(A, Bits.ZERO, 0, 0, 9, 8, 0), End.ANY)));
    }

    @ParameterizedTest
    @MethodSource("flushes")
    void shouldReadWhatOvsOfctlSends(String hex, ConnectionFilter filter) throws FlowException {
        assertThat(decode(hex)).isEqualTo(new OpenFlowMessage.CtFlush(filter));
    }

    @Test
    void shouldReadTheZone() throws FlowException {
        assertThat(decode("01040018" + HEADER + "0000001d 0000000000000007"))
                .isEqualTo(new OpenFlowMessage.CtFlushZone(7));
    }

    @Test
    void shouldRefuseWhatIsNotKnown() {
        assertThatThrownBy(() -> decode("01040020" + HEADER + "00000020 0000000000000000 0009000800050000"))
                .isInstanceOf(FlowException.class)
                .hasMessageContaining("property type 9 is not known");
        assertThatThrownBy(() -> decode("01040020" + HEADER + "00000020 0000000000000000 0002006000050000"))
                .isInstanceOf(FlowException.class);
    }
}
