package io.heddle.flow.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.FlowKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Many cases, one after the other, against an Open vSwitch that is started again where it crashes. A difference does not end the run: it
 * is shrunk and kept, {@value #MOST_DIFFERENCES} at most, and {@link #report} fails with all of them.
 */
final class DifferentialRun implements AutoCloseable {
    private static final int MOST_DIFFERENCES = 20;

    /** What version 3.1 says when it aborts; what is not here is not known yet. */
    private static final List<String> KNOWN_CRASHES = List.of(
            // It freezes a translation whose action set is longer than all actions that it has kept.
            "assertion state->action_set_len <= state->ofpacts_len failed in recirc_alloc_id__()");

    private static final int LINES_OF_A_CRASH = 10;

    private final Path folder;
    private final Lab lab;
    private final TraceComparison comparison = new TraceComparison();
    private final List<String> differences = new ArrayList<>();
    private final List<String> crashes = new ArrayList<>();
    private OpenVSwitchSandbox sandbox;
    private int sandboxes;
    private int compared;
    private int differing;
    private int unknownCrashes;

    /** Makes Heddle's side of a case. */
    @FunctionalInterface
    interface Lab {
        PipelineLab of(List<String> groups, List<String> flows) throws FlowException;
    }

    DifferentialRun(Path folder, Lab lab) throws IOException, InterruptedException {
        this.folder = folder;
        this.lab = lab;
        this.sandbox = startSandbox();
    }

    private OpenVSwitchSandbox startSandbox() throws IOException, InterruptedException {
        Path own = folder.resolve(Integer.toString(sandboxes++));
        Files.createDirectory(own);
        return new OpenVSwitchSandbox(own);
    }

    private void restart() throws IOException, InterruptedException {
        sandbox.close();
        sandbox = startSandbox();
    }

    int compared() {
        return compared;
    }

    TraceComparison comparison() {
        return comparison;
    }

    /** Compares what becomes of some packets with the same flows. */
    void round(long seed, List<String> groups, List<String> flows, List<FlowKey> packets) throws Exception {
        PipelineLab ours = lab.of(groups, flows);
        boolean isProgrammed = false;
        for (FlowKey packet : packets) {
            DifferentialCase one = new DifferentialCase(groups, flows, packet);
            try {
                if (!isProgrammed) {
                    sandbox.program(groups, flows);
                    isProgrammed = true;
                }
                comparison.compare(ours, sandbox, packet);
                compared++;
            } catch (AssertionError e) {
                compared++;
                isProgrammed = false;
                differing++;
                if (differences.size() < MOST_DIFFERENCES) {
                    differences.add(shrunk(one, seed));
                }
            } catch (OpenVSwitchSandbox.EndedException e) {
                isProgrammed = false;
                crashed(seed, one, String.valueOf(e.getMessage()));
            } catch (IOException e) {
                throw new IOException("seed " + seed + "\n" + one.toText(), e);
            }
        }
    }

    private void crashed(long seed, DifferentialCase one, String said) throws IOException, InterruptedException {
        List<String> lines = said.lines().toList();
        List<String> last = lines.subList(Math.max(0, lines.size() - LINES_OF_A_CRASH), lines.size());
        crashes.add("seed " + seed + "\n" + one.toText() + "\n" + String.join("\n", last));
        if (KNOWN_CRASHES.stream().noneMatch(said::contains)) {
            unknownCrashes++;
        }
        restart();
    }

    /** The smallest case found that still differs, and both traces of it. */
    private String shrunk(DifferentialCase found, long seed) throws Exception {
        DifferentialCase small = found.shrunk(candidate -> difference(candidate) != null);
        return "seed " + seed + ", shrunk to\n" + small.toText() + "\n" + difference(small);
    }

    /** How the two differ; null when they agree, one of them refuses the flows, or Open vSwitch crashes. */
    private @Nullable String difference(DifferentialCase one) throws Exception {
        try {
            sandbox.program(one.groups(), one.flows());
            new TraceComparison().compare(lab.of(one.groups(), one.flows()), sandbox, one.packet());
            return null;
        } catch (OpenVSwitchSandbox.EndedException e) {
            restart();
            return null;
        } catch (FlowException | IOException e) {
            return null;
        } catch (AssertionError e) {
            return e.getMessage();
        }
    }

    /**
     * Writes {@code target/differential/NAME.txt} (how many agree, what is known to differ) and {@code NAME-crashes.txt}, and fails when
     * a packet was treated differently. A crash of Open vSwitch is no difference; that there are few of them is checked.
     */
    void report(String name) throws IOException {
        Path out = Path.of("target", "differential");
        Files.createDirectories(out);
        Files.writeString(out.resolve(name + "-crashes.txt"), String.join("\n\n", crashes));
        Files.writeString(out.resolve(name + "-differences.txt"), String.join("\n\n", differences));
        Files.writeString(out.resolve(name + ".txt"), summary(name));
        assertThat(differences).as(summary(name)).isEmpty();
        assertThat(crashes).as(summary(name)).hasSizeLessThan(2 + compared / 500);
    }

    private String summary(String name) {
        return """
                %s: %d cases
                  agree                                              %7d
                  differ                                             %7d
                  of those that agree, with a known difference:
                    translated again at another place                %7d
                    final flow not comparable: translated again      %7d
                    megaflow printed in a form that nothing reads    %7d
                  bits matched by the megaflows compared: Heddle %d, Open vSwitch %d
                  not counted: Open vSwitch crashed                  %7d
                  of those, not known before                         %7d
                """.formatted(
                        name,
                        compared,
                        compared - differing,
                        differing,
                        comparison.cutElsewhere(),
                        comparison.finalFlowsNotShown(),
                        comparison.megaflowsNotReadable(),
                        comparison.ourBits(),
                        comparison.theirBits(),
                        crashes.size(),
                        unknownCrashes);
    }

    @Override
    public void close() {
        sandbox.close();
    }
}
