package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.NatSpec;
import io.heddle.flow.conntrack.ConnectionTracker;
import io.heddle.flow.conntrack.CtState;
import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.match.Bits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tracker beside that of Open vSwitch's userspace datapath: the same packets of random connections, one after the other; each leaves
 * with what was said of it, and with the addresses that it was given.
 *
 * <pre>
 *   in_port 1, 2 --> ct(zone=1[,nat],table=1) --> ct_state is written to the low octet of eth_src
 *                                             --> +new from port 1: ct(commit,zone=1[,nat(src=11.0.0.1)]) --> port 3
 * </pre>
 */
@Tag("differential")
final class TrackerDifferentialTest {
    private static final int PACKETS = Integer.getInteger("heddle.tracker.packets", 400);
    private static final int STAMP = 11;
    private static final Bits OUTSIDE = Bits.of(0x0b000001);

    @TempDir
    private Path folder;

    private final ConnectionTracker tracker = new ConnectionTracker(3);
    private final long[] words = new long[ConnectionTracker.PACKET_WORDS];

    private static TrackRequest request(boolean isCommit, @Nullable NatSpec nat) {
        return new TrackRequest(1, isCommit, false, 0, 0, Bits.ZERO, Bits.ZERO, null, nat);
    }

    /** The packet as the flows make it leave. */
    private byte[] tracked(RandomConnections.Sent sent, boolean isTranslated, long nowNs) {
        MemorySegment frame = Arena.ofAuto().allocate(sent.frame().length);
        frame.copyFrom(MemorySegment.ofArray(sent.frame()));
        track(request(false, isTranslated ? NatSpec.EXISTING : null), frame, false, nowNs);
        int state = (int) (words[0] >>> 48);
        frame.set(ValueLayout.JAVA_BYTE, STAMP, (byte) state);
        if (sent.port() == 1 && (state & CtState.NEW) != 0) {
            NatSpec nat = new NatSpec(
                    NatSpec.Direction.SOURCE, false, OUTSIDE, OUTSIDE, 0, 0, NatSpec.Selection.DEFAULT, false);
            track(request(true, isTranslated ? nat : null), frame, true, nowNs);
        }
        return frame.toArray(ValueLayout.JAVA_BYTE);
    }

    private void track(TrackRequest request, MemorySegment frame, boolean isTracked, long nowNs) {
        tracker.track(request, frame, 0, (int) frame.byteSize(), 0, false, false, isTracked, words, nowNs);
    }

    private static List<String> flows(boolean isTranslated) {
        String nat = isTranslated ? ",nat" : "";
        String commit = isTranslated ? ",nat(src=11.0.0.1)" : "";
        String stamp = "move:NXM_NX_CT_STATE[0..7]->NXM_OF_ETH_SRC[0..7]";
        return List.of(
                "table=0,ip,actions=ct(zone=1" + nat + ",table=1)",
                "table=1,priority=50000,ip,in_port=1,ct_state=+new,actions=" + stamp + ",ct(commit,zone=1" + commit
                        + "),output:3",
                "table=1,ip,actions=" + stamp + ",output:3");
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, true", "3, false", "4, true", "5, false", "6, true"})
    void shouldSayWhatOpenVSwitchSays(long seed, boolean isTranslated) throws Exception {
        RandomConnections connections = new RandomConnections(seed, isTranslated ? (int) OUTSIDE.low() : 0);
        List<String> history = new ArrayList<>();
        try (OpenVSwitchSandbox sandbox = new OpenVSwitchSandbox(folder)) {
            sandbox.program(List.of(), flows(isTranslated));
            OpenVSwitchSandbox.Capture capture = sandbox.capture("p3");
            for (int i = 0; i < PACKETS; i++) {
                RandomConnections.Sent sent = connections.next();
                history.add(sent.text());
                sandbox.receive("p" + sent.port(), sent.frame());
                byte[] wanted = capture.next();
                byte[] found = tracked(sent, isTranslated, 1_000_000L * i);
                assertThat(text(found))
                        .as("packet %d of seed %d; the last ones of its connection:%n%s", i, seed, last(history, sent))
                        .isEqualTo(text(wanted));
            }
        }
        assertThat(tracker.size()).isGreaterThan(PACKETS / 50);
    }

    private static String last(List<String> history, RandomConnections.Sent sent) {
        String connection = sent.text().substring(0, sent.text().indexOf(' '));
        return String.join(
                "\n",
                history.stream()
                        .filter(text -> text.startsWith(connection + " "))
                        .toList());
    }

    private static String text(byte[] frame) {
        return "ct_state=0x%02x %s".formatted(frame[STAMP], HexFormat.of().formatHex(frame, 12, frame.length));
    }
}
