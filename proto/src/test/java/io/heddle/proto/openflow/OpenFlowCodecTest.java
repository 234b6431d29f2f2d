package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class OpenFlowCodecTest {
    private static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_13);

    static List<OpenFlowMessage> messages() throws FlowException {
        return SampleMessages.all();
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldDecodeWhatItEncodes(OpenFlowMessage message) throws FlowException {
        ByteBuf out = Unpooled.buffer(70_000);
        for (int i = 0; i < out.capacity(); i++) {
            out.setByte(i, 0xa5);
        }

        CODEC.encode(out, 7, message);

        assertThat(out.getUnsignedShort(2)).isEqualTo(out.readableBytes());
        assertThat(CODEC.decode(out)).isEqualTo(new Frame(4, 7, message));
        assertThat(out.isReadable()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "0000 0004 | BAD_MATCH_BAD_TYPE",
                "0001 0003 | BAD_MATCH_BAD_LEN",
                "0001 0fff | BAD_MATCH_BAD_LEN",
                "0001 0009 80000e01 06 00000000000000 | BAD_MATCH_BAD_PREREQ",
                "0001 000c 8000 fe04 00000000 00000000 | BAD_MATCH_BAD_FIELD",
                "0001 000c 9000 0004 00000000 00000000 | BAD_MATCH_BAD_FIELD",
                "0001 000a 8000 0002 0000 000000000000 | BAD_MATCH_BAD_LEN",
                "0001 0014 8000 0004 00000001 8000 0004 00000001 00000000 | BAD_MATCH_DUP_FIELD",
                "0001 0010 8000 0108 00000001 0000ffff | BAD_MATCH_BAD_MASK",
                "0001 0014 8000 070c 010000000000 000000000000 00000000 | BAD_MATCH_BAD_WILDCARDS",
                "0001 000a 8000 0c02 3000 000000000000 | BAD_MATCH_BAD_VALUE",
                "0001 000c 8000 2c04 00100000 00000000 | BAD_MATCH_BAD_PREREQ",
            })
    void shouldNameWhatIsWrongWithAMatch(String hex, ErrorCode expected) {
        byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatThrownBy(() -> OxmCodec.match(Reader.of(Unpooled.wrappedBuffer(octets))))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000 0008 00000001 | BAD_ACTION_BAD_LEN",
                "0000 0010 00000000 0000 000000000000 | BAD_ACTION_BAD_OUT_PORT",
                "0063 0008 00000000 | BAD_ACTION_BAD_TYPE",
                "ffff 0008 00000001 | BAD_ACTION_BAD_EXPERIMENTER",
                "ffff 0010 00002320 7777 000000000000 | BAD_ACTION_BAD_EXP_TYPE",
                "0011 0008 0800 0000 | BAD_ACTION_BAD_ARGUMENT",
                "0016 0008 ffffffff | BAD_ACTION_BAD_OUT_GROUP",
                "0019 0010 8000 4e02 0001 000000000000 | BAD_ACTION_BAD_SET_ARGUMENT",
                "0019 0010 8000 0e01 08 00000000000000 | BAD_ACTION_BAD_SET_ARGUMENT",
                "0019 0010 8000 0e02 0008 000000000000 | BAD_ACTION_BAD_SET_LEN",
                "0000 0011 00000001 0000 000000000000 | BAD_ACTION_BAD_LEN",
            })
    void shouldNameWhatIsWrongWithAnAction(String hex, ErrorCode expected) {
        byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
        ActionCodec codec = new ActionCodec(OpenFlowVersion.OPENFLOW_13);
        assertThatThrownBy(() -> codec.actions(Reader.of(Unpooled.wrappedBuffer(octets)), "actions"))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldThrowNothingButFlowExceptionsOnMutatedMessages() throws FlowException {
        Random random = new Random(5);
        List<byte[]> seeds = new ArrayList<>();
        for (OpenFlowMessage message : SampleMessages.all()) {
            ByteBuf out = Unpooled.buffer();
            CODEC.encode(out, 1, message);
            byte[] octets = new byte[out.readableBytes()];
            out.readBytes(octets);
            seeds.add(octets);
        }
        int refused = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] octets = seeds.get(random.nextInt(seeds.size())).clone();
            for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
                int at = random.nextInt(octets.length);
                octets[at] = (byte) (random.nextBoolean() ? random.nextInt() : octets[at] ^ 1 << random.nextInt(8));
            }
            if (random.nextInt(4) == 0) {
                octets = Arrays.copyOf(octets, 1 + random.nextInt(octets.length + 16));
                if (octets.length > 3) {
                    octets[2] = (byte) (octets.length >> 8);
                    octets[3] = (byte) octets.length;
                }
            }
            try {
                Frame frame = CODEC.decode(Unpooled.wrappedBuffer(octets));
                ByteBuf out = Unpooled.buffer();
                CODEC.encode(out, frame.xid(), frame.message());
                assertThat(out.readableBytes()).isPositive();
            } catch (FlowException e) {
                assertThat(e.error().message()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isBetween(50_000, 190_000);
    }

    @Test
    void shouldSpreadLongRepliesOverSeveralMessages() throws FlowException {
        FlowMod flow =
                SampleMessages.PARSER.flow(FlowMod.Command.ADD, "tcp,nw_dst=10.0.0.1,tp_dst=80,actions=output:1");
        List<MultipartBody.FlowEntry> entries = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            entries.add(new MultipartBody.FlowEntry(
                    0,
                    OpenFlowMessage.Duration.ZERO,
                    i,
                    0,
                    0,
                    flow.flags(),
                    0,
                    i,
                    0,
                    0,
                    flow.match(),
                    flow.instructions()));
        }
        ByteBuf out = Unpooled.buffer();

        CODEC.encodeReply(out, 9, new MultipartBody.FlowReply(entries));

        List<MultipartBody.FlowEntry> read = new ArrayList<>();
        int messages = 0;
        boolean more = true;
        while (out.isReadable()) {
            assertThat(more).isTrue();
            Frame frame = CODEC.decode(out.readSlice(out.getUnsignedShort(out.readerIndex() + 2)));
            OpenFlowMessage.MultipartReply reply = (OpenFlowMessage.MultipartReply) frame.message();
            more = reply.more();
            read.addAll(((MultipartBody.FlowReply) reply.body()).flows());
            messages++;
        }
        assertThat(more).isFalse();
        assertThat(messages).isGreaterThan(5);
        assertThat(read).isEqualTo(entries);
    }
}
