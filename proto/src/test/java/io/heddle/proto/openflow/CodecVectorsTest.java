package io.heddle.proto.openflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.ActionValidator;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.Match;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.PortNames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Messages, actions and instructions of every version whose meaning is known from {@code ovs-ofctl}. They are read, compared with that
 * meaning (or refused with that error), and written again: the same octets, or other octets that mean the same. What differs is listed
 * with a reason in {@code differences.txt}.
 */
final class CodecVectorsTest {
    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);

    private static final String VLAN = ",vlan_tci=0x1000/0x1000,";

    private static final String ERROR = "***decode error: ";

    /** Names that say the same in other versions. */
    private static final Map<String, String> ERROR_NAMES = Map.of("OFPBAC_BAD_VENDOR_TYPE", "OFPBAC_BAD_EXP_TYPE");

    private static final List<Extensions> EXTENSIONS =
            List.of(Extensions.NONE, new Extensions(true, false, 0), new Extensions(true, false, 1));

    private static final Map<String, String> DIFFERENCES = differences();

    private static Map<String, String> differences() {
        Map<String, String> differences = new HashMap<>();
        for (String line : lines("differences.txt")) {
            int bar = line.indexOf(" | ");
            differences.put(line.substring(0, bar), line.substring(bar + 3));
        }
        return differences;
    }

    private static List<String> lines(String name) {
        try (InputStream in = CodecVectorsTest.class.getResourceAsStream("/openflow/" + name)) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be read", e);
        }
    }

    static List<String> actions() {
        return lines("actions.txt");
    }

    static List<String> messages() {
        return lines("messages.txt");
    }

    @ParameterizedTest
    @MethodSource("actions")
    void shouldUnderstandTheActionsThatOpenVSwitchUnderstands(String line) throws Exception {
        String[] parts = line.split(" \\| ", 4);
        String difference = actionDifference(parts[0].equals("action"), parts[1], parts[2], parts[3]);

        check(parts[1] + " " + parts[2], difference);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldReadAndWriteTheMessagesThatOpenVSwitchUnderstands(String line) throws Exception {
        String[] parts = line.split(" \\| ", 2);

        check(parts[0], messageDifference(parts[0], parts[1], false));
    }

    @ParameterizedTest
    @MethodSource("messages")
    @Tag("differential")
    void shouldWriteMessagesThatMeanTheSameToOpenVSwitch(String line) throws Exception {
        String[] parts = line.split(" \\| ", 2);

        check(parts[0], messageDifference(parts[0], parts[1], true));
    }

    @Test
    void shouldListDifferencesOfVectorsOnly() {
        Set<String> vectors = new HashSet<>();
        actions().forEach(line -> vectors.add(line.split(" \\| ", 4)[1] + " " + line.split(" \\| ", 4)[2]));
        messages().forEach(line -> vectors.add(line.split(" \\| ", 2)[0]));

        assertThat(vectors).containsAll(DIFFERENCES.keySet());
        // Of 413 vectors.
        assertThat(DIFFERENCES).hasSizeLessThan(60);
    }

    private static void check(String vector, @Nullable String difference) {
        if (difference != null) {
            assertThat(DIFFERENCES).as(difference).containsKey(vector);
        }
    }

    /** What is not as {@code expected} says; null when all is. */
    private static @Nullable String actionDifference(boolean isAction, String version, String hex, String expected)
            throws FlowException {
        ActionCodec codec = new ActionCodec(OpenFlowVersion.byName(version).orElseThrow());
        // So that tp_src and the like have one meaning.
        String context = (expected.contains("fe80") ? "tcp6" : "tcp") + VLAN;
        Match match = SampleMessages.PARSER.match(context);
        ByteBuf out = Unpooled.buffer();
        List<Instruction> read;
        try {
            if (isAction) {
                List<Action> actions = codec.of(match).actions(reader(hex), "actions");
                new ActionValidator(group -> true, meter -> true).applied(match, actions, "actions");
                codec.of(match).actions(out, actions);
                assertThat(codec.of(match).actions(Reader.of(out.duplicate()), "actions"))
                        .isEqualTo(actions);
                read = List.of(new Instruction.ApplyActions(actions));
            } else {
                read = codec.of(match).instructions(reader(hex));
                codec.instructions(out, read);
                assertThat(codec.instructions(Reader.of(out.duplicate()))).isEqualTo(read);
            }
        } catch (FlowException e) {
            String name = e.error().code().openFlowName();
            int colon = expected.indexOf(": ");
            String theirs = expected.startsWith("bad ") ? expected.substring(colon + 2) : "none";
            return name.equals(ERROR_NAMES.getOrDefault(theirs, theirs)) ? null : expected + ", here: " + e.error();
        }
        if (expected.startsWith("bad ")) {
            return expected + ", here: " + FORMATTER.instructions(read);
        }
        String ours = FORMATTER.instructions(read);
        if (expected.equals("actions=" + ours)) {
            return null;
        }
        FlowMod flow = SampleMessages.PARSER.flow(FlowMod.Command.ADD, context + expected);
        String theirs = FORMATTER.instructions(flow.instructions());
        return ours.equals(theirs) ? null : theirs + ", here: " + ours;
    }

    private static Reader reader(String hex) {
        return Reader.of(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
    }

    private static @Nullable String messageDifference(String hex, String expected, boolean isCompared)
            throws IOException, InterruptedException {
        byte[] octets = HexFormat.of().parseHex(hex);
        OpenFlowCodec plain = OpenFlowCodec.of(OpenFlowVersion.ofWire(octets[0]).orElse(OpenFlowVersion.OPENFLOW_13));
        String difference = null;
        // A client of OpenFlow 1.0 is told some things in the way that it has asked for.
        for (Extensions extensions : EXTENSIONS) {
            difference = messageDifference(plain.with(extensions), octets, expected, isCompared);
            if (difference == null) {
                return null;
            }
        }
        return difference;
    }

    private static @Nullable String messageDifference(
            OpenFlowCodec codec, byte[] octets, String expected, boolean isCompared)
            throws IOException, InterruptedException {
        try {
            Frame frame = codec.decode(Unpooled.wrappedBuffer(octets));
            ByteBuf out = Unpooled.buffer();
            codec.encode(out, frame.xid(), frame.message());
            byte[] again = ByteBufUtil.getBytes(out);
            if (!codec.decode(out).message().equals(frame.message())) {
                return expected + ": read again as something else";
            }
            if (!isCompared
                    || HexFormat.of().formatHex(again).equals(HexFormat.of().formatHex(octets))) {
                return expected.contains(ERROR) ? expected + ", here: " + frame : null;
            }
            String theirs = print(octets);
            String ours = print(again);
            return ours.equals(theirs) ? null : theirs + ", here:\n" + ours;
        } catch (FlowException e) {
            String name = e.error().code().openFlowName();
            return expected.contains(ERROR + name + "***") ? null : expected + ", here: " + e.error();
        }
    }

    private static String print(byte[] octets) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "ovs-ofctl", "-voff", "ofp-print", HexFormat.of().formatHex(octets), "2")
                .redirectErrorStream(true)
                .start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return text;
        } finally {
            process.destroyForcibly();
        }
    }
}
