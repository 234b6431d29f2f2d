package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds in every version, and what is peculiar to one. */
final class VersionsTest {
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    /** Every version, and OpenFlow 1.0 with everything that its clients may ask for. */
    static Stream<OpenFlowCodec> codecs() {
        OpenFlowCodec first = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_10);
        return Stream.concat(
                OpenFlowCodec.SUPPORTED.stream().map(OpenFlowCodec::of),
                Stream.of(first.with(new Extensions(true, true, 1))));
    }

    /** The messages that a version has. */
    private static List<byte[]> encoded(OpenFlowCodec codec) throws FlowException {
        List<byte[]> all = new ArrayList<>();
        List<OpenFlowMessage> messages = new ArrayList<>(SampleMessages.all());
        messages.addAll(SampleMessages.ofSomeVersions());
        for (OpenFlowMessage message : messages) {
            ByteBuf out = Unpooled.buffer();
            for (int i = 0; i < out.capacity(); i++) {
                out.setByte(i, 0xa5);
            }
            try {
                codec.encode(out, 1, message);
            } catch (IllegalArgumentException e) {
                assertThat(out.isReadable()).isFalse();
                continue;
            }
            all.add(octets(out));
        }
        return all;
    }

    private static byte[] octets(ByteBuf out) {
        byte[] octets = new byte[out.readableBytes()];
        out.readBytes(octets);
        return octets;
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldDecodeWhatItEncodesAsFarAsTheVersionCanSayIt(OpenFlowCodec codec) throws FlowException {
        List<byte[]> all = encoded(codec);
        assertThat(all).hasSizeGreaterThan(40);
        for (byte[] octets : all) {
            Frame frame = codec.decode(Unpooled.wrappedBuffer(octets));
            ByteBuf again = Unpooled.buffer();
            codec.encode(again, 1, frame.message());
            assertThat(codec.decode(Unpooled.wrappedBuffer(octets(again)))).isEqualTo(frame);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldThrowNothingButFlowExceptionsOnMutatedMessages(OpenFlowCodec codec) throws FlowException {
        Random random = new Random(7);
        List<byte[]> seeds = encoded(codec);
        int refused = 0;
        for (int i = 0; i < 60_000; i++) {
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
                Frame frame = codec.decode(Unpooled.wrappedBuffer(octets));
                assertThat(frame.message()).isNotNull();
            } catch (FlowException e) {
                assertThat(e.error().message()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isBetween(10_000, 59_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FLOW_MOD_FAILED_TABLE_FULL | 0003 0000 010203",
                "FLOW_MOD_FAILED_OVERLAP | 0003 0001 010203",
                "PORT_MOD_FAILED_BAD_HW_ADDR | 0004 0001 010203",
                "QUEUE_OP_FAILED_BAD_QUEUE | 0005 0001 010203",
                "BAD_ACTION_BAD_OUT_PORT | 0002 0004 010203",
                "BAD_MATCH_BAD_PREREQ | b0c2 0000 00002320 0001 0104 010203",
                "ROLE_REQUEST_FAILED_BAD_ROLE | b0c2 0000 00002320 0001 0201 010203",
            })
    void shouldTellErrorsWithTheNumbersOfOpenFlow10(ErrorCode error, String hex) throws FlowException {
        OpenFlowCodec codec = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_10);
        OpenFlowMessage message = new OpenFlowMessage.ErrorReply(error, Octets.of(new byte[] {1, 2, 3}));
        ByteBuf out = Unpooled.buffer();

        codec.encode(out, 1, message);

        byte[] octets = octets(out);
        assertThat(HexFormat.of().formatHex(octets, 8, octets.length)).isEqualTo(hex.replace(" ", ""));
        assertThat(codec.decode(Unpooled.wrappedBuffer(octets)).message()).isEqualTo(message);
    }

    @Test
    void shouldSayInOpenFlow10WhatItCanSay() throws FlowException {
        OpenFlowCodec codec = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_10);
        OpenFlowCodec extended = codec.with(new Extensions(true, true, 1));
        Octets data = Octets.of(new byte[] {1, 2, 3});
        for (OpenFlowMessage message : List.of(
                new OpenFlowMessage.Hello(Set.of(1)),
                new OpenFlowMessage.SetFlowFormat(true),
                new OpenFlowMessage.SetTableIdInCommand(true),
                new OpenFlowMessage.SetPacketInFormat(1),
                new OpenFlowMessage.SetControllerId(0xfedc),
                new OpenFlowMessage.RoleReply(Role.SLAVE, 0),
                new OpenFlowMessage.SetAsync(OpenFlowMessage.AsyncConfiguration.DEFAULT),
                new OpenFlowMessage.PortModRequest(Ports.LOCAL, 0x001122334455L, 1, 0x65, 1 << 13),
                new OpenFlowMessage.QueueGetConfigRequest(3),
                new OpenFlowMessage.PacketOut(
                        -1, Ports.CONTROLLER, List.of(new Action.Output(Ports.FLOOD), new Action.Output(2, 70)), data),
                new OpenFlowMessage.QueueGetConfigReply(
                        1,
                        List.of(
                                new OpenFlowMessage.Queue(5, 1),
                                new OpenFlowMessage.Queue(6, 1, 250, OpenFlowMessage.Queue.NO_RATE))))) {
            assertThat(throughWire(codec, message)).isEqualTo(message);
        }
        for (OpenFlowMessage message : List.<OpenFlowMessage>of(
                new OpenFlowMessage.PacketIn(
                        -1, 3, 1, 3, 5, SampleMessages.PARSER.match("in_port=1,metadata=5,tun_id=7,reg3=4"), data),
                new OpenFlowMessage.FlowRemoved(
                        5, 6, 1, 2, new Duration(3, 4), 5, 0, 7, 8, SampleMessages.PARSER.match("tcp6,tp_dst=80")))) {
            assertThat(throughWire(extended, message)).isEqualTo(message);
        }
    }

    private static OpenFlowMessage throughWire(OpenFlowCodec codec, OpenFlowMessage message) throws FlowException {
        ByteBuf out = Unpooled.buffer();
        codec.encode(out, 1, message);
        assertThat(out.getUnsignedShort(2)).isEqualTo(out.readableBytes());
        return codec.decode(out).message();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000 0008 fffe 04d2 | LOCAL",
                "0003 0008 0000 0000 | pop_vlan",
                "0005 0010 010203040506 000000000000 | set_field:01:02:03:04:05:06->eth_dst",
                "0007 0008 c0a80001 | set_field:192.168.0.1->ip_dst",
                "0008 0008 20 000000 | set_field:8->ip_dscp",
                "000b 0010 000a 000000000000 00000037 | set_queue:55,output:10,pop_queue",
                "ffff 0010 00002320 0002 0000 12345678 | set_field:0x12345678->tun_id",
                "ffff 0010 00002320 0012 000000000000 | dec_ttl",
                "ffff 0010 00002320 002c 000102 000000 | 'resubmit(1,2,ct)'",
                "ffff 0040 00002320 0025 000000000000 0000000600640000 0001000600050000 0002000500000000 0003000601020000"
                        + " 0004000400000000 0005000800000003"
                        + " | 'controller(reason=no_match,max_len=100,id=5,userdata=01.02,pause,meter_id=3)'",
                "ffff 0018 00002320 0032 0001507c 00000000000000000000 | delete_field:tun_metadata0",
            })
    void shouldReadTheActionsOfOpenFlow10(String hex, String expected) throws FlowException {
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
        List<Action> actions = new ActionCodec(OpenFlowVersion.OPENFLOW_10).actions(Reader.of(in), "actions");
        assertThat(FORMATTER.actions(actions)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000 0010 fffe ffff 0000 0000 0000 0000 | BAD_ACTION_BAD_LEN",
                "0000 0008 ffff 0000 | BAD_ACTION_BAD_OUT_PORT",
                "0001 0008 1000 0000 | BAD_ACTION_BAD_ARGUMENT",
                "0002 0008 08 000000 | BAD_ACTION_BAD_ARGUMENT",
                "0008 0008 21 000000 | BAD_ACTION_BAD_ARGUMENT",
                "000c 0008 00000000 | BAD_ACTION_BAD_TYPE",
                "0004 0008 00000000 | BAD_ACTION_BAD_LEN",
                "ffff 0018 00002320 0025 000000000000 0006000400000000 | TABLE_FEATURES_FAILED_BAD_TYPE",
                "ffff 0018 00002320 0025 000000000000 0003001001020304 | TABLE_FEATURES_FAILED_BAD_LEN",
                "ffff 0018 00002320 0025 000000000000 0005000600000000 | TABLE_FEATURES_FAILED_BAD_LEN",
            })
    void shouldNameWhatIsWrongWithAnActionOfOpenFlow10(String hex, ErrorCode expected) {
        ByteBuf in = Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
        ActionCodec codec = new ActionCodec(OpenFlowVersion.OPENFLOW_10);
        assertThatThrownBy(() -> codec.actions(Reader.of(in), "actions"))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldRefuseEmergencyFlowsOfOpenFlow10() throws FlowException {
        OpenFlowCodec codec = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_10);
        FlowMod flow = SampleMessages.PARSER.flow(FlowMod.Command.ADD, "actions=drop");
        ByteBuf out = Unpooled.buffer();
        codec.encode(out, 1, new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));
        out.setShort(8 + 40 + 22, 4);

        assertThatThrownBy(() -> codec.decode(out))
                .isInstanceOfSatisfying(
                        FlowException.class,
                        e -> assertThat(e.error().code()).isEqualTo(ErrorCode.FLOW_MOD_FAILED_TABLE_FULL));
    }
}
