package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every match field in every version: matched, masked and set, written by Heddle, read by itself and by {@code ovs-ofctl}. */
@Tag("differential")
class EveryFieldDifferentialTest {
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    /** Open vSwitch has none of these. */
    private static final Set<MatchField> UNKNOWN_TO_OVS =
            EnumSet.of(MatchField.IN_PHY_PORT, MatchField.PBB_ISID, MatchField.PBB_UCA, MatchField.IPV6_EXTHDR);

    static Stream<MatchField> fields() {
        return Stream.of(MatchField.values()).filter(field -> field != MatchField.PACKET_TYPE);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void shouldBeReadAsItWasWritten(MatchField field) throws Exception {
        for (FlowMod flow : flows(field)) {
            for (OpenFlowCodec codec : codecs(field)) {
                if (!flow.instructions().isEmpty() && codec.version() == OpenFlowVersion.OPENFLOW_10) {
                    continue; // there it is written as load:VALUE->FIELD
                }
                ByteBuf out = Unpooled.buffer();
                codec.encode(out, 1, new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));
                String hex = ByteBufUtil.hexDump(out);
                String what = codec.version().protocolName() + ": " + FORMATTER.flow(flow);

                OpenFlowMessage.FlowModRequest read =
                        (OpenFlowMessage.FlowModRequest) codec.decode(out).message();
                assertThat(read.mod().match()).as(what).isEqualTo(flow.match());
                assertThat(read.mod().instructions()).as(what).isEqualTo(flow.instructions());
                if (!UNKNOWN_TO_OVS.contains(field)) {
                    String printed = print(hex);
                    assertThat(printed).as(what).contains(" " + FORMATTER.rule(flow.priority(), flow.match()));
                    assertThat(printed.strip()).as(what).endsWith(FORMATTER.instructions(flow.instructions()));
                }
            }
        }
    }

    /** Flows that match the field, with a mask if there may be one, and that set it if it may be. */
    private static List<FlowMod> flows(MatchField field) throws FlowException {
        String needs = needs(field);
        List<FlowMod> flows = new ArrayList<>();
        flows.add(flow("priority=7" + needs + "," + field.fieldName() + "=" + value(field) + ",actions=drop"));
        // Open vSwitch 3.1 prints no mask of tun_gbp_flags, though it has one.
        if (field.isMaskable() && field.bits() > 1 && field != MatchField.TUN_GBP_FLAGS) {
            flows.add(flow("priority=7" + needs + "," + field.fieldName() + "=" + masked(field) + ",actions=drop"));
        }
        if (field.isWritable()
                && field != MatchField.TUN_FLAGS
                && !field.fieldName().startsWith("ct_")) {
            String there = field == MatchField.VLAN_VID ? ",dl_vlan=5" : needs;
            flows.add(flow("priority=7" + there + ",actions=set_field:" + value(field) + "->" + field.fieldName()));
        }
        return flows;
    }

    private static FlowMod flow(String text) throws FlowException {
        return PARSER.flow(FlowMod.Command.ADD, text);
    }

    private static String needs(MatchField field) {
        return switch (field.prerequisite()) {
            case NONE, ETHERNET -> "";
            case IN_PORT -> ",in_port=1";
            case VLAN -> ",dl_vlan=5";
            case ARP -> ",arp";
            case IPV4 -> ",ip";
            case IPV6 -> ",ipv6";
            case IP -> ",ip";
            case CT ->
                ",ct_state=+est+trk" + (field.format() == MatchField.Format.IPV6 ? ",ipv6" : ",tcp")
                        + (field.fieldName().startsWith("ct_tp_") ? ",ct_nw_proto=6" : "");
            case MPLS -> ",mpls";
            case PBB -> ",dl_type=0x88e7";
            case NSH -> ",dl_type=0x894f,nsh_mdtype=1";
            case TCP -> ",tcp";
            case UDP -> ",udp";
            case SCTP -> ",sctp";
            case ICMPV4 -> ",icmp";
            case ICMPV6 -> ",icmp6";
            case ND, ND_SOLICIT -> ",icmp6,icmp_type=135,icmp_code=0";
            case ND_ADVERT -> ",icmp6,icmp_type=136,icmp_code=0";
        };
    }

    private static String value(MatchField field) {
        if (field == MatchField.NW_TOS) {
            return "4"; // the other two bits are nw_ecn
        }
        return switch (field.format()) {
            case ETHERNET -> "02:00:00:00:00:01";
            case IPV4 -> "10.0.0.1";
            case IPV6 -> "2001:db8::1";
            case FRAG -> "no";
            case TCP_FLAGS -> "0x12";
            case CT_STATE -> "+trk+new";
            case TUN_FLAGS -> "oam";
            case PACKET_TYPE -> "(1,0x800)";
            case PORT -> "3";
            case DECIMAL -> "1";
            case HEX -> "0x1";
        };
    }

    private static String masked(MatchField field) {
        return switch (field.format()) {
            case ETHERNET -> "02:00:00:00:00:00/fe:00:00:00:00:0f";
            case IPV4 -> "10.0.0.0/8";
            case IPV6 -> "2001:db8::/32";
            case FRAG -> "later";
            case TCP_FLAGS -> "+syn-ack";
            case CT_STATE -> "+trk-new";
            case TUN_FLAGS -> "-oam";
            case PACKET_TYPE, PORT -> value(field);
            case DECIMAL, HEX -> "0x1/0x3";
        };
    }

    /** Open vSwitch takes the extended match in all versions; what only later ones define, it reads there only. */
    private static List<OpenFlowCodec> codecs(MatchField field) {
        return Stream.of(OpenFlowVersion.values())
                .filter(version -> version != OpenFlowVersion.OPENFLOW_11)
                .filter(version -> field != MatchField.ACTSET_OUTPUT || version.isAtLeast(OpenFlowVersion.OPENFLOW_13))
                .map(OpenFlowCodec::of)
                .map(codec -> codec.with(codec.extensions().withNxm(true)))
                .toList();
    }

    private static String print(String hex) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("ovs-ofctl", "ofp-print", hex)
                .redirectErrorStream(true)
                .start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return text;
        } finally {
            process.destroyForcibly();
        }
    }
}
