package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is peculiar to OpenFlow 1.1. The texts are those that {@code ovs-ofctl ofp-print} has for the same octets. */
final class OpenFlow11Test {
    private static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_11);
    private static final MatchCodec MATCHES = new MatchCodec(OpenFlowVersion.OPENFLOW_11);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    private static ByteBuf octets(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static String hex(ByteBuf out) {
        return ByteBufUtil.hexDump(out);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000005800000000000003ff000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | ''",
                "00000058fffffffe000003fe000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | in_port=LOCAL",
                "0000005800000000000003f9000000000000ffffffffffff000000000000ffffffffffff"
                        + "fffe03000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | dl_vlan_pcp=3",
                "0000005800000000000003fd000000000000ffffffffffff000000000000ffffffffffff"
                        + "fffe00000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | vlan_tci=0x1000/0x1000",
                "0000005800000000000003fd000000000000ffffffffffff000000000000ffffffffffff"
                        + "ffff00000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | vlan_tci=0x0000",
                "0000005800000000000003fd000000000000ffffffffffff000000000000ffffffffffff"
                        + "000500000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | dl_vlan=5",
                "0000005800000000000003f9000000000000ffffffffffff000000000000ffffffffffff"
                        + "000503000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | dl_vlan=5,dl_vlan_pcp=3",
                "000000580000000300000386000000000000ffffffffffff000000000000ffffffffffff"
                        + "00000000080010060a00000000ffffff00000000ffffffff0050000000000000000000000000000000000000ffffffffffffffff | tcp,in_port=3,nw_src=10.0.0.0/8,nw_tos=16,tp_src=80",
                "000000580000000000000357000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000800001100000000ffffffff0a000001000000000000003500000000000000000000000000000000ffffffffffffffff | udp,nw_dst=10.0.0.1,tp_dst=53",
                "000000580000000000000357000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000800008400000000ffffffff00000000ffffffff0000003500000000000000000000000000000000ffffffffffffffff | sctp,tp_dst=53",
                "000000580000000000000317000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000800000100000000ffffffff00000000ffffffff0008000000000000000000000000000000000000ffffffffffffffff | icmp,icmp_type=8,icmp_code=0",
                "0000005800000000000003d7000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000000806000200000000ffffffff01020304000000000000000000000000000000000000000000000000ffffffffffffffff | arp,arp_tpa=1.2.3.4,arp_op=2",
                "0000005800000000000000f7000000000000ffffffffffff000000000000ffffffffffff"
                        + "000000008847000000000000ffffffff00000000ffffffff000000000000004d030000000000000000000005fffffffffffffff0 | mpls,metadata=0x5/0xf,mpls_label=77,mpls_tc=3",
                "0000005800000000000003ff001122000000000000ffffff010000000000feffffffffff"
                        + "000000000000000000000000ffffffff00000000ffffffff0000000000000000000000000000000000000000ffffffffffffffff | dl_src=00:11:22:00:00:00/ff:ff:ff:00:00:00,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
            })
    void shouldReadAndWriteTheMatch(String hex, String expected) throws FlowException {
        Match match = MATCHES.read(Reader.of(octets(hex)));

        assertThat(FORMATTER.rule(FlowMod.DEFAULT_PRIORITY, match)).isEqualTo(expected);
        ByteBuf out = Unpooled.buffer();
        MATCHES.write(out, match);
        assertThat(hex(out)).isEqualTo(hex);
    }

    /** The match of everything with some of its 16-bit words replaced: "place of the word=value" in hexadecimal, the place in octets. */
    private static ByteBuf matchWith(String words) {
        ByteBuf match = Unpooled.buffer();
        MATCHES.write(match, Match.ANY);
        for (String word : words.split(" ")) {
            String[] parts = word.split("=");
            match.setShort(Integer.parseInt(parts[0], 16), Integer.parseInt(parts[1], 16));
        }
        return match;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "02=0057 | BAD_MATCH_BAD_LEN",
                "02=0060 | BAD_MATCH_BAD_LEN",
                "00=0002 | BAD_MATCH_BAD_TYPE",
                "0a=03fd 24=1388 | BAD_MATCH_BAD_VALUE",
                "0a=03f9 24=0005 26=0800 | BAD_MATCH_BAD_VALUE",
                "0a=03e7 28=0800 2a=1100 | BAD_MATCH_BAD_VALUE",
                "0a=0397 28=0800 2a=0001 3c=0108 | BAD_MATCH_BAD_FIELD",
                "0a=02f7 28=8847 40=0010 | BAD_MATCH_BAD_VALUE",
            })
    void shouldNameWhatIsWrongWithAMatch(String words, ErrorCode expected) {
        ByteBuf match = matchWith(words);

        assertThatThrownBy(() -> MATCHES.read(Reader.of(match)))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldReadTheMatchOfLaterVersionsToo() throws FlowException {
        Match match = MATCHES.read(Reader.of(octets("0001 000c 80000004 00000007 00000000")));

        assertThat(FORMATTER.rule(FlowMod.DEFAULT_PRIORITY, match)).isEqualTo("in_port=7");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000 0010 fffffffe 04d2 000000000000 | LOCAL",
                "0001 0008 0009 0000 | set_field:4105->vlan_vid",
                "0002 0008 06 000000 | set_field:6->vlan_pcp",
                "0003 0010 010203040506 000000000000 | set_field:01:02:03:04:05:06->eth_src",
                "0005 0008 c0a80001 | set_field:192.168.0.1->ip_src",
                "0007 0008 20 000000 | set_field:8->ip_dscp",
                "0008 0008 02 000000 | set_field:2->nw_ecn",
                "000a 0008 01bb 0000 | set_field:443->tcp_dst,set_field:443->udp_dst",
                "0012 0008 00000000 | pop_vlan",
                "0011 0008 8100 0000 | push_vlan:0x8100",
                "0015 0008 00000005 | set_queue:5",
                "0016 0008 00000007 | group:7",
                "0017 0008 40 000000 | mod_nw_ttl:64",
                "0018 0008 00000000 | dec_ttl",
                "ffff 0018 00002320 0007 001f 00010004 0000000000000005 | set_field:0x5->reg0",
            })
    void shouldReadAndWriteTheActions(String hex, String expected) throws FlowException {
        ActionCodec codec = new ActionCodec(OpenFlowVersion.OPENFLOW_11);

        List<Action> actions = codec.actions(Reader.of(octets(hex)), "actions");

        assertThat(FORMATTER.actions(actions)).isEqualTo(expected);
        ByteBuf out = Unpooled.buffer();
        codec.actions(out, actions);
        assertThat(hex(out)).isEqualTo(hex.replace(" ", ""));
    }

    @Test
    void shouldWriteTheTransportPortThatTheFlowMatches() throws FlowException {
        for (String protocol : List.of("tcp", "udp", "sctp")) {
            FlowMod flow = SampleMessages.PARSER.flow(
                    FlowMod.Command.ADD, protocol + ",actions=set_field:443->" + protocol + "_dst");

            OpenFlowMessage read = throughWire(new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));

            assertThat(read)
                    .isInstanceOfSatisfying(
                            OpenFlowMessage.FlowModRequest.class,
                            request -> assertThat(request.mod().instructions()).isEqualTo(flow.instructions()));
        }
    }

    private static OpenFlowMessage throughWire(OpenFlowMessage message) throws FlowException {
        ByteBuf out = Unpooled.buffer();
        CODEC.encode(out, 1, message);
        return CODEC.decode(out).message();
    }

    @Test
    void shouldBeginCountersAnewWithAnAdd() throws FlowException {
        FlowMod add = SampleMessages.PARSER.flow(FlowMod.Command.ADD, "send_flow_rem,actions=drop");

        assertThat(flagsOf(add)).containsExactlyInAnyOrder(FlowMod.Flag.SEND_FLOW_REM, FlowMod.Flag.RESET_COUNTS);
        assertThat(flagsOf(add.as(FlowMod.Command.MODIFY))).containsExactly(FlowMod.Flag.SEND_FLOW_REM);
    }

    private static Iterable<FlowMod.Flag> flagsOf(FlowMod mod) throws FlowException {
        OpenFlowMessage read = throughWire(new OpenFlowMessage.FlowModRequest(mod, OpenFlowMessage.NO_BUFFER));
        return ((OpenFlowMessage.FlowModRequest) read).mod().flags();
    }

    @ParameterizedTest
    @CsvSource({"24, 255, FLOW_MOD_FAILED_BAD_TABLE_ID", "45, 4, FLOW_MOD_FAILED_BAD_FLAGS"})
    void shouldRefuseWhatCameLater(int place, int octet, ErrorCode expected) throws FlowException {
        FlowMod flow = SampleMessages.PARSER.flow(FlowMod.Command.DELETE, "ip");
        ByteBuf out = Unpooled.buffer();
        CODEC.encode(out, 1, new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));
        out.setByte(24, 0);
        out.setByte(place, octet);

        assertThatThrownBy(() -> CODEC.decode(out))
                .isInstanceOfSatisfying(
                        FlowException.class, e -> assertThat(e.error().code()).isEqualTo(expected));
    }

    @Test
    void shouldTellPacketsWithTwoPortsInsteadOfAMatch() throws FlowException {
        OpenFlowMessage packet = new OpenFlowMessage.PacketIn(
                -1, 3, 1, 2, -1, SampleMessages.PARSER.match("in_port=3"), Octets.of(new byte[] {7, 8, 9}));
        ByteBuf out = Unpooled.buffer();

        CODEC.encode(out, 1, packet);

        assertThat(hex(out))
                .isEqualTo("020a001b00000001" + "ffffffff" + "00000003" + "00000003" + "0003" + "01" + "02" + "070809");
        assertThat(CODEC.decode(out).message()).isEqualTo(packet);
    }

    @Test
    void shouldTellQueuesWithoutTheirPort() throws FlowException {
        OpenFlowMessage queues = new OpenFlowMessage.QueueGetConfigReply(1, List.of(new OpenFlowMessage.Queue(5, 1)));
        ByteBuf out = Unpooled.buffer();

        CODEC.encode(out, 1, queues);

        assertThat(hex(out)).isEqualTo("0217001800000001" + "0000000100000000" + "0000000500080000");
        assertThat(CODEC.decode(out).message()).isEqualTo(queues);
    }

    @Test
    void shouldTellTablesInTheirOwnForm() throws FlowException {
        OpenFlowMessage tables = new OpenFlowMessage.MultipartReply(
                false, new MultipartBody.TableReply(List.of(new MultipartBody.TableEntry(3, 4, 5, 6, 1000))));
        ByteBuf out = Unpooled.buffer();

        CODEC.encode(out, 1, tables);

        assertThat(out.readableBytes()).isEqualTo(8 + 8 + 88);
        assertThat(CODEC.decode(out).message()).isEqualTo(tables);
    }

    @Test
    void shouldLeaveOutWhatItHasNoInstructionFor() throws FlowException {
        FlowMod flow = SampleMessages.PARSER.flow(FlowMod.Command.ADD, "actions=meter:4,output:1");

        OpenFlowMessage read = throughWire(new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));

        assertThat(FORMATTER.instructions(
                        ((OpenFlowMessage.FlowModRequest) read).mod().instructions()))
                .isEqualTo("output:1");
        assertThat(((OpenFlowMessage.FlowModRequest) read).mod().outPort()).isEqualTo(Ports.ANY);
    }
}
