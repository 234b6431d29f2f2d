package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Heddle writes, read by {@code ovs-ofctl}. */
@Tag("differential")
final class OpenFlowCodecDifferentialTest {
    private static final OpenFlowCodec CODEC = OpenFlowCodec.of(OpenFlowVersion.OPENFLOW_13);
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    static List<OpenFlowMessage> messages() throws FlowException {
        // Foreign extensions, tables with some properties only, and PBB are errors to Open vSwitch.
        return SampleMessages.all().stream()
                .filter(message -> {
                    String text = message.toString();
                    return !text.contains("Experimenter")
                            && !text.contains("tables=[TableFeatures")
                            && !(message instanceof OpenFlowMessage.FlowModRequest)
                            && !text.contains("FlowReply");
                })
                .toList();
    }

    static List<FlowMod> flows() throws FlowException {
        // Fields and actions that Open vSwitch does not have would be errors to it.
        return SampleMessages.flows().stream()
                .filter(flow -> {
                    String text = FORMATTER.flow(flow);
                    return !text.contains("pbb") && !text.contains("copy_ttl") && !text.contains("exthdr");
                })
                .toList();
    }

    @ParameterizedTest
    @MethodSource("flows")
    void shouldWriteFlowsThatOpenVSwitchReads(FlowMod flow) throws Exception {
        String printed = print(new OpenFlowMessage.FlowModRequest(flow, OpenFlowMessage.NO_BUFFER));

        String rule = FORMATTER.rule(flow.priority(), flow.match());
        boolean isDelete = flow.command() == FlowMod.Command.DELETE || flow.command() == FlowMod.Command.DELETE_STRICT;
        // A flow-mod always has a priority; ovs-ofctl leaves the default out as we do.
        assertThat(printed).contains(rule);
        if (!isDelete) {
            assertThat(theirActions(printed)).isEqualTo(FORMATTER.instructions(flow.instructions()));
        }
    }

    private static String theirActions(String printed) {
        return printed.substring(printed.indexOf("actions=") + "actions=".length())
                .trim();
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldWriteMessagesThatOpenVSwitchReads(OpenFlowMessage message) throws Exception {
        String printed = print(message);

        assertThat(printed).contains("(OF1.3)").doesNotContain("***");
    }

    private static String print(OpenFlowMessage message) throws IOException, InterruptedException {
        ByteBuf out = Unpooled.buffer();
        CODEC.encode(out, 1, message);
        Process process = new ProcessBuilder("ovs-ofctl", "ofp-print", ByteBufUtil.hexDump(out))
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
