package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.OpenFlowMessage.Queue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueueCodecTest {
    private static final Queue QUEUE = new Queue(7, 2, 250, 1000);

    private static Reader reader(String hex) {
        return Reader.of(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex.replace(" ", ""))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            OPENFLOW_10 | 00000007 0018 0000 0001 0010 00000000 00fa 000000000000
            OPENFLOW_11 | 00000007 0018 0000 0001 0010 00000000 00fa 000000000000
            OPENFLOW_12 | 00000007 00000002 0030 000000000000 0001 0010 00000000 00fa 000000000000 0002 0010 00000000 03e8 000000000000
            OPENFLOW_13 | 00000007 00000002 0030 000000000000 0001 0010 00000000 00fa 000000000000 0002 0010 00000000 03e8 000000000000
            """)
    void shouldSayRatesInEachVersion(OpenFlowVersion version, String hex) throws FlowException {
        ByteBuf out = Unpooled.buffer();
        QueueCodec.writeConfig(out, version, QUEUE);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(hex.replace(" ", ""));
        boolean hasMaxRate = version.compareTo(OpenFlowVersion.OPENFLOW_12) >= 0;
        assertThat(QueueCodec.readConfig(reader(hex), version, 2))
                .isEqualTo(List.of(hasMaxRate ? QUEUE : new Queue(7, 2, 250, Queue.NO_RATE)));
    }

    @Test
    void shouldDescribeRates() throws FlowException {
        String hex = "00000002 00000007 0020 000000000000 0001 0008 00fa 0000 0002 0008 03e8 0000";
        ByteBuf out = Unpooled.buffer();
        QueueCodec.writeDescription(out, QUEUE);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(hex.replace(" ", ""));
        assertThat(QueueCodec.readDescription(reader(hex))).isEqualTo(QUEUE);
    }

    @Test
    void shouldPassOverPropertiesThatItDoesNotKnow() throws FlowException {
        assertThat(QueueCodec.readDescription(
                        reader("00000002 00000007 0024 000000000000 ffff 000c 00000001 00000002 0001 0008 00fa 0000")))
                .isEqualTo(new Queue(7, 2, 250, Queue.NO_RATE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000002 00000007 000f 000000000000",
                "00000002 00000007 0014 000000000000 0001 0004",
                "00000002 00000007 0018 000000000000 0001 0009 00fa 0000",
                "00000002 00000007 0020 000000000000 0001 0008 00fa 0000"
            })
    void shouldRefuseWrongLengths(String hex) {
        assertThatThrownBy(() -> QueueCodec.readDescription(reader(hex))).isInstanceOf(FlowException.class);
    }
}
