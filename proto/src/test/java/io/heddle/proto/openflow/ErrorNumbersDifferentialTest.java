package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.ErrorCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors that came with OpenFlow 1.4 and later have the names in Open vSwitch that they have here, whatever the version. */
@Tag("differential")
final class ErrorNumbersDifferentialTest {
    private static final int BUNDLE_FAILED = 17;
    private static final int FLOW_MONITOR_FAILED = 16;
    private static final int ASYNC_CONFIG_FAILED = 15;
    private static final int BAD_PROPERTY = 14;

    /** Open vSwitch does not know the errors of scheduled bundles. */
    static Stream<ErrorCode> newErrors() {
        return Arrays.stream(ErrorCode.values())
                .filter(error -> error.type() >= BAD_PROPERTY)
                .filter(error -> !error.name().contains("SCHED"));
    }

    @ParameterizedTest
    @MethodSource("newErrors")
    void shouldBeReadByOpenVSwitchInOpenFlow14(ErrorCode error) throws Exception {
        assertThat(print(OpenFlowVersion.OPENFLOW_14, error)).contains(error.openFlowName());
    }

    @ParameterizedTest
    @MethodSource("newErrors")
    void shouldBeReadByOpenVSwitchInOpenFlow13(ErrorCode error) throws Exception {
        boolean isKnown = error.type() == BUNDLE_FAILED || isKnownBefore14(error);
        assertThat(print(OpenFlowVersion.OPENFLOW_13, error))
                .contains(isKnown ? error.openFlowName() : "NXBRC_UNENCODABLE_ERROR");
    }

    private static boolean isKnownBefore14(ErrorCode error) {
        return error.type() == BAD_PROPERTY || error.type() == ErrorCode.EXPERIMENTER || isOfMonitors(error);
    }

    private static boolean isOfMonitors(ErrorCode error) {
        return switch (error) {
            case FLOW_MONITOR_FAILED_MONITOR_EXISTS,
                    FLOW_MONITOR_FAILED_UNKNOWN_MONITOR,
                    FLOW_MONITOR_FAILED_BAD_FLAGS -> true;
            default -> false;
        };
    }

    @ParameterizedTest
    @EnumSource(
            names = {"OPENFLOW_10", "OPENFLOW_11", "OPENFLOW_12"},
            value = OpenFlowVersion.class)
    void shouldBeReadByOpenVSwitchInTheFirstVersions(OpenFlowVersion version) throws Exception {
        for (ErrorCode error : newErrors().toList()) {
            assertThat(print(version, error))
                    .contains(isKnownBefore14(error) ? error.openFlowName() : "NXBRC_UNENCODABLE_ERROR");
        }
    }

    @Test
    void shouldCoverTheNewTypes() {
        assertThat(newErrors().map(ErrorCode::type).distinct())
                .containsExactlyInAnyOrder(
                        BAD_PROPERTY, ASYNC_CONFIG_FAILED, FLOW_MONITOR_FAILED, BUNDLE_FAILED, ErrorCode.EXPERIMENTER);
    }

    private static String print(OpenFlowVersion version, ErrorCode error) throws Exception {
        ByteBuf out = Unpooled.buffer();
        OpenFlowCodec codec = OpenFlowCodec.of(version);
        Octets head = Octets.of(new byte[] {(byte) version.wire(), 2, 0, 8, 0, 0, 0, 1});
        codec.encode(out, 1, new OpenFlowMessage.ErrorReply(error, head));
        String hex = ByteBufUtil.hexDump(out);
        Process process = new ProcessBuilder("ovs-ofctl", "ofp-print", hex)
                .redirectErrorStream(true)
                .start();
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly();
        }
    }
}
